// Writes that are repeated with an Idempotency-Key (rule R57).
#include <random>
#include <thread>

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

Answer with_key(const Person& person, std::string_view operation, std::string_view body, std::string_view key = "k-1") {
  return person.answer({.operation = operation, .body = body, .idempotency_key = key});
}

Refused refusal_with_key(const Person& person, std::string_view operation, std::string_view body,
                         std::string_view key = "k-1") {
  try {
    FAIL(with_key(person, operation, body, key).body);
  } catch (const Error& error) {
    return refused(error);
  }
  return {};
}

std::string by_id(std::string_view id) { return fmt::format(R"({{"id":"{}"}})", id); }

constexpr std::string_view kNobody = "0194f5c0-0000-7000-8000-000000000001";

}  // namespace

STORE_TEST("a repeated write is answered again and not run again") {
  World world(store);
  const auto ann = world.person();
  const auto first = with_key(ann, "plan.add_item", R"({"title":"call Jo"})");
  const auto revision = world.revision(ann);
  world.clock->advance(std::chrono::hours(1));
  const auto second = with_key(ann, "plan.add_item", R"({"title":"call Jo"})");
  CHECK_FALSE(first.replayed);
  CHECK(second.replayed);
  CHECK(second.body == first.body);
  CHECK(second.status == 201);
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 1);
  CHECK(world.revision(ann) == revision);
  // White space, the order of keys and an explicit default do not make another request.
  CHECK(with_key(ann, "plan.add_item", R"( { "type" : "custom", "title" : "call Jo" } )").replayed);
}

STORE_TEST("a key that comes with another request is refused") {
  World world(store);
  const auto ann = world.person();
  with_key(ann, "plan.add_item", R"({"title":"call Jo"})");
  CHECK(refusal_with_key(ann, "plan.add_item", R"({"title":"call Bo"})") == "CONFLICT idempotency_mismatch");
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 1);
  // Keeping a field is not clearing it.
  with_key(ann, "plan.update", R"({})", "k-2");
  CHECK(refusal_with_key(ann, "plan.update", R"({"notes":null})", "k-2") == "CONFLICT idempotency_mismatch");
}

STORE_TEST("the same key of another user, or for another operation, is another key") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  with_key(ann, "plan.add_item", R"({"title":"call Jo"})");
  CHECK_FALSE(with_key(bob, "plan.add_item", R"({"title":"call Jo"})").replayed);
  CHECK_FALSE(with_key(ann, "plan.generate", "{}").replayed);
  CHECK(bob.call("plan.get")["plan"]["total_count"] == 1);
}

STORE_TEST("a refusal is refused again, with the same words, though it would succeed by now") {
  World world(store);
  const auto ann = world.person();
  const auto first = refusal_with_key(ann, "plan.reorder", R"({"item_ids":[]})");
  CHECK(first == "NOT_FOUND not_found");
  ann.call("plan.update", R"({"items":[]})");
  const auto replay = [&] {
    try {
      with_key(ann, "plan.reorder", R"({"item_ids":[]})");
    } catch (const Error& error) {
      return std::pair(error.is_replayed(), error.json());
    }
    return std::pair(false, std::string());
  }();
  CHECK(replay.first);
  CHECK(replay.second == R"({"code":"NOT_FOUND","message":"There is no such plan.","details":{"reason":"not_found"}})");
  CHECK(ann.call("plan.reorder", R"({"item_ids":[]})")["plan"]["total_count"] == 0);
}

STORE_TEST("a conflict is not kept: the next try may succeed") {
  World world(store);
  const auto ann = world.person();
  const auto item = ann.call("plan.add_item", R"({"title":"a"})")["item"]["id"].text();
  const std::string order = fmt::format(R"({{"item_ids":["{}"]}})", item);
  ann.call("plan.add_item", R"({"title":"b"})");
  CHECK(refusal_with_key(ann, "plan.reorder", order) == "CONFLICT order_changed");
  ann.call("plan.delete_item", by_id(ann.call("plan.get")["plan"]["items"][1]["id"].text()));
  CHECK_FALSE(with_key(ann, "plan.reorder", order).replayed);
}

