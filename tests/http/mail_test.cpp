// Mail through a real SMTP server on loopback, and what its sender does when it refuses (rules R10 to R13, R49).
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "http/stage.hpp"
#include "ignition/job_thread.hpp"
#include "ignition/smtp.hpp"
#include "support/smtp_sink.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::http_test;
using namespace ignition::test;
using server::MailVariables;
using server::SmtpTls;

namespace {

struct MailFolder {
  MailFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ignition-mail-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~MailFolder() { std::filesystem::remove_all(path); }
  MailFolder(const MailFolder&) = delete;
  MailFolder& operator=(const MailFolder&) = delete;

  void make_certificate() const {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout {0}/key.pem -out {0}/certificate.pem 2>/dev/null",
        path.string());
    REQUIRE(std::system(command.c_str()) == 0);
  }
  std::string file(std::string_view name) const { return (path / name).string(); }

  std::filesystem::path path;
};

OutgoingMail mail_to(const std::string& to) {
  return {.template_name = "test",
          .from = "ignition@x.test",
          .to = to,
          .id = "1@x.test",
          .message = "Subject: hello\r\n\r\nHello\r\n.\r\nthere\r\n"};
}

MailAnswer answer_of(const MailVariables& mail, const std::string& to = "ann@x.test") {
  return server::smtp_transport(mail)->send(mail_to(to), {});
}

MailVariables plain(std::uint16_t port) { return {.host = "127.0.0.1", .port = port, .tls = SmtpTls::none}; }

// A port that nobody listens on.
std::uint16_t free_port() { return SmtpSink().port(); }

server::Settings people() {
  auto settings = Stage::local();
  settings.local_user = false;
  settings.log = std::make_shared<LogLines>();
  settings.frontend_url = "http://localhost:3000";
  return settings;
}

Config by_mail() {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_email_verification_required = true;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.data_encryption_key = std::string(32, 'k');
  return config;
}

std::string token_in(const SmtpSink::Mail& mail, std::string_view path) {
  const std::string link = "http://localhost:3000" + std::string(path) + "?token=";
  const auto at = mail.message.find(link);
  REQUIRE_MESSAGE(at != std::string::npos, mail.message);
  return mail.message.substr(at + link.size(), 43);
}

}  // namespace

TEST_CASE("a mail reaches the SMTP server as it was written, dots and all") {
  SmtpSink sink;
  const auto answer = answer_of(plain(sink.port()));
  CHECK(answer.outcome == MailOutcome::sent);
  CHECK(answer.text == "250 2.0.0 kept");
  const auto mail = sink.await(1);
  CHECK(mail.from == "ignition@x.test");
  CHECK(mail.to == "ann@x.test");
  CHECK(mail.message == "Subject: hello\r\n\r\nHello\r\n..\r\nthere\r\n");
  CHECK_FALSE(mail.encrypted);
  CHECK_FALSE(mail.signed_in);
}

TEST_CASE("what the server says about a recipient is final with 5xx, and not with 4xx") {
  SmtpSink sink;
  sink.answer_next("550 5.1.1 no such user");
  const auto refused = answer_of(plain(sink.port()));
  CHECK(refused.outcome == MailOutcome::refused);
  CHECK(refused.text == "550 5.1.1 no such user");
  sink.answer_next("451 4.7.1 greylisted");
  const auto later = answer_of(plain(sink.port()));
  CHECK(later.outcome == MailOutcome::later);
  CHECK(later.text == "451 4.7.1 greylisted");
  CHECK(later.reached);
  CHECK(answer_of(plain(sink.port())).outcome == MailOutcome::sent);
  CHECK(sink.mails().size() == 1);
}

TEST_CASE("a server that is away is asked again later, and is there when it is back") {
  const auto port = free_port();
  const auto away = answer_of(plain(port));
  CHECK(away.outcome == MailOutcome::later);
  CHECK_FALSE(away.reached);
  SmtpSink sink({.port = port});
  CHECK(answer_of(plain(port)).outcome == MailOutcome::sent);
}

