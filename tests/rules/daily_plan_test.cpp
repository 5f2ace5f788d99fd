#include "ignition/rules/daily_plan.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <set>

#include "ignition/rules/route.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

template <class E>
E enum_of(const std::string& name) {
  E value{};
  REQUIRE_MESSAGE(boost::describe::enum_from_string(name.c_str(), value), name);
  return value;
}

std::optional<int> maybe_int(test::Value object, std::string_view key) {
  if (!test::has(object, key)) return {};
  return static_cast<int>(test::integer(object, key));
}

std::vector<PlanSource> sources_of(test::Value input, std::string_view key) {
  std::vector<PlanSource> sources;
  for (const auto row : input[key].get_array()) {
    sources.push_back({.id = test::text(row, "id"),
                       .title = test::has(row, "name") ? test::text(row, "name") : test::text(row, "title"),
                       .description = test::maybe_text(row, "description"),
                       .minutes = maybe_int(row, "minutes"),
                       .project_id = test::maybe_text(row, "project_id")});
  }
  return sources;
}

std::vector<PlanItem> items_of(test::Value rows) {
  std::vector<PlanItem> items;
  for (const auto row : rows.get_array()) {
    items.push_back({.item_key = test::text(row, "item_key"),
                     .type = enum_of<ItemType>(test::text(row, "type")),
                     .title = test::text(row, "title"),
                     .description = test::maybe_text(row, "description"),
                     .duration = maybe_int(row, "duration"),
                     .action_url = test::text(row, "action_url"),
                     .origin = enum_of<PlanOrigin>(test::text(row, "origin")),
                     .is_edited = test::boolean(row, "is_edited"),
                     .completed = test::boolean(row, "completed"),
                     .priority = static_cast<int>(test::integer(row, "priority", 0))});
  }
  return items;
}

// The vectors say nothing about the object behind an item.
std::vector<PlanItem> without_sources(std::vector<PlanItem> items) {
  for (auto& item : items) item.source_id.reset();
  return items;
}

std::vector<std::string> keys_of(std::span<const PlanItem> items) {
  std::vector<std::string> keys;
  keys.reserve(items.size());
  for (const auto& item : items) keys.push_back(item.item_key);
  return keys;
}

PlanItem custom(const std::string& id, bool completed = false) {
  return {.id = id,
          .item_key = "plan_custom_" + id,
          .title = "Item " + id,
          .action_url = default_action_url(ItemType::custom, id),
          .completed = completed};
}

std::vector<PlanSource> numbered(std::string_view prefix, int count) {
  std::vector<PlanSource> sources;
  for (int i = 0; i < count; ++i) {
    const auto id = std::string(prefix) + std::to_string(i);
    sources.push_back({.id = id, .title = "Title " + id});
  }
  return sources;
}

}  // namespace

TEST_CASE("generated plans follow the vectors") {
  const test::Vectors vectors("today/plan_generate.json");
  std::size_t cases = 0;
  for (const auto one : vectors["cases"].get_array()) {
    CAPTURE(test::text(one, "id"));
    const auto input = one["input"].value();
    const PlanRequest request{.mode = enum_of<PlanMode>(test::text(input, "mode")),
                              .nudge_intensity = enum_of<NudgeIntensity>(test::text(input, "nudge_intensity")),
                              .reduced = test::boolean(input, "reduced"),
                              .extended = test::boolean(input, "extended"),
                              .focus_minutes = static_cast<int>(test::integer(input, "focus_minutes")),
                              .user_ordered = test::boolean(input, "user_ordered")};
    const PlanSources sources{.habits = sources_of(input, "habits"),
                              .quests = sources_of(input, "quests"),
                              .workouts = sources_of(input, "workouts"),
                              .due_reviews = static_cast<int>(test::integer(input, "due_reviews")),
                              .tasks = sources_of(input, "tasks")};
    const auto items = generate_plan(request, sources, items_of(input["existing"].value()));
    const auto expected = items_of(one["expected"].value());
    CHECK(keys_of(items) == keys_of(expected));
    CHECK((without_sources(items) == expected));
    ++cases;
  }
  CHECK(cases == 14);
}

TEST_CASE("limits follow the nudges, and reduced days override them") {
  CHECK(plan_limits(NudgeIntensity::gentle, false, true) == PlanLimits{3, 1, 1, 1, 1});
  CHECK(plan_limits(NudgeIntensity::energetic, false, true) == PlanLimits{5, 3, 2, 1, 3});
  CHECK(plan_limits(NudgeIntensity::energetic, true, true) == PlanLimits{1, 1, 0, 0, 0});
  CHECK(plan_limits(NudgeIntensity::gentle, false, false) == PlanLimits{3, 1, 1, 0, 0});
}

TEST_CASE("a shorter focus length than the reduced one is kept on a reduced day") {
  CHECK(generated_items({.reduced = true, .focus_minutes = 3}, {})[0].duration == 3);
}

