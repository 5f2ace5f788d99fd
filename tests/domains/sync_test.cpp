// What other devices are told (rules Y1 to Y6).
#include "ignition/domains/sync.hpp"

#include "ignition/sha256.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

constexpr std::array kSections = {"progress", "badges", "focus", "plan", "user", "vault_lock", "today"};

std::string since(std::string_view token) { return fmt::format(R"({{"since":"{}"}})", token); }

// Somebody with an account of a month, past the first day.
}  // namespace

STORE_TEST("hashes and entity tag follow from the content of the sections") {
  World world(store);
  const auto ann = world.settled_person();
  const auto answer = ann.answer({.operation = "sync.poll"});
  const Answered poll(answer.body);
  std::string lines;
  std::string token = "v1";
  for (const char* section : kSections) {
    CAPTURE(section);
    const std::string hash = hex_text(sha256(poll[section].json())).substr(0, 16);
    CHECK(poll["versions"][section] == hash);
    lines += fmt::format("{}:{}\n", section, hash);
    token += fmt::format(".{}-{}", section, hash);
  }
  CHECK(poll["since"] == token);
  CHECK(poll["etag"] == hex_text(sha256(lines)).substr(0, 32));
  CHECK(answer.etag == poll["etag"].text());
  CHECK(ann.call("sync.state")["versions"] == poll["versions"]);
  const std::string tag = "\"" + answer.etag + "\"";
  CHECK(ann.answer({.operation = "sync.poll", .if_none_match = tag}).not_modified);
}

STORE_TEST("a token that is not one of ours asks for everything") {
  World world(store);
  const auto ann = world.settled_person();
  const std::string token = ann.call("sync.poll")["since"].text();
  CHECK(ann.call("sync.poll", since(token))["changed"].size() == 0);
  const std::string badges = token.substr(token.find(".badges"), 24);
  for (const std::string& other :
       {std::string(), std::string("v1"), "v2" + token.substr(2), token + ".", token + ".more-0123456789abcdef",
        "v1" + badges, token.substr(0, token.size() - 1), "v1.unknown-0123456789abcdef" + token.substr(2), " " + token,
        std::string(1000, 'x')}) {
    CAPTURE(other);
    const auto poll = ann.call("sync.poll", since(other));
    CHECK(poll["changed"].size() == kSections.size());
    CHECK(poll["badges"]["unread_inbox"] == 0);
  }
  // A token of an older answer tells what is new.
  std::string older = token;
  older.replace(older.find(".badges-") + 8, 16, "0000000000000000");
  CHECK(ann.call("sync.poll", since(older))["changed"].json() == R"(["badges"])");
}

STORE_TEST("every change that another device shows moves the entity tag") {
  World world(store);
  const auto ann = world.settled_person();
  std::string last = ann.answer({.operation = "sync.poll"}).etag;
  const auto moved = [&](std::string_view what) {
    CAPTURE(what);
    const std::string now = ann.answer({.operation = "sync.poll"}).etag;
    CHECK(now != last);
    last = now;
  };
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"];
  moved("a pending habit");
  ann.call("habits.complete", with_id(habit));
  moved("XP");
  const auto first = ann.call("focus.start", R"({"duration_seconds":1500})");
  moved("a focus session");
  ann.call("focus.pause");
  moved("a pause");
  ann.call("focus.resume");
  moved("no pause");
  ann.call("focus.abandon", with_id(first));
  moved("no focus session");
  ann.call("focus.start", R"({"duration_seconds":1500})");
  moved("another focus session");
  ann.call("plan.update", R"({"items":[]})");
  moved("a plan");
  const auto item = ann.call("plan.add_item", R"({"title":"x"})")["item"];
  moved("an item");
  ann.call("plan.complete_item", with_id(item));
  moved("a tick");
  ann.call("settings.update", R"({"theme":"dark"})");
  moved("the theme");
  world.clock->advance(std::chrono::hours(2));
  moved("time: the focus session ran out");
}

STORE_TEST("a habit that is not on the plan changes badges, progress and today only, and an inbox item its badge") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("plan.update", R"({"items":[]})");
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"];
  auto token = ann.call("sync.poll")["since"].text();
  ann.call("habits.complete", with_id(habit));
  auto poll = ann.call("sync.poll", since(token));
  CHECK(poll["changed"].json() == R"(["progress","badges","today"])");
  for (const char* section : {"focus", "plan", "user", "vault_lock"}) CHECK(poll[section] == nullptr);
  token = poll["since"].text();
  const std::string view = poll["today"]["today_etag"].text();
  world.sql(
      "INSERT INTO inbox_items (user_id, id, title, captured_at, created_at, updated_at) VALUES ($1, $2, 'x', $3, $3, "
      "$3)",
      ann.id(), Uuid{{1}}, world.clock->now());
  world.sql("UPDATE users SET revision = revision + 1 WHERE id = $1", ann.id());
  poll = ann.call("sync.poll", since(token));
  CHECK(poll["badges"]["unread_inbox"] == 1);
  CHECK(poll["changed"].json() == R"(["badges","today"])");
  CHECK(poll["today"]["today_etag"] != Answered("\"" + view + "\""));
}

