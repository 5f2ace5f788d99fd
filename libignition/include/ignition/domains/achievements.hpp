// Achievements: earned by deeds, never withdrawn. Rules R-C1 to R-C7; triggers are in rules/achievements.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/rules/achievements.hpp"

namespace ignition::achievements {

enum class TriggerType : std::uint8_t { event, threshold };
BOOST_DESCRIBE_ENUM(TriggerType, event, threshold)

struct Definition {
  Uuid id;
  std::string key;
  std::string name;
  std::optional<std::string> description;
  std::string category;
  std::optional<std::string> icon;
  TriggerType trigger_type = TriggerType::event;
  Json trigger_config;
  std::int64_t reward_coins = 0;
  std::int64_t reward_xp = 0;
  std::optional<std::string> reward_skill_key;
  std::int64_t reward_skill_stars = 0;
  bool is_hidden = false;
  bool is_active = true;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Definition, (),
                      (id, key, name, description, category, icon, trigger_type, trigger_config, reward_coins,
                       reward_xp, reward_skill_key, reward_skill_stars, is_hidden, is_active, sort_order, created_at,
                       updated_at))

// How far the user is; of an earned one, all of it. Streaks show what runs now, though the longest one counts.
struct Achievement : Definition {
  bool earned = false;
  std::optional<Instant> earned_at;
  std::int64_t progress = 0;
  std::int64_t progress_max = 1;
  std::string progress_label;
};
BOOST_DESCRIBE_STRUCT(Achievement, (Definition), (earned, earned_at, progress, progress_max, progress_label))

struct ListAchievements {
  std::optional<Text<1, 40>> category;
};
BOOST_DESCRIBE_STRUCT(ListAchievements, (), (category))

struct Achievements {
  std::vector<Achievement> achievements;
};
BOOST_DESCRIBE_STRUCT(Achievements, (), (achievements))

// By sort_order, key. Hidden ones only when they are earned.
Achievements list(Context& ctx, const ListAchievements& in);

struct Earned : Definition {
  Instant earned_at;
  bool notified = false;  // acknowledged
  std::optional<Instant> notified_at;
};
BOOST_DESCRIBE_STRUCT(Earned, (Definition), (earned_at, notified, notified_at))

struct AllEarned {
  std::vector<Earned> achievements;
};
BOOST_DESCRIBE_STRUCT(AllEarned, (), (achievements))

// Newest first.
AllEarned mine(Context& ctx, const Nothing& in);
// Those not acknowledged yet, oldest first.
AllEarned pending(Context& ctx, const Nothing& in);

struct Acknowledge {
  List<Text<1, 60>, 1, 100> keys;
};
BOOST_DESCRIBE_STRUCT(Acknowledge, (), (keys))

struct Acknowledged {
  std::int64_t acknowledged = 0;  // now for the first time; unknown keys are ignored
};
BOOST_DESCRIBE_STRUCT(Acknowledged, (), (acknowledged))

Acknowledged acknowledge(Context& ctx, const Acknowledge& in);

struct Teaser {
  Achievement achievement;
  std::int64_t progress = 0;
  std::int64_t progress_max = 1;
  std::string progress_label;
};
BOOST_DESCRIBE_STRUCT(Teaser, (), (achievement, progress, progress_max, progress_label))

struct MaybeTeaser {
  std::optional<Teaser> teaser;
};
BOOST_DESCRIBE_STRUCT(MaybeTeaser, (), (teaser))

// The achievement nearest to being earned: `progress.teaser`.
MaybeTeaser teaser(Context& ctx, const Nothing& in);

void add_operations(Catalogue& catalogue);
// Writes the shipped definitions; those there already stay as they are.
void ship(Transaction& db, IdSource& ids, Instant now);

// For progress: unlocks what a deed has brought about and pays it (step 8 of an award).
void follow(Context& ctx, const progress::Happened& happened, progress::Aftermath& aftermath);

}  // namespace ignition::achievements