TEST_CASE("the example of nine items, three done") {
  const PlanSources sources{.habits = numbered("h", 4),
                            .quests = numbered("q", 2),
                            .workouts = numbered("w", 1),
                            .due_reviews = 12,
                            .tasks = {}};
  auto items = generate_plan({}, sources, {});
  REQUIRE(items.size() == 9);
  CHECK(items.back().priority == 8);
  for (std::size_t i = 0; i < 3; ++i) items[i].completed = true;
  const auto counts = plan_counts(items);
  CHECK(counts.completed_count == 3);
  CHECK(counts.total_count == 9);
  CHECK(counts.percent_complete == 33);
  CHECK(counts.next == &items[3]);
}

TEST_CASE("a full plan leaves out the last new items and keeps what is there") {
  std::vector<PlanItem> existing;
  existing.reserve(49);
  for (int i = 0; i < 48; ++i) existing.push_back(custom(std::to_string(i)));
  const PlanSources sources{.habits = numbered("h", 3)};
  const auto items = generate_plan({}, sources, existing);
  CHECK(items.size() == 50);
  CHECK(items[0].item_key == "plan_focus_1");
  CHECK(items[1].item_key == "plan_habit_h0");
  CHECK(items[2].item_key == "plan_custom_0");

  // The habit that is there already stays, although an earlier one has no room.
  existing.push_back(
      {.id = "x", .item_key = "plan_habit_h2", .type = ItemType::habit, .origin = PlanOrigin::generated});
  const auto again = generate_plan({}, sources, existing);
  CHECK(again.size() == 50);
  CHECK(keys_of(std::span(again).first(3)) ==
        std::vector<std::string>{"plan_focus_1", "plan_habit_h2", "plan_custom_0"});
  CHECK(again[1].id == "x");

  CHECK(generate_plan({.mode = PlanMode::replace, .max_items = 2}, sources, existing).size() == 2);
}

TEST_CASE("what is generated again keeps its id and the instant it was completed at") {
  const auto at = Instant::parse("2026-01-14T09:00:00Z").value();
  auto existing = generate_plan({}, {}, {});
  existing[0].id = "f";
  existing[0].completed = true;
  existing[0].completed_at = at;
  const auto items = generate_plan({.focus_minutes = 45}, {}, existing);
  REQUIRE(items.size() == 1);
  CHECK(items[0].id == "f");
  CHECK(items[0].completed_at == at);
  CHECK(items[0].duration == 45);
}

TEST_CASE("an item the user made under a generated key stays the user's") {
  auto own = custom("a");
  own.item_key = "plan_focus_1";
  own.title = "My own";
  const auto items = generate_plan({}, {}, std::vector{own});
  REQUIRE(items.size() == 1);
  CHECK(items[0].title == "My own");
  CHECK(items[0].origin == PlanOrigin::custom);
}

TEST_CASE("texts and lengths of sources are cut to what an item holds") {
  PlanSource source{.id = "t", .title = {}, .description = std::string(1001, 'x'), .minutes = 2000};
  for (int i = 0; i < 300; ++i) source.title += "ä";
  auto items = generated_items({}, {.workouts = {source}});
  CHECK(items[1].title.size() == 400);
  CHECK(items[1].description->size() == 1000);
  CHECK(items[1].duration == 1440);
  source.minutes = 0;
  CHECK_FALSE(generated_items({}, {.workouts = {source}})[1].duration.has_value());
}

TEST_CASE("items without a link of their own lead to the page of their type") {
  CHECK(default_action_url(ItemType::task, "i", "p1") == "/projects/p1");
  CHECK(default_action_url(ItemType::task, "i") == "/projects");
  CHECK(default_action_url(ItemType::custom, "i") == "/focus?item=i");
  CHECK(default_action_url(ItemType::journal, "i") == "/learn/journal");
  for (std::size_t i = 0; i < kItemTypes; ++i) {
    CHECK(is_valid_route(default_action_url(static_cast<ItemType>(i), "0190a000-0000-7000-8000-000000000001")));
  }
}

TEST_CASE("items are put where they are wanted and numbered anew") {
  std::vector<PlanItem> items{custom("a"), custom("b")};
  insert_item(items, custom("first"), legacy_position("high", items.size()));
  insert_item(items, custom("last"), legacy_position("medium", items.size()));
  insert_item(items, custom("second"), 1);
  insert_item(items, custom("far"), 99);
  CHECK(keys_of(items) == std::vector<std::string>{"plan_custom_first", "plan_custom_second", "plan_custom_a",
                                                   "plan_custom_b", "plan_custom_last", "plan_custom_far"});
  for (std::size_t i = 0; i < items.size(); ++i) CHECK(items[i].priority == static_cast<int>(i));
}

