#include "ignition/domains/inbox.hpp"

#include <thread>

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

Answered capture(const Person& person, std::string_view title) {
  return person.call("inbox.create", fmt::format(R"({{"title":"{}"}})", title))["item"];
}

std::int64_t unread(const Person& person) { return person.call("sync.badges")["unread_inbox"].integer(); }

// A notice as a domain would write it.
Uuid notice(World& world, const Person& person) {
  const Uuid id = Uuid::parse("0194f5c0-0000-7000-8000-00000000aaaa").value();
  world.sql(
      "INSERT INTO inbox_items (user_id, id, item_type, title, tags, source, client_ref, captured_at, created_at, "
      "updated_at) VALUES ($1, $2, 'notification', 'Dentist at ten', '[]', 'system', 'reminder:x', $3, $3, $3)",
      person.id(), id, world.clock->now());
  return id;
}

}  // namespace

STORE_TEST("an item of the inbox is created, read, changed and deleted") {
  World world(store);
  const auto ann = world.settled_person();
  const auto made = ann.answer(
      {.operation = "inbox.create",
       .body = R"({"title":"  call Ann ","description":"about the tour","tags":["home"," Home ","x"],)"
               R"("action_url":"/planner","action_data":{"a":[1]},"priority":7,"url":"https://example.com/a"})"});
  CHECK(made.status == 201);
  const auto item = Answered(made.body)["item"];
  CHECK(item["title"] == "call Ann");
  CHECK(item["item_type"] == "note");
  CHECK(item["tags"].json() == R"(["home","x"])");
  CHECK(item["action_data"].json() == R"({"a":[1]})");
  CHECK(item["priority"] == 7);
  CHECK(item["source"] == "web");
  CHECK(item["is_processed"] == false);
  CHECK(item["processed_at"] == nullptr);
  CHECK(item["captured_at"] == world.clock->now());
  CHECK(ann.call("inbox.get", with_id(item))["item"] == item);

  world.clock->advance(std::chrono::minutes(5));
  const auto changed =
      ann.call("inbox.update", with_id(item, R"("title":"call Bob","description":null,"priority":-1)"));
  CHECK(changed["item"]["title"] == "call Bob");
  CHECK(changed["item"]["description"] == nullptr);
  CHECK(changed["item"]["priority"] == -1);
  CHECK(changed["item"]["tags"] == item["tags"]);
  CHECK(changed["item"]["updated_at"] == world.clock->now());
  CHECK(ann.call("inbox.get", with_id(item))["item"] == changed["item"]);

  CHECK(ann.call("inbox.delete", with_id(item)).json() ==
        fmt::format(R"({{"deleted":true,"id":"{}"}})", item["id"].text()));
  CHECK(ann.error_of("inbox.get", with_id(item)).code == Code::NOT_FOUND);
  CHECK(ann.error_of("inbox.delete", with_id(item)).code == Code::NOT_FOUND);
}

STORE_TEST("the type of an item is the given one, else that of the first such tag, else note") {
  World world(store);
  const auto ann = world.settled_person();
  const auto type = [&](const char* body) { return ann.call("inbox.create", body)["item"]["item_type"].text(); };
  CHECK(type(R"({"title":"x","tags":["task"]})") == "task");  // acceptance case 31
  CHECK(type(R"({"title":"x","tags":["home","idea"]})") == "idea");
  CHECK(type(R"({"title":"x"})") == "note");
  CHECK(type(R"({"title":"todo: x"})") == "note");
  CHECK(type(R"({"title":"x","tags":["idea"],"item_type":"task"})") == "task");
  CHECK(ann.error_of("inbox.create", R"({"title":"x","item_type":"notification"})") ==
        "VALIDATION_ERROR item_type:not_one_of");
}

STORE_TEST("wrong items are refused") {
  World world(store);
  const auto ann = world.settled_person();
  CHECK(ann.error_of("inbox.create", R"({"title":"   "})") == "VALIDATION_ERROR title:too_short");
  CHECK(ann.error_of("inbox.create", R"({"title":"x","action_url":"javascript:x"})") ==
        "VALIDATION_ERROR action_url:invalid_format");
  CHECK(ann.error_of("inbox.create", R"({"title":"x","action_url":"//evil.example"})").code == Code::VALIDATION_ERROR);
  CHECK(ann.error_of("inbox.create", R"({"title":"x","url":"ftp://example.com"})").code == Code::VALIDATION_ERROR);
  CHECK(ann.error_of("inbox.create", R"({"title":"x","priority":101})") == "VALIDATION_ERROR priority:out_of_range");
  const std::string large(9000, 'a');
  CHECK(ann.error_of("inbox.create", fmt::format(R"({{"title":"x","action_data":{{"a":"{}"}}}})", large)).code ==
        Code::PAYLOAD_TOO_LARGE);
  CHECK(ann.call("inbox.list")["total"] == 0);
}

STORE_TEST("encrypted titles are kept byte for byte") {
  World world(store);
  const auto ann = world.settled_person();
  const std::string cipher = R"( {"iv":"a","salt":"b","cipher":"c","version":"1"} )";
  std::string json;
  for (const char c : cipher) json += c == '"' ? std::string("\\\"") : std::string(1, c);
  CHECK(capture(ann, json)["title"] == cipher);
  CHECK(unread(ann) == 1);
}

STORE_TEST("the list counts what its filter shows") {
  World world(store);
  const auto ann = world.settled_person();
  const auto first = capture(ann, "first");
  world.clock->advance(std::chrono::seconds(1));
  const auto second = ann.call("inbox.create", R"({"title":"second","item_type":"task","tags":["Work"]})")["item"];
  world.clock->advance(std::chrono::seconds(1));
  const auto third = ann.call("inbox.create", R"({"title":"third","priority":5})")["item"];
  ann.call("inbox.update", with_id(first, R"("is_processed":true)"));
  ann.call("inbox.update", with_id(second, R"("is_archived":true)"));
  const auto titles = [&](const char* body) {
    const auto list = ann.call("inbox.list", body);
    std::string out = list["total"].json() + ":";
    for (std::size_t i = 0; i < list["items"].size(); ++i)
      out += " " + list["items"][static_cast<int>(i)]["title"].text();
    return out;
  };
  CHECK(titles("{}") == "2: third first");
  CHECK(titles(R"({"include_archived":true})") == "3: third second first");
  CHECK(titles(R"({"include_processed":false})") == "1: third");
  CHECK(titles(R"({"include_archived":true,"item_type":"task"})") == "1: second");
  CHECK(titles(R"({"include_archived":true,"tag":"work"})") == "1: second");
  CHECK(titles(R"({"tag":"work"})") == "0:");
  CHECK(titles(R"({"include_archived":true,"page":2,"page_size":2})") == "3: first");
  CHECK(ann.call("inbox.list", R"({"include_archived":true})")["unread_count"] == 1);
}

STORE_TEST("a tag filter pages over the matching items only") {
  World world(store);
  const auto ann = world.settled_person();
  for (int i = 0; i < 5; ++i) {
    world.clock->advance(std::chrono::seconds(1));
    ann.call("inbox.create", fmt::format(R"({{"title":"{}","tags":["{}"]}})", i, i % 2 == 0 ? "even" : "odd"));
  }
  const auto page = ann.call("inbox.list", R"({"tag":"EVEN","page":2,"page_size":2})");
  CHECK(page["total"] == 3);
  CHECK(page["items"].size() == 1);
  CHECK(page["items"][0]["title"] == "0");
}

STORE_TEST("having been processed is stamped once and can be taken back") {
  World world(store);
  const auto ann = world.settled_person();
  const auto item = capture(ann, "x");
  const auto at = world.clock->now();
  CHECK(ann.call("inbox.update", with_id(item, R"("is_processed":true)"))["item"]["processed_at"] == at);
  world.clock->advance(std::chrono::hours(1));
  const auto revision = world.revision(ann);
  CHECK(ann.call("inbox.update", with_id(item, R"("is_processed":true)"))["item"]["processed_at"] == at);
  CHECK(world.revision(ann) == revision);
  const auto open = ann.call("inbox.update", with_id(item, R"("is_processed":false)"))["item"];
  CHECK(open["is_processed"] == false);
  CHECK(open["processed_at"] == nullptr);
}

STORE_TEST("badges and Today count the same open items") {
  World world(store);
  const auto ann = world.settled_person();
  const auto a = capture(ann, "a");
  capture(ann, "b");
  const auto c = capture(ann, "c");
  const auto same = [&](std::int64_t expected) {
    CHECK(unread(ann) == expected);
    CHECK(ann.call("sync.poll")["badges"]["unread_inbox"] == expected);
    CHECK(ann.call("today.get")["counts"]["unread_inbox"] == expected);
    CHECK(ann.call("inbox.list")["unread_count"] == expected);
  };
  same(3);
  ann.call("inbox.update", with_id(a, R"("is_archived":true)"));
  same(2);
  ann.call("inbox.update", with_id(c, R"("expires_at":"2026-04-09T10:00:00Z")"));
  same(2);
  world.clock->set(Instant::parse("2026-04-09T10:00:00Z").value());
  same(1);
}

STORE_TEST("a snoozed item counts again at the instant it was snoozed until") {
  World world(store);
  const auto ann = world.settled_person();
  const auto item = capture(ann, "x");
  ann.call("inbox.update", with_id(item, R"("snoozed_until":"2026-04-10T09:00:00Z")"));
  world.clock->set(Instant::parse("2026-04-10T08:59:59Z").value());
  CHECK(ann.call("sync.poll")["badges"]["unread_inbox"] == 0);  // acceptance case 42
  CHECK(ann.call("today.get")["counts"]["unread_inbox"] == 0);
  world.clock->set(Instant::parse("2026-04-10T09:00:00Z").value());
  CHECK(ann.call("sync.poll")["badges"]["unread_inbox"] == 1);
  CHECK(ann.call("today.get")["counts"]["unread_inbox"] == 1);
}

STORE_TEST("a poll after an addition to the inbox names the changed sections only") {
  World world(store);
  const auto ann = world.settled_person();
  capture(ann, "first");
  const auto before = ann.call("sync.poll");
  capture(ann, "second");
  const auto after = ann.call("sync.poll", fmt::format(R"({{"since":"{}"}})", before["since"].text()));
  CHECK(after["changed"].json() == R"(["badges","today"])");  // acceptance case 28
  CHECK(after["progress"] == nullptr);
  CHECK(after["plan"] == nullptr);
  CHECK(after["badges"]["unread_inbox"] == 2);
}

STORE_TEST("processing all spares newer and snoozed items") {
  World world(store);
  const auto ann = world.settled_person();
  capture(ann, "old");
  const auto snoozed = capture(ann, "snoozed");
  ann.call("inbox.update", with_id(snoozed, R"("snoozed_until":"2026-05-01T00:00:00Z")"));
  const auto limit = world.clock->now();
  world.clock->advance(std::chrono::seconds(1));
  const auto newer = capture(ann, "newer");
  CHECK(ann.call("inbox.process_all", fmt::format(R"({{"before":"{}"}})", limit.text()))["processed"] == 1);
  CHECK(ann.call("inbox.get", with_id(newer))["item"]["is_processed"] == false);
  CHECK(ann.call("inbox.get", with_id(snoozed))["item"]["is_processed"] == false);
  CHECK(ann.call("inbox.process_all")["processed"] == 1);
  CHECK(unread(ann) == 0);
}

STORE_TEST("clearing deletes what is processed, or all") {
  World world(store);
  const auto ann = world.settled_person();
  const auto bob = world.settled_person();
  capture(bob, "bob's");
  ann.call("inbox.update", with_id(capture(ann, "done"), R"("is_processed":true)"));
  capture(ann, "open");
  CHECK(ann.call("inbox.clear")["deleted"] == 1);
  CHECK(ann.call("inbox.list")["total"] == 1);
  CHECK(ann.call("inbox.clear", R"({"only_processed":false})")["deleted"] == 1);
  CHECK(ann.call("inbox.list")["total"] == 0);
  CHECK(bob.call("inbox.list")["total"] == 1);
}

STORE_TEST("notices are processed, archived, snoozed and deleted, but not rewritten") {
  World world(store);
  const auto ann = world.settled_person();
  const Uuid id = notice(world, ann);
  const auto update = [&](const char* field) { return fmt::format(R"({{"id":"{}",{}}})", id.text(), field); };
  CHECK(unread(ann) == 1);
  CHECK(ann.error_of("inbox.update", update(R"("title":"mine")")) == "FORBIDDEN read_only");
  CHECK(ann.error_of("inbox.update", update(R"("item_type":"note")")) == "FORBIDDEN read_only");
  CHECK(ann.call("inbox.update", update(R"("snoozed_until":"2027-01-01T00:00:00Z")"))["item"]["title"] ==
        "Dentist at ten");
  CHECK(ann.call("inbox.update", update(R"("is_archived":true,"is_processed":true)"))["item"]["is_archived"] == true);
  CHECK(ann.call("captures.list", R"({"state":"all"})")["total"] == 0);
  CHECK(ann.error_of("captures.get", fmt::format(R"({{"id":"{}"}})", id.text())).code == Code::NOT_FOUND);
  CHECK(ann.call("inbox.delete", fmt::format(R"({{"id":"{}"}})", id.text()))["deleted"] == true);
}

STORE_TEST("another user's items do not exist") {
  World world(store);
  const auto ann = world.settled_person();
  const auto bob = world.settled_person();
  const auto item = capture(ann, "x");
  CHECK(bob.error_of("inbox.get", with_id(item)).code == Code::NOT_FOUND);
  CHECK(bob.error_of("inbox.update", with_id(item, R"("title":"mine")")).code == Code::NOT_FOUND);
  CHECK(bob.error_of("inbox.delete", with_id(item)).code == Code::NOT_FOUND);
  CHECK(bob.call("inbox.process_all")["processed"] == 0);
  CHECK(bob.call("inbox.clear", R"({"only_processed":false})")["deleted"] == 0);
  CHECK(ann.call("inbox.get", with_id(item))["item"]["title"] == "x");
}

STORE_TEST("an item is made once per client reference, also by many at once") {
  World world(store);
  const auto ann = world.settled_person();
  std::vector<std::thread> devices;
  std::atomic<int> created = 0;
  for (int i = 0; i < 4; ++i) {
    devices.emplace_back([&] {
      const auto answer = ann.answer({.operation = "inbox.create", .body = R"({"title":"x","client_ref":"phone-1"})"});
      if (answer.status == 201) ++created;
    });
  }
  for (auto& device : devices) device.join();
  CHECK(created == 1);
  CHECK(ann.call("inbox.list")["total"] == 1);
  const auto bob = world.settled_person();
  CHECK(bob.answer({.operation = "inbox.create", .body = R"({"title":"x","client_ref":"phone-1"})"}).status == 201);
}

STORE_TEST("capturing is a deed, looking through the inbox is none") {
  World world(store);
  const auto ann = world.settled_person();
  const auto last = [&] {
    return world.rows<std::optional<Instant>>("SELECT last_activity_at FROM engagement_state WHERE user_id = $1",
                                              ann.id());
  };
  const auto item = capture(ann, "x");
  REQUIRE(last().at(0) == world.clock->now());
  const auto stamped = last();
  world.clock->advance(std::chrono::hours(1));
  ann.call("inbox.update", with_id(item, R"("title":"y","is_processed":true)"));
  ann.call("inbox.process_all");
  ann.call("inbox.delete", with_id(item));
  ann.call("inbox.clear");
  CHECK(last() == stamped);
  CHECK(world.count("SELECT COUNT(*) FROM activity_events WHERE event_type = 'capture_saved'") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM activity_events WHERE metadata IS NOT NULL") == 0);
}

STORE_TEST("the hint to look through the inbox comes with ten open items and ends for good") {
  World world(store);
  const auto ann = world.settled_person();
  const auto step = [&] {
    const auto guidance = ann.call("today.get")["guidance"];
    return guidance == nullptr ? std::string() : guidance["step"].text();
  };
  CHECK(step() == "intro_start");
  std::vector<Answered> items;
  for (int i = 0; i < 10; ++i) items.push_back(capture(ann, "x"));
  world.clock->advance(std::chrono::hours(5));
  CHECK(step() == "intro_review");
  for (int i = 0; i < 5; ++i)
    ann.call("inbox.update", with_id(items[static_cast<std::size_t>(i)], R"("is_processed":true)"));
  CHECK(world.count("SELECT COUNT(*) FROM guidance_state WHERE step = 'intro_review' AND done_at IS NOT NULL") == 0);
  ann.call("inbox.delete", with_id(items[9]));
  CHECK(world.count("SELECT COUNT(*) FROM guidance_state WHERE step = 'intro_review' AND done_at IS NOT NULL") == 1);
  for (int i = 0; i < 10; ++i) capture(ann, "y");
  CHECK(step().empty());
}
