// Mails that operations order: what they say, when they are tried, and what stays of them (rules R12, R49).
#include "ignition/mail.hpp"

#include <deque>

#include "domains/mail_message.hpp"
#include "domains/mail_texts.hpp"
#include "domains/sign_in_news.hpp"
#include "ignition/jobs.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Config quick() {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.data_encryption_key = std::string(32, 'k');
  return config;
}

// Keeps the mails, and answers what it is told to; without, that they are sent.
class Postbox final : public MailTransport {
 public:
  MailAnswer send(const OutgoingMail& mail, const std::stop_token&) override {
    mails.push_back(mail);
    if (dies) throw std::runtime_error("the program has ended");
    if (answers.empty()) return {};
    MailAnswer answer = answers.front();
    answers.pop_front();
    return answer;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& mail : mails) out.push_back(mail.template_name + " " + mail.to);
    return out;
  }

  std::vector<OutgoingMail> mails;
  std::deque<MailAnswer> answers;
  bool dies = false;
};

struct PostOffice {
  explicit PostOffice(World& world)
      : jobs(*world.engine,
             {.settings = {
                  .mail = {.transport = box, .from = "ignition@x.test", .frontend_url = "https://app.x.test/"}}}) {}
  std::string run() { return to_json(jobs.run("mail").counts); }
  // What became of the job when it was due.
  JobOutcome run_due() {
    for (const JobReport& report : jobs.run_due()) {
      if (report.job == "mail") return report.outcome;
    }
    return JobOutcome::failed;
  }

  std::shared_ptr<Postbox> box = std::make_shared<Postbox>();
  Jobs jobs;
};

void sign_up(World& world, std::string_view email = "ann@x.test") {
  world.anonymous().answer(
      {.operation = "auth.register", .body = fmt::format(R"({{"email":"{}","password":"correct horse"}})", email)});
}

MailAnswer later(std::string text) { return {MailOutcome::later, std::move(text), true}; }

Answer sign_in_from(World& world, std::string address, std::string program) {
  const Caller caller{.origin = {.ip_address = std::move(address), .user_agent = std::move(program)}};
  return world.engine->call(
      caller, {.operation = "auth.login", .body = R"({"identifier":"ann@x.test","password":"correct horse"})"});
}

constexpr const char* kFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
constexpr const char* kNewerFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0";

}  // namespace

STORE_TEST("a mail is sent once, with a link that works, and its secret leaves the store") {
  World world(store, quick());
  PostOffice post(world);
  sign_up(world);
  CHECK(post.run() == R"({"verify_email sent":1})");
  REQUIRE(post.box->names() == std::vector<std::string>{"verify_email ann@x.test"});
  const std::string& message = post.box->mails[0].message;
  const std::string link = "https://app.x.test/auth/verify-email?token=";
  const auto at = message.find(link);
  REQUIRE(at != std::string::npos);
  const std::string token = message.substr(at + link.size(), 43);
  CHECK(world.anonymous().call("auth.verify_email", fmt::format(R"({{"token":"{}"}})", token))["verified"] == true);
  CHECK(world.rows<std::string>("SELECT params FROM mail_outbox") == std::vector<std::string>{"{}"});
  CHECK(world.count("SELECT COUNT(*) FROM mail_outbox WHERE sent_at IS NULL") == 0);
  CHECK(post.run() == "{}");
  CHECK(post.box->mails.size() == 1);
}

STORE_TEST("a mail that fails is tried after 1, 5, 15 and 60 minutes with the same id, and then given up") {
  World world(store, quick());
  PostOffice post(world);
  sign_up(world);
  for (int i = 0; i < 5; ++i) post.box->answers.push_back(later("451 try ann@x.test again"));
  const Instant start = world.clock->now();
  std::size_t attempts = 0;
  for (const int minute : {0, 1, 5, 15, 60}) {
    if (minute > 0) {
      world.clock->set(start + minutes(minute) - seconds(1));
      CHECK(post.run() == "{}");
    }
    world.clock->set(start + minutes(minute));
    CHECK(post.run() == (minute < 60 ? R"({"verify_email deferred":1})" : R"({"verify_email failed":1})"));
    CHECK(post.box->mails.size() == ++attempts);
    CHECK(post.box->mails.back().id == post.box->mails.front().id);
  }
  world.clock->advance(hours(24));
  CHECK(post.run() == "{}");
  const auto unsent = unsent_mails(*world.engine);
  REQUIRE(unsent.size() == 1);
  CHECK(unsent[0].attempts == 5);
  CHECK(unsent[0].failed_at == start + minutes(60));
  CHECK(unsent[0].last_error == "451 try the recipient again");
  CHECK(world.rows<std::string>("SELECT params FROM mail_outbox") == std::vector<std::string>{"{}"});
}

