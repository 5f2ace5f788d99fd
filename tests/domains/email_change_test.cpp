// Another e-mail address (rules R12, R15), and the part of the security log that is the caller's.
#include "ignition/domains/email_change.hpp"

#include "ignition/domains/security_log.hpp"
#include "support/credentials.hpp"
#include "support/mails.hpp"

namespace ignition::test {
namespace {

std::string to(std::string_view email) { return fmt::format(R"({{"new_email":"{}"}})", email); }
std::string with(std::string_view token) { return fmt::format(R"({{"token":"{}"}})", token); }

}  // namespace

STORE_TEST("a new address counts once it has proven itself, and the old one is told") {
  World world(store);
  const auto ann = world.person("{}", "ann@old.test");
  const auto first = sign_in(world, ann);
  const auto browser = with_session(world, first);
  CHECK(browser.call("user.change_email", to(" Ann@New.TEST "))["pending"] == true);
  CHECK(mails(world) ==
        std::vector<std::string>{"email_change_confirm ann@new.test", "email_change_notice ann@old.test"});
  CHECK(browser.call("user.get")["user"]["email"] == "ann@old.test");
  const auto token = mailed_token(world);
  const auto revision = world.revision(ann);

  const Answer done = browser.answer({.operation = "user.confirm_email", .body = with(token)});
  CHECK(Answered(done.body)["email"] == "ann@new.test");
  // The session that confirmed goes on with a new token; the old one is dead at once.
  REQUIRE(done.cookies.size() == 1);
  CHECK(done.cookies[0].value != first);
  CHECK(browser.error_of("user.get") == "UNAUTHORIZED session_rotated");
  const auto after = with_session(world, done.cookies[0].value);
  CHECK(after.call("user.get")["user"]["email"] == "ann@new.test");
  CHECK(after.call("user.get")["user"]["email_verified"] == true);
  CHECK(world.revision(ann) > revision);
  CHECK(world.system().call("users.get", R"({"email":"ann@new.test"})")["user"]["id"] == ann.id());
  CHECK(world.system().error_of("users.get", R"({"email":"ann@old.test"})").code == Code::NOT_FOUND);
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE event_type = 'email_changed'") == 1);
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE CAST(details AS TEXT) LIKE '%.test%'") == 0);
  // The old address is free again.
  CHECK(world.person("{}", "ann@old.test").id() != ann.id());
}

STORE_TEST("whether the new address is somebody's already, the answer does not tell") {
  World world(store);
  const auto ann = world.person("{}", "ann@x.test");
  world.person("{}", "bob@x.test");
  const Answer free = ann.answer({.operation = "user.change_email", .body = to("free@x.test")});
  const Answer taken = ann.answer({.operation = "user.change_email", .body = to("bob@x.test")});
  CHECK(free.body == taken.body);
  CHECK(free.status == taken.status);
  CHECK(mails(world) == std::vector<std::string>{"email_change_confirm free@x.test", "email_change_notice ann@x.test",
                                                 "already_registered bob@x.test", "email_change_notice ann@x.test"});
  // The second request has voided the first.
  CHECK(world.anonymous().error_of("user.confirm_email", with(mailed_token(world))) ==
        "VALIDATION_ERROR token:token_invalid");
  CHECK(ann.error_of("user.change_email", to("ann@x.test")) == "VALIDATION_ERROR new_email:unchanged");
  CHECK(ann.error_of("user.change_email", to("no address")).code == Code::VALIDATION_ERROR);
}

STORE_TEST("an address that somebody else got meanwhile is refused, and the old one stays") {
  World world(store);
  const auto ann = world.person("{}", "ann@x.test");
  ann.call("user.change_email", to("new@x.test"));
  const auto token = mailed_token(world);
  const auto bob = world.person("{}", "new@x.test");
  CHECK(world.anonymous().error_of("user.confirm_email", with(token)) == "CONFLICT email_taken");
  CHECK(ann.call("user.get")["user"]["email"] == "ann@x.test");
  CHECK(world.system().call("users.get", R"({"email":"ann@x.test"})")["user"]["id"] == ann.id());
  CHECK(world.system().call("users.get", R"({"email":"new@x.test"})")["user"]["id"] == bob.id());
}

STORE_TEST("a token changes the address once, within a day, for nobody but who asked") {
  World world(store);
  const auto ann = world.person("{}", "ann@x.test");
  ann.call("user.change_email", to("b@x.test"));
  const auto token = mailed_token(world);
  // Without a session, and it signs nobody in.
  const Answer done = world.anonymous().answer({.operation = "user.confirm_email", .body = with(token)});
  CHECK(done.cookies.empty());
  CHECK(ann.call("user.get")["user"]["email"] == "b@x.test");
  for (const std::string& wrong : {token, std::string(43, 'A'), std::string("x")}) {
    CHECK(world.anonymous().error_of("user.confirm_email", with(wrong)) == "VALIDATION_ERROR token:token_invalid");
  }
  ann.call("user.change_email", to("c@x.test"));
  const auto late = mailed_token(world);
  world.clock->advance(std::chrono::seconds(86'400));
  CHECK(world.anonymous().error_of("user.confirm_email", with(late)) == "VALIDATION_ERROR token:token_invalid");
  // A token of another purpose is none of this one.
  auto session = world.session_of(ann);
  world.clock->advance(std::chrono::seconds(901));
  CHECK(session.error_of("user.change_email", to("d@x.test")) == "FORBIDDEN reauth_required");
}

STORE_TEST("somebody else's session that confirms keeps its token") {
  World world(store);
  const auto ann = world.person("{}", "ann@x.test");
  const auto bob = world.person();
  const auto browser = with_session(world, sign_in(world, bob));
  ann.call("user.change_email", to("new@x.test"));
  const Answer done = browser.answer({.operation = "user.confirm_email", .body = with(mailed_token(world))});
  CHECK(done.cookies.empty());
  CHECK(browser.call("user.get")["user"]["id"] == bob.id());
  CHECK(ann.call("user.get")["user"]["email"] == "new@x.test");
}

STORE_TEST("the security log of an account shows its own entries, newest first, page by page") {
  World world(store);
  const auto ann = world.person("{}", "ann@x.test");
  const auto bob = world.person();
  auto browser = with_session(world, sign_in(world, ann));
  browser.caller().origin = {.ip_address = "192.0.2.1",
                             .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"};
  browser.call("user.update", R"({"name":"Ann"})");
  bob.call("user.update", R"({"name":"Bob"})");
  const Answered log = browser.call("user.security_log");
  CHECK(log["total"] == static_cast<std::int64_t>(log["entries"].size()));
  CHECK(log["page"] == 1);
  CHECK(log["page_size"] == 20);
  const auto newest = log["entries"][0];
  CHECK(newest["event_type"] == "user_updated");
  CHECK(newest["by_other"] == false);
  CHECK(newest["ip_address"] == "192.0.2.1");
  CHECK(newest["device"] == "Firefox on Linux");
  CHECK(newest["created_at"] == world.clock->now());
  std::vector<std::string> types;
  for (std::size_t i = 0; i < log["entries"].size(); ++i) {
    types.push_back(log["entries"][static_cast<int>(i)]["event_type"].text());
  }
  CHECK(types == std::vector<std::string>{"user_updated", "session_created", "user_created"});
  CHECK(browser.call("user.security_log", R"({"page":2,"page_size":2})")["entries"][0]["event_type"] == "user_created");
  CHECK(browser.call("user.security_log", R"({"page":3,"page_size":2})")["entries"].size() == 0);
}

STORE_TEST("the security log shows where a failed sign-in came from, but not an administrator's address") {
  World world(store);
  const auto ann = world.person();
  const auto chief = world.person();
  const auto entry = [&](std::optional<Uuid> actor, const char* type) {
    world.sql(
        "INSERT INTO audit_log (id, actor_user_id, subject_user_id, session_id, event_type, action, status, "
        "ip_address, user_agent, created_at) VALUES ($1, $2, $3, $1, $4, 'login', 'failure', '192.0.2.9', 'curl/8', "
        "$5)",
        RandomIds().next(world.clock->now()), actor, ann.id(), std::string_view(type), world.clock->now());
  };
  world.clock->advance(std::chrono::seconds(1));
  entry({}, "login_failed");
  world.clock->advance(std::chrono::seconds(1));
  entry(chief.id(), "user_approved");
  const auto entries = ann.call("user.security_log")["entries"];
  CHECK(entries[0]["event_type"] == "user_approved");
  CHECK(entries[0]["by_other"] == true);
  CHECK(entries[0]["ip_address"] == nullptr);
  CHECK(entries[0]["device"] == nullptr);
  CHECK(entries[0]["session_id"] == nullptr);
  CHECK(entries[1]["event_type"] == "login_failed");
  CHECK(entries[1]["by_other"] == true);
  CHECK(entries[1]["ip_address"] == "192.0.2.9");
  CHECK(entries[1]["device"] == "curl");
}

}  // namespace ignition::test
