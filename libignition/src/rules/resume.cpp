#include "ignition/rules/resume.hpp"

#include <algorithm>
#include <array>

#include "ignition/rules/route.hpp"

namespace ignition::rules {
namespace {

struct Row {
  ActionModule module;
  std::string_view key;
  std::string_view name;
  std::string_view route;
};

using M = ActionModule;
constexpr auto kResumable = std::to_array<Row>({
    {M::focus, "focus", "Focus", "/focus"},
    {M::exercise, "exercise", "Exercise", "/exercise"},
    {M::learn, "learn", "Learn", "/learn"},
    {M::habits, "habits", "Habits", "/habits"},
    {M::quests, "quests", "Quests", "/quests"},
    {M::goals, "goals", "Goals", "/goals"},
    {M::planner, "planner", "Planner", "/planner"},
    {M::books, "books", "Books", "/books"},
    {M::journal, "journal", "Journal", "/learn/journal"},
    {M::projects, "projects", "Projects", "/projects"},
    {M::ideas, "ideas", "Ideas", "/ideas"},
});

const Row* row_of(ActionModule module) {
  const auto row = std::ranges::find(kResumable, module, &Row::module);
  return row == kResumable.end() ? nullptr : &*row;
}

// Below this many events in the window, interests speak for the user.
constexpr std::int64_t kHardlyBegun = 5;

std::optional<PrimerType> primer_type(const UsageCounts& usage, std::span<const InterestKey> interests,
                                      const TodayConfig& config) {
  if (usage.learn_events >= config.primer_learn_min) return PrimerType::learn;
  if (usage.focus_events >= config.primer_focus_min && usage.learn_events < config.primer_hub_learn_below) {
    return PrimerType::hub;
  }
  if (usage.total_events >= kHardlyBegun) return {};
  for (const InterestKey interest : interests) {
    if (interest == InterestKey::learning) return PrimerType::learn;
    if (interest == InterestKey::music) return PrimerType::hub;
  }
  return {};
}

}  // namespace

std::optional<std::string_view> resume_name(ActionModule module) {
  const Row* row = row_of(module);
  if (!row) return {};
  return row->name;
}

std::optional<ResumeLast> resume_last(const std::optional<LastUse>& use, Instant now, std::string_view starter_href,
                                      const ModuleSet& disabled, const TodayConfig& config) {
  if (!use) return {};
  const Row* row = row_of(use->module);
  const Micros age = now - use->at;
  const bool in_time = age > std::chrono::minutes(config.resume_min_age_minutes) &&
                       age <= std::chrono::hours(config.resume_max_age_hours);
  if (!row || !in_time || disabled.contains(*governing_module(row->module))) return {};
  if (row->route == route_path(starter_href)) return {};
  return ResumeLast{.module = row->module,
                    .action_key = "module:" + std::string(row->key),
                    .route = std::string(row->route),
                    .label = "Resume " + std::string(row->name),
                    .last_used = use->at};
}

std::optional<InterestPrimer> interest_primer(const UsageCounts& usage, std::span<const InterestKey> interests,
                                              std::string_view starter_href, const ModuleSet& disabled,
                                              const TodayConfig& config) {
  const auto type = primer_type(usage, interests, config);
  if (!type) return {};
  const bool learn = *type == PrimerType::learn;
  const std::string_view route = learn ? "/learn" : "/hub";
  if (route == route_path(starter_href) || (learn && disabled.contains(Module::learn))) return {};
  return InterestPrimer{
      .type = *type, .route = std::string(route), .label = learn ? "Continue Learning" : "Explore Shortcuts"};
}

}  // namespace ignition::rules
