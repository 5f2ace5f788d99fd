// TLS on the server itself, with certificates that the openssl program makes for the test.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;
using namespace std::literals;
using server::ConfigError;

namespace {

// A folder with certificates, removed with all that is in it.
struct Certificates {
  Certificates() {
    std::string name = (std::filesystem::temp_directory_path() / "ignition-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder = name;
    make("first.example");
  }
  ~Certificates() { std::filesystem::remove_all(folder); }
  // Makes the files anew, for another name.
  void make(const std::string& subject) const {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={} -keyout {} "
        "-out {} 2>/dev/null",
        subject, key(), certificate());
    REQUIRE(std::system(command.c_str()) == 0);
  }
  std::string certificate() const { return folder / "certificate.pem"; }
  std::string key() const { return folder / "key.pem"; }
  server::Settings settings() const {
    auto out = Stage::local();
    out.tls_certificate = certificate();
    out.tls_key = key();
    return out;
  }
  std::filesystem::path folder;
};

// One connection that speaks TLS.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int version = 0) : context_(SSL_CTX_new(TLS_client_method())) {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the server has closed
    if (version != 0) SSL_CTX_set_max_proto_version(context_, version);
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    connected = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    ::close(fd_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void send(std::string_view bytes) {
    std::size_t n = 0;
    REQUIRE(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &n) == 1);
  }
  // Until the text ends so, or the server closes.
  std::string read_until(std::string_view end) {
    std::string out;
    char chunk[16'384];
    std::size_t n = 0;
    while (!out.ends_with(end) && SSL_read_ex(ssl_, chunk, sizeof chunk, &n) == 1) out.append(chunk, n);
    return out;
  }
  std::string subject() const {
    X509* certificate = SSL_get1_peer_certificate(ssl_);
    char name[256];
    X509_NAME_oneline(X509_get_subject_name(certificate), name, sizeof name);
    X509_free(certificate);
    return name;
  }
  bool goodbye() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }

  bool connected = false;

 private:
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  int fd_ = -1;
};

}  // namespace

TEST_CASE("a server with a certificate speaks HTTP over TLS") {
  const Certificates files;
  Stage stage(files.settings());
  CHECK(stage.server.address() == fmt::format("https://127.0.0.1:{}", stage.server.port()));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(stage.server.port(), version);
    REQUIRE(client.connected);
    for (int i = 0; i < 3; ++i) {
      client.send(get_request("/health/live"));
      const std::string answer = client.read_until(R"({"status":"ok"})");
      CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
      CHECK(answer.find("Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n") != std::string::npos);
    }
    CHECK(client.subject() == "/CN=first.example");
  }
  TlsClient old(stage.server.port(), TLS1_1_VERSION);
  CHECK_FALSE(old.connected);
}

TEST_CASE("over TLS, large bodies and answers, pipelined requests and the goodbye arrive whole") {
  const Certificates files;
  Stage stage(files.settings());
  TlsClient client(stage.server.port());
  REQUIRE(client.connected);
  const std::string tags = fmt::format(R"({{"name":"abcd","tags":["{:x>200000}"],"nested":[]}})", "");
  client.send(request("POST", "/api/v1/things", tags) + get_request("/api/v1/large"));
  const std::string answers = client.read_until(R"(xxx","error":null})");
  CHECK(answers.starts_with("HTTP/1.1 201 Created\r\n"));
  CHECK(answers.size() > 2'200'000);
  client.send(get_request("/api/v1/open", "Connection: close\r\n"));
  CHECK(client.read_until("never").find("\"things.open\"") != std::string::npos);
  CHECK(client.goodbye());
}

TEST_CASE("who speaks no TLS is sent away, and nobody else notices") {
  const Certificates files;
  auto settings = files.settings();
  settings.header_timeout = 300ms;
  Stage stage(settings);
  TlsClient good(stage.server.port());
  good.send(get_request("/health/live"));
  CHECK(good.read_until("}").find("200 OK") != std::string::npos);
  Client plain = stage.client();
  plain.send(get_request("/health/live"));
  CHECK(plain.rest().find("200 OK") == std::string::npos);
  Client garbage = stage.client();
  garbage.try_send(std::string(100'000, '\x16'));
  CHECK(garbage.closes_within(2s));
  Client silent = stage.client();
  silent.send("\x16\x03\x01");
  CHECK(silent.closes_within(2s));
  good.send(get_request("/health/live", "Connection: close\r\n"));
  CHECK(good.read_until("never").find("200 OK") != std::string::npos);
}

TEST_CASE("a certificate that is read again serves new connections; a broken one changes nothing") {
  const Certificates files;
  Stage stage(files.settings());
  TlsClient before(stage.server.port());
  files.make("second.example");
  CHECK(stage.server.reload_certificate());
  CHECK(TlsClient(stage.server.port()).subject() == "/CN=second.example");
  std::ofstream(files.key()) << "no key";
  CHECK_FALSE(stage.server.reload_certificate());
  CHECK(stage.log->find("SERVER_TLS_KEY_FILE") != "");
  CHECK(TlsClient(stage.server.port()).subject() == "/CN=second.example");
  before.send(get_request("/health/live"));
  CHECK(before.read_until("}").find("200 OK") != std::string::npos);
  CHECK(before.subject() == "/CN=first.example");
}

TEST_CASE("SIGHUP reads the certificate again") {
  const Certificates files;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    StageEngine engine;
    auto settings = files.settings();
    settings.log = std::make_shared<LogLines>();
    server::Server server(&engine, settings);
    const int status = server.run([&] {
      const std::uint16_t port = server.port();
      if (::write(ready[1], &port, sizeof port) != sizeof port) std::_Exit(3);
    });
    std::_Exit(status);
  }
  std::uint16_t port = 0;
  REQUIRE(::read(ready[0], &port, sizeof port) == sizeof port);
  CHECK(TlsClient(port).subject() == "/CN=first.example");
  files.make("second.example");
  ::kill(child, SIGHUP);
  std::string subject;
  for (int tries = 0; tries < 400 && subject != "/CN=second.example"; ++tries) {
    std::this_thread::sleep_for(5ms);
    subject = TlsClient(port).subject();
  }
  CHECK(subject == "/CN=second.example");
  ::kill(child, SIGTERM);
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("files that are no certificate and key make no server start, and all problems are told together") {
  const Certificates files;
  const auto problems = [](const server::Settings& settings) {
    try {
      server::check(settings);
      return std::vector<std::string>{};
    } catch (const ConfigError& error) {
      return error.problems();
    }
  };
  auto settings = files.settings();
  CHECK(problems(settings).empty());
  settings.tls_key = settings.tls_certificate;
  settings.public_url = "ftp://example";
  CHECK(problems(settings).size() == 2);
  settings = files.settings();
  settings.tls_key.clear();
  CHECK(problems(settings).size() == 1);
  settings = files.settings();
  settings.tls_certificate = files.folder / "missing.pem";
  CHECK(problems(settings).size() == 1);
  CHECK_THROWS_AS(Stage{settings}, ConfigError);
  settings = files.settings();
  settings.host = "unix:/tmp/ignition-tls.sock";
  CHECK(problems(settings).size() == 1);
  // A key that belongs to another certificate.
  const Certificates others;
  settings = files.settings();
  settings.tls_key = others.key();
  REQUIRE(problems(settings).size() == 1);
  CHECK(problems(settings).front().starts_with("SERVER_TLS_KEY_FILE"));
}
