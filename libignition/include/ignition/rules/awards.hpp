// The one table of events and awards: which deeds exist, what they pay, which streaks they feed, what Today makes of
// them, and the keys that make each once-only. Rules of sections 3.4 and 3.5; today's classification, section 5.6.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ignition/rules/skills.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

// Every event type. The first 24, up to onboarding_completed, stand in the order by which the one counted completion
// of a call is chosen (Today's rule T1).
enum class EventKind : std::uint8_t {
  focus_start,
  focus_complete,
  focus_abandon,
  workout_start,
  workout_complete,
  lesson_start,
  lesson_complete,
  review_session,
  drill_complete,
  habit_complete,
  habit_progress,
  quest_complete,
  milestone_complete,
  goal_complete,
  planner_task_complete,
  task_complete,
  plan_item_complete,
  reading_session,
  book_complete,
  journal_entry,
  idea_captured,
  capture_saved,
  ignition_started,
  onboarding_completed,
  onboarding_skipped,
  break_complete,
  habit_streak_bonus,
  personal_record,
  program_complete,
  review_complete,
  achievement_unlocked,
  reward_claimed,
  admin_adjustment,
  level_up,
  market_purchase,
  streak_shield_used,
};
BOOST_DESCRIBE_ENUM(EventKind, focus_start, focus_complete, focus_abandon, workout_start, workout_complete,
                    lesson_start, lesson_complete, review_session, drill_complete, habit_complete, habit_progress,
                    quest_complete, milestone_complete, goal_complete, planner_task_complete, task_complete,
                    plan_item_complete, reading_session, book_complete, journal_entry, idea_captured, capture_saved,
                    ignition_started, onboarding_completed, onboarding_skipped, break_complete, habit_streak_bonus,
                    personal_record, program_complete, review_complete, achievement_unlocked, reward_claimed,
                    admin_adjustment, level_up, market_purchase, streak_shield_used)

inline constexpr std::size_t kEventKinds = 36;

// The user's streaks. Cadence of all: daily.
enum class StreakType : std::uint8_t { daily_activity, focus, workout, habit, reading, learning };
BOOST_DESCRIBE_ENUM(StreakType, daily_activity, focus, workout, habit, reading, learning)

inline constexpr std::size_t kStreakTypes = 6;

std::string_view name_of(StreakType type);
// By name; `daily` means daily_activity.
std::optional<StreakType> streak_type_of(std::string_view name);

