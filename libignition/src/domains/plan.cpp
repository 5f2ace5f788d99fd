#include "ignition/domains/plan.hpp"

#include <algorithm>
#include <map>

#include "domains/today/facts.hpp"
#include "ignition/domains/activity.hpp"
#include "ignition/domains/habits.hpp"
#include "ignition/domains/ordering.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/domains/quests.hpp"
#include "ignition/rules/percent.hpp"
#include "ignition/rules/today.hpp"

namespace ignition::plan {
namespace {

constexpr Sql kPlan{R"sql(
  SELECT p.id, p.date, p.notes, p.user_ordered, i.id, i.item_key, i.type, i.title, i.description, i.duration,
         i.action_url, i.origin, i.source_id, i.is_edited, i.completed, i.completed_at, i.priority
    FROM daily_plans p LEFT JOIN daily_plan_items i ON i.user_id = p.user_id AND i.plan_id = p.id
   WHERE p.user_id = $1 AND p.date = $2
   ORDER BY i.priority ASC, i.id ASC)sql"};
constexpr Sql kDateOfItem{R"sql(
  SELECT p.date FROM daily_plan_items i JOIN daily_plans p ON p.user_id = i.user_id AND p.id = i.plan_id
   WHERE i.user_id = $1 AND i.id = $2)sql"};
constexpr Sql kList{R"sql(
  SELECT p.id, p.date, COUNT(i.id), COUNT(i.id) FILTER (WHERE i.completed), 0
    FROM daily_plans p LEFT JOIN daily_plan_items i ON i.user_id = p.user_id AND i.plan_id = p.id
   WHERE p.user_id = $1 AND p.date >= $2 AND p.date <= $3
   GROUP BY p.id, p.date ORDER BY p.date DESC LIMIT $4 OFFSET $5)sql"};
constexpr Sql kCount{R"sql(
  SELECT COUNT(*) FROM daily_plans WHERE user_id = $1 AND date >= $2 AND date <= $3)sql"};
constexpr Sql kStorePlan{R"sql(
  INSERT INTO daily_plans (user_id, id, date, notes, user_ordered, generated_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
  ON CONFLICT (user_id, id) DO UPDATE
    SET notes = excluded.notes, user_ordered = excluded.user_ordered, updated_at = excluded.updated_at,
        generated_at = COALESCE(excluded.generated_at, daily_plans.generated_at))sql"};
constexpr Sql kStoreItem{R"sql(
  INSERT INTO daily_plan_items (user_id, id, plan_id, item_key, type, title, description, duration, action_url, origin,
                                source_id, is_edited, completed, completed_at, priority, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
  ON CONFLICT (user_id, id) DO UPDATE
    SET type = excluded.type, title = excluded.title, description = excluded.description,
        duration = excluded.duration, action_url = excluded.action_url, is_edited = excluded.is_edited,
        completed = excluded.completed, completed_at = excluded.completed_at, priority = excluded.priority,
        updated_at = excluded.updated_at)sql"};
constexpr Sql kDeleteItem{R"sql(DELETE FROM daily_plan_items WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kDeletePlan{R"sql(DELETE FROM daily_plans WHERE user_id = $1 AND date = $2)sql"};

// The plan of a date as it is worked on: its items are rules::PlanItem, in plan order.
struct Stored {
  Uuid id;
  LocalDate date;
  std::optional<std::string> notes;
  bool user_ordered = false;
  bool is_new = false;
  std::vector<rules::PlanItem> items;
  std::vector<rules::PlanItem> before;  // as stored
};

// A row of kPlan: the plan's columns on every row, the item's null when there is none.
struct Joined {
  Uuid plan_id;
  LocalDate date;
  std::optional<std::string> notes;
  bool user_ordered = false;
  std::optional<std::string> id;
  std::optional<std::string> item_key;
  std::optional<rules::ItemType> type;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::int64_t> duration;
  std::optional<std::string> action_url;
  std::optional<rules::PlanOrigin> origin;
  std::optional<std::string> source_id;
  std::optional<bool> is_edited;
  std::optional<bool> completed;
  std::optional<Instant> completed_at;
  std::optional<std::int64_t> priority;
};
BOOST_DESCRIBE_STRUCT(Joined, (),
                      (plan_id, date, notes, user_ordered, id, item_key, type, title, description, duration, action_url,
                       origin, source_id, is_edited, completed, completed_at, priority))

rules::PlanItem item_from(Joined&& row) {
  return {.id = std::move(*row.id),
          .item_key = row.item_key.value_or(""),
          .type = row.type.value_or(rules::ItemType::custom),
          .title = row.title.value_or(""),
          .description = std::move(row.description),
          .duration = row.duration ? std::optional(static_cast<int>(*row.duration)) : std::nullopt,
          .action_url = row.action_url.value_or(""),
          .origin = row.origin.value_or(rules::PlanOrigin::custom),
          .source_id = std::move(row.source_id),
          .is_edited = row.is_edited.value_or(false),
          .completed = row.completed.value_or(false),
          .completed_at = row.completed_at,
          .priority = static_cast<int>(row.priority.value_or(0))};
}

std::optional<Stored> find(Context& ctx, LocalDate date) {
  std::optional<Stored> plan;
  ctx.db.each<Joined>(
      kPlan,
      [&plan](Joined&& row) {
        if (!plan) {
          plan = Stored{.id = row.plan_id, .date = row.date, .notes = row.notes, .user_ordered = row.user_ordered};
        }
        if (row.id) plan->items.push_back(item_from(std::move(row)));
      },
      ctx.user, date);
  if (plan) plan->before = plan->items;
  return plan;
}

Stored find_or_begin(Context& ctx, LocalDate date) {
  if (auto plan = find(ctx, date)) return std::move(*plan);
  return {.id = ctx.new_id(), .date = date, .is_new = true};
}

// The plan that holds an item of the user's.
Stored plan_of_item(Context& ctx, const Uuid& item) {
  const auto date = ctx.db.maybe<LocalDate>(kDateOfItem, ctx.user, item);
  auto plan = date ? find(ctx, *date) : std::nullopt;
  if (!plan) throw not_found("plan item");
  return std::move(*plan);
}

rules::PlanItem& item_of(Stored& plan, const Uuid& id) {
  const std::string text = id.text();
  const auto found =
      std::find_if(plan.items.begin(), plan.items.end(), [&](const rules::PlanItem& item) { return item.id == text; });
  if (found == plan.items.end()) throw not_found("plan item");
  return *found;
}

std::optional<Uuid> source_of(const rules::PlanItem& item) {
  return item.source_id ? Uuid::parse(*item.source_id) : std::nullopt;
}

void store_item(Context& ctx, const Stored& plan, const rules::PlanItem& item) {
  ctx.db.execute(kStoreItem, ctx.user, item.id, plan.id, item.item_key, item.type, item.title, item.description,
                 item.duration, item.action_url, item.origin, source_of(item), item.is_edited, item.completed,
                 item.completed_at, item.priority, ctx.now);
}

// Writes what differs from what is stored. Items without an id get one.
void store(Context& ctx, Stored& plan, bool generated = false) {
  ctx.db.execute(kStorePlan, ctx.user, plan.id, plan.date, plan.notes, plan.user_ordered,
                 generated ? std::optional(ctx.now) : std::nullopt, ctx.now);
  std::map<std::string_view, const rules::PlanItem*> gone;
  for (const auto& item : plan.before) gone.emplace(item.id, &item);
  for (const auto& item : plan.items) gone.erase(item.id);
  for (const auto& [id, item] : gone) ctx.db.execute(kDeleteItem, ctx.user, id);
  for (auto& item : plan.items) {
    if (item.id.empty()) item.id = ctx.new_id().text();
    const auto before = std::find_if(plan.before.begin(), plan.before.end(),
                                     [&](const rules::PlanItem& other) { return other.id == item.id; });
    if (before == plan.before.end() || !(*before == item)) store_item(ctx, plan, item);
  }
  plan.before = plan.items;
  plan.is_new = false;
}

Item view(const rules::PlanItem& item) {
  return {.id = Uuid::parse(item.id).value_or(Uuid{}),
          .item_key = item.item_key,
          .type = item.type,
          .title = item.title,
          .description = item.description,
          .duration = item.duration,
          .action_url = item.action_url,
          .origin = item.origin,
          .source_id = source_of(item),
          .is_edited = item.is_edited,
          .completed = item.completed,
          .completed_at = item.completed_at,
          .priority = item.priority};
}

Plan view(const Stored& plan) {
  const auto counts = rules::plan_counts(plan.items);
  Plan out{.id = plan.id,
           .date = plan.date,
           .notes = plan.notes,
           .user_ordered = plan.user_ordered,
           .completed_count = counts.completed_count,
           .total_count = counts.total_count,
           .percent_complete = counts.percent_complete};
  for (const auto& item : plan.items) out.items.push_back(view(item));
  if (counts.next != nullptr) out.next_item = view(*counts.next);
  return out;
}

// A date within a year of today.
LocalDate checked_date(const Context& ctx, const std::optional<LocalDate>& date) {
  constexpr int kFarthest = 365;
  const LocalDate chosen = date.value_or(ctx.today);
  if (chosen < ctx.today - kFarthest || chosen > ctx.today + kFarthest) {
    throw invalid("date", "out_of_range",
                  fmt::format("must lie between {} and {}, got {}", (ctx.today - kFarthest).text(),
                              (ctx.today + kFarthest).text(), chosen.text()));
  }
  return chosen;
}

void check_room(const Context& ctx, std::size_t items) {
  const auto most = static_cast<std::size_t>(ctx.config.today.plan_max_items);
  if (items > most) throw conflict("limit_reached", fmt::format("A plan holds at most {} items.", most));
}

// What is there for the date (rule P1), in the order of that rule. Parts that are not built have nothing.
rules::PlanSources sources_of(Context& ctx, const Stored& plan) {
  rules::PlanSources sources;
  for (const auto& habit : habits::due_on(ctx, plan.date)) {
    const std::string id = habit.id.text();
    const bool in_plan = std::any_of(plan.items.begin(), plan.items.end(),
                                     [&](const rules::PlanItem& item) { return item.source_id == id; });
    if (!habit.done || in_plan) sources.habits.push_back({.id = id, .title = habit.name});
  }
  sources.quests = quests::planned_on(ctx, plan.date);
  return sources;
}

// A gentle list for the first day and after a gap (rule P3).
bool is_reduced(const Context& ctx, const today::Facts& facts, LocalDate date) {
  if (date != ctx.today) return false;
  const auto state = rules::user_state(facts.facts, ctx.calendar, ctx.now, ctx.config.today);
  return state.returning_after_gap || state.first_day;
}

rules::PlanItem custom_item(Context& ctx, rules::ItemType type, const Title& title,
                            const std::optional<Description>& description, const std::optional<Minutes>& duration,
                            const std::optional<Page>& action_url) {
  const std::string id = ctx.new_id().text();
  rules::PlanItem item{.id = id, .item_key = "plan_custom_" + id, .type = type, .title = title.value};
  if (description) item.description = description->value;
  if (duration) item.duration = static_cast<int>(*duration);
  item.action_url = action_url ? action_url->value : rules::default_action_url(type, id);
  return item;
}

struct Reward {
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  bool capped = false;
};

// Ticks an item by hand. Only what the user wrote pays; the deed behind a generated item pays by itself.
Reward tick(Context& ctx, const Stored& plan, rules::PlanItem& item) {
  if (item.completed) return {};
  item.completed = true;
  item.completed_at = ctx.now;
  const bool pays = item.origin == rules::PlanOrigin::custom && !item.source_id;
  const auto& rule = rules::rule_of(rules::EventKind::plan_item_complete);
  const auto result = progress::award(ctx, {.event = {.kind = rules::EventKind::plan_item_complete,
                                                      .key = rules::keys::plan_item(item.id),
                                                      .event_id = Uuid::parse(item.id),
                                                      .entity_type = "plan_item",
                                                      .activity_date = plan.date,
                                                      .deed = {.paid_kind = pays}},
                                            .amounts = pays ? rule.amounts : rules::Amounts{}});
  if (result.already_awarded) return {};
  return {result.xp, result.coins, result.reward_capped};
}

// Takes a tick back: the event counts no longer, the reward stays.
void untick(Context& ctx, rules::PlanItem& item) {
  if (!item.completed) return;
  item.completed = false;
  item.completed_at.reset();
  activity::reverse(ctx, rules::keys::plan_item(item.id));
  quests::recount(ctx, rules::EventKind::plan_item_complete);
}

// Puts what a client holds of an item over the stored one.
void merge_given(rules::PlanItem& item, const GivenItem& given) {
  const auto description = given.description ? std::optional(given.description->value) : std::nullopt;
  const auto duration = given.duration ? std::optional(static_cast<int>(*given.duration)) : std::nullopt;
  if (item.title != given.title.value || item.description != description || item.duration != duration) {
    item.is_edited = true;
  }
  item.title = given.title.value;
  item.description = description;
  item.duration = duration;
  if (given.action_url) item.action_url = given.action_url->value;
}

const rules::PlanItem* match(const Stored& plan, const GivenItem& given) {
  for (const auto& item : plan.before) {
    if ((given.id && item.id == given.id->text()) || (given.item_key && item.item_key == given.item_key->value)) {
      return &item;
    }
  }
  return nullptr;
}

void replace_items(Context& ctx, Stored& plan, const std::vector<GivenItem>& given) {
  std::vector<rules::PlanItem> items;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto& one = given[i];
    const rules::PlanItem* stored = match(plan, one);
    const bool twice = stored != nullptr && std::any_of(items.begin(), items.end(), [&](const rules::PlanItem& item) {
                         return item.id == stored->id;
                       });
    if (twice) throw invalid(fmt::format("items[{}]", i), "repeated", "stands in the list twice");
    if (stored != nullptr) {
      items.push_back(*stored);
      merge_given(items.back(), one);
    } else {
      items.push_back(custom_item(ctx, one.type.value_or(rules::ItemType::custom), one.title, one.description,
                                  one.duration, one.action_url));
    }
    if (one.completed && *one.completed) tick(ctx, plan, items.back());
    if (one.completed && !*one.completed) untick(ctx, items.back());
  }
  // The order is the user's own as soon as items that stay have changed places.
  std::vector<int> places;
  for (const auto& item : items) {
    if (std::any_of(plan.before.begin(), plan.before.end(), [&](const auto& old) { return old.id == item.id; })) {
      places.push_back(item.priority);
    }
  }
  plan.user_ordered = plan.user_ordered || !std::is_sorted(places.begin(), places.end());
  plan.items = std::move(items);
  rules::renumber(plan.items);
}

void complete_by_link(Context& ctx, Stored& plan, const rules::PlanItem* found) {
  if (found == nullptr) return;
  rules::PlanItem item = *found;
  item.completed = true;
  item.completed_at = ctx.now;
  store_item(ctx, plan, item);
}

}  // namespace

MaybePlan get(Context& ctx, const OfDate& in) {
  const auto plan = find(ctx, checked_date(ctx, in.date));
  return {plan ? std::optional(view(*plan)) : std::nullopt};
}

Plans list(Context& ctx, const ListPlans& in) {
  constexpr int kLongest = 92;
  const LocalDate to = in.to.value_or(ctx.today);
  const LocalDate from = in.from.value_or(to - 30);
  if (from > to) throw invalid("from", "out_of_range", "must not lie after to");
  if (to - from >= kLongest) throw invalid("to", "out_of_range", "must lie within 92 days from `from`");
  Plans out{.total = ctx.db.one<std::int64_t>(kCount, ctx.user, from, to),
            .page = in.page.value,
            .page_size = in.page_size.value};
  const std::int64_t skipped = (out.page - 1) * out.page_size;
  out.plans = ctx.db.query<PlanRow>(kList, ctx.user, from, to, out.page_size, skipped);
  for (auto& row : out.plans) row.percent = rules::percent(row.completed, row.total);
  return out;
}

OnePlan generate(Context& ctx, const Generate& in) {
  Stored plan = find_or_begin(ctx, checked_date(ctx, in.date));
  const auto facts = today::read_facts(ctx);
  if (!facts.facts.degraded.empty()) throw Error(Code::INTERNAL, "What the plan is made of could not be read.");
  const rules::PlanRequest request{.mode = in.mode.value,
                                   .nudge_intensity = facts.facts.prefs.nudge_intensity,
                                   .reduced = is_reduced(ctx, facts, plan.date),
                                   .extended = facts.flags.plan_extended,
                                   .focus_minutes = facts.facts.prefs.focus_minutes,
                                   .user_ordered = plan.user_ordered,
                                   .max_items = ctx.config.today.plan_max_items};
  plan.items = rules::generate_plan(request, sources_of(ctx, plan), plan.items);
  if (in.mode.value == rules::PlanMode::replace) plan.user_ordered = false;
  store(ctx, plan, true);
  return {view(plan)};
}

OnePlan update(Context& ctx, const UpdatePlan& in) {
  Stored plan = find_or_begin(ctx, checked_date(ctx, in.date));
  if (in.items) {
    check_room(ctx, in.items->size());
    if (plan.is_new) store(ctx, plan);
    replace_items(ctx, plan, *in.items);
  }
  in.notes.apply(plan.notes);
  store(ctx, plan);
  return {view(plan)};
}

ItemInPlan add_item(Context& ctx, const AddItem& in) {
  Stored plan = find_or_begin(ctx, checked_date(ctx, in.date));
  check_room(ctx, plan.items.size() + 1);
  auto item = custom_item(ctx, in.type, in.title, in.description, in.duration, in.action_url);
  const std::string id = item.id;
  const std::size_t position = in.position ? static_cast<std::size_t>(*in.position) : plan.items.size();
  rules::insert_item(plan.items, std::move(item), position);
  store(ctx, plan);
  return {.item = view(item_of(plan, *Uuid::parse(id))), .plan = view(plan)};
}

OneItem update_item(Context& ctx, const UpdateItem& in) {
  Stored plan = plan_of_item(ctx, in.id);
  rules::PlanItem& item = item_of(plan, in.id);
  const rules::PlanItem before = item;
  if (in.title) item.title = in.title->value;
  in.description.apply(item.description);
  in.duration.apply(item.duration);
  if (in.action_url) item.action_url = in.action_url->value;
  if (item.title != before.title || item.description != before.description || item.duration != before.duration) {
    item.is_edited = true;
  }
  if (!(item == before)) store(ctx, plan);
  return {view(item)};
}

CompletedItem complete_item(Context& ctx, const CompleteItem& in) {
  Stored plan = plan_of_item(ctx, in.id);
  rules::PlanItem& item = item_of(plan, in.id);
  Reward reward;
  if (in.completed.value) {
    reward = tick(ctx, plan, item);
  } else {
    untick(ctx, item);
  }
  store(ctx, plan);
  const auto counts = rules::plan_counts(plan.items);
  return {.item = view(item),
          .completed_count = counts.completed_count,
          .total_count = counts.total_count,
          .percent_complete = counts.percent_complete,
          .xp_awarded = reward.xp,
          .coins_awarded = reward.coins,
          .reward_capped = reward.capped};
}

OnePlan delete_item(Context& ctx, const ById& in) {
  Stored plan = plan_of_item(ctx, in.id);
  const rules::PlanItem& item = item_of(plan, in.id);
  plan.items.erase(plan.items.begin() + (&item - plan.items.data()));
  rules::renumber(plan.items);
  store(ctx, plan);
  return {view(plan)};
}

OnePlan reorder(Context& ctx, const Reorder& in) {
  auto plan = find(ctx, checked_date(ctx, in.date));
  if (!plan) throw not_found("plan");
  std::vector<rules::Sibling> present;
  for (const auto& item : plan->items) {
    present.push_back({.id = Uuid::parse(item.id).value_or(Uuid{}), .position = item.priority});
  }
  ordering::check("item_ids", rules::reorder(std::move(present), in.item_ids, rules::kSortOrder));
  std::vector<rules::PlanItem> items;
  for (const Uuid& id : in.item_ids) items.push_back(item_of(*plan, id));
  plan->items = std::move(items);
  rules::renumber(plan->items);
  plan->user_ordered = true;
  store(ctx, *plan);
  return {view(*plan)};
}

Removed remove(Context& ctx, const OfDate& in) {
  if (ctx.db.execute(kDeletePlan, ctx.user, checked_date(ctx, in.date)) == 0) throw not_found("plan");
  return {};
}

void complete_linked(Context& ctx, const Uuid& source_id, LocalDate date) {
  auto plan = find(ctx, date);
  if (plan) complete_by_link(ctx, *plan, rules::open_item_of(plan->items, source_id.text()));
}

void complete_focus(Context& ctx, int credited_seconds, LocalDate date) {
  auto plan = find(ctx, date);
  if (plan) complete_by_link(ctx, *plan, rules::open_focus_item(plan->items, credited_seconds));
}

void complete_review(Context& ctx, LocalDate date) {
  auto plan = find(ctx, date);
  if (plan) complete_by_link(ctx, *plan, rules::open_review_item(plan->items));
}

void add_operations(Catalogue& c) {
  constexpr auto read = Effect::read;
  constexpr auto write = Effect::write;
  constexpr auto user = Access::user;
  c.add("plan.get", Get("/daily-plan"), user, read, &get, "The plan of a date, or null.");
  c.add("plan.list", Get("/daily-plans"), user, read, &list, "Plans of a range of dates, without their items.")
      .from_replica();
  c.add("plan.generate", Post("/daily-plan/generate"), user, write, &generate,
        "Makes the plan of a date from what is due; what the user did to it stays.");
  c.add("plan.update", Patch("/daily-plan"), user, write, &update, "Replaces the items or the notes of a plan.");
  c.add("plan.add_item", Create("/daily-plan/items"), user, write, &add_item, "Adds an item of one's own.");
  c.add("plan.update_item", Patch("/daily-plan/items/{id}"), user, write, &update_item, "Changes an item.");
  c.add("plan.complete_item", Post("/daily-plan/items/{id}/complete"), user, write, &complete_item,
        "Ticks an item off, or takes the tick back.");
  c.add("plan.delete_item", Delete("/daily-plan/items/{id}"), user, write, &delete_item, "Removes an item.");
  c.add("plan.reorder", Put("/daily-plan/order"), user, write, &reorder, "Puts all items into the given order.");
  c.add("plan.delete", Delete("/daily-plan"), user, write, &remove, "Deletes the plan of a date.");
}

}  // namespace ignition::plan
