#include "ignition/domains/captures.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

Answered capture(const Person& person, std::string_view content) {
  return person.call("captures.create", fmt::format(R"({{"content":"{}"}})", content));
}

std::string contents(const Person& person, std::string_view body = "{}") {
  const auto list = person.call("captures.list", body);
  std::string out = list["total"].json() + ":";
  for (std::size_t i = 0; i < list["captures"].size(); ++i) {
    out += " " + list["captures"][static_cast<int>(i)]["title"].text();
  }
  return out;
}

constexpr const char* kCipher = R"({\"iv\":\"a\",\"salt\":\"b\",\"cipher\":\"c\",\"version\":\"1\"})";

}  // namespace

STORE_TEST("a capture is split into title and description and put together again") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.answer({.operation = "captures.create", .body = R"({"content":"Buy milk\n2 l, oat"})"});
  CHECK(made.status == 201);
  const Answered capture(made.body);
  CHECK(capture["title"] == "Buy milk");
  CHECK(capture["description"] == "2 l, oat");
  CHECK(capture["content"] == "Buy milk\n2 l, oat");
  CHECK(capture["type"] == "note");
  CHECK(capture["captured_at"] == world.clock->now());
  CHECK(ann.call("captures.get", with_id(capture)) == capture);
  CHECK(ann.call("inbox.get", with_id(capture))["item"]["title"] == "Buy milk");
  CHECK(ann.error_of("captures.create", R"({"content":" \n "})") == "VALIDATION_ERROR content:too_short");
}

STORE_TEST("the type of a capture comes from its beginning when nothing else tells it") {
  World world(store);
  const auto ann = world.person();
  const auto task = capture(ann, "todo: call Ann");
  CHECK(task["type"] == "task");
  CHECK(task["content"] == "call Ann");
  const auto given = ann.call("captures.create", R"({"content":"todo: call Ann","type":"note"})");
  CHECK(given["type"] == "note");
  CHECK(given["content"] == "todo: call Ann");
  CHECK(ann.call("captures.create", R"({"content":"x","tags":["home","idea"]})")["type"] == "idea");
  CHECK(ann.error_of("captures.create", R"({"content":"task: "})") == "VALIDATION_ERROR content:too_short");
}

STORE_TEST("encrypted captures stay in one piece, are open like any other and are never searched") {
  World world(store);
  const auto ann = world.person();
  const auto made = capture(ann, kCipher);
  CHECK(made["content"] == R"({"iv":"a","salt":"b","cipher":"c","version":"1"})");
  CHECK(made["description"] == nullptr);
  CHECK(ann.call("captures.list")["open_count"] == 1);
  CHECK(contents(ann, R"({"q":"salt"})") == "0:");
  CHECK(ann.call("sync.badges")["unread_inbox"] == 1);
}

STORE_TEST("a capture may be dated back to 2000 and a day ahead") {
  World world(store);  // 2026-03-10T09:00Z
  const auto ann = world.person();
  const auto create = [](const char* at) { return fmt::format(R"({{"content":"x","captured_at":"{}"}})", at); };
  CHECK(ann.call("captures.create", create("2000-01-01T00:00:00Z"))["captured_at"] == "2000-01-01T00:00:00.000000Z");
  CHECK(ann.call("captures.create", create("2026-03-11T09:00:00Z"))["captured_at"] == "2026-03-11T09:00:00.000000Z");
  CHECK(ann.error_of("captures.create", create("1999-12-31T23:59:59Z")) == "VALIDATION_ERROR captured_at:out_of_range");
  CHECK(ann.error_of("captures.create", create("2026-03-11T09:00:01Z")) == "VALIDATION_ERROR captured_at:out_of_range");
}

STORE_TEST("captures are listed by state, newest first") {
  World world(store);
  const auto ann = world.person();
  std::vector<Answered> all;
  for (const char* name : {"open", "snoozed", "done", "away"}) {
    all.push_back(capture(ann, name));
    world.clock->advance(std::chrono::seconds(1));
  }
  ann.call("captures.update", with_id(all[1], R"("snoozed_until":"2026-03-11T09:00:00Z")"));
  ann.call("captures.process", with_id(all[2]));
  ann.call("captures.update", with_id(all[3], R"("is_archived":true)"));
  CHECK(contents(ann) == "1: open");
  CHECK(contents(ann, R"({"state":"snoozed"})") == "1: snoozed");
  CHECK(contents(ann, R"({"state":"processed"})") == "1: done");
  CHECK(contents(ann, R"({"state":"archived"})") == "1: away");
  CHECK(contents(ann, R"({"state":"all"})") == "4: away done snoozed open");
  CHECK(contents(ann, R"({"state":"all","page":2,"page_size":3})") == "4: open");
  CHECK(ann.call("captures.list", R"({"state":"all"})")["open_count"] == 1);
  world.clock->set(Instant::parse("2026-03-11T09:00:00Z").value());
  CHECK(contents(ann) == "2: snoozed open");
}

