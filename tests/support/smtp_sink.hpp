// An SMTP server on loopback that keeps what it is given and refuses what it is told to.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ignition::test {

class SmtpSink {
 public:
  struct Mail {
    std::string from;
    std::string to;
    std::string message;
    bool encrypted = false;
    bool signed_in = false;
  };
  struct Options {
    std::uint16_t port = 0;     // 0 = any free one
    std::string certificate{};  // PEM file; with one, STARTTLS is offered
    std::string key{};
  };

  SmtpSink() : SmtpSink(Options{}) {}
  explicit SmtpSink(const Options& options) {
    ::signal(SIGPIPE, SIG_IGN);
    if (!options.certificate.empty()) {
      context_ = SSL_CTX_new(TLS_server_method());
      REQUIRE(SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) == 1);
      REQUIRE(SSL_CTX_use_PrivateKey_file(context_, options.key.c_str(), SSL_FILETYPE_PEM) == 1);
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_, 16) == 0);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  ~SmtpSink() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  SmtpSink(const SmtpSink&) = delete;
  SmtpSink& operator=(const SmtpSink&) = delete;

  std::uint16_t port() const { return port_; }
  // What the next recipient is told, for example `550 5.1.1 no such user`.
  void answer_next(std::string reply) {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
  }
  std::vector<Mail> mails() {
    const std::lock_guard lock(mutex_);
    return mails_;
  }
  // Waits for so many mails; the last of them.
  Mail await(std::size_t n) {
    std::unique_lock lock(mutex_);
    const bool there = changed_.wait_for(lock, std::chrono::seconds(30), [&] { return mails_.size() >= n; });
    REQUIRE_MESSAGE(there, "the mail did not come");
    return mails_[n - 1];
  }

 private:
  struct Wire {
    int fd = -1;
    SSL* ssl = nullptr;
    std::string unread{};

    bool read_more() {
      char chunk[4096];
      const auto n = ssl != nullptr ? static_cast<ssize_t>(SSL_read(ssl, chunk, sizeof chunk))
                                    : ::recv(fd, chunk, sizeof chunk, 0);
      if (n > 0) unread.append(chunk, static_cast<std::size_t>(n));
      return n > 0;
    }
    // Up to and with `end`; "" when the client has left.
    std::string until(std::string_view end) {
      std::size_t at = 0;
      while ((at = unread.find(end)) == std::string::npos) {
        if (!read_more()) return {};
      }
      std::string out = unread.substr(0, at + end.size());
      unread.erase(0, at + end.size());
      return out;
    }
    void say(std::string_view line) {
      const std::string text = std::string(line) + "\r\n";
      if (ssl != nullptr) {
        SSL_write(ssl, text.data(), static_cast<int>(text.size()));
      } else {
        static_cast<void>(::send(fd, text.data(), text.size(), 0));
      }
    }
  };

  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      Wire wire{.fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)};
      if (wire.fd < 0) continue;
      talk(wire);
      SSL_free(wire.ssl);
      ::close(wire.fd);
    }
  }

  static std::string address_in(const std::string& line) {
    const auto open = line.find('<');
    const auto close = line.find('>', open);
    return close == std::string::npos ? std::string() : line.substr(open + 1, close - open - 1);
  }

  void talk(Wire& wire) {
    Mail mail;
    wire.say("220 sink ESMTP");
    while (true) {
      const std::string line = wire.until("\r\n");
      if (line.starts_with("EHLO")) {
        if (context_ != nullptr && wire.ssl == nullptr) wire.say("250-STARTTLS");
        wire.say("250-AUTH PLAIN");
        wire.say("250 8BITMIME");
      } else if (line.starts_with("STARTTLS")) {
        wire.say("220 begin");
        wire.ssl = SSL_new(context_);
        SSL_set_fd(wire.ssl, wire.fd);
        if (SSL_accept(wire.ssl) != 1) return;
      } else if (line.starts_with("AUTH PLAIN")) {
        if (line.size() < 14) {
          wire.say("334 ");
          wire.until("\r\n");
        }
        mail.signed_in = true;
        wire.say("235 welcome");
      } else if (line.starts_with("MAIL FROM")) {
        mail.from = address_in(line);
        wire.say("250 ok");
      } else if (line.starts_with("RCPT TO")) {
        mail.to = address_in(line);
        wire.say(next_reply());
      } else if (line.starts_with("DATA")) {
        wire.say("354 go on");
        mail.message = wire.until("\r\n.\r\n");
        mail.encrypted = wire.ssl != nullptr;
        if (mail.message.empty()) return;
        mail.message.resize(mail.message.size() - 3);
        keep(mail);
        wire.say("250 2.0.0 kept");
      } else if (line.starts_with("QUIT") || line.empty()) {
        wire.say("221 bye");
        return;
      } else {
        wire.say("500 what");
      }
    }
  }

  std::string next_reply() {
    const std::lock_guard lock(mutex_);
    if (replies_.empty()) return "250 ok";
    std::string reply = std::move(replies_.front());
    replies_.pop_front();
    return reply;
  }
  void keep(const Mail& mail) {
    const std::lock_guard lock(mutex_);
    mails_.push_back(mail);
    changed_.notify_all();
  }

  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> replies_;
  std::vector<Mail> mails_;
  std::jthread thread_;
};

}  // namespace ignition::test