TEST_CASE("deeds elsewhere complete the open item that stands for them") {
  auto items = generate_plan({}, {.habits = numbered("h", 2), .due_reviews = 5}, {});
  CHECK(open_item_of(items, "h1") == &items[2]);
  CHECK(open_item_of(items, "h9") == nullptr);
  items[2].completed = true;
  CHECK(open_item_of(items, "h1") == nullptr);
  CHECK(open_review_item(items) == &items[3]);

  CHECK(open_focus_item(items, 1499) == nullptr);
  CHECK(open_focus_item(items, 1500) == &items[0]);
  auto any_length = custom("quiet");
  any_length.type = ItemType::focus;
  items.push_back(any_length);
  CHECK(open_focus_item(items, 60) == &items.back());
  items[0].completed = true;
  CHECK(open_focus_item(items, 1500) == &items.back());
}

TEST_CASE("an empty plan counts nothing") {
  const auto counts = plan_counts({});
  CHECK(counts.total_count == 0);
  CHECK(counts.percent_complete == 0);
  CHECK(counts.next == nullptr);
}

namespace {

std::vector<PlanSource> some(std::string_view prefix) {
  auto sources = numbered(prefix, 8);
  std::erase_if(sources, [](const auto&) { return *rc::gen::arbitrary<bool>(); });
  return sources;
}

PlanSources any_sources() {
  return {.habits = some("h"),
          .quests = some("q"),
          .workouts = some("w"),
          .due_reviews = *rc::gen::inRange(0, 3),
          .tasks = some("t")};
}

PlanRequest any_request() {
  return {.mode = PlanMode::merge,
          .nudge_intensity = *rc::gen::element(NudgeIntensity::gentle, NudgeIntensity::standard),
          .reduced = *rc::gen::arbitrary<bool>(),
          .extended = *rc::gen::arbitrary<bool>(),
          .focus_minutes = *rc::gen::inRange(1, 181),
          .user_ordered = *rc::gen::arbitrary<bool>(),
          .max_items = *rc::gen::inRange(10, 51)};
}

// Gives stored ids, as the domain does.
void store(std::vector<PlanItem>& items) {
  for (auto& item : items) {
    if (item.id.empty()) item.id = "id of " + item.item_key;
  }
}

// A plan with a history: generated, worked on, added to, put in order.
std::vector<PlanItem> any_plan(const PlanRequest& request) {
  auto items = generate_plan(request, any_sources(), {});
  const auto own = *rc::gen::inRange(0, 6);
  for (int i = 0; i < own; ++i) {
    insert_item(items, custom(std::to_string(i)), *rc::gen::inRange<std::size_t>(0, items.size() + 1));
  }
  store(items);
  for (auto& item : items) {
    item.completed = *rc::gen::arbitrary<bool>();
    item.is_edited = *rc::gen::arbitrary<bool>();
    if (item.is_edited) item.title = "Mine";
  }
  return items;
}

}  // namespace

TEST_CASE("generating twice gives the same plan as generating once") {
  CHECK(rc::check("idempotent", [] {
    const auto request = any_request();
    const auto sources = any_sources();
    auto once = generate_plan(request, sources, any_plan(request));
    store(once);
    RC_ASSERT((generate_plan(request, sources, once) == once));
  }));
}

TEST_CASE("generating loses nothing done, nothing of the user's and no edit") {
  CHECK(rc::check("merge", [] {
    const auto request = any_request();
    const auto existing = any_plan(request);
    const auto items = generate_plan(request, any_sources(), existing);
    for (const auto& before : existing) {
      const auto found = std::ranges::find(items, before.item_key, &PlanItem::item_key);
      if (before.completed || before.origin == PlanOrigin::custom) RC_ASSERT(found != items.end());
      if (found == items.end()) continue;
      RC_ASSERT(found->id == before.id);
      RC_ASSERT(found->completed == before.completed);
      if (before.is_edited) RC_ASSERT(found->title == "Mine");
    }
  }));
}

TEST_CASE("priorities are contiguous, keys unique and the plan never grows beyond its limit by generating") {
  CHECK(rc::check("shape", [] {
    const auto request = any_request();
    const auto existing = any_plan(request);
    const auto items = generate_plan(request, any_sources(), existing);
    std::set<std::string> keys;
    for (std::size_t i = 0; i < items.size(); ++i) {
      RC_ASSERT(items[i].priority == static_cast<int>(i));
      RC_ASSERT(keys.insert(items[i].item_key).second);
    }
    RC_ASSERT(items.size() <= std::max(existing.size(), static_cast<std::size_t>(request.max_items)));
  }));
}

TEST_CASE("an order made by hand stays") {
  CHECK(rc::check("user order", [] {
    auto request = any_request();
    request.user_ordered = true;
    const auto existing = any_plan(request);
    const auto items = generate_plan(request, any_sources(), existing);
    std::size_t last = 0;
    bool seen_new = false;
    for (const auto& item : items) {
      const auto before = std::ranges::find(existing, item.item_key, &PlanItem::item_key);
      if (before == existing.end()) {
        seen_new = true;
        continue;
      }
      RC_ASSERT_FALSE(seen_new);
      const auto position = static_cast<std::size_t>(before - existing.begin()) + 1;
      RC_ASSERT(position > last);
      last = position;
    }
  }));
}
