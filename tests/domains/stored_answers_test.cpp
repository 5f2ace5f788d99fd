// What servers on one store keep for each other.
#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// What the server's loops do: Today of these people together; the answers that came from memory.
std::vector<std::optional<Answer>> together(Engine& engine, const std::vector<Person>& people) {
  const Call today{.operation = "today.get"};
  std::vector<KeptRead> reads;
  for (const Person& person : people) reads.push_back({.caller = &person.caller(), .call = &today});
  engine.answer_kept(reads);
  std::vector<std::optional<Answer>> answers;
  for (KeptRead& read : reads) answers.push_back(std::move(read.answer));
  return answers;
}

std::string today_of(Engine& engine, const Person& person) {
  return engine.call(person.caller(), {.operation = "today.get"}).body;
}

const std::vector<std::string> kOpenTwice{"file", "postgres"};

}  // namespace

TEST_CASE("a server that has just started answers from what another one stored, with the same bytes") {
  for (const auto& store : kOpenTwice) {
    CAPTURE(store);
    World world(store);
    std::vector<Person> people;
    for (int i = 0; i < 4; ++i) {
      people.push_back(world.person());
      people.back().call("habits.create", R"({"name":"stretch"})");
    }
    std::vector<std::string> told;
    {
      const auto first = world.another_engine(true);
      for (const auto& answer : together(*first, people)) CHECK_FALSE(answer);
      for (const Person& person : people) told.push_back(today_of(*first, person));
    }  // stores what it knows
    CHECK(world.count("SELECT COUNT(*) FROM stored_answers WHERE view = 'today'") == 4);
    people[1].call("habits.create", R"({"name":"read"})");

    const auto second = world.another_engine(true);
    const auto answers = together(*second, people);
    for (std::size_t i = 0; i < people.size(); ++i) {
      CAPTURE(i);
      REQUIRE(answers[i].has_value() == (i != 1));  // whose data changed since
      if (answers[i]) CHECK(answers[i]->body == told[i]);
    }
    CHECK(today_of(*second, people[1]) == today_of(*world.engine, people[1]));
  }
}

TEST_CASE("what time has changed since it was stored is worked out again") {
  World world("file");
  const Person ann = world.person();
  today_of(*world.another_engine(true), ann);
  CHECK(together(*world.another_engine(true), {ann})[0]);
  world.clock->advance(std::chrono::hours(24));
  const auto later = world.another_engine(true);
  CHECK_FALSE(together(*later, {ann})[0]);
  CHECK(today_of(*later, ann) == today_of(*world.another_engine(), ann));
}

TEST_CASE("a server with another configuration, and one whose bytes are broken, do not trust what is stored") {
  World world("file");
  const Person ann = world.person();
  today_of(*world.another_engine(true), ann);
  world.sql("UPDATE stored_answers SET maker = 'another'");
  CHECK_FALSE(together(*world.another_engine(true), {ann})[0]);
  today_of(*world.another_engine(true), ann);
  CHECK(together(*world.another_engine(true), {ann})[0]);
  world.sql("UPDATE stored_answers SET body = $1", Bytes{"hostile"});
  const auto other = world.another_engine(true);
  CHECK_FALSE(together(*other, {ann})[0]);
  CHECK(today_of(*other, ann) == today_of(*world.another_engine(), ann));
}

TEST_CASE("an answer made of older data does not take the place of a newer one, and leaves with its user") {
  World world("file");
  const Person ann = world.person();
  const auto old = world.another_engine(true);
  const auto fresh = world.another_engine(true);
  today_of(*old, ann);
  ann.call("habits.create", R"({"name":"read"})");
  today_of(*fresh, ann);
  const auto stored = [&] { return world.rows<std::int64_t>("SELECT revision FROM stored_answers"); };
  auto ends_first = world.another_engine(true);
  today_of(*ends_first, ann);
  ends_first.reset();
  CHECK(stored() == std::vector{world.revision(ann)});
  world.sql("UPDATE stored_answers SET revision = revision + 1");
  auto late = world.another_engine(true);
  today_of(*late, ann);
  late.reset();
  CHECK(stored() == std::vector{world.revision(ann) + 1});
  world.sql("DELETE FROM users WHERE id = $1", ann.id());
  CHECK(stored().empty());
}

TEST_CASE("without a table of stored answers everything is worked out, and nobody notices but the operator") {
  World world("file");
  const Person ann = world.person();
  world.quiet = true;
  const auto engine = world.another_engine(true);
  world.sql("DROP TABLE stored_answers");
  CHECK_FALSE(together(*engine, {ann})[0]);
  CHECK(today_of(*engine, ann) == today_of(*world.another_engine(), ann));
  CHECK(together(*engine, {ann})[0]);
}

TEST_CASE("a server that ends while its store takes nothing tries once and goes") {
  World world("file");
  world.quiet = true;
  std::vector<std::string> told;
  auto engine = Engine::open({.store_url = world.store_url(),
                              .store = {.durability = StoreOptions::Durability::off,
                                        .log = [&](std::string_view line) { told.emplace_back(line); }},
                              .clock = world.clock,
                              .share_answers = true});
  for (int i = 0; i < 250; ++i) today_of(*engine, world.person());  // more than one transaction takes
  world.sql("DROP TABLE stored_answers");
  engine.reset();
  const auto is_ours = [](const std::string& line) { return line.starts_with("Answers for other servers"); };
  CHECK(std::ranges::count_if(told, is_ours) == 1);
}
