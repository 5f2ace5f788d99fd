#include "ignition/rules/training_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "ignition/error.hpp"

namespace ignition::rules {
namespace {

void check(std::int64_t value, std::int64_t min, std::int64_t max, const std::string& field) {
  if (value < min || value > max) {
    throw invalid(field, "out_of_range", fmt::format("{} takes {} to {}.", field, min, max));
  }
}

void check(const TrainingProgram& program) {
  check(static_cast<std::int64_t>(program.weeks.size()), 1, 52, "weeks");
  check(program.catch_up_days, 0, 6, "catch_up_days");
  check(program.min_rest_days, 0, 6, "min_rest_days");
  check(program.days_per_week, 1, 7, "days_per_week");
  bool any = false;
  for (std::size_t w = 0; w < program.weeks.size(); ++w) {
    const ProgramWeek& week = program.weeks[w];
    const std::string field = fmt::format("weeks[{}]", w);
    check(week.intensity_bp.value_or(10'000), 1000, 15'000, field + ".intensity_bp");
    check(static_cast<std::int64_t>(week.days.size()), 0, 14, field + ".days");
    for (std::size_t d = 0; d < week.days.size(); ++d) {
      const std::string day = fmt::format("{}.days[{}]", field, d);
      if (program.mode == ProgramMode::calendar) check(week.days[d].weekday.value_or(0), 1, 7, day + ".weekday");
      check(week.days[d].intensity_bp, 1000, 15'000, day + ".intensity_bp");
    }
    any = any || !week.days.empty();
  }
  if (!any) throw invalid("weeks", "empty", "A program has at least one day.");
}

struct Slot {
  int cycle = 1;
  int week = 0;        // index
  int day_number = 1;  // within the week
  const ProgramDay* day = nullptr;
  LocalDate date;  // of a calendar program
  const SlotLog* log = nullptr;

  bool is_open() const { return log == nullptr; }
  bool is_done() const { return log != nullptr && log->status == SlotStatus::done; }
};

LocalDate start_of(const ProgramRun& run) { return run.started_on + run.offset_days; }

// Slots of the program by cycle, in order, with what the log says.
class Slots {
 public:
  Slots(const TrainingProgram& program, const ProgramRun& run, std::span<const SlotLog> log)
      : program_(program), begin_(start_of(run)) {
    for (std::size_t i = 0; i < log.size(); ++i) {
      check(log[i].cycle, 1, kMaxRunDays, fmt::format("log[{}].cycle", i));
      log_.try_emplace({log[i].cycle, log[i].day_id}, &log[i]);
    }
  }

  // Appends one cycle.
  void add(int cycle, std::vector<Slot>& slots) const {
    const int weeks = static_cast<int>(program_.weeks.size());
    for (int w = 0; w < weeks; ++w) {
      const LocalDate week_begin = begin_ + 7 * (weeks * (cycle - 1) + w);
      const std::size_t first = slots.size();
      for (const ProgramDay& day : program_.weeks[static_cast<std::size_t>(w)].days) {
        Slot slot{.cycle = cycle, .week = w, .day = &day, .date = week_begin};
        if (program_.mode == ProgramMode::calendar) {
          slot.date = week_begin + (*day.weekday - static_cast<int>(week_begin.weekday()) + 7) % 7;
        }
        const auto found = log_.find({cycle, day.id});
        if (found != log_.end()) slot.log = found->second;
        slots.push_back(slot);
      }
      std::sort(slots.begin() + static_cast<std::ptrdiff_t>(first), slots.end(), [](const Slot& a, const Slot& b) {
        return std::tie(a.date, a.day->order_index, a.day->id) < std::tie(b.date, b.day->order_index, b.day->id);
      });
      for (std::size_t i = first; i < slots.size(); ++i) slots[i].day_number = static_cast<int>(i - first) + 1;
    }
  }

  // The cycle that holds `date`; 1 before the start and without repetition.
  int cycle_of(LocalDate date) const {
    if (!program_.repeat || date < begin_) return 1;
    return (date - begin_) / (7 * static_cast<int>(program_.weeks.size())) + 1;
  }

 private:
  const TrainingProgram& program_;
  LocalDate begin_;
  std::map<std::pair<int, std::string>, const SlotLog*> log_;
};

NextSlot answer(const TrainingProgram& program, const Slot& slot) {
  const ProgramWeek& week = program.weeks[static_cast<std::size_t>(slot.week)];
  const std::int64_t factor = week.intensity_bp.value_or(week.is_deload ? 7000 : 10'000);
  NextSlot next{.cycle = slot.cycle,
                .week_number = slot.week + 1,
                .day_id = slot.day->id,
                .day_number = slot.day_number,
                .is_deload = week.is_deload,
                .intensity_bp = static_cast<int>(rounded_quotient(factor * slot.day->intensity_bp, 10'000))};
  if (program.mode == ProgramMode::calendar) next.scheduled_on = slot.date;
  return next;
}

NextSession next_by_calendar(const TrainingProgram& program, const ProgramRun& run, std::span<const SlotLog> log,
                             LocalDate today) {
  const Slots all(program, run, log);
  std::vector<Slot> slots;
  int cycles = all.cycle_of(today);
  for (int cycle = 1; cycle <= cycles; ++cycle) all.add(cycle, slots);
  const auto is_ahead = [&](const Slot& s) { return s.is_open() && s.date >= today; };
  // Days done ahead of time can fill whole cycles; the log is finite, so an open one comes.
  while (program.repeat && std::ranges::none_of(slots, is_ahead)) all.add(++cycles, slots);

  std::optional<LocalDate> last_done;
  for (const Slot& slot : slots) {
    if (slot.is_done()) last_done = std::max(last_done.value_or(slot.date), slot.date);
  }
  const Slot* due = nullptr;
  const Slot* upcoming = nullptr;
  std::vector<const Slot*> overdue;
  NextSession next;
  for (const Slot& slot : slots) {
    if (!slot.is_open()) continue;
    if (slot.date == today && !due) due = &slot;
    if (slot.date > today && (!upcoming || slot.date < upcoming->date)) upcoming = &slot;
    if (slot.date >= today) continue;
    const bool closed = last_done && *last_done > slot.date;
    if (slot.date >= today - program.catch_up_days && !closed) {
      overdue.push_back(&slot);
    } else {
      ++next.missed;
    }
  }
  std::ranges::stable_sort(overdue, std::greater<>{}, &Slot::date);

  const Slot* chosen = due ? due : !overdue.empty() ? overdue.front() : upcoming;
  if (!chosen) {
    next.state = NextState::finished;
    return next;
  }
  next.state = due ? NextState::due : !overdue.empty() ? NextState::overdue : NextState::upcoming;
  next.slot = answer(program, *chosen);
  next.slot->suggested_on = next.state == NextState::upcoming ? chosen->date : today;
  for (const Slot* slot : overdue) {
    if (slot != chosen) next.slot->overdue.push_back(slot->day->id);
  }
  return next;
}

NextSession next_by_rotation(const TrainingProgram& program, const ProgramRun& run, std::span<const SlotLog> log,
                             LocalDate today) {
  const Slots all(program, run, log);
  std::optional<LocalDate> last_done;
  for (const SlotLog& entry : log) {
    if (entry.status == SlotStatus::done) last_done = std::max(last_done.value_or(entry.on), entry.on);
  }
  NextSession next{.state = NextState::finished};
  for (int cycle = 1; cycle == 1 || program.repeat; ++cycle) {
    std::vector<Slot> slots;
    all.add(cycle, slots);
    const auto open = std::ranges::find_if(slots, &Slot::is_open);
    if (open == slots.end()) continue;
    LocalDate suggested = std::max(today, start_of(run));
    if (last_done) suggested = std::max(suggested, *last_done + 1 + program.min_rest_days);
    next.state = suggested == today ? NextState::due : NextState::upcoming;
    next.slot = answer(program, *open);
    next.slot->suggested_on = suggested;
    return next;
  }
  return next;
}

void check(const TrainingProgram& program, const ProgramRun& run, LocalDate today) {
  check(program);
  check(run.offset_days, 0, kMaxRunDays, "offset_days");
  const auto check_date = [](LocalDate date, const char* field) {
    check(date.days, LocalDate::of(1900, 1, 1).days, LocalDate::of(2200, 1, 1).days, field);
  };
  check_date(run.started_on, "started_on");
  check_date(today, "today");
  if (run.paused_on) check_date(*run.paused_on, "paused_on");
  check(today - start_of(run), -2 * kMaxRunDays, kMaxRunDays, "started_on");
}

std::int64_t deloaded(const ProgressionRule& rule, std::int64_t weight) {
  return round_load(rounded_quotient(weight * rule.deload_to_percent, 100), rule.unit, rule.step_x100);
}

void check(const ProgressionRule& rule, const ProgressionState& state, const ProgressionSession& session) {
  check(rule.sets, 1, 100, "sets");
  for (const auto& [value, field] :
       {std::pair(rule.reps, "reps"), std::pair(rule.reps_min, "reps_min"), std::pair(rule.reps_max, "reps_max")}) {
    check(value, 1, 1000, field);
  }
  check(rule.increment_g, 0, kMaxLoadGrams, "increment_g");
  check(rule.successes_before_increase, 1, 100, "successes_before_increase");
  check(rule.failures_before_deload, 1, 100, "failures_before_deload");
  check(rule.deload_to_percent, 1, 100, "deload_to_percent");
  check(state.weight_g.value_or(0), kMinLoadGrams, kMaxLoadGrams, "weight_g");
  check(state.reps.value_or(0), 0, 1000, "reps");
  check(state.training_max_g, 0, 36 * kMaxLoadGrams, "training_max_g");
  check(state.successes, 0, 1'000'000, "successes");
  check(state.failures, 0, 1'000'000, "failures");
  for (std::size_t i = 0; i < session.sets.size(); ++i) {
    check(session.sets[i].weight_g, kMinLoadGrams, kMaxLoadGrams, fmt::format("sets[{}].weight_g", i));
    check(session.sets[i].reps, 0, 1000, fmt::format("sets[{}].reps", i));
  }
}

// The first n working sets at `weight` or more.
struct CountedSets {
  std::optional<std::int64_t> lowest_weight;
  int least_reps = 0;  // 0 when there are fewer than n
};

CountedSets counted(const std::vector<WorkingSet>& working, int n, std::optional<std::int64_t> weight) {
  CountedSets result;
  int count = 0;
  for (const WorkingSet& set : working) {
    if (weight && set.weight_g < *weight) continue;
    result.lowest_weight = std::min(result.lowest_weight.value_or(set.weight_g), set.weight_g);
    result.least_reps = count == 0 ? set.reps : std::min(result.least_reps, set.reps);
    if (++count == n) return result;
  }
  result.least_reps = 0;
  return result;
}

Progression fail(const ProgressionRule& rule, ProgressionState state) {
  if (++state.failures < rule.failures_before_deload) return {state, ProgressionOutcome::fail};
  state.weight_g = deloaded(rule, *state.weight_g);
  state.failures = 0;
  if (rule.type == ProgressionType::double_) state.reps = rule.reps_min;
  return {state, ProgressionOutcome::deload};
}

std::int64_t increased(const ProgressionRule& rule, const CountedSets& sets) {
  return round_load(*sets.lowest_weight + rule.increment_g, rule.unit, rule.step_x100);
}

Progression linear(const ProgressionRule& rule, ProgressionState state, const CountedSets& sets) {
  if (sets.least_reps < rule.reps) {
    state.successes = 0;
    return fail(rule, state);
  }
  state.failures = 0;
  if (++state.successes < rule.successes_before_increase) return {state, ProgressionOutcome::success};
  state.weight_g = increased(rule, sets);
  state.successes = 0;
  return {state, ProgressionOutcome::increase};
}

Progression doubled(const ProgressionRule& rule, ProgressionState state, const CountedSets& sets) {
  if (sets.least_reps < rule.reps_min) return fail(rule, state);
  const int target = state.reps.value_or(rule.reps_min);
  state.failures = 0;
  if (sets.least_reps >= rule.reps_max) {
    state.weight_g = increased(rule, sets);
    state.reps = rule.reps_min;
    return {state, ProgressionOutcome::increase};
  }
  if (sets.least_reps < target) return {state, ProgressionOutcome::hold};
  state.reps = std::min(sets.least_reps + 1, rule.reps_max);
  return {state, ProgressionOutcome::more_reps};
}

}  // namespace

NextSession program_next(const TrainingProgram& program, const std::optional<ProgramRun>& run,
                         std::span<const SlotLog> log, LocalDate today) {
  if (!run || run->status == RunStatus::stopped || run->status == RunStatus::completed) return {};
  check(program, *run, today);
  const bool paused = run->status == RunStatus::paused;
  if (paused && run->paused_on) today = *run->paused_on;
  NextSession next = program.mode == ProgramMode::calendar ? next_by_calendar(program, *run, log, today)
                                                           : next_by_rotation(program, *run, log, today);
  if (paused && next.slot) {
    next.state = NextState::paused;
    next.slot->suggested_on.reset();
  }
  return next;
}

Adherence program_adherence(const TrainingProgram& program, const ProgramRun& run, std::span<const SlotLog> log,
                            LocalDate today) {
  check(program, run, today);
  Adherence result;
  for (const SlotLog& entry : log) ++(entry.status == SlotStatus::done ? result.done : result.skipped);
  if (program.mode == ProgramMode::rotation) {
    result.due = std::max(today - start_of(run), 0) * program.days_per_week / 7;
    if (!program.repeat) {
      std::size_t slots = 0;
      for (const ProgramWeek& week : program.weeks) slots += week.days.size();
      result.due = std::min(result.due, static_cast<int>(slots));
    }
  } else {
    const Slots all(program, run, log);
    std::vector<Slot> slots;
    for (int cycle = 1; cycle <= all.cycle_of(today); ++cycle) all.add(cycle, slots);
    result.done = result.skipped = 0;
    result.on_time = 0;
    for (const Slot& slot : slots) {
      if (slot.date < today || slot.is_done()) ++result.due;
      if (slot.is_done()) ++result.done;
      if (slot.is_done() && slot.log->on == slot.date) ++*result.on_time;
      if (!slot.is_open() && !slot.is_done()) ++result.skipped;
    }
  }
  if (result.due > 0) {
    result.adherence_pct_x10 =
        static_cast<int>(std::min<std::int64_t>(rounded_quotient(std::int64_t{1000} * result.done, result.due), 1000));
  }
  return result;
}

Progression progress(const ProgressionRule& rule, const ProgressionState& state, const ProgressionSession& session) {
  if (rule.type == ProgressionType::none) return {state, ProgressionOutcome::neutral};
  check(rule, state, session);
  std::vector<WorkingSet> working;
  std::ranges::copy_if(session.sets, std::back_inserter(working), [](const WorkingSet& s) { return !s.is_warmup; });
  if (session.is_deload || working.empty()) return {state, ProgressionOutcome::neutral};

  if (rule.type == ProgressionType::percent) {
    Progression result{state, ProgressionOutcome::success};
    if (counted(working, rule.sets, session.prescribed_weight_g).least_reps < rule.reps) {
      ++result.state.failures;
      result.outcome = ProgressionOutcome::fail;
    }
    return result;
  }
  const CountedSets sets = counted(working, rule.sets, state.weight_g);
  if (!state.weight_g) {
    Progression result{state, ProgressionOutcome::baseline};
    result.state.weight_g = round_load(*sets.lowest_weight, rule.unit, rule.step_x100);
    if (rule.type == ProgressionType::double_) result.state.reps = rule.reps_min;
    return result;
  }
  return rule.type == ProgressionType::linear ? linear(rule, state, sets) : doubled(rule, state, sets);
}

ProgressionState end_cycle(const ProgressionRule& rule, const ProgressionState& state) {
  if (rule.type != ProgressionType::percent) return state;
  check(rule, state, {});
  ProgressionState next = state;
  next.training_max_g = state.failures == 0
                            ? round_load(state.training_max_g + rule.increment_g, rule.unit, rule.step_x100)
                            : deloaded(rule, state.training_max_g);
  next.failures = 0;
  return next;
}

}  // namespace ignition::rules
