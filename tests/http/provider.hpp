// An identity provider that says whatever a test wants, also what no sane one says.
#pragma once

#include <openssl/evp.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ignition::http_test {

// A key of the provider, for RS256 or ES256.
class SigningKey {
 public:
  SigningKey(std::string algorithm, std::string id);
  const std::string& id() const { return id_; }
  std::string jwk() const;  // its public half
  std::string pem() const;  // the same
  // The compact token with this payload. `header`: instead of the honest one.
  std::string token(const std::string& payload, std::string header = {}) const;

 private:
  std::string algorithm_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

std::string base64url_text(std::string_view text);

// Claims by name, as JSON.
using Claims = std::map<std::string, std::string>;
std::string json_of(const Claims& claims);

class Provider {
 public:
  Provider();
  ~Provider();
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

  std::string url() const;
  // What it says on a path, and how often it was asked.
  void says(const std::string& path, std::string body, int status = 200);
  int asked(const std::string& path) const;
  std::string last_form() const;

  std::atomic<int> delay_ms = 0;
  // Takes no connections any more.
  void close();

 private:
  void serve();
  void answer(int fd);

  struct Said {
    int status = 200;
    std::string body;
  };
  int fd_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Said> said_;
  std::map<std::string, int> asked_;
  std::string last_form_;
  std::thread thread_;
};

}  // namespace ignition::http_test
