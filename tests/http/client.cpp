#include "http/client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace ignition::http_test {
namespace {

constexpr int kPatienceMs = 10'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

std::string Response::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == lower(name)) return value;
  }
  return {};
}

bool Response::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return f.first == lower(name); });
}

std::string Response::at(std::string_view path) const {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(simdjson::padded_string(body)).get(element) != simdjson::SUCCESS) return "<no JSON>";
  std::string pointer = "/" + std::string(path);
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  simdjson::dom::element found;
  if (element.at_pointer(pointer).get(found) != simdjson::SUCCESS) return "<none>";
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(found);
}

Client::Client(std::uint16_t port, const char* address) {
  fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &to.sin_addr);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
}

Client::Client(const std::string& unix_path) {
  fd_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::strncpy(to.sun_path, unix_path.c_str(), sizeof to.sun_path - 1);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
}

Client::~Client() { close(); }

void Client::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Client::half_close() { ::shutdown(fd_, SHUT_WR); }

void Client::send(std::string_view bytes) {
  if (!try_send(bytes)) fail("send");
}

bool Client::try_send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::fill() {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, kPatienceMs) <= 0) throw std::runtime_error("the server sends nothing");
  char chunk[65536];
  const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
  if (got <= 0) return false;
  rest_.append(chunk, static_cast<std::size_t>(got));
  return true;
}

std::optional<Response> Client::receive(bool head) {
  std::size_t end = 0;
  while ((end = rest_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return {};
  }
  Response response;
  const std::string header = rest_.substr(0, end + 2);
  rest_.erase(0, end + 4);
  response.status = std::stoi(header.substr(9, 3));
  for (std::size_t at = header.find("\r\n") + 2; at < header.size();) {
    const std::size_t next = header.find("\r\n", at);
    const std::string line = header.substr(at, next - at);
    const std::size_t colon = line.find(": ");
    response.fields.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
    at = next + 2;
  }
  const std::string length = response.field("content-length");
  const std::size_t expected = head || length.empty() ? 0 : std::stoul(length);
  while (rest_.size() < expected) {
    if (!fill()) throw std::runtime_error("the body ends early");
  }
  response.body = rest_.substr(0, expected);
  rest_.erase(0, expected);
  return response;
}

Response Client::ask(std::string_view request) {
  send(request);
  auto response = receive(request.starts_with("HEAD "));
  if (!response) throw std::runtime_error("the server closed the connection without an answer");
  return *response;
}

Response Client::get(std::string_view target, std::string_view more_fields) {
  return ask(get_request(target, more_fields));
}

Response Client::post(std::string_view target, std::string_view json, std::string_view more_fields) {
  return ask(request("POST", target, json, more_fields));
}

std::string Client::rest() {
  while (fill()) {
  }
  return std::exchange(rest_, {});
}

bool Client::closes_within(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 20) <= 0) continue;
    char chunk[4096];
    const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
    if (got <= 0) return true;
    rest_.append(chunk, static_cast<std::size_t>(got));
  }
  return false;
}

std::string get_request(std::string_view target, std::string_view more_fields) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", target, more_fields);
}

std::string request(std::string_view method, std::string_view target, std::string_view json,
                    std::string_view more_fields) {
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", method,
      target, json.size(), more_fields, json);
}

}  // namespace ignition::http_test
