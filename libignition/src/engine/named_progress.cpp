// Progress by name: levels and streaks.
#include <algorithm>

#include "engine/named_rules.hpp"
#include "ignition/rules/levels.hpp"
#include "ignition/rules/streaks.hpp"
#include "ignition/rules_by_name.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace named {

struct LevelInput {
  std::int64_t total_xp = 0;
};
BOOST_DESCRIBE_STRUCT(LevelInput, (), (total_xp))

struct CadenceInput {
  std::optional<LocalDate> from;
  rules::Frequency frequency = rules::Frequency::daily;
  Maybe<int> days;  // of custom: 1 (Monday) to 7
  Or<int, 1> per_week;
};
BOOST_DESCRIBE_STRUCT(CadenceInput, (), (from, frequency, days, per_week))

struct CadencesInput {
  std::vector<CadenceInput> cadences;
};
BOOST_DESCRIBE_STRUCT(CadencesInput, (), (cadences))

struct StreakInput {
  std::vector<LocalDate> done;
  LocalDate today;
  Maybe<CadenceInput> cadences;
  Or<WeekStart, WeekStart::monday> week_start;
  Maybe<LocalDate> shields;
  Maybe<LocalDate> neutral;
};
BOOST_DESCRIBE_STRUCT(StreakInput, (), (done, today, cadences, week_start, shields, neutral))

struct StreakOutput {
  int current = 0;
  int longest = 0;
  int breaks = 0;
  rules::StreakUnit unit = rules::StreakUnit::day;
  rules::StreakStatus status = rules::StreakStatus::none;
  std::optional<LocalDate> last_broken_on;
  std::optional<LocalDate> run_start;
  std::optional<LocalDate> last_done;
  int shields_left = 0;
  std::vector<rules::Run> runs;
};
BOOST_DESCRIBE_STRUCT(StreakOutput, (),
                      (current, longest, breaks, unit, status, last_broken_on, run_start, last_done, shields_left,
                       runs))

namespace {

std::string level(std::string_view json) {
  const auto input = from_json<LevelInput>(json);
  if (input.total_xp < 0 || input.total_xp > rules::kXpLimit) {
    throw invalid("total_xp", "out_of_range", fmt::format("must be 0 to {}", rules::kXpLimit));
  }
  return to_json(rules::level_state(input.total_xp));
}

std::vector<rules::Cadence> cadences_of(const std::vector<CadenceInput>& given) {
  std::vector<rules::Cadence> cadences;
  for (const CadenceInput& one : given) {
    const std::string field = fmt::format("cadences[{}]", cadences.size());
    if (!one.from && !cadences.empty()) throw invalid(field + ".from", "required", "is required but of the first");
    rules::Cadence cadence{.from = one.from.value_or(LocalDate{}),
                           .frequency = one.frequency,
                           .days = rules::Weekdays::all(),
                           .per_week = small(one.per_week, 1, 7, field + ".per_week")};
    if (one.days) {
      cadence.days = {};
      for (const int day : *one.days)
        cadence.days.insert(Weekday{static_cast<std::uint8_t>(small(day, 1, 7, field + ".days"))});
    }
    if (cadence.days.size() == 0) throw invalid(field + ".days", "too_few", "must hold a day");
    if (!cadences.empty() && cadence.from <= cadences.back().from) {
      throw invalid(field + ".from", "out_of_order", "must come after the one before");
    }
    cadences.push_back(cadence);
  }
  return cadences;
}

std::string streak(std::string_view json) {
  const auto input = from_json<StreakInput>(json);
  const auto cadences = cadences_of(all_of(input.cadences));
  const auto shields = all_of(input.shields);
  const auto neutral = all_of(input.neutral);
  auto found = rules::walk({.done = input.done,
                            .cadences = cadences,
                            .today = input.today,
                            .week_start = input.week_start,
                            .shields = shields,
                            .neutral = neutral,
                            .paused = {},
                            .window = {},
                            .want_runs = true,
                            .from = {}});
  return to_json(StreakOutput{.current = found.current,
                              .longest = found.longest,
                              .breaks = found.breaks,
                              .unit = found.unit,
                              .status = found.status,
                              .last_broken_on = found.last_broken_on,
                              .run_start = found.run_start,
                              .last_done = found.last_done,
                              .shields_left = found.shields_left,
                              .runs = std::move(found.runs)});
}

}  // namespace

void add_progress(Rules& rules) {
  rules["levels.state"] = level;
  rules["streaks.walk"] = streak;
}

}  // namespace named

std::vector<rules::Cadence> read_cadences(std::string_view json) {
  return named::cadences_of(from_json<named::CadencesInput>(json).cadences);
}

}  // namespace ignition