STORE_TEST("a recipient whom the server refuses is not tried again") {
  World world(store, quick());
  PostOffice post(world);
  sign_up(world);
  sign_up(world, "bob@x.test");
  post.box->answers = {{MailOutcome::refused, "550 no such user"}, {}};
  CHECK(post.run() == R"({"verify_email failed":1,"verify_email sent":1})");
  world.clock->advance(hours(2));
  CHECK(post.run() == "{}");
  CHECK(post.box->mails.size() == 2);
}

STORE_TEST("a program that ends between sending and noting sends once more, with the same id") {
  World world(store, quick());
  PostOffice post(world);
  sign_up(world);
  post.box->dies = true;
  CHECK(post.jobs.run("mail").outcome == JobOutcome::failed);
  post.box->dies = false;
  CHECK(post.run() == "{}");
  world.clock->advance(minutes(1));
  CHECK(post.run() == R"({"verify_email sent":1})");
  REQUIRE(post.box->mails.size() == 2);
  CHECK(post.box->mails[0].id == post.box->mails[1].id);
}

STORE_TEST("mails wait without a transport, and the job takes no lease while there is nothing to send") {
  World world(store, quick());
  sign_up(world);
  Jobs idle(*world.engine);
  CHECK(to_json(idle.run("mail").counts) == "{}");
  world.sql("DELETE FROM locks");
  PostOffice post(world);
  CHECK(post.run_due() == JobOutcome::done);
  CHECK(post.box->mails.size() == 1);
  world.clock->advance(minutes(1));
  world.sql("DELETE FROM locks");
  CHECK(post.run_due() == JobOutcome::not_due);
  CHECK(world.count("SELECT COUNT(*) FROM locks WHERE name = 'mail'") == 0);
}

TEST_CASE("a mail whose link was sealed with another key waits for somebody who has it") {
  World world("file", quick());
  sign_up(world);
  Config other = quick();
  other.data_encryption_key = std::string(32, 'x');
  world.reopen(other);
  {
    PostOffice post(world);
    CHECK(post.run() == R"({"verify_email deferred":1})");
    CHECK(post.box->mails.empty());
  }
  world.reopen(quick());
  world.clock->advance(minutes(1));
  PostOffice post(world);
  CHECK(post.run() == R"({"verify_email sent":1})");
}

