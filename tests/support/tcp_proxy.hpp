// A network between a program and a server on a Unix socket, which can be cut.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace ignition::test {

// Passes bytes between connections to a free port of 127.0.0.1 and the socket at `path`, on one thread.
class TcpProxy {
 public:
  explicit TcpProxy(std::string path)
      : path_(std::move(path)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~TcpProxy() {
    ended_ = true;
    thread_.join();
    for (const Pair& pair : pairs_) close(pair);
    ::close(listener_);
  }
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }
  // While it swallows, nothing arrives on either side, and nobody is told.
  void swallow(bool on) { swallows_ = on; }
  // Ends all connections.
  void cut() { cut_ = true; }

 private:
  struct Pair {
    int client;
    int server;
  };

  static void close(const Pair& pair) {
    ::close(pair.client);
    ::close(pair.server);
  }

  void accept() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
      pairs_.push_back({client, server});
    } else {
      close({client, server});
    }
  }

  // False when a side has ended.
  static bool pass(int from, int to) {
    char bytes[16384];
    const ssize_t n = ::recv(from, bytes, sizeof bytes, 0);
    return n > 0 && ::send(to, bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
  }

  void run() {
    while (!ended_) {
      if (cut_.exchange(false)) {
        for (const Pair& pair : pairs_) close(pair);
        pairs_.clear();
      }
      if (swallows_) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        continue;
      }
      std::vector<pollfd> ready{{.fd = listener_, .events = POLLIN, .revents = 0}};
      for (const Pair& pair : pairs_) {
        ready.push_back({.fd = pair.client, .events = POLLIN, .revents = 0});
        ready.push_back({.fd = pair.server, .events = POLLIN, .revents = 0});
      }
      if (::poll(ready.data(), ready.size(), 5) <= 0 || swallows_) continue;
      std::size_t at = 1;
      for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
        const bool stays = (ready[at].revents == 0 || pass(pair->client, pair->server)) &&
                           (ready[at + 1].revents == 0 || pass(pair->server, pair->client));
        if (!stays) close(*pair);
        pair = stays ? std::next(pair) : pairs_.erase(pair);
      }
      if (ready[0].revents != 0) accept();
    }
  }

  const std::string path_;
  const int listener_;
  int port_ = 0;
  std::list<Pair> pairs_;
  std::atomic<bool> swallows_ = false;
  std::atomic<bool> cut_ = false;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace ignition::test
