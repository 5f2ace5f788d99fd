// The daily plan: at most one per local date, generated from what is due and shaped by hand. Rules P1 to P8; the merge
// is in rules/daily_plan.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/daily_plan.hpp"
#include "ignition/rules/route.hpp"

namespace ignition::plan {

struct RouteFormat {
  static constexpr std::string_view name = "a page of the product such as /habits";
  static constexpr std::size_t max = rules::kMaxRouteBytes;
  static bool accepts(std::string_view text) { return rules::is_valid_route(text); }
};
using Page = Formatted<RouteFormat>;

using Title = Trimmed<1, 200>;
using Description = Text<0, 1000>;
using Minutes = Int<1, 1440>;

struct Item {
  Uuid id;
  std::string item_key;
  rules::ItemType type = rules::ItemType::custom;
  std::string title;
  std::optional<std::string> description;
  std::optional<std::int64_t> duration;  // minutes
  std::string action_url;
  rules::PlanOrigin origin = rules::PlanOrigin::custom;
  std::optional<Uuid> source_id;
  bool is_edited = false;
  bool completed = false;
  std::optional<Instant> completed_at;
  std::int64_t priority = 0;
};
BOOST_DESCRIBE_STRUCT(Item, (),
                      (id, item_key, type, title, description, duration, action_url, origin, source_id, is_edited,
                       completed, completed_at, priority))

struct Plan {
  Uuid id;
  LocalDate date;
  std::optional<std::string> notes;
  bool user_ordered = false;
  std::vector<Item> items;  // in plan order
  std::int64_t completed_count = 0;
  std::int64_t total_count = 0;
  std::int64_t percent_complete = 0;
  std::optional<Item> next_item;  // the first open one
};
BOOST_DESCRIBE_STRUCT(Plan, (),
                      (id, date, notes, user_ordered, items, completed_count, total_count, percent_complete, next_item))

// Dates default to the user's today and lie within a year of it.
struct OfDate {
  std::optional<LocalDate> date;
};
BOOST_DESCRIBE_STRUCT(OfDate, (), (date))

struct MaybePlan {
  std::optional<Plan> plan;
};
BOOST_DESCRIBE_STRUCT(MaybePlan, (), (plan))

struct OnePlan {
  Plan plan;
};
BOOST_DESCRIBE_STRUCT(OnePlan, (), (plan))

MaybePlan get(Context& ctx, const OfDate& in);

struct ListPlans {
  std::optional<LocalDate> from;  // default: 30 days ago
  std::optional<LocalDate> to;    // default: today; at most 92 days in all
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
};
BOOST_DESCRIBE_STRUCT(ListPlans, (), (from, to, page, page_size))

struct PlanRow {
  Uuid id;
  LocalDate date;
  std::int64_t total = 0;
  std::int64_t completed = 0;
  std::int64_t percent = 0;
};
BOOST_DESCRIBE_STRUCT(PlanRow, (), (id, date, total, completed, percent))

struct Plans {
  std::vector<PlanRow> plans;  // newest date first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Plans, (), (plans, total, page, page_size))

Plans list(Context& ctx, const ListPlans& in);

struct Generate {
  std::optional<LocalDate> date;
  Or<rules::PlanMode, rules::PlanMode::merge> mode;
};
BOOST_DESCRIBE_STRUCT(Generate, (), (date, mode))

OnePlan generate(Context& ctx, const Generate& in);

// An item as a client holds it: matched by id or item_key; what matches nothing becomes a custom item.
struct GivenItem {
  std::optional<Uuid> id;
  std::optional<Text<1, 128>> item_key;
  std::optional<rules::ItemType> type;
  Title title;
  std::optional<Description> description;
  std::optional<Minutes> duration;
  std::optional<Page> action_url;
  std::optional<bool> completed;
};
BOOST_DESCRIBE_STRUCT(GivenItem, (), (id, item_key, type, title, description, duration, action_url, completed))

struct UpdatePlan {
  std::optional<LocalDate> date;
  std::optional<List<GivenItem, 0, 50>> items;  // replace the list; absent leaves it
  Update<Text<0, 4000>> notes;
};
BOOST_DESCRIBE_STRUCT(UpdatePlan, (), (date, items, notes))

OnePlan update(Context& ctx, const UpdatePlan& in);

struct AddItem {
  std::optional<LocalDate> date;
  Or<rules::ItemType, rules::ItemType::custom> type;
  Title title;
  std::optional<Description> description;
  std::optional<Minutes> duration;
  std::optional<Page> action_url;
  std::optional<Int<0, 200>> position;  // default: last
};
BOOST_DESCRIBE_STRUCT(AddItem, (), (date, type, title, description, duration, action_url, position))

struct ItemInPlan {
  Item item;
  Plan plan;
};
BOOST_DESCRIBE_STRUCT(ItemInPlan, (), (item, plan))

ItemInPlan add_item(Context& ctx, const AddItem& in);

struct UpdateItem {
  Uuid id;
  std::optional<Title> title;
  Update<Description> description;
  Update<Minutes> duration;
  std::optional<Page> action_url;
};
BOOST_DESCRIBE_STRUCT(UpdateItem, (), (id, title, description, duration, action_url))

struct OneItem {
  Item item;
};
BOOST_DESCRIBE_STRUCT(OneItem, (), (item))

OneItem update_item(Context& ctx, const UpdateItem& in);

struct CompleteItem {
  Uuid id;
  Or<bool, true> completed;
};
BOOST_DESCRIBE_STRUCT(CompleteItem, (), (id, completed))

struct CompletedItem {
  Item item;
  std::int64_t completed_count = 0;
  std::int64_t total_count = 0;
  std::int64_t percent_complete = 0;
  std::int64_t xp_awarded = 0;
  std::int64_t coins_awarded = 0;
  bool reward_capped = false;
};
BOOST_DESCRIBE_STRUCT(CompletedItem, (),
                      (item, completed_count, total_count, percent_complete, xp_awarded, coins_awarded, reward_capped))

// Ticks an item off by hand, or takes the tick back. What stands behind the item stays as it is.
CompletedItem complete_item(Context& ctx, const CompleteItem& in);

OnePlan delete_item(Context& ctx, const ById& in);

struct Reorder {
  std::optional<LocalDate> date;
  List<Uuid, 0, 200> item_ids;  // every item once
};
BOOST_DESCRIBE_STRUCT(Reorder, (), (date, item_ids))

OnePlan reorder(Context& ctx, const Reorder& in);

struct Removed {
  bool deleted = true;
};
BOOST_DESCRIBE_STRUCT(Removed, (), (deleted))

Removed remove(Context& ctx, const OfDate& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains, inside their transaction: a deed completes the open item that stands for it (rule P6) ----

// The item made from this habit, quest, workout or task on the plan of `date`.
void complete_linked(Context& ctx, const Uuid& source_id, LocalDate date);
// The first open focus item that this much credited focus fills.
void complete_focus(Context& ctx, int credited_seconds, LocalDate date);
// The review of cards.
void complete_review(Context& ctx, LocalDate date);

}  // namespace ignition::plan
