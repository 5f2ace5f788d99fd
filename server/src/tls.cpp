#include "tls.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <new>
#include <vector>

namespace ignition::server {
namespace {

// Of what a client offers beside HTTP/1.1, nothing is spoken here.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, kOurs, sizeof kOurs, offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::shared_ptr<SSL_CTX> load_certificate(const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SslFree{});
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  std::vector<std::string> problems;
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    problems.push_back(fmt::format("SERVER_TLS_CERT_FILE: {} holds no certificate that can be read", certificate_file));
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    problems.push_back(
        fmt::format("SERVER_TLS_KEY_FILE: {} holds no key that can be read and fits the certificate", key_file));
  } else if (problems.empty() && SSL_CTX_check_private_key(context.get()) != 1) {
    problems.push_back(fmt::format("SERVER_TLS_KEY_FILE: {} does not fit the certificate", key_file));
  }
  ERR_clear_error();
  if (!problems.empty()) throw ConfigError(std::move(problems));
  return context;
}

Certificates::Certificates(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)),
      key_file_(std::move(key_file)),
      context_(load_certificate(certificate_file_, key_file_)) {}

void Certificates::reload() {
  auto context = load_certificate(certificate_file_, key_file_);
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
}

std::shared_ptr<SSL_CTX> Certificates::current() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

TlsStream::TlsStream(const std::shared_ptr<SSL_CTX>& context)
    : context_(context), ssl_(SSL_new(context.get())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  if (!ssl_ || in_ == nullptr || out_ == nullptr) {
    BIO_free(in_);
    BIO_free(out_);
    throw std::bad_alloc();
  }
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_accept_state(ssl_.get());
}

void TlsStream::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  const int why = SSL_get_error(ssl_.get(), done);
  broken_ = done != 1 && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE;
  ERR_clear_error();
}

void TlsStream::arrived(std::string_view wire) {
  std::size_t taken = 0;
  if (BIO_write_ex(in_, wire.data(), wire.size(), &taken) != 1 || taken != wire.size()) throw std::bad_alloc();
  if (SSL_is_init_finished(ssl_.get()) == 0) shake_hands();
}

std::size_t TlsStream::open(std::span<char> room) {
  if (broken_ || SSL_is_init_finished(ssl_.get()) == 0) return 0;
  std::size_t n = 0;
  ERR_clear_error();
  const int done = SSL_read_ex(ssl_.get(), room.data(), room.size(), &n);
  const int why = SSL_get_error(ssl_.get(), done);
  broken_ = done != 1 && why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN;
  ERR_clear_error();
  return done == 1 ? n : 0;
}

void TlsStream::drain(std::string& wire) {
  const std::size_t waiting = BIO_ctrl_pending(out_);
  if (waiting == 0) return;
  const std::size_t before = wire.size();
  wire.resize(before + waiting);
  std::size_t n = 0;
  BIO_read_ex(out_, wire.data() + before, waiting, &n);
  wire.resize(before + n);
}

void TlsStream::seal(std::string_view plain, std::string& wire) {
  if (!plain.empty() && !broken_) {
    std::size_t n = 0;
    ERR_clear_error();
    // A memory buffer takes everything at once.
    broken_ = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &n) != 1 || n != plain.size();
    ERR_clear_error();
  }
  drain(wire);
}

void TlsStream::close(std::string& wire) {
  ERR_clear_error();
  if (!broken_ && SSL_is_init_finished(ssl_.get()) != 0) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  drain(wire);
}

}  // namespace ignition::server
