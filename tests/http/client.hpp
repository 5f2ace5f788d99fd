// A client that speaks raw bytes over a blocking socket, so that tests can send what no library would.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ignition::http_test {

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  std::string body;

  // The field's value, or "" when it did not come.
  std::string field(std::string_view name) const;
  bool has(std::string_view name) const;
  // The text or number at `path` of the JSON body, for example "error.code"; "<none>" when there is none.
  std::string at(std::string_view path) const;
};

class Client {
 public:
  explicit Client(std::uint16_t port, const char* address = "127.0.0.1");
  explicit Client(const std::string& unix_path);
  ~Client();
  Client(Client&& other) noexcept : fd_(other.fd_), rest_(std::move(other.rest_)) { other.fd_ = -1; }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(std::string_view bytes);
  // Sends as much as the server takes; false when it closed before all was sent.
  bool try_send(std::string_view bytes);
  // Reads one response. `head`: the answer to a HEAD request. Absent when the connection ended first.
  std::optional<Response> receive(bool head = false);
  // send() and receive(); throws when nothing comes.
  Response ask(std::string_view request);
  Response get(std::string_view target, std::string_view more_fields = "");
  Response post(std::string_view target, std::string_view json, std::string_view more_fields = "");
  // All bytes until the server closes.
  std::string rest();
  // Whether the server closes within the time.
  bool closes_within(std::chrono::milliseconds time);
  void half_close();
  void close();

 private:
  bool fill();
  int fd_ = -1;
  std::string rest_;
};

// `GET target HTTP/1.1` with a Host field.
std::string get_request(std::string_view target, std::string_view more_fields = "");
std::string request(std::string_view method, std::string_view target, std::string_view json,
                    std::string_view more_fields = "");

}  // namespace ignition::http_test
