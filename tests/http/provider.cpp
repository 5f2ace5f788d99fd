#include "http/provider.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "ignition/secrets.hpp"

namespace ignition::http_test {
namespace {

std::string number(const EVP_PKEY* key, const char* name) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key, name, &value);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
  BN_bn2bin(value, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(value);
  return bytes;
}

std::string sign(EVP_PKEY* key, const std::string& text) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key);
  EVP_DigestSign(context, nullptr, &size, bytes, text.size());
  std::string out(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size, bytes, text.size());
  out.resize(size);
  EVP_MD_CTX_free(context);
  return out;
}

// r and s, one after the other.
std::string jose_of(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string out(64, '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(parts), bytes, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parts), bytes + 32, 32);
  ECDSA_SIG_free(parts);
  return out;
}

}  // namespace

std::string base64url_text(std::string_view text) {
  return base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string json_of(const Claims& claims) {
  std::string out;
  for (const auto& [name, value] : claims) out += fmt::format(R"({}"{}":{})", out.empty() ? "" : ",", name, value);
  return "{" + out + "}";
}

SigningKey::SigningKey(std::string algorithm, std::string id)
    : algorithm_(std::move(algorithm)),
      id_(std::move(id)),
      key_(algorithm_ == "ES256" ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), EVP_PKEY_free) {}

std::string SigningKey::jwk() const {
  if (algorithm_ == "RS256") {
    return fmt::format(R"({{"kty":"RSA","use":"sig","alg":"RS256","kid":"{}","n":"{}","e":"{}"}})", id_,
                       base64url_text(number(key_.get(), OSSL_PKEY_PARAM_RSA_N)),
                       base64url_text(number(key_.get(), OSSL_PKEY_PARAM_RSA_E)));
  }
  std::string point(65, '\0');
  std::size_t size = 0;
  EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY, reinterpret_cast<unsigned char*>(point.data()),
                                  point.size(), &size);
  return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"}})", id_,
                     base64url_text(point.substr(1, 32)), base64url_text(point.substr(33, 32)));
}

std::string SigningKey::pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(memory, key_.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string out(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return out;
}

std::string SigningKey::token(const std::string& payload, std::string header) const {
  if (header.empty()) header = fmt::format(R"({{"alg":"{}","typ":"JWT","kid":"{}"}})", algorithm_, id_);
  const std::string text = base64url_text(header) + "." + base64url_text(payload);
  const std::string signature = sign(key_.get(), text);
  return text + "." + base64url_text(algorithm_ == "ES256" ? jose_of(signature) : signature);
}

Provider::Provider() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd_, 16) != 0 ||
      ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the provider cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

Provider::~Provider() { close(); }

void Provider::close() {
  if (!thread_.joinable()) return;
  ::shutdown(fd_, SHUT_RDWR);
  thread_.join();
  ::close(fd_);
}

std::string Provider::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

void Provider::says(const std::string& path, std::string body, int status) {
  const std::lock_guard lock(mutex_);
  said_[path] = {status, std::move(body)};
}

int Provider::asked(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(path);
  return found == asked_.end() ? 0 : found->second;
}

std::string Provider::last_form() const {
  const std::lock_guard lock(mutex_);
  return last_form_;
}

void Provider::serve() {
  while (true) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    answer(fd);
    ::close(fd);
  }
}

void Provider::answer(int fd) {
  std::string request;
  std::size_t wanted = std::string::npos;
  while (request.size() < wanted) {
    char bytes[4096];
    const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
    if (n <= 0) return;
    request.append(bytes, static_cast<std::size_t>(n));
    const auto end = request.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    const auto length = request.find("Content-Length: ");
    wanted = end + 4 + (length < end ? std::stoul(request.substr(length + 16)) : 0);
  }
  if (delay_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
  const auto path = request.substr(request.find(' ') + 1, request.find(" HTTP") - request.find(' ') - 1);
  Said said{.status = 404, .body = "{}"};
  {
    const std::lock_guard lock(mutex_);
    ++asked_[path];
    if (request.starts_with("POST")) last_form_ = request.substr(request.find("\r\n\r\n") + 4);
    if (const auto found = said_.find(path); found != said_.end()) said = found->second;
  }
  const std::string answer = fmt::format(
      "HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}",
      said.status, said.body.size(), said.status == 302 ? "Location: /elsewhere\r\n" : "", said.body);
  std::size_t sent = 0;
  while (sent < answer.size()) {
    const ssize_t n = ::send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<std::size_t>(n);
  }
}

}  // namespace ignition::http_test