// A set of streak types.
class StreakSet {
 public:
  constexpr StreakSet() = default;
  template <class... Types>
  constexpr explicit StreakSet(StreakType first, Types... rest) : bits_((bit(first) | ... | bit(rest))) {}
  constexpr bool contains(StreakType t) const { return (bits_ & bit(t)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr StreakSet operator|(StreakSet a, StreakSet b) {
    StreakSet both;
    both.bits_ = a.bits_ | b.bits_;
    return both;
  }
  friend constexpr bool operator==(const StreakSet&, const StreakSet&) = default;

 private:
  static constexpr unsigned bit(StreakType t) { return 1U << static_cast<unsigned>(t); }
  unsigned bits_ = 0;
};

// What an entry pays: XP before the boost, coins, stars of its skill.
struct Amounts {
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::int64_t skill_stars = 0;

  bool pays() const { return xp > 0 || coins > 0; }
  friend bool operator==(const Amounts&, const Amounts&) = default;
};
BOOST_DESCRIBE_STRUCT(Amounts, (), (xp, coins, skill_stars))

// Limits per local date. Deeds of one group are counted together.
enum class Ceiling : std::uint8_t { none, focus, breaks, workouts, planning, reading, drill };

// Which deed of a kind this is, where the table depends on it.
struct Deed {
  bool counted = true;     // false: partial (an early stopped focus session, an empty workout)
  bool paid_kind = true;   // plan items: of origin custom without source_id, whatever a ceiling leaves of the amount
  bool personal = true;    // quests: false for the claim of a universal quest
  bool automatic = false;  // quests: claimed by the library, not by a call of the user
};

enum class SessionStep : std::uint8_t { none, start, complete, abandon };

// One row of the table. Empty texts mean null.
struct EventRule {
  EventKind kind;
  std::string_view name;
  bool pays;                   // writes a ledger entry, also when the amounts are 0
  bool in_feed;                // writes an activity event
  bool boosted;                // its XP are multiplied by a boost
  Amounts amounts;             // where the table names fixed ones
  std::string_view skill_key;  // when the deed's object names none
  Ceiling ceiling;
  StreakSet streaks;          // fed by every deed of the kind ...
  StreakSet counted_streaks;  // ... and by counted ones only
  std::string_view module;    // as Today names it
  bool touch;                 // stamps the user's last activity
  SessionStep session;        // transition of Today's session
  std::string_view source;    // of that transition
  bool resume;                // can be offered as "resume where you were"
};

const EventRule& rule_of(EventKind kind);
std::span<const EventRule> event_rules();  // in the order of EventKind
inline std::string_view name_of(EventKind kind) { return rule_of(kind).name; }
std::optional<EventKind> event_kind(std::string_view name);

// The streaks that gain the deed's date.
StreakSet streaks_fed(EventKind kind, const Deed& deed = {});
// Whether recording the deed by a call of the user stamps their last activity.
bool touches(EventKind kind, const Deed& deed = {});
// The transition of Today's session; `complete` is a completion in the sense of Today.
SessionStep session_step(EventKind kind, const Deed& deed = {});

// Amounts that the table computes. Those of focus sessions and breaks stand in focus.hpp, those of lessons, quests,
// achievements and gifts on their objects.
enum class HabitCategory : std::uint8_t { focus, exercise, learning, journal, general };
BOOST_DESCRIBE_ENUM(HabitCategory, focus, exercise, learning, journal, general)

Amounts habit_amounts(HabitCategory category);
std::string_view habit_skill(HabitCategory category);
// `qualifies`: source manual, a working set or 600 s, ended within the last 7 days.
Amounts workout_amounts(bool qualifies);
// The index-th (from 0) record of a session; `paid` tells whether the session itself was paid.
Amounts record_amounts(int index, bool paid);
Amounts program_amounts(double adherence_percent);
Amounts reading_amounts(std::int64_t pages);
// A drill's score in percent and its reward; at most three attempts per drill and date pay (Ceiling::drill).
Amounts drill_amounts(double score_percent, std::int64_t reward);

// What was paid on the date within the group: paid deeds and sums before the boost. For Ceiling::drill `deeds` are the
// earlier attempts at this drill on the date, whatever they paid.
struct CeilingUse {
  std::int64_t deeds = 0;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
};
struct Capped {
  Amounts amounts;
  bool reward_capped = false;
  friend bool operator==(const Capped&, const Capped&) = default;
};
// The kinds counted together under the kind's ceiling; empty without one.
std::span<const EventKind> counted_together(EventKind kind);
// What is left of `asked` under the ceiling (rule R-A0).
Capped under_ceiling(Ceiling ceiling, const CeilingUse& used, const Amounts& asked);

struct Boost {
  Instant starts_at;
  Instant ends_at;  // exclusive
  int multiplier_percent = 100;
};
// The multiplier in force: 100 without a boost that covers `now` or for kinds that are not boosted (rule R-G5).
int multiplier_percent(EventKind kind, std::span<const Boost> boosts, Instant now);
// floor(base_xp * percent / 100)
std::int64_t boosted_xp(std::int64_t base_xp, int percent);

// Idempotency and dedupe keys. An Id is the id or key of the object a deed is about.
namespace keys {

class Id {
 public:
  Id(const Uuid& id) : text_(id.text()) {}      // NOLINT(google-explicit-constructor): ids are ids
  Id(std::string_view text) : text_(text) {}    // NOLINT(google-explicit-constructor)
  Id(const std::string& text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  Id(const char* text) : text_(text) {}         // NOLINT(google-explicit-constructor)
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string focus(const Id& session);  // focus_complete and break_complete
std::string workout(const Id& session);
std::string record(const Id& session, const Id& exercise, std::string_view record_type);
std::string program(const Id& run);
std::string reading(const Id& session);
std::string book(const Id& book);
std::string lesson(const Id& lesson);
std::string drill(const Id& drill, LocalDate date, int attempt);  // attempt 1 is the first of the date
std::string review(LocalDate study_day);
std::string habit(const Id& habit, LocalDate date);
std::string habit_streak(const Id& habit, int milestone, LocalDate date);
std::string milestone(const Id& milestone);
std::string goal(const Id& goal);
std::string planner(const Id& event, std::string_view recurrence_id = {});
std::string task(const Id& task);
std::string plan_item(const Id& item);
std::string quest(const Id& quest, std::string_view period_key);
std::string achievement(std::string_view achievement_key);
std::string reward(const Id& reward);
std::string entry(const Id& entry);  // entries without a natural key
std::string reversal(const Id& entry);

std::string focus_start(const Id& session);
std::string focus_abandon(const Id& session);
std::string workout_start(const Id& session);
std::string lesson_start(const Id& lesson);
std::string habit_progress(const Id& habit, LocalDate date, int count);
std::string review_session(LocalDate date, int hour);  // hour 0..23 on the wall clock
std::string journal(const Id& entry);
std::string idea(const Id& idea);
std::string capture(const Id& item);
std::string ignition(const Id& ignition, LocalDate date, int hour, int minute);
std::string onboarding_completed(const Id& flow, Instant at);
std::string onboarding_skipped(const Id& flow, Instant at);
std::string level_up(int new_level, std::int64_t seq);
std::string market_purchase(const Id& purchase);
std::string shield(const Id& shield_use);

// The key of the award_no-th award for one deed: `key`, `key#2`, `key#3` ... (rule R-A1). award_no counts from 1.
std::string again(std::string key, int award_no);

}  // namespace keys

}  // namespace ignition::rules