STORE_TEST("captures are found by type, source, tag and text whatever the letter case") {
  World world(store);
  const auto ann = world.person();
  ann.call("captures.create", R"({"content":"Call Österreich\nabout 100%","tags":["Phone"],"type":"task"})");
  world.clock->advance(std::chrono::seconds(1));
  capture(ann, "Buy milk");
  CHECK(contents(ann, R"({"type":"task"})") == "1: Call Österreich");
  CHECK(contents(ann, R"({"source":"web"})") == "2: Buy milk Call Österreich");
  CHECK(contents(ann, R"({"source":"api"})") == "0:");
  CHECK(contents(ann, R"({"tag":"phone"})") == "1: Call Österreich");
  CHECK(contents(ann, R"({"q":"ÖSTER"})") == "1: Call Österreich");
  CHECK(contents(ann, R"({"q":"100%"})") == "1: Call Österreich");
  CHECK(contents(ann, R"({"q":"_"})") == "0:");
  CHECK(contents(ann, R"({"q":"l"})") == "2: Buy milk Call Österreich");
}

STORE_TEST("the same client reference answers the stored capture") {
  World world(store);
  const auto ann = world.person();
  const Call first{.operation = "captures.create", .body = R"({"content":"a","client_ref":"k"})"};
  const Call again{.operation = "captures.create", .body = R"({"content":"b","client_ref":"k"})"};
  const auto made = ann.answer(first);
  const auto repeated = ann.answer(again);
  CHECK(made.status == 201);
  CHECK(repeated.status == 200);
  CHECK(repeated.body == made.body);
  CHECK(world.count("SELECT COUNT(*) FROM activity_events WHERE event_type = 'capture_saved'") == 1);
}

STORE_TEST("a capture changes word by word") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call("captures.create", R"({"content":"a\nb","tags":["x"],"url":"https://example.com"})");
  const auto changed = ann.call("captures.update", with_id(made, R"("content":"todo: c","url":null)"));
  CHECK(changed["title"] == "todo: c");
  CHECK(changed["type"] == "note");
  CHECK(changed["description"] == nullptr);
  CHECK(changed["url"] == nullptr);
  CHECK(changed["tags"].json() == R"(["x"])");
  CHECK(ann.call("captures.update", with_id(made, R"("type":"idea","tags":[])"))["type"] == "idea");
  CHECK(ann.call("captures.process", with_id(made))["processed_at"] == world.clock->now());
  CHECK(ann.call("captures.process", with_id(made, R"("processed":false)"))["processed_at"] == nullptr);
  CHECK(ann.call("captures.delete", with_id(made))["deleted"] == true);
  CHECK(ann.error_of("captures.get", with_id(made)).code == Code::NOT_FOUND);
}

STORE_TEST("several captures are processed, archived and deleted in one call, others' are passed over") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const auto a = capture(ann, "a")["id"].text();
  const auto b = capture(ann, "b")["id"].text();
  const auto bobs = capture(bob, "bob's")["id"].text();
  const auto bulk = [&](const char* action) {
    return ann.call("captures.bulk",
                    fmt::format(R"({{"ids":["{}","{}","{}"],"action":"{}"}})", a, b, bobs, action))["affected"];
  };
  CHECK(bulk("process") == 2);
  CHECK(bulk("process") == 0);
  CHECK(bulk("archive") == 2);
  CHECK(bulk("delete") == 2);
  CHECK(ann.call("captures.list", R"({"state":"all"})")["total"] == 0);
  CHECK(contents(bob) == "1: bob's");
  CHECK(ann.error_of("captures.bulk", R"({"ids":[],"action":"process"})").code == Code::VALIDATION_ERROR);
}

