// Quests: universal ones, which everybody has and which advance by themselves, and personal ones, which their owner
// makes and moves on by hand. Rules R-Q1 to R-Q11; measures, periods and states are in rules/quests.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/rules/daily_plan.hpp"
#include "ignition/rules/quests.hpp"

namespace ignition::quests {

enum class Source : std::uint8_t { universal, personal };
BOOST_DESCRIBE_ENUM(Source, universal, personal)

// A quest as it stands now, with everything that time alone has changed.
struct Quest {
  Uuid id;
  Source source = Source::personal;
  std::optional<std::string> key;
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> category;
  rules::Period quest_type = rules::Period::one_time;
  rules::Difficulty difficulty = rules::Difficulty::starter;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::optional<std::string> skill_key;
  std::int64_t skill_star_reward = 0;
  rules::QuestStatus status = rules::QuestStatus::available;
  std::int64_t progress = 0;
  std::int64_t target = 1;
  rules::QuestTarget target_type = rules::QuestTarget::manual;
  std::string period_key;
  std::optional<Instant> period_ends_at;
  bool is_repeatable = false;  // can be done again in the next period
  std::int64_t streak_count = 0;
  std::optional<Instant> accepted_at;
  std::optional<Instant> completed_at;
  std::optional<Instant> claimed_at;
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(Quest, (),
                      (id, source, key, title, description, category, quest_type, difficulty, xp_reward, coin_reward,
                       skill_key, skill_star_reward, status, progress, target, target_type, period_key, period_ends_at,
                       is_repeatable, streak_count, accepted_at, completed_at, claimed_at, expires_at))

struct OneQuest {
  Quest quest;
};
BOOST_DESCRIBE_STRUCT(OneQuest, (), (quest))

struct ListQuests {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<rules::QuestStatus> status;
  std::optional<Source> source;
};
BOOST_DESCRIBE_STRUCT(ListQuests, (), (page, page_size, status, source))

struct Quests {
  std::vector<Quest> quests;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Quests, (), (quests, total, page, page_size))

// Universal quests of the current periods first, abandoned ones left out, then personal ones, newest first.
Quests list(Context& ctx, const ListQuests& in);
OneQuest get(Context& ctx, const ById& in);

struct PageOfQuests {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
};
BOOST_DESCRIBE_STRUCT(PageOfQuests, (), (page, page_size))

// What was completed: periods of universal quests, and personal ones as they were completed last. Newest first.
Quests history(Context& ctx, const PageOfQuests& in);

using Title = Trimmed<1, 200>;
using Description = Text<0, 1000>;
using Category = Text<1, 50>;
using SkillKey = Text<1, 40>;
// Rewards of one's own quests are bounded: they must not outgrow those of real deeds (rule R-A2).
using XpReward = Int<0, 250>;
using CoinReward = Int<0, 100>;
using Target = Int<1, 100'000>;

enum class Repeat : std::uint8_t { daily, weekly, monthly };
BOOST_DESCRIBE_ENUM(Repeat, daily, weekly, monthly)

struct CreateQuest {
  Title title;
  std::optional<Description> description;
  std::optional<Category> category;  // "special"
  Or<rules::Difficulty, rules::Difficulty::starter> difficulty;
  std::optional<XpReward> xp_reward;  // by the difficulty
  std::optional<CoinReward> coin_reward;
  std::optional<SkillKey> skill_key;  // proficiency
  Or<Target, 1> target;
  Or<bool, false> is_repeatable;
  std::optional<Repeat> repeat_frequency;  // daily; only of repeatable quests
  std::optional<Instant> expires_at;       // in the future; that instant no longer belongs to it
};
BOOST_DESCRIBE_STRUCT(CreateQuest, (),
                      (title, description, category, difficulty, xp_reward, coin_reward, skill_key, target,
                       is_repeatable, repeat_frequency, expires_at))

// At most 500 personal quests are open at once.
OneQuest create(Context& ctx, const CreateQuest& in);

struct UpdateQuest {
  Uuid id;
  std::optional<Title> title;
  Update<Description> description;
  std::optional<Category> category;
  std::optional<rules::Difficulty> difficulty;  // leaves the rewards as they are
  std::optional<XpReward> xp_reward;
  std::optional<CoinReward> coin_reward;
  Update<SkillKey> skill_key;
  std::optional<Target> target;
  std::optional<bool> is_repeatable;
  std::optional<Repeat> repeat_frequency;
  Update<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(UpdateQuest, (),
                      (id, title, description, category, difficulty, xp_reward, coin_reward, skill_key, target,
                       is_repeatable, repeat_frequency, expires_at))

OneQuest update(Context& ctx, const UpdateQuest& in);
Deleted remove(Context& ctx, const ById& in);
OneQuest accept(Context& ctx, const ById& in);

struct SetProgress {
  Uuid id;
  Int<0, 1'000'000'000> progress;  // absolute; more than the target is the target
};
BOOST_DESCRIBE_STRUCT(SetProgress, (), (id, progress))

OneQuest progress(Context& ctx, const SetProgress& in);

struct Result {
  Quest quest;
  std::int64_t xp_awarded = 0;
  std::int64_t coins_awarded = 0;
  bool leveled_up = false;
  std::int64_t new_level = 1;
};
BOOST_DESCRIBE_STRUCT(Result, (), (quest, xp_awarded, coins_awarded, leveled_up, new_level))

struct Rewarded {
  Result result;
};
BOOST_DESCRIBE_STRUCT(Rewarded, (), (result))

// Completes a personal quest; of a universal one, claims the reward.
Rewarded complete(Context& ctx, const ById& in);
Rewarded claim(Context& ctx, const ById& in);
OneQuest abandon(Context& ctx, const ById& in);

void add_operations(Catalogue& catalogue);
// Writes the shipped universal quests; those there already, by title and type, stay as they are.
void ship(Transaction& db, IdSource& ids, Instant now);

// ---- For other domains, inside their transaction ----

// Brings the universal quests that a deed feeds up to date (step 7 of an award).
void follow(Context& ctx, const progress::Happened& happened, progress::Aftermath& aftermath);
// After achievements were paid: the level may have risen once more.
void follow_rewards(Context& ctx, const progress::Happened& happened, progress::Aftermath& aftermath);
// Counts deeds of a kind anew, after one was marked reversed without anything else.
void recount(Context& ctx, rules::EventKind kind);
// Brings up to date what days of habits count for, after habits changed without a deed.
void habits_changed(Context& ctx);
// Ends the periods that are over: what was completed and not claimed is paid, dated the period's last day (rule R-Q5).
// The first write of a user in a new period does this before anything else.
void settle(Context& ctx);
// A counted workout of this program of the user's was done: a linked personal quest advances (rule R-Q11).
void workout_done(Context& ctx, const Uuid& workout);
// What the plan of a date may take up (rule P1 of the daily plan), in order.
std::vector<rules::PlanSource> planned_on(Context& ctx, LocalDate date);

}  // namespace ignition::quests
