// Training programs: which session is next, how much of the plan was kept, and how loads progress. Rules R31, R32 and
// R35 to R37 of training.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/rules/loads.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

// calendar: days have dates. rotation: one day after the other, whenever one trains.
enum class ProgramMode : std::uint8_t { calendar, rotation };
BOOST_DESCRIBE_ENUM(ProgramMode, calendar, rotation)

struct ProgramDay {
  std::string id;
  std::optional<int> weekday;  // 1..7, Monday first; of a calendar program
  int order_index = 0;
  int intensity_bp = 10'000;
};
BOOST_DESCRIBE_STRUCT(ProgramDay, (), (id, weekday, order_index, intensity_bp))

struct ProgramWeek {
  bool is_deload = false;
  std::optional<int> intensity_bp;  // none: 10 000, in a deload week 7000
  std::vector<ProgramDay> days;
};
BOOST_DESCRIBE_STRUCT(ProgramWeek, (), (is_deload, intensity_bp, days))

struct TrainingProgram {
  ProgramMode mode = ProgramMode::calendar;
  std::vector<ProgramWeek> weeks;  // 1..52
  bool repeat = false;
  int catch_up_days = 2;  // 0..6
  int min_rest_days = 0;  // 0..6
  int days_per_week = 3;  // 1..7
};
BOOST_DESCRIBE_STRUCT(TrainingProgram, (), (mode, weeks, repeat, catch_up_days, min_rest_days, days_per_week))

enum class RunStatus : std::uint8_t { active, paused, completed, stopped };
BOOST_DESCRIBE_ENUM(RunStatus, active, paused, completed, stopped)

struct ProgramRun {
  RunStatus status = RunStatus::active;
  LocalDate started_on;
  int offset_days = 0;
  std::optional<LocalDate> paused_on;
};
BOOST_DESCRIBE_STRUCT(ProgramRun, (), (status, started_on, offset_days, paused_on))

enum class SlotStatus : std::uint8_t { done, skipped };
BOOST_DESCRIBE_ENUM(SlotStatus, done, skipped)

// What became of one program day in one cycle of the run.
struct SlotLog {
  int cycle = 1;
  std::string day_id;
  SlotStatus status = SlotStatus::done;
  LocalDate on;
};
BOOST_DESCRIBE_STRUCT(SlotLog, (), (cycle, day_id, status, on))

enum class NextState : std::uint8_t { not_active, due, overdue, upcoming, paused, finished };
BOOST_DESCRIBE_ENUM(NextState, not_active, due, overdue, upcoming, paused, finished)

struct NextSlot {
  int cycle = 1;
  int week_number = 1;
  std::string day_id;
  int day_number = 1;  // within the week, in the order of the dates
  std::optional<LocalDate> scheduled_on;
  std::optional<LocalDate> suggested_on;
  bool is_deload = false;
  int intensity_bp = 10'000;         // week times day
  std::vector<std::string> overdue;  // other days that can still be caught up
  friend bool operator==(const NextSlot&, const NextSlot&) = default;
};
BOOST_DESCRIBE_STRUCT(NextSlot, (),
                      (cycle, week_number, day_id, day_number, scheduled_on, suggested_on, is_deload, intensity_bp,
                       overdue))

struct NextSession {
  NextState state = NextState::not_active;
  std::optional<NextSlot> slot;  // unless not_active or finished
  int missed = 0;
};
BOOST_DESCRIBE_STRUCT(NextSession, (), (state, slot, missed))

// The longest a run may have lasted, in days; the most entries of a log.
inline constexpr int kMaxRunDays = 36'600;

// What to train next on the user's date `today` (rule R32). Without a run: not_active. Throws VALIDATION_ERROR naming
// the field for a program without weeks, a calendar day without weekday, or numbers out of bounds.
NextSession program_next(const TrainingProgram& program, const std::optional<ProgramRun>& run,
                         std::span<const SlotLog> log, LocalDate today);

struct Adherence {
  int due = 0;
  int done = 0;
  int skipped = 0;
  std::optional<int> on_time;            // of a calendar program
  std::optional<int> adherence_pct_x10;  // tenths of a percent; none when nothing was due
  friend bool operator==(const Adherence&, const Adherence&) = default;
};
BOOST_DESCRIBE_STRUCT(Adherence, (), (due, done, skipped, on_time, adherence_pct_x10))

// How much of the plan was kept (rule R37).
Adherence program_adherence(const TrainingProgram& program, const ProgramRun& run, std::span<const SlotLog> log,
                            LocalDate today);

enum class ProgressionType : std::uint8_t { none, linear, double_, percent };
BOOST_DESCRIBE_ENUM(ProgressionType, none, linear, double_, percent)

struct ProgressionRule {
  ProgressionType type = ProgressionType::none;
  int sets = 1;
  int reps = 1;      // linear, percent
  int reps_min = 1;  // double
  int reps_max = 1;
  std::int64_t increment_g = 0;
  std::int64_t step_x100 = 250;
  WeightUnit unit = WeightUnit::kg;
  int successes_before_increase = 1;
  int failures_before_deload = 3;
  int deload_to_percent = 90;
  std::vector<int> percent_by_week;  // hundredths of a percent
};
BOOST_DESCRIBE_STRUCT(ProgressionRule, (),
                      (type, sets, reps, reps_min, reps_max, increment_g, step_x100, unit, successes_before_increase,
                       failures_before_deload, deload_to_percent, percent_by_week))

struct ProgressionState {
  std::optional<std::int64_t> weight_g;  // linear, double
  std::optional<int> reps;               // double
  std::int64_t training_max_g = 0;       // percent
  int successes = 0;
  int failures = 0;
  friend bool operator==(const ProgressionState&, const ProgressionState&) = default;
};
BOOST_DESCRIBE_STRUCT(ProgressionState, (), (weight_g, reps, training_max_g, successes, failures))

struct WorkingSet {
  std::int64_t weight_g = 0;
  int reps = 0;
  bool is_warmup = false;
};
BOOST_DESCRIBE_STRUCT(WorkingSet, (), (weight_g, reps, is_warmup))

struct ProgressionSession {
  std::vector<WorkingSet> sets;  // of the exercise, in order
  bool is_deload = false;
  std::optional<std::int64_t> prescribed_weight_g;  // percent
};
BOOST_DESCRIBE_STRUCT(ProgressionSession, (), (sets, is_deload, prescribed_weight_g))

enum class ProgressionOutcome : std::uint8_t { neutral, baseline, success, increase, more_reps, hold, fail, deload };
BOOST_DESCRIBE_ENUM(ProgressionOutcome, neutral, baseline, success, increase, more_reps, hold, fail, deload)

struct Progression {
  ProgressionState state;
  ProgressionOutcome outcome = ProgressionOutcome::neutral;
};
BOOST_DESCRIBE_STRUCT(Progression, (), (state, outcome))

// The state after one session (rule R35).
Progression progress(const ProgressionRule& rule, const ProgressionState& state, const ProgressionSession& session);
// The state after the last week of a cycle; only `percent` changes.
ProgressionState end_cycle(const ProgressionRule& rule, const ProgressionState& state);

}  // namespace ignition::rules
