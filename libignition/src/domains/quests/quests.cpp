#include "ignition/domains/quests.hpp"

#include <algorithm>
#include <set>

#include "domains/quests/stored.hpp"

namespace ignition::quests {

namespace {

using rules::QuestStatus;

constexpr Sql kDelete{R"sql(DELETE FROM user_quests WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kHistory{R"sql(
  SELECT * FROM (
    SELECT p.quest_id AS id, 'universal' AS source, q.key, q.title, q.description, q.category, q.quest_type,
           q.difficulty, p.xp_reward, p.coin_reward, p.skill_key, p.skill_star_reward, p.status, p.progress, p.target,
           q.target_type, p.period_key AS period_key,
           CASE WHEN q.quest_type = 'one_time' THEN q.ends_at END AS period_ends_at,
           q.quest_type <> 'one_time' AS is_repeatable, 0 AS streak_count, p.accepted_at,
           p.completed_at AS completed_at, p.claimed_at, CAST(NULL AS TIMESTAMPTZ) AS expires_at
      FROM user_quest_progress p JOIN universal_quests q ON q.id = p.quest_id
     WHERE p.user_id = $1 AND p.status IN ('completed', 'claimed')
    UNION ALL
    SELECT id, 'personal', NULL, title, description, category,
           CASE WHEN is_repeatable THEN COALESCE(repeat_frequency, 'daily') ELSE 'one_time' END, difficulty, xp_reward,
           coin_reward, skill_key, 0, status, progress, target, 'manual', COALESCE(last_period_key, 'once'), NULL,
           is_repeatable, streak_count, accepted_at, completed_at, claimed_at, expires_at
      FROM user_quests WHERE user_id = $1 AND status = 'completed') done
   ORDER BY completed_at DESC, id DESC, period_key DESC LIMIT $2 OFFSET $3)sql"};
constexpr Sql kCountHistory{R"sql(
  SELECT (SELECT count(*) FROM user_quest_progress WHERE user_id = $1 AND status IN ('completed', 'claimed'))
       + (SELECT count(*) FROM user_quests WHERE user_id = $1 AND status = 'completed'))sql"};
constexpr Sql kShippedAlready{R"sql(SELECT title, quest_type FROM universal_quests)sql"};

struct TitleAndType {
  std::string title;
  rules::Period type = rules::Period::daily;
  friend auto operator<=>(const TitleAndType&, const TitleAndType&) = default;
};
BOOST_DESCRIBE_STRUCT(TitleAndType, (), (title, type))

struct NewUniversal {
  static constexpr std::string_view table = "universal_quests";
  Uuid id;
  std::string title;
  rules::Period quest_type = rules::Period::daily;
  rules::Difficulty difficulty = rules::Difficulty::easy;
  rules::QuestTarget target_type = rules::QuestTarget::manual;
  std::int64_t target = 1;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::string skill_key;
  std::int64_t skill_star_reward = 1;
  bool is_active = true;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewUniversal, (),
                      (id, title, quest_type, difficulty, target_type, target, xp_reward, coin_reward, skill_key,
                       skill_star_reward, is_active, sort_order, created_at, updated_at))

struct Shipped {
  std::string_view title;
  rules::Period type;
  rules::QuestTarget target_type;
  int target;
  int xp;
  int coins;
  std::string_view skill;
  int sort_order;
};
using rules::Period;
using rules::QuestTarget;
namespace skill = rules::skill;
constexpr Shipped kShipped[] = {
    {"Daily Focus", Period::daily, QuestTarget::focus_minutes, 25, 50, 10, skill::knowledge, 1},
    {"Habit Check", Period::daily, QuestTarget::habits_completed, 1, 25, 5, skill::proficiency, 2},
    {"Active Minutes", Period::daily, QuestTarget::exercise_minutes, 15, 40, 8, skill::guts, 3},
    {"Focus Champion", Period::weekly, QuestTarget::focus_minutes, 180, 200, 50, skill::knowledge, 10},
    {"Habit Warrior", Period::weekly, QuestTarget::perfect_habit_days, 5, 150, 35, skill::proficiency, 11},
    {"Workout Week", Period::weekly, QuestTarget::workouts_completed, 3, 175, 40, skill::guts, 12},
    {"Bookworm", Period::weekly, QuestTarget::reading_minutes, 60, 100, 25, skill::knowledge, 13},
    {"Marathon Focus", Period::monthly, QuestTarget::focus_minutes, 1200, 500, 150, skill::knowledge, 20},
    {"Perfect Month", Period::monthly, QuestTarget::streak_days, 30, 750, 200, skill::proficiency, 21},
};

// Either kind of quest, whichever has the id. NOT_FOUND without one.
struct Either {
  std::optional<Personal> personal;
  std::optional<Universal> universal;
};
Either find(Context& ctx, const Uuid& id) {
  Either found{.personal = find_personal(ctx, id), .universal = {}};
  if (!found.personal) found.universal = find_universal(ctx, id);
  if (!found.personal && !found.universal) throw not_found("quest");
  return found;
}

Quest view(const Context& ctx, const Either& quest) {
  return quest.personal ? view(ctx, *quest.personal) : view(ctx, *quest.universal);
}

using Transition = std::optional<rules::PersonalQuest> (*)(const rules::PersonalQuest&);

// Takes a quest to another state without a reward.
OneQuest moved(Context& ctx, const Uuid& id, Transition of_personal, void (*of_universal)(Context&, Universal&)) {
  Either quest = find(ctx, id);
  if (quest.universal) {
    of_universal(ctx, *quest.universal);
    return {view(ctx, quest)};
  }
  const auto state = of_personal(as_of_now(ctx, *quest.personal));
  if (!state) throw conflict("invalid_state", "The quest's state does not allow this.");
  store(ctx, *quest.personal, *state);
  return {view(ctx, quest)};
}

Rewarded rewarded(const Context& ctx, const Either& quest, const progress::AwardResult& award) {
  return {{.quest = view(ctx, quest),
           .xp_awarded = award.xp,
           .coins_awarded = award.coins,
           .leveled_up = award.leveled_up,
           .new_level = award.new_level}};
}

std::vector<Quest> universal_shown(Context& ctx, std::optional<QuestStatus> status) {
  std::vector<Quest> shown;
  for (const Universal& quest : open_universal(ctx, ctx.today)) {
    if (quest.status() == QuestStatus::abandoned || (status && quest.status() != *status)) continue;
    shown.push_back(view(ctx, quest));
  }
  return shown;
}

// `count` elements from `skipped` on.
template <class T>
std::vector<T> slice(std::vector<T>&& all, std::int64_t skipped, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(all.size());
  const auto first = all.begin() + std::min(skipped, size);
  const auto last = all.begin() + std::min(skipped + count, size);
  return {std::make_move_iterator(first), std::make_move_iterator(last)};
}

}  // namespace

Quests list(Context& ctx, const ListQuests& in) {
  const std::int64_t size = in.page_size.value;
  const std::int64_t skipped = (in.page.value - 1) * size;
  Quests out{.page = in.page.value, .page_size = size};
  std::vector<Quest> universal;
  if (in.source != Source::personal) universal = universal_shown(ctx, in.status);
  const auto before = static_cast<std::int64_t>(universal.size());
  out.total = before;
  out.quests = slice(std::move(universal), skipped, size);
  if (in.source == Source::universal) return out;
  const std::int64_t skipped_personal = std::max<std::int64_t>(0, skipped - before);
  const std::int64_t room = size - static_cast<std::int64_t>(out.quests.size());
  std::vector<Personal> personal;
  if (in.status) {
    auto all = personal_with(ctx, *in.status);
    out.total += static_cast<std::int64_t>(all.size());
    personal = slice(std::move(all), skipped_personal, room);
  } else {
    auto page = page_of_personal(ctx, room, skipped_personal);
    out.total += page.total;
    personal = std::move(page.quests);
  }
  for (const Personal& quest : personal) out.quests.push_back(view(ctx, quest));
  return out;
}

OneQuest get(Context& ctx, const ById& in) { return {view(ctx, find(ctx, in.id))}; }

Quests history(Context& ctx, const PageOfQuests& in) {
  const std::int64_t size = in.page_size.value;
  Quests out{.quests = ctx.db.query<Quest>(kHistory, ctx.user, size, (in.page.value - 1) * size),
             .total = ctx.db.one<std::int64_t>(kCountHistory, ctx.user),
             .page = in.page.value,
             .page_size = size};
  for (Quest& quest : out.quests) {
    const auto dates = rules::dates_of_key(quest.period_key);
    if (dates) quest.period_ends_at = rules::instants_of(*dates, ctx.calendar).ends_at;
  }
  return out;
}

Deleted remove(Context& ctx, const ById& in) {
  if (ctx.db.execute(kDelete, ctx.user, in.id) == 0) {
    if (find_universal(ctx, in.id)) throw forbidden("read_only", "Quests for everybody cannot be deleted.");
    throw not_found("quest");
  }
  return {.id = in.id};
}

OneQuest accept(Context& ctx, const ById& in) {
  return moved(ctx, in.id, &rules::accepted, static_cast<void (*)(Context&, Universal&)>(&accept));
}

OneQuest abandon(Context& ctx, const ById& in) {
  return moved(ctx, in.id, &rules::abandoned, static_cast<void (*)(Context&, Universal&)>(&abandon));
}

OneQuest progress(Context& ctx, const SetProgress& in) {
  Either quest = find(ctx, in.id);
  if (quest.universal || quest.personal->link_id) {
    throw conflict("automatic", "The quest advances by itself.");
  }
  const auto state = rules::progressed(as_of_now(ctx, *quest.personal), in.progress);
  if (!state) throw conflict("invalid_state", "The quest's state does not allow this.");
  store(ctx, *quest.personal, *state);
  return {view(ctx, quest)};
}

Rewarded complete(Context& ctx, const ById& in) {
  Either quest = find(ctx, in.id);
  const auto award = quest.personal ? complete(ctx, *quest.personal) : claim(ctx, *quest.universal);
  return rewarded(ctx, quest, award);
}

Rewarded claim(Context& ctx, const ById& in) {
  Either quest = find(ctx, in.id);
  if (!quest.universal) throw conflict("invalid_state", "A quest of one's own pays when it is completed.");
  const auto award = claim(ctx, *quest.universal);
  return rewarded(ctx, quest, award);
}

std::vector<rules::PlanSource> planned_on(Context& ctx, LocalDate date) {
  std::vector<rules::PlanSource> sources;
  auto own = personal_with(ctx, QuestStatus::accepted);
  std::ranges::sort(own, {}, [](const Personal& quest) {
    return std::tuple(!quest.expires_at.has_value(), quest.expires_at.value_or(Instant{}), quest.id);
  });
  for (const Personal& quest : own) sources.push_back({.id = quest.id.text(), .title = quest.title});
  auto shared = open_universal(ctx, date);
  std::ranges::sort(shared, {}, [](const Universal& quest) { return std::tie(quest.sort_order, quest.id); });
  for (const Universal& quest : shared) {
    if (quest.quest_type != rules::Period::daily || !quest.is_unfinished()) continue;
    sources.push_back({.id = quest.id.text(), .title = quest.title});
  }
  return sources;
}

void ship(Transaction& db, IdSource& ids, Instant now) {
  std::set<TitleAndType> there;
  db.each<TitleAndType>(kShippedAlready, [&](TitleAndType&& quest) { there.insert(std::move(quest)); });
  std::vector<NewUniversal> missing;
  for (const Shipped& quest : kShipped) {
    if (there.contains({std::string(quest.title), quest.type})) continue;
    missing.push_back({.id = ids.next(now),
                       .title = std::string(quest.title),
                       .quest_type = quest.type,
                       .target_type = quest.target_type,
                       .target = quest.target,
                       .xp_reward = quest.xp,
                       .coin_reward = quest.coins,
                       .skill_key = std::string(quest.skill),
                       .sort_order = quest.sort_order,
                       .created_at = now,
                       .updated_at = now});
  }
  if (!missing.empty()) db.insert_many<NewUniversal>(missing);
}

void add_operations(Catalogue& c) {
  constexpr auto read = Effect::read;
  constexpr auto write = Effect::write;
  constexpr auto user = Access::user;
  using QuestById = OneQuest (*)(Context&, const ById&);
  using RewardById = Rewarded (*)(Context&, const ById&);
  c.add("quests.list", Get("/quests"), user, read, &list, "Universal quests of the current periods, then one's own.");
  c.add("quests.get", Get("/quests/{id}"), user, read, &get, "One quest.");
  c.add("quests.create", Create("/quests"), user, write, &create, "Creates a quest of one's own.");
  c.add("quests.update", Patch("/quests/{id}"), user, write, &update, "Changes a quest of one's own.");
  c.add("quests.delete", Delete("/quests/{id}"), user, write, &remove, "Deletes a quest of one's own.");
  c.add("quests.accept", Post("/quests/{id}/accept"), user, write, static_cast<QuestById>(&accept),
        "Takes a quest up.");
  c.add("quests.progress", Post("/quests/{id}/progress"), user, write, &progress,
        "Sets how far a quest of one's own is.");
  c.add("quests.complete", Post("/quests/{id}/complete"), user, write, static_cast<RewardById>(&complete),
        "Completes a quest of one's own, or claims a universal one.");
  c.add("quests.claim", Post("/quests/{id}/claim"), user, write, static_cast<RewardById>(&claim),
        "Claims the reward of a universal quest.");
  c.add("quests.abandon", Post("/quests/{id}/abandon"), user, write, static_cast<QuestById>(&abandon),
        "Gives a quest up; a universal one until its next period.");
  c.add("quests.history", Get("/quests/history"), user, read, &history, "Completed quests, newest first.");
}

}  // namespace ignition::quests