STORE_TEST("badges are the counts of Today, without what is expired, snoozed, archived or processed") {
  World world(store);
  const auto ann = world.settled_person();
  const auto now = world.clock->now();
  const auto add = [&](int id, std::optional<Instant> expires, std::optional<Instant> snoozed, bool processed,
                       bool archived) {
    world.sql(
        "INSERT INTO inbox_items (user_id, id, title, expires_at, snoozed_until, is_processed, processed_at, "
        "is_archived, captured_at, created_at, updated_at) VALUES ($1, $2, 'x', $3, $4, $5, $6, $7, $8, $8, $8)",
        ann.id(), Uuid{{static_cast<std::uint8_t>(id)}}, expires, snoozed, processed,
        processed ? std::optional(now) : std::nullopt, archived, now);
  };
  const auto unread = [&] {
    const auto badges = ann.call("sync.badges");
    CHECK(badges["unread_inbox"] == ann.call("today.summary")["counts"]["unread_inbox"]);
    CHECK(badges == ann.call("sync.poll")["badges"]);
    return badges["unread_inbox"].integer();
  };
  const auto hour = std::chrono::hours(1);
  add(1, {}, {}, false, false);
  add(2, now, {}, false, false);         // expires now
  add(3, now + hour, {}, false, false);  // in an hour
  add(4, {}, now + hour, false, false);  // snoozed for an hour
  add(5, {}, now, false, false);         // until now
  add(6, {}, {}, true, false);
  add(7, {}, {}, false, true);
  CHECK(unread() == 3);
  world.clock->advance(hour - Micros(1));
  CHECK(unread() == 3);
  world.clock->advance(Micros(1));  // one expires, one wakes
  CHECK(unread() == 3);
  CHECK(ann.call("today.get")["counts"]["unread_inbox"] == 3);
}

STORE_TEST("while a gate is closed nothing but the user block is told, by no sync operation") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("habits.complete", with_id(ann.call("habits.create", R"({"name":"walk"})")["habit"]));
  ann.call("habits.create", R"({"name":"run"})");
  ann.call("focus.start", R"({"duration_seconds":1500})");
  ann.call("plan.generate");
  const auto gated = world.session_of(ann);
  world.sql("UPDATE users SET tos_version = NULL WHERE id = $1", ann.id());
  const auto poll = gated.call("sync.poll");
  CHECK(poll["progress"].json() ==
        R"({"level":1,"total_xp":0,"xp_into_level":0,"xp_level_size":100,"xp_remaining":100,)"
        R"("level_progress_percent":0,"coins":0,"streak_days":0})");
  CHECK(poll["badges"].json() == R"({"unread_inbox":0,"active_quests":0,"pending_habits":0,"overdue_items":0})");
  CHECK(poll["focus"].json() == R"({"active_session":null,"pause_state":null})");
  CHECK(poll["plan"].json() == R"({"has_plan":false,"completed":0,"total":0,"percent_complete":0})");
  CHECK(poll["vault_lock"].json() == R"({"locked_at":null,"lock_reason":null})");
  CHECK(poll["today"] == nullptr);
  CHECK(poll["user"]["email"].exists());
  CHECK(gated.call("sync.changes")["updates"]["progress"] == poll["progress"]);
  CHECK(gated.call("sync.state")["versions"] == poll["versions"]);
  CHECK(gated.call("sync.session")["session"]["authenticated"] == true);
  for (const char* operation : {"sync.progress", "sync.badges", "sync.focus_status", "sync.plan_status"}) {
    CAPTURE(operation);
    CHECK(gated.error_of(operation) == "FORBIDDEN tos_unaccepted");
  }
}

STORE_TEST("single sections are those of the poll") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("habits.complete", with_id(ann.call("habits.create", R"({"name":"walk"})")["habit"]));
  ann.call("plan.generate");
  ann.call("focus.start", R"({"duration_seconds":1500})");
  ann.call("focus.pause");
  const auto poll = ann.call("sync.poll");
  CHECK(ann.call("sync.progress") == poll["progress"]);
  CHECK(ann.call("sync.badges") == poll["badges"]);
  CHECK(ann.call("sync.focus_status") == poll["focus"]);
  CHECK(ann.call("sync.plan_status") == poll["plan"]);
  CHECK(poll["focus"]["pause_state"].exists());
  CHECK(poll["focus"]["active_session"]["status"] == "paused");
  CHECK(poll["progress"]["streak_days"] == 1);
  const auto percent = poll["progress"]["level_progress_percent"].integer();
  CHECK((percent >= 0 && percent <= 100));
  CHECK(poll["today"]["today_etag"] == ann.answer({.operation = "today.get"}).etag);
}

STORE_TEST("polls store nothing and move nothing") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("habits.complete", with_id(ann.call("habits.create", R"({"name":"walk"})")["habit"]));
  const auto engagement = [&] { return world.rows<std::string>("SELECT updated_at FROM engagement_state"); };
  const auto before = engagement();
  const auto revision = world.revision(ann);
  for (int i = 0; i < 100; ++i) {
    world.clock->advance(std::chrono::seconds(30));
    ann.call("sync.poll");
    ann.call("sync.state");
  }
  CHECK(engagement() == before);
  CHECK(world.revision(ann) == revision);
}
