#include "ignition/rules/daily_plan.hpp"

#include <algorithm>

#include "ignition/rules/percent.hpp"

namespace ignition::rules {

namespace {

constexpr int kReducedFocusMinutes = 5;
constexpr std::size_t kTitleLength = 200;
constexpr std::size_t kDescriptionLength = 1000;
constexpr int kLongestDuration = 1440;

// At most `length` code points of UTF-8 text: sources may have longer texts than items.
std::string cut(std::string_view text, std::size_t length) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_code_point = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins_code_point && count++ == length) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

PlanItem item_from(const PlanSource& source, ItemType type, std::string_view key_prefix) {
  PlanItem item{.item_key = std::string(key_prefix) + source.id,
                .type = type,
                .title = cut(source.title, kTitleLength),
                .action_url = default_action_url(type, {}, source.project_id),
                .origin = PlanOrigin::generated,
                .source_id = source.id};
  if (source.description) item.description = cut(*source.description, kDescriptionLength);
  if (source.minutes && *source.minutes > 0) item.duration = std::min(*source.minutes, kLongestDuration);
  return item;
}

PlanItem focus_item(int minutes) {
  return {.item_key = std::string(kFocusItemKey),
          .type = ItemType::focus,
          .title = "Focus Session",
          .description = std::to_string(minutes) + " minutes",
          .duration = minutes,
          .action_url = default_action_url(ItemType::focus, {}),
          .origin = PlanOrigin::generated};
}

PlanItem review_item(int due) {
  return {.item_key = std::string(kReviewItemKey),
          .type = ItemType::learning,
          .title = "Review cards",
          .description = std::to_string(due) + " due",
          .action_url = std::string(action_of(Module::review).href),
          .origin = PlanOrigin::generated};
}

const PlanItem* find(std::span<const PlanItem> items, std::string_view key) {
  const auto found = std::ranges::find(items, key, &PlanItem::item_key);
  return found == items.end() ? nullptr : &*found;
}

// An item that is there already and was generated again. What the user wrote stands.
PlanItem merged(const PlanItem& existing, PlanItem generated) {
  if (existing.origin == PlanOrigin::custom) return existing;
  generated.id = existing.id;
  generated.completed = existing.completed;
  generated.completed_at = existing.completed_at;
  generated.is_edited = existing.is_edited;
  if (existing.is_edited) {
    generated.title = existing.title;
    generated.description = existing.description;
    generated.duration = existing.duration;
  }
  return generated;
}

// Leaves out new items from the end of the generated list until the plan holds no more than `max_items`.
void leave_out(std::vector<PlanItem>& generated, std::span<const PlanItem> existing, std::size_t surviving,
               std::size_t max_items) {
  for (auto i = generated.size(); i > 0 && generated.size() + surviving > max_items; --i) {
    if (!find(existing, generated[i - 1].item_key)) {
      generated.erase(generated.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
  }
}

bool survives(const PlanItem& item) { return item.origin == PlanOrigin::custom || item.completed; }

std::vector<PlanItem> merge(std::span<const PlanItem> existing, std::vector<PlanItem> generated, bool user_ordered,
                            std::size_t max_items) {
  std::vector<PlanItem> survivors;
  for (const auto& item : existing) {
    if (survives(item) && !find(generated, item.item_key)) survivors.push_back(item);
  }
  leave_out(generated, existing, survivors.size(), max_items);

  std::vector<PlanItem> items;
  const auto add_generated = [&](bool repeats_too) {
    for (const auto& item : generated) {
      const auto* before = find(existing, item.item_key);
      if (!before) items.push_back(item);
      if (before && repeats_too) items.push_back(merged(*before, item));
    }
  };
  if (user_ordered) {
    for (const auto& item : existing) {
      if (const auto* again = find(generated, item.item_key)) {
        items.push_back(merged(item, *again));
      } else if (survives(item)) {
        items.push_back(item);
      }
    }
    add_generated(false);
    return items;
  }
  add_generated(true);
  // The user's own items go before remains of earlier generations.
  std::ranges::stable_partition(survivors, [](const auto& item) { return item.origin == PlanOrigin::custom; });
  items.insert(items.end(), survivors.begin(), survivors.end());
  return items;
}

template <class Fits>
const PlanItem* first_open(std::span<const PlanItem> items, Fits fits) {
  const auto found = std::ranges::find_if(items, [&](const auto& item) { return !item.completed && fits(item); });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

PlanLimits plan_limits(NudgeIntensity nudge_intensity, bool reduced, bool extended) {
  PlanLimits limits = nudge_intensity == NudgeIntensity::gentle
                          ? PlanLimits{.habits = 3, .quests = 1, .workouts = 1, .learning = 1, .tasks = 1}
                          : PlanLimits{.habits = 5, .quests = 3, .workouts = 2, .learning = 1, .tasks = 3};
  if (reduced) limits = {.habits = 1, .quests = 1, .workouts = 0, .learning = 0, .tasks = 0};
  if (!extended) limits.learning = limits.tasks = 0;
  return limits;
}

std::vector<PlanItem> generated_items(const PlanRequest& request, const PlanSources& sources) {
  const auto limits = plan_limits(request.nudge_intensity, request.reduced, request.extended);
  std::vector<PlanItem> items;
  items.push_back(
      focus_item(request.reduced ? std::min(request.focus_minutes, kReducedFocusMinutes) : request.focus_minutes));
  const auto add = [&](std::span<const PlanSource> from, std::size_t limit, ItemType type, std::string_view prefix) {
    for (const auto& source : from.first(std::min(limit, from.size()))) {
      items.push_back(item_from(source, type, prefix));
    }
  };
  add(sources.habits, limits.habits, ItemType::habit, "plan_habit_");
  add(sources.quests, limits.quests, ItemType::quest, "plan_quest_");
  add(sources.workouts, limits.workouts, ItemType::workout, "plan_workout_");
  if (limits.learning > 0 && sources.due_reviews > 0) items.push_back(review_item(sources.due_reviews));
  add(sources.tasks, limits.tasks, ItemType::task, "plan_task_");
  renumber(items);
  return items;
}

std::vector<PlanItem> generate_plan(const PlanRequest& request, const PlanSources& sources,
                                    std::span<const PlanItem> existing) {
  if (request.mode == PlanMode::replace) existing = {};
  auto items = merge(existing, generated_items(request, sources), request.user_ordered,
                     static_cast<std::size_t>(request.max_items));
  renumber(items);
  return items;
}

std::string default_action_url(ItemType type, std::string_view item_id, const std::optional<std::string>& project_id) {
  std::string url(page_of(type).href);
  if (type == ItemType::custom) return url.append("?item=").append(item_id);
  if (type == ItemType::task && project_id) return url.append("/").append(*project_id);
  return url;
}

void insert_item(std::vector<PlanItem>& items, PlanItem item, std::size_t position) {
  const auto at = static_cast<std::ptrdiff_t>(std::min(position, items.size()));
  items.insert(items.begin() + at, std::move(item));
  renumber(items);
}

std::size_t legacy_position(std::string_view priority, std::size_t count) { return priority == "high" ? 0 : count; }

void renumber(std::vector<PlanItem>& items) {
  int next = 0;
  for (auto& item : items) item.priority = next++;
}

const PlanItem* open_item_of(std::span<const PlanItem> items, std::string_view source_id) {
  return first_open(items, [&](const auto& item) { return item.source_id == source_id; });
}

const PlanItem* open_focus_item(std::span<const PlanItem> items, int credited_seconds) {
  return first_open(items, [&](const auto& item) {
    return item.type == ItemType::focus && credited_seconds >= 60 * item.duration.value_or(0);
  });
}

const PlanItem* open_review_item(std::span<const PlanItem> items) {
  return first_open(items, [](const auto& item) { return item.item_key == kReviewItemKey; });
}

PlanCounts plan_counts(std::span<const PlanItem> items) {
  PlanCounts counts;
  counts.total_count = static_cast<int>(items.size());
  counts.completed_count = static_cast<int>(std::ranges::count_if(items, &PlanItem::completed));
  counts.percent_complete = percent(counts.completed_count, counts.total_count);
  counts.next = first_open(items, [](const auto&) { return true; });
  return counts;
}

}  // namespace ignition::rules
