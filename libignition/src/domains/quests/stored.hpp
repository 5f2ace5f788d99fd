// Quests as stored. Universal ones: the shared quest with the user's row of its current period; personal ones: a row
// whose state is read as of now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/domains/quests.hpp"

namespace ignition::quests {

// ---- Universal quests ----

struct Universal {
  Uuid id;
  std::optional<std::string> key;
  std::string title;
  std::optional<std::string> description;
  rules::Period quest_type = rules::Period::daily;
  std::optional<std::string> category;
  rules::Difficulty difficulty = rules::Difficulty::easy;
  rules::QuestTarget target_type = rules::QuestTarget::manual;
  std::int64_t target = 1;  // target and rewards are those of the row, once there is one
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::optional<std::string> skill_key;
  std::int64_t skill_star_reward = 0;
  std::optional<Instant> starts_at;
  std::optional<Instant> ends_at;
  std::int64_t sort_order = 0;
  std::optional<Uuid> row_id;  // nothing was done for it in this period yet
  std::optional<rules::QuestStatus> row_status;
  std::int64_t progress = 0;
  std::optional<Instant> accepted_at;
  std::optional<Instant> completed_at;
  std::optional<Instant> claimed_at;

  rules::QuestStatus status() const { return row_status.value_or(rules::QuestStatus::available); }
  bool is_unfinished() const {
    return status() == rules::QuestStatus::available || status() == rules::QuestStatus::in_progress;
  }
};
BOOST_DESCRIBE_STRUCT(Universal, (),
                      (id, key, title, description, quest_type, category, difficulty, target_type, target, xp_reward,
                       coin_reward, skill_key, skill_star_reward, starts_at, ends_at, sort_order, row_id, row_status,
                       progress, accepted_at, completed_at, claimed_at))

// Those open in the period that holds `date`, by type, sort_order, title, id.
std::vector<Universal> open_universal(Context& ctx, LocalDate date);
// The quest when it is open now.
std::optional<Universal> find_universal(Context& ctx, const Uuid& id);
Quest view(const Context& ctx, const Universal& quest);

// Transitions. CONFLICT invalid_state; of claim target_not_reached, already_claimed, too.
void accept(Context& ctx, Universal& quest);
void abandon(Context& ctx, Universal& quest);
progress::AwardResult claim(Context& ctx, Universal& quest);

// ---- Personal quests ----

struct Personal {
  Uuid id;
  std::optional<Uuid> link_id;
  std::string title;
  std::optional<std::string> description;
  std::string category = "special";
  rules::Difficulty difficulty = rules::Difficulty::starter;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::optional<std::string> skill_key;
  rules::QuestStatus status = rules::QuestStatus::available;
  int progress = 0;
  int target = 1;
  bool is_repeatable = false;
  std::optional<rules::Period> repeat_frequency;
  std::optional<Instant> accepted_at;
  std::optional<Instant> completed_at;
  std::optional<Instant> claimed_at;
  std::optional<Instant> expires_at;
  std::optional<LocalDate> last_completed_date;
  std::optional<std::string> last_period_key;
  int streak_count = 0;
  std::int64_t times_completed = 0;
};
BOOST_DESCRIBE_STRUCT(Personal, (),
                      (id, link_id, title, description, category, difficulty, xp_reward, coin_reward, skill_key, status,
                       progress, target, is_repeatable, repeat_frequency, accepted_at, completed_at, claimed_at,
                       expires_at, last_completed_date, last_period_key, streak_count, times_completed))

// Personal quests, newest first: a page of all, or all that may have a status.
struct PersonalPage {
  std::vector<Personal> quests;
  std::int64_t total = 0;
};
PersonalPage page_of_personal(Context& ctx, std::int64_t limit, std::int64_t offset);
std::vector<Personal> personal_with(Context& ctx, rules::QuestStatus status);
std::optional<Personal> find_personal(Context& ctx, const Uuid& id);
// The quest's state by the rules, as of now.
rules::PersonalQuest as_of_now(const Context& ctx, const Personal& quest);
Quest view(const Context& ctx, const Personal& quest);

// Brings the row to a state that a transition led to.
void store(Context& ctx, Personal& quest, const rules::PersonalQuest& state);
// Completes and pays. CONFLICT invalid_state.
progress::AwardResult complete(Context& ctx, Personal& quest);

}  // namespace ignition::quests