STORE_TEST("a failure inside leaves nothing behind, neither rows nor the key") {
  World world(store);
  world.quiet = true;
  const auto ann = world.person();
  world.sql("ALTER TABLE streak_days RENAME TO gone");
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"]["id"].text();
  const auto revision = world.revision(ann);
  CHECK(refusal_with_key(ann, "habits.complete", by_id(habit)).code == Code::INTERNAL);
  CHECK(world.count("SELECT count(*) FROM habit_completions") == 0);
  CHECK(world.count("SELECT count(*) FROM activity_events") == 0);
  CHECK(world.count("SELECT count(*) FROM idempotency_keys") == 0);
  CHECK(world.revision(ann) == revision);
  world.sql("ALTER TABLE gone RENAME TO streak_days");
  CHECK_FALSE(with_key(ann, "habits.complete", by_id(habit)).replayed);
  CHECK(with_key(ann, "habits.complete", by_id(habit)).replayed);
}

STORE_TEST("a key is forgotten after 24 hours") {
  World world(store);
  const auto ann = world.person();
  with_key(ann, "plan.add_item", R"({"title":"a"})");
  world.clock->advance(std::chrono::hours(24) - Micros(1));
  CHECK(with_key(ann, "plan.add_item", R"({"title":"a"})").replayed);
  world.clock->advance(Micros(1));
  CHECK_FALSE(with_key(ann, "plan.add_item", R"({"title":"a"})").replayed);
  CHECK(world.count("SELECT count(*) FROM idempotency_keys") == 1);
}

STORE_TEST("of an answer that is too large to keep, the id is kept") {
  World world(store);
  const auto ann = world.person();
  std::mt19937 random(7);  // what repeats would be compressed
  std::string body = R"({"items":[)";
  for (int i = 0; i < 50; ++i) {
    std::string description;
    for (int k = 0; k < 1000; ++k) {
      const auto point = static_cast<unsigned>(0x10000 + random() % 0xFFFF);
      description += {static_cast<char>(0xF0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 0x3F)),
                      static_cast<char>(0x80 | (point >> 6 & 0x3F)), static_cast<char>(0x80 | (point & 0x3F))};
    }
    body += fmt::format(R"({}{{"title":"x","description":"{}"}})", i == 0 ? "" : ",", description);
  }
  body += "]}";
  const auto first = with_key(ann, "plan.update", body);
  REQUIRE(first.body.size() > 200'000);
  const auto second = with_key(ann, "plan.update", body);
  CHECK(second.replayed);
  CHECK(second.body == by_id(Answered(first.body)["plan"]["id"].text()));
}

STORE_TEST("keys are 1 to 128 printable ASCII characters; reads ignore them") {
  World world(store);
  const auto ann = world.person();
  for (const std::string& key :
       {std::string(129, 'k'), std::string("a\nb"), std::string("\xc3\xa9"), std::string("\x7f")}) {
    CHECK(refusal_with_key(ann, "plan.generate", "{}", key) == "VALIDATION_ERROR Idempotency-Key:invalid_format");
  }
  CHECK_FALSE(with_key(ann, "plan.generate", "{}", std::string(128, '~')).replayed);
  CHECK_FALSE(with_key(ann, "plan.generate", "{}", "two words").replayed);
  with_key(ann, "today.get", "{}");
  CHECK_FALSE(with_key(ann, "today.get", "{}").replayed);
}

STORE_TEST("eight at once with one key run once") {
  World world(store);
  const auto ann = world.person();
  std::atomic<int> replayed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { replayed += with_key(ann, "plan.add_item", R"({"title":"a"})").replayed ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(replayed == 7);
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 1);
}

STORE_TEST("an unknown id is the same refusal as somebody else's, also when replayed") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const auto item = bob.call("plan.add_item", R"({"title":"secret"})")["item"]["id"].text();
  CHECK(refusal_with_key(ann, "plan.complete_item", by_id(item)) == "NOT_FOUND not_found");
  CHECK(refusal_with_key(ann, "plan.complete_item", by_id(kNobody), "k-2") == "NOT_FOUND not_found");
}
