// The daily plan: what is generated for a date, how it meets the plan that is there, and what its items add up to.
// Rules P2 to P8. Ids are opaque texts here.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/modules.hpp"
#include "ignition/rules/preferences.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

enum class PlanOrigin : std::uint8_t { generated, custom };
BOOST_DESCRIBE_ENUM(PlanOrigin, generated, custom)

// merge keeps what the user did to the plan, replace forgets it.
enum class PlanMode : std::uint8_t { merge, replace };
BOOST_DESCRIBE_ENUM(PlanMode, merge, replace)

// Keys of the generated items that stand for no object of the user's.
inline constexpr std::string_view kFocusItemKey = "plan_focus_1";
inline constexpr std::string_view kReviewItemKey = "plan_learning_review";

struct PlanItem {
  std::string id;  // empty: not stored yet
  std::string item_key;
  ItemType type = ItemType::custom;
  std::string title;
  std::optional<std::string> description;
  std::optional<int> duration;  // minutes, 1..1440
  std::string action_url;
  PlanOrigin origin = PlanOrigin::custom;
  std::optional<std::string> source_id;  // the habit, quest, workout or task behind it
  bool is_edited = false;                // the user changed title, description or duration
  bool completed = false;
  std::optional<Instant> completed_at;
  int priority = 0;  // 0-based and contiguous; lower is sooner

  friend bool operator==(const PlanItem&, const PlanItem&) = default;
};

// Something of the user's that a plan can hold.
struct PlanSource {
  std::string id;
  std::string title;
  std::optional<std::string> description;
  std::optional<int> minutes;             // of a workout
  std::optional<std::string> project_id;  // of a task
};

// What is there for the date, filtered and sorted by rule P1.
struct PlanSources {
  std::vector<PlanSource> habits;
  std::vector<PlanSource> quests;
  std::vector<PlanSource> workouts;
  int due_reviews = 0;
  std::vector<PlanSource> tasks;
};

struct PlanRequest {
  PlanMode mode = PlanMode::merge;
  NudgeIntensity nudge_intensity = NudgeIntensity::standard;
  bool reduced = false;  // the date is today, and the user is back after a gap or has the first day
  bool extended = true;  // flag plan_extended
  int focus_minutes = 25;
  bool user_ordered = false;  // the plan was put in order by hand
  int max_items = 50;
};

// How many items of each kind are generated (rule P3).
struct PlanLimits {
  std::size_t habits;
  std::size_t quests;
  std::size_t workouts;
  std::size_t learning;
  std::size_t tasks;

  friend bool operator==(const PlanLimits&, const PlanLimits&) = default;
};
PlanLimits plan_limits(NudgeIntensity nudge_intensity, bool reduced, bool extended);

// The generated list alone: all open, numbered from 0.
std::vector<PlanItem> generated_items(const PlanRequest& request, const PlanSources& sources);

// The items of the plan after generating: `existing` in plan order, numbered anew. Items keep their ids; of those that
// are gone from the result, the rows are deleted.
std::vector<PlanItem> generate_plan(const PlanRequest& request, const PlanSources& sources,
                                    std::span<const PlanItem> existing);

// Page of an item without an action_url of its own (rule P5).
std::string default_action_url(ItemType type, std::string_view item_id,
                               const std::optional<std::string>& project_id = {});

// Puts `item` before `position`, at the end for a larger one, and numbers all anew.
void insert_item(std::vector<PlanItem>& items, PlanItem item, std::size_t position);
// Position meant by a legacy priority word: `high` is first, every other word last.
std::size_t legacy_position(std::string_view priority, std::size_t count);
void renumber(std::vector<PlanItem>& items);

// The item that a deed elsewhere completes (rule P6), `items` in plan order: the open one made from this object ...
const PlanItem* open_item_of(std::span<const PlanItem> items, std::string_view source_id);
// ... the first open focus item that this much credited focus fills ...
const PlanItem* open_focus_item(std::span<const PlanItem> items, int credited_seconds);
// ... or the review of cards.
const PlanItem* open_review_item(std::span<const PlanItem> items);

// Computed from the items, never stored (rule P8). `next` is the first open item, in plan order.
struct PlanCounts {
  int completed_count = 0;
  int total_count = 0;
  int percent_complete = 0;
  const PlanItem* next = nullptr;
};
PlanCounts plan_counts(std::span<const PlanItem> items);

}  // namespace ignition::rules
