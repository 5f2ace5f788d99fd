// Requests that nobody means well with: well-formed ones to begin with, changed where HTTP, credentials and JSON can be
// got wrong. The same seed makes the same requests.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ignition::http_test {

// The web client's own origin is https://app.example.com.

// What of real people the requests may contain. Nothing of it lets a request through by itself.
struct Stolen {
  std::string session;  // a live session's token; requests with it that may change something lack what proves consent
  std::string api_key;  // a live key, of which requests hold parts only
};

class HostileRequests {
 public:
  HostileRequests(Stolen stolen, std::uint32_t seed) : stolen_(std::move(stolen)), random_(seed) {}

  // The bytes of the next one.
  std::string next();

 private:
  struct Draft {
    std::string method;
    std::string target;
    std::string version = "HTTP/1.1";
    std::vector<std::string> fields;  // without line ends
    std::string body;
    bool tells_length = true;
  };

  std::size_t up_to(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }
  bool one_in(std::size_t n) { return up_to(n - 1) == 0; }
  template <class T>
  const T& any(const std::vector<T>& all) {
    return all[up_to(all.size() - 1)];
  }

  Draft seed();
  void change(Draft& draft);
  void change_target(Draft& draft);
  void change_host(Draft& draft);
  void change_method(Draft& draft);
  void change_framing(Draft& draft);
  void change_fields(Draft& draft);
  void change_cookies(Draft& draft);
  void change_authorization(Draft& draft);
  void change_json(Draft& draft);
  void change_bytes(std::string& bytes);
  std::string bytes_of(const Draft& draft);
  std::string noise(std::size_t length);
  std::string token(std::size_t length);
  std::string web_token();

  const Stolen stolen_;
  std::mt19937 random_;
};

}  // namespace ignition::http_test
