// TLS on the server's own listener: certificates, and one connection's encryption between a socket's bytes and a
// conversation's.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "ignition/server.hpp"

namespace ignition::server {

struct SslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// The certificate chain and key of two PEM files, as a context for connections. Throws ConfigError, which names the
// file but shows nothing of it.
std::shared_ptr<SSL_CTX> load_certificate(const std::string& certificate_file, const std::string& key_file);

// The certificate in use. Thread-safe.
class Certificates {
 public:
  // Throws as load_certificate() does.
  Certificates(std::string certificate_file, std::string key_file);

  // Reads the files again. Throws as load_certificate() does, and goes on with what was read before. Connections keep
  // the certificate that they began with.
  void reload();
  std::shared_ptr<SSL_CTX> current() const;

 private:
  const std::string certificate_file_;
  const std::string key_file_;
  mutable std::mutex mutex_;
  std::shared_ptr<SSL_CTX> context_;
};

// One connection, as the server. It moves bytes between buffers and knows no socket.
class TlsStream {
 public:
  explicit TlsStream(const std::shared_ptr<SSL_CTX>& context);

  // Bytes that came from the client. When what they say is no TLS, the stream is broken: nothing but closing is left,
  // after what seal() still has to say.
  void arrived(std::string_view wire);
  // Takes plain bytes out; 0 when there are none yet.
  std::size_t open(std::span<char> room);
  bool is_broken() const { return broken_; }
  // The client has said that it sends no more.
  bool ended() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  // Encrypts all of `plain`, if any, and appends what is to be sent to `wire`. There may be none before the handshake
  // is over.
  void seal(std::string_view plain, std::string& wire);
  // Appends the goodbye to `wire`.
  void close(std::string& wire);

 private:
  void shake_hands();
  void drain(std::string& wire);

  std::shared_ptr<SSL_CTX> context_;
  std::unique_ptr<SSL, SslFree> ssl_;
  BIO* in_;   // owned by ssl_
  BIO* out_;  // owned by ssl_
  bool broken_ = false;
};

}  // namespace ignition::server
