#include "ignition/domains/achievements.hpp"

#include <algorithm>
#include <set>

#include "domains/achievements/measures.hpp"
#include "ignition/wire.hpp"

namespace ignition::achievements {

namespace {

constexpr Sql kActive{R"sql(
  SELECT d.id, d.key, d.name, d.description, d.category, d.icon, d.trigger_type, d.trigger_config, d.reward_coins,
         d.reward_xp, d.reward_skill_key, d.reward_skill_stars, d.is_hidden, d.is_active, d.sort_order, d.created_at,
         d.updated_at, a.earned_at
    FROM achievement_definitions d
    LEFT JOIN user_achievements a ON a.user_id = $1 AND a.achievement_key = d.key
   WHERE (d.is_active OR a.earned_at IS NOT NULL) AND (NOT d.is_hidden OR a.earned_at IS NOT NULL)
     AND (CAST($2 AS TEXT) IS NULL OR d.category = $2)
   ORDER BY d.sort_order, d.key)sql"};
constexpr Sql kMine{R"sql(
  SELECT d.id, d.key, d.name, d.description, d.category, d.icon, d.trigger_type, d.trigger_config, d.reward_coins,
         d.reward_xp, d.reward_skill_key, d.reward_skill_stars, d.is_hidden, d.is_active, d.sort_order, d.created_at,
         d.updated_at, a.earned_at, a.notified, a.notified_at
    FROM user_achievements a JOIN achievement_definitions d ON d.key = a.achievement_key
   WHERE a.user_id = $1 ORDER BY a.earned_at DESC, d.sort_order DESC, d.key DESC)sql"};
constexpr Sql kPending{R"sql(
  SELECT d.id, d.key, d.name, d.description, d.category, d.icon, d.trigger_type, d.trigger_config, d.reward_coins,
         d.reward_xp, d.reward_skill_key, d.reward_skill_stars, d.is_hidden, d.is_active, d.sort_order, d.created_at,
         d.updated_at, a.earned_at, a.notified, a.notified_at
    FROM user_achievements a JOIN achievement_definitions d ON d.key = a.achievement_key
   WHERE a.user_id = $1 AND NOT a.notified ORDER BY a.earned_at, d.sort_order, d.key)sql"};
constexpr Sql kAcknowledge{R"sql(
  UPDATE user_achievements SET notified = TRUE, notified_at = $3, updated_at = $3
   WHERE user_id = $1 AND achievement_key = $2 AND NOT notified)sql"};
// What can still be earned, hidden or not.
constexpr Sql kOpen{R"sql(
  SELECT d.key, d.trigger_config, d.reward_coins, d.reward_xp, d.reward_skill_key, d.reward_skill_stars
    FROM achievement_definitions d
    LEFT JOIN user_achievements a ON a.user_id = $1 AND a.achievement_key = d.key
   WHERE d.is_active AND a.achievement_key IS NULL ORDER BY d.sort_order, d.key)sql"};
constexpr Sql kKeys{R"sql(SELECT key FROM achievement_definitions)sql"};

struct ActiveRow : Definition {
  std::optional<Instant> earned_at;
};
BOOST_DESCRIBE_STRUCT(ActiveRow, (Definition), (earned_at))

struct OpenRow {
  std::string key;
  Json trigger_config;
  std::int64_t reward_coins = 0;
  std::int64_t reward_xp = 0;
  std::optional<std::string> reward_skill_key;
  std::int64_t reward_skill_stars = 0;
};
BOOST_DESCRIBE_STRUCT(OpenRow, (), (key, trigger_config, reward_coins, reward_xp, reward_skill_key, reward_skill_stars))

struct NewEarned {
  static constexpr std::string_view table = "user_achievements";
  Uuid user_id;
  std::string achievement_key;
  Instant earned_at;
  Uuid ledger_id;
  bool notified = false;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewEarned, (), (user_id, achievement_key, earned_at, ledger_id, notified, created_at, updated_at))

struct NewDefinition {
  static constexpr std::string_view table = "achievement_definitions";
  Uuid id;
  std::string key;
  std::string name;
  std::string category;
  std::string icon;
  TriggerType trigger_type = TriggerType::event;
  Json trigger_config;
  std::int64_t reward_coins = 0;
  std::int64_t reward_xp = 0;
  bool is_hidden = false;
  bool is_active = true;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewDefinition, (),
                      (id, key, name, category, icon, trigger_type, trigger_config, reward_coins, reward_xp, is_hidden,
                       is_active, sort_order, created_at, updated_at))

struct Shipped {
  std::string_view key;
  std::string_view name;
  std::string_view category;
  std::string_view icon;
  TriggerType type;
  std::string_view config;
  int coins;
  int xp;
  int sort_order;
  bool is_hidden = false;
};
constexpr auto kEvent = TriggerType::event;
constexpr auto kThreshold = TriggerType::threshold;
constexpr Shipped kShipped[] = {
    {"first_focus", "First Focus", "focus", "zap", kEvent, R"({"count":1,"event":"focus_complete"})", 10, 25, 1},
    {"focus_10", "Focus Beginner", "focus", "zap", kThreshold, R"({"count":10,"event":"focus_complete"})", 25, 100, 2},
    {"focus_100", "Focus Master", "focus", "crown", kThreshold, R"({"count":100,"event":"focus_complete"})", 100, 500,
     3},
    {"deep_work", "Deep Worker", "focus", "clock", kEvent,
     R"({"count":1,"event":"focus_complete","min_duration":3600})", 50, 100, 4},
    {"streak_3", "Getting Started", "streak", "flame", kThreshold, R"({"count":3,"streak_type":"daily_activity"})", 15,
     50, 10},
    {"streak_7", "Week Warrior", "streak", "flame", kThreshold, R"({"count":7,"streak_type":"daily_activity"})", 35,
     150, 11},
    {"streak_30", "Monthly Master", "streak", "fire", kThreshold, R"({"count":30,"streak_type":"daily_activity"})", 150,
     500, 12},
    {"streak_100", "Legendary Streak", "streak", "trophy", kThreshold,
     R"({"count":100,"streak_type":"daily_activity"})", 500, 2000, 13, true},
    {"first_habit", "Habit Formed", "habit", "check", kEvent, R"({"count":1,"event":"habit_complete"})", 10, 25, 20},
    {"habit_streak_7", "Habit Builder", "habit", "repeat", kThreshold, R"({"count":7,"event":"habit_streak"})", 50, 150,
     21},
    {"first_book", "Bookworm", "reading", "book", kEvent, R"({"count":1,"event":"book_complete"})", 50, 200, 30},
    {"books_10", "Library Builder", "reading", "library", kThreshold, R"({"count":10,"event":"book_complete"})", 200,
     1000, 31},
    {"first_workout", "Gym Rat", "fitness", "dumbbell", kEvent, R"({"count":1,"event":"workout_complete"})", 25, 50,
     40},
    {"first_pr", "Personal Best", "fitness", "medal", kEvent, R"({"count":1,"event":"personal_record"})", 50, 100, 41},
    {"first_lesson", "Student", "learning", "graduation", kEvent, R"({"count":1,"event":"lesson_complete"})", 15, 50,
     50},
};

// None for a trigger that this version of the program does not know: nothing it sees can reach it.
std::optional<rules::Trigger> trigger_of(const Json& config) {
  try {
    return rules::trigger_of(from_json<rules::TriggerConfig>(config.text));
  } catch (const Error&) {
    return {};
  }
}

// A definition that is not earned yet, while a deed is looked at.
struct Open {
  OpenRow row;
  rules::Trigger trigger;
  bool unlocked = false;
};

// Pays the achievement and notes it as earned.
void unlock(Context& ctx, const OpenRow& row, progress::Aftermath& aftermath) {
  auto posted = progress::pay(
      ctx, {.event = {.kind = rules::EventKind::achievement_unlocked,
                      .key = rules::keys::achievement(row.key),
                      .entity_type = "achievement",
                      .entity_id = row.key},
            .amounts = {.xp = row.reward_xp, .coins = row.reward_coins, .skill_stars = row.reward_skill_stars},
            .skill_key = row.reward_skill_key.value_or("")});
  ctx.db.insert(NewEarned{.user_id = ctx.user,
                          .achievement_key = row.key,
                          .earned_at = ctx.now,
                          .ledger_id = posted.id,
                          .created_at = ctx.now,
                          .updated_at = ctx.now});
  aftermath.payments.push_back(std::move(posted));
  aftermath.achievements.push_back(row.key);
}

void show_progress(Achievement& achievement, const rules::Trigger& trigger, Measures& measures) {
  achievement.progress_max = trigger.count;
  achievement.progress = achievement.earned ? trigger.count : std::min(measures.of(trigger), trigger.count);
  achievement.progress_label = rules::progress_label(trigger, achievement.progress);
}

}  // namespace

Achievements list(Context& ctx, const ListAchievements& in) {
  Achievements out;
  Measures measures(ctx, true);
  const auto category = in.category ? std::optional(in.category->value) : std::nullopt;
  std::vector<rules::Trigger> triggers;  // of each achievement
  ctx.db.each<ActiveRow>(
      kActive,
      [&](ActiveRow&& row) {
        auto trigger = trigger_of(row.trigger_config);
        if (!trigger) return;
        const auto earned_at = row.earned_at;
        if (!earned_at) measures.announce(*trigger);
        triggers.push_back(std::move(*trigger));
        out.achievements.push_back({std::move(row), earned_at.has_value(), earned_at, 0, 1, {}});
      },
      ctx.user, category);
  for (std::size_t i = 0; i < triggers.size(); ++i) show_progress(out.achievements[i], triggers[i], measures);
  return out;
}

AllEarned mine(Context& ctx, const Nothing&) { return {ctx.db.query<Earned>(kMine, ctx.user)}; }

AllEarned pending(Context& ctx, const Nothing&) { return {ctx.db.query<Earned>(kPending, ctx.user)}; }

Acknowledged acknowledge(Context& ctx, const Acknowledge& in) {
  Acknowledged out;
  for (const auto& key : in.keys) out.acknowledged += ctx.db.execute(kAcknowledge, ctx.user, key.value, ctx.now);
  return out;
}

MaybeTeaser teaser(Context& ctx, const Nothing&) {
  const Achievements all = list(ctx, {});
  std::vector<const Achievement*> open;
  std::vector<rules::TeaserCandidate> candidates;
  for (const Achievement& achievement : all.achievements) {
    if (achievement.earned) continue;
    open.push_back(&achievement);
    candidates.push_back({.progress = achievement.progress,
                          .max = achievement.progress_max,
                          .reward_coins = achievement.reward_coins,
                          .sort_order = achievement.sort_order,
                          .key = achievement.key});
  }
  const auto best = rules::teaser(candidates);
  if (!best) return {};
  const Achievement& next = *open[*best];
  return {Teaser{next, next.progress, next.progress_max, next.progress_label}};
}

void follow(Context& ctx, const progress::Happened& happened, progress::Aftermath& aftermath) {
  if (happened.reversed) return;
  rules::TriggerChange change{.kind = happened.kind,
                              .counted = happened.counted,
                              .duration_seconds = happened.duration_seconds,
                              .days_of = happened.days_of,
                              .paid = !aftermath.payments.empty()};
  std::vector<Open> open;
  ctx.db.each<OpenRow>(
      kOpen,
      [&](OpenRow&& row) {
        if (auto trigger = trigger_of(row.trigger_config)) open.push_back({std::move(row), std::move(*trigger)});
      },
      ctx.user);
  Measures measures(ctx, false);
  for (const Open& one : open) measures.announce(one.trigger);
  bool unlocked = true;
  while (unlocked) {
    unlocked = false;
    measures.forget_balances();
    if (!aftermath.payments.empty()) measures.know(aftermath.payments.back().balances);
    for (Open& one : open) {
      if (one.unlocked || !rules::can_move(one.trigger, change) || measures.of(one.trigger) < one.trigger.count) {
        continue;
      }
      unlock(ctx, one.row, aftermath);
      one.unlocked = unlocked = true;
    }
    // Their rewards may in turn reach something.
    change = {.kind = rules::EventKind::achievement_unlocked, .paid = true, .unlocked = true};
  }
}

void ship(Transaction& db, IdSource& ids, Instant now) {
  const auto present = db.query<std::string>(kKeys);
  const std::set<std::string> there(present.begin(), present.end());
  std::vector<NewDefinition> missing;
  for (const Shipped& one : kShipped) {
    if (there.contains(std::string(one.key))) continue;
    missing.push_back({.id = ids.next(now),
                       .key = std::string(one.key),
                       .name = std::string(one.name),
                       .category = std::string(one.category),
                       .icon = std::string(one.icon),
                       .trigger_type = one.type,
                       .trigger_config = Json{std::string(one.config)},
                       .reward_coins = one.coins,
                       .reward_xp = one.xp,
                       .is_hidden = one.is_hidden,
                       .sort_order = one.sort_order,
                       .created_at = now,
                       .updated_at = now});
  }
  if (!missing.empty()) db.insert_many<NewDefinition>(missing);
}

void add_operations(Catalogue& c) {
  c.add("progress.teaser", Get("/gamification/teaser"), Access::user, Effect::read, &teaser,
        "The achievement nearest to being earned, or null.");
  c.add("achievements.list", Get("/achievements"), Access::user, Effect::read, &list,
        "Achievements and how far each is; hidden ones when they are earned.");
  c.add("achievements.mine", Get("/achievements/me"), Access::user, Effect::read, &mine,
        "Earned achievements, newest first.");
  c.add("achievements.pending", Get("/achievements/pending"), Access::user, Effect::read, &pending,
        "Earned achievements that were not acknowledged yet, oldest first.");
  c.add("achievements.acknowledge", Post("/achievements/acknowledge"), Access::user, Effect::write, &acknowledge,
        "Notes that the user has seen achievements.");
}

}  // namespace ignition::achievements