TEST_CASE("a served outbox sends what is ordered at once") {
  World world("memory", quick());
  PostOffice post(world);
  std::jthread thread([&](const std::stop_token& stop) { post.jobs.serve(stop); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto began = std::chrono::steady_clock::now();
  sign_up(world);
  while (world.count("SELECT COUNT(*) FROM mail_outbox WHERE sent_at IS NULL") > 0 &&
         std::chrono::steady_clock::now() - began < seconds(30)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK(std::chrono::steady_clock::now() - began < seconds(20));  // the job's period is a minute
  thread.request_stop();
  thread.join();
  CHECK(post.box->mails.size() == 1);
}

STORE_TEST("a changed password is told with the API keys that still work (R13)") {
  World world(store, quick());
  PostOffice post(world);
  sign_up(world);
  const auto answer = sign_in_from(world, "10.1.2.3", kFirefox);
  const auto ann = with_session(world, answer.cookies.at(0).value);
  ann.call("api_keys.create", R"({"name":"Phone <b>"})");
  const auto gone = ann.call("api_keys.create", R"({"name":"Old"})");
  ann.call("api_keys.revoke", with_id(gone["api_key"]));
  ann.call("auth.change_password", R"({"current_password":"correct horse","new_password":"battery staple"})");
  post.run();
  const auto& mail = post.box->mails.back();
  CHECK(mail.template_name == "password_changed");
  CHECK(mail.message.find("These API keys of yours still work: Phone <b>.") != std::string::npos);
  CHECK(mail.message.find("Phone &lt;b&gt;") != std::string::npos);
  CHECK(mail.message.find("Old") == std::string::npos);
}

STORE_TEST("signing in from a device that was not seen for 90 days is told (R11)") {
  World world(store, quick());
  PostOffice post(world);
  sign_up(world);
  post.run();
  post.box->mails.clear();
  const auto told = [&](const char* address, const char* program) {
    sign_in_from(world, address, program);
    post.run();
    const bool any = !post.box->mails.empty();
    post.box->mails.clear();
    return any;
  };
  CHECK(told("10.1.2.3", kFirefox));  // they signed up from elsewhere
  CHECK_FALSE(told("10.1.2.99", kNewerFirefox));
  CHECK(told("10.1.3.3", kFirefox));
  CHECK(told("10.1.2.3", "curl/8.0"));
  world.clock->advance(hours(24 * 90));
  CHECK_FALSE(told("10.1.2.4", kFirefox));
  world.clock->advance(hours(24 * 90) + seconds(1));
  sign_in_from(world, "2001:db8:0:1234::1", kFirefox);
  post.run();
  REQUIRE(post.box->mails.size() == 1);
  CHECK(post.box->mails[0].message.find("Device: Firefox on Linux") != std::string::npos);
  CHECK(post.box->mails[0].message.find("Address: 2001:db8:0:1234::1") != std::string::npos);
  CHECK(sign_in_news::network_of("2001:db8:0:1234::1") == sign_in_news::network_of("2001:db8:0:12ff:9::2"));
  CHECK(sign_in_news::network_of("2001:db8:0:1234::1") != sign_in_news::network_of("2001:db8:0:1334::1"));
}

TEST_CASE("there is a text for every mail of rule R12, and links end in the token") {
  for (const char* name :
       {"verify_email", "already_registered", "reset_password", "password_changed", "email_change_confirm",
        "email_change_notice", "new_sign_in", "account_linked", "approval_granted", "approval_denied",
        "account_deleted", "sessions_revoked", "factor_changed"}) {
    CAPTURE(name);
    const auto* found = mail::find_template(name);
    REQUIRE(found != nullptr);
    const auto bare = mail::render(*found, "https://app.x.test", "TOKEN", [](auto) { return std::nullopt; });
    CHECK(bare.text.find('{') == std::string::npos);
    CHECK_FALSE(bare.subject.empty());
    CHECK((bare.text.find("?token=TOKEN\n") != std::string::npos) == found->path.ends_with('='));
    CHECK((bare.html.find("?token=TOKEN\"") != std::string::npos) == found->path.ends_with('='));
  }
  CHECK(mail::find_template("party") == nullptr);
}

TEST_CASE("a message has the headers of RFC 5322, and no value makes one of its own") {
  mail::Message message{.from_name = "Ignition",
                        .from = "ignition@x.test",
                        .to_name = "Zoë \"Z\" Ö\r\nBcc: eve@x.test",
                        .to = "zoe@x.test",
                        .id = "0194@x.test",
                        .date = Instant::parse("2026-03-08T09:05:00Z").value(),
                        .subject = "Grüße",
                        .text = "Hello\n",
                        .html = "<p>Ö</p>\n"};
  const std::string text = mail::written(message);
  CHECK(
      text.starts_with("From: Ignition <ignition@x.test>\r\n"
                       "To: =?UTF-8?B?Wm/DqyAiWiIgw5ZCY2M6IGV2ZUB4LnRlc3Q=?= <zoe@x.test>\r\n"
                       "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"
                       "Date: Sun, 08 Mar 2026 09:05:00 +0000\r\n"
                       "Message-ID: <0194@x.test>\r\n"
                       "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                       "Content-Type: multipart/alternative; boundary=\"=_0194\"\r\n\r\n"));
  CHECK(text.find("\nBcc") == std::string::npos);
  CHECK(text.find("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello\r\n") !=
        std::string::npos);
  CHECK(text.find("Content-Transfer-Encoding: base64\r\n\r\nPHA+w5Y8L3A+DQo=\r\n") != std::string::npos);
  CHECK(mail::header_text("plain words") == "plain words");
  // Long texts: words of at most 75 characters, cut between characters.
  std::string umlauts;
  for (int i = 0; i < 60; ++i) umlauts += "ü";
  std::string_view rest;
  const std::string words = mail::header_text(umlauts);
  for (rest = words; !rest.empty();) {
    const auto end = rest.find("\r\n ");
    CHECK(rest.substr(0, end).size() <= 75);
    CHECK(rest.starts_with("=?UTF-8?B?"));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 3);
  }
}