STORE_TEST("a capture becomes a plan item at the end of the plan, once") {
  World world(store);
  const auto ann = world.person();
  ann.call("plan.add_item", R"({"title":"first"})");
  const auto made = capture(ann, R"(Buy milk\n2 l)");
  const auto converted = ann.call("captures.convert", with_id(made, R"("target":"plan_item")"));
  const auto item = converted["created"];
  CHECK(item["kind"] == "plan_item");
  CHECK(item["object"]["title"] == "Buy milk");
  CHECK(item["object"]["description"] == "2 l");
  CHECK(item["object"]["priority"] == 1);
  CHECK(item["object"]["origin"] == "custom");
  CHECK(converted["capture"]["is_processed"] == true);
  CHECK(converted["capture"]["converted_to"].json() ==
        fmt::format(R"({{"kind":"plan_item","id":"{}"}})", item["id"].text()));
  CHECK(ann.call("plan.get")["plan"]["items"][1]["id"] == item["id"]);

  const auto refused = ann.error_of("captures.convert", with_id(made, R"("target":"habit")"));
  CHECK(refused == "CONFLICT already_converted");
  CHECK(refused.details["created"]["id"] == item["id"]);
  CHECK(ann.call("habits.list")["total"] == 0);
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 2);
}

STORE_TEST("a capture becomes a habit; a title too long for it is cut and leads the description") {
  World world(store);
  const auto ann = world.person();
  const std::string title(120, 'a');
  const auto made = capture(ann, title + R"(\nmore)");
  const auto created =
      ann.call("captures.convert", with_id(made, R"("target":"habit","category":"exercise")"))["created"];
  CHECK(created["object"]["name"] == std::string(100, 'a'));
  CHECK(created["object"]["description"] == title + "\nmore");
  CHECK(created["object"]["category"] == "exercise");
  CHECK(ann.call("habits.list")["total"] == 1);
  const auto named = ann.call("captures.convert",
                              with_id(capture(ann, "walk a lot"), R"("target":"habit","title":"Walk")"))["created"];
  CHECK(named["object"]["name"] == "Walk");
}

STORE_TEST("a capture becomes a goal") {
  World world(store);
  const auto ann = world.person();
  const auto made = capture(ann, R"(Run a mile\nby summer)");
  const auto created = ann.call("captures.convert", with_id(made, R"("target":"goal","category":"health")"))["created"];
  CHECK(created["kind"] == "goal");
  CHECK(created["object"]["title"] == "Run a mile");
  CHECK(created["object"]["description"] == "by summer");
  CHECK(created["object"]["category"] == "health");
  CHECK(ann.call("goals.list")["total"] == 1);
}

STORE_TEST("what cannot become of a capture is refused and the capture stays open") {
  World world(store);
  const auto ann = world.person();
  const auto made = capture(ann, "x");
  CHECK(ann.error_of("captures.convert", with_id(made, R"("target":"infobase")")) ==
        "VALIDATION_ERROR target:not_offered");
  CHECK(ann.error_of("captures.convert", with_id(made, R"("target":"sleep")")) == "VALIDATION_ERROR target:not_one_of");
  CHECK(ann.error_of("captures.convert", with_id(made, R"("target":"habit","category":"sleep")")) ==
        "VALIDATION_ERROR category:not_one_of");
  CHECK(ann.error_of("captures.convert", with_id(capture(ann, kCipher), R"("target":"habit")")) ==
        "VALIDATION_ERROR target:encrypted");
  for (int i = 0; i < 50; ++i) ann.call("plan.add_item", R"({"title":"full"})");
  CHECK(ann.error_of("captures.convert", with_id(made, R"("target":"plan_item")")) == "CONFLICT limit_reached");
  CHECK(ann.call("captures.get", with_id(made))["converted_to"] == nullptr);
  CHECK(ann.call("captures.list")["open_count"] == 2);
}

STORE_TEST("another user's captures do not exist") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const auto made = capture(ann, "x");
  for (const char* operation : {"captures.get", "captures.update", "captures.delete", "captures.process"}) {
    CAPTURE(operation);
    CHECK(bob.error_of(operation, with_id(made)).code == Code::NOT_FOUND);
  }
  CHECK(bob.error_of("captures.convert", with_id(made, R"("target":"habit")")).code == Code::NOT_FOUND);
  CHECK(ann.call("captures.get", with_id(made)) == made);
}