TEST_CASE("starttls encrypts before anybody signs in, to a server whose certificate is good, and else sends nothing") {
  const MailFolder folder;
  folder.make_certificate();
  SmtpSink sink({.certificate = folder.file("certificate.pem"), .key = folder.file("key.pem")});
  MailVariables mail{.host = "127.0.0.1", .port = sink.port(), .user = "ann", .password = "secret"};
  const auto unknown = answer_of(mail);
  CHECK(unknown.outcome == MailOutcome::later);
  CHECK(unknown.text.find("certificate") != std::string::npos);
  CHECK(sink.mails().empty());
  mail.ca_file = folder.file("certificate.pem");
  CHECK(answer_of(mail).outcome == MailOutcome::sent);
  CHECK(sink.await(1).encrypted);
  CHECK(sink.await(1).signed_in);

  SmtpSink bare;
  mail.port = bare.port();
  CHECK(answer_of(mail).outcome == MailOutcome::later);
  CHECK(bare.mails().empty());
}

TEST_CASE("without an SMTP server mails are files that their owner alone can read") {
  const MailFolder folder;
  const auto transport = server::file_transport({.data_dir = folder.path.string()});
  CHECK(transport->send(mail_to("ann@x.test"), {}).outcome == MailOutcome::sent);
  const std::filesystem::path path = folder.path / "mail" / "1-test.eml";
  std::ifstream file(path, std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == mail_to("").message);
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms(0077)) == std::filesystem::perms::none);
  std::filesystem::remove_all(folder.path);
  std::ofstream(folder.path) << "in the way";
  CHECK(transport->send(mail_to("ann@x.test"), {}).outcome == MailOutcome::later);
}

TEST_CASE("people sign up, prove their address, forget and reset their password by mails that leave at once") {
  for (const std::string& store : {std::string("file"), std::string("postgres")}) {
    CAPTURE(store);
    World world(store, by_mail());
    SmtpSink sink;
    const auto settings = people();
    server::Server http(world.engine.get(), settings);
    http.start();
    server::JobThread jobs(
        *world.engine, settings,
        {.settings = {.mail = {.transport = server::smtp_transport(plain(sink.port())), .from = "ignition@x.test"}}});
    Client client(http.port());
    const auto post = [&](std::string_view path, const std::string& body) {
      return client.post("/api/v1/auth/" + std::string(path), body, "Origin: http://localhost:3000\r\n");
    };
    const auto login = [&](std::string_view password) {
      return post("login", fmt::format(R"({{"identifier":"ann@x.test","password":"{}"}})", password)).status;
    };
    CHECK(post("register", R"({"email":"Ann@x.test","password":"correct horse","name":"Änn"})").status == 201);
    const auto began = std::chrono::steady_clock::now();
    const auto verify = sink.await(1);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
    CHECK(verify.to == "ann@x.test");
    CHECK(verify.message.find("Subject: Confirm your e-mail address\r\n") != std::string::npos);
    CHECK(login("correct horse") == 401);
    const std::string token = token_in(verify, "/auth/verify-email");
    CHECK(post("verify-email", fmt::format(R"({{"token":"{}"}})", token)).status == 200);
    CHECK(login("correct horse") == 200);

    CHECK(post("forgot-password", R"({"email":"ann@x.test"})").status == 200);
    const std::string reset = token_in(sink.await(2), "/auth/reset-password");
    CHECK(post("reset-password", fmt::format(R"({{"token":"{}","new_password":"battery staple"}})", reset)).status ==
          200);
    CHECK(sink.await(3).message.find("Subject: Your password was changed\r\n") != std::string::npos);
    CHECK(login("correct horse") == 401);
    CHECK(login("battery staple") == 200);
    // Sign-up with a taken address says the same and tells the owner (A13).
    CHECK(post("register", R"({"email":"ann@x.test","password":"another horse"})").status == 201);
    CHECK(sink.await(4).message.find("Subject: You have an account already\r\n") != std::string::npos);

    // What was sent is no longer in the store, and never was in the log (T1).
    CHECK(world.count("SELECT COUNT(*) FROM mail_outbox WHERE sent_at IS NOT NULL AND CAST(params AS TEXT) <> '{}'") ==
          0);
    for (const auto& line : std::static_pointer_cast<LogLines>(settings.log)->lines()) {
      CHECK(line.find(token) == std::string::npos);
      CHECK(line.find("ann@x.test") == std::string::npos);
    }
  }
}
