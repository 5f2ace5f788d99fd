#include "ignition/rules/training_program.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>

#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

int small(test::Value v, std::string_view key, int otherwise) {
  return static_cast<int>(test::integer(v, key, otherwise));
}
int basis_points(test::Value v, std::string_view key) {
  return static_cast<int>(std::lround(v[key].get_double().value() * 10'000));
}
TrainingProgram program_of(test::Value v) {
  TrainingProgram program{.mode = test::text(v, "mode") == "rotation" ? ProgramMode::rotation : ProgramMode::calendar,
                          .repeat = test::boolean(v, "repeat"),
                          .catch_up_days = small(v, "catch_up_days", 2),
                          .min_rest_days = small(v, "min_rest_days", 0),
                          .days_per_week = small(v, "days_per_week", 3)};
  for (const test::Value w : v["weeks"].get_array()) {
    ProgramWeek week{.is_deload = test::boolean(w, "is_deload")};
    if (test::has(w, "intensity_factor")) week.intensity_bp = basis_points(w, "intensity_factor");
    for (const test::Value d : w["days"].get_array()) {
      week.days.push_back({.id = test::text(d, "id"),
                           .weekday = test::maybe_int(d, "weekday"),
                           .order_index = small(d, "order_index", 0),
                           .intensity_bp = basis_points(d, "intensity_modifier")});
    }
    program.weeks.push_back(std::move(week));
  }
  return program;
}

std::optional<ProgramRun> run_of(test::Value c) {
  if (!test::has(c, "run")) return {};
  const test::Value v = c["run"];
  const std::string status = test::text(v, "status");
  return ProgramRun{.status = status == "active"    ? RunStatus::active
                              : status == "paused"  ? RunStatus::paused
                              : status == "stopped" ? RunStatus::stopped
                                                    : RunStatus::completed,
                    .started_on = test::date(v, "started_on"),
                    .offset_days = small(v, "offset_days", 0),
                    .paused_on = test::maybe_date(v, "paused_on")};
}

std::vector<SlotLog> log_of(test::Value c) {
  std::vector<SlotLog> log;
  for (const test::Value v : c["log"].get_array()) {
    log.push_back({small(v, "cycle", 1), test::text(v, "day_id"),
                   test::text(v, "status") == "done" ? SlotStatus::done : SlotStatus::skipped, test::date(v, "on")});
  }
  return log;
}

ProgressionRule rule_of(test::Value c) {
  const test::Value v = c["rule"];
  const std::string type = test::text(v, "type");
  ProgressionRule rule{.type = type == "linear"    ? ProgressionType::linear
                               : type == "double"  ? ProgressionType::double_
                               : type == "percent" ? ProgressionType::percent
                                                   : ProgressionType::none,
                       .sets = small(v, "sets", 1),
                       .reps = small(v, "reps", 1),
                       .reps_min = small(v, "reps_min", 1),
                       .reps_max = small(v, "reps_max", 1),
                       .increment_g = test::integer(v, "increment_g", 0),
                       .step_x100 = test::integer(v, "step_x100", 250),
                       .unit = test::weight_unit(c, "unit"),
                       .successes_before_increase = small(v, "successes_before_increase", 1),
                       .failures_before_deload = small(v, "failures_before_deload", 3),
                       .deload_to_percent = small(v, "deload_to_percent", 90)};
  return rule;
}

ProgressionState state_of(test::Value v) {
  return {.weight_g = test::maybe_integer(v, "weight_g"),
          .reps = test::maybe_int(v, "reps"),
          .training_max_g = test::integer(v, "training_max_g", 0),
          .successes = small(v, "successes", 0),
          .failures = small(v, "failures", 0)};
}

}  // namespace

TEST_CASE("the next session is that of the vectors") {
  const test::Vectors vectors("exercise/program_next.json");
  int cases = 0;
  for (const test::Value c : vectors["next"].get_array()) {
    CAPTURE(test::text(c, "name"));
    const TrainingProgram program = program_of(vectors["programs"][test::text(c, "program")]);
    const NextSession next = program_next(program, run_of(c), log_of(c), test::date(c, "today"));
    const test::Value wanted = c["expect"];
    CHECK(name_of(next.state) == test::text(wanted, "state"));
    CHECK(next.missed == test::integer(wanted, "missed", 0));
    CHECK(next.slot.has_value() == test::has(wanted, "day_id"));
    if (next.slot && test::has(wanted, "day_id")) {
      NextSlot slot{.cycle = small(wanted, "cycle", 0),
                    .week_number = small(wanted, "week_number", 0),
                    .day_id = test::text(wanted, "day_id"),
                    .day_number = small(wanted, "day_number", 0),
                    .scheduled_on = test::maybe_date(wanted, "scheduled_on"),
                    .suggested_on = test::maybe_date(wanted, "suggested_on"),
                    .is_deload = test::boolean(wanted, "is_deload"),
                    .intensity_bp = basis_points(wanted, "intensity")};
      for (const test::Value id : wanted["overdue"].get_array()) slot.overdue.emplace_back(id.get_string().value());
      CHECK(next.slot->day_id == slot.day_id);
      CHECK(*next.slot == slot);
    }
    ++cases;
  }
  CHECK(cases == 42);
}

TEST_CASE("adherence is that of the vectors") {
  const test::Vectors vectors("exercise/program_next.json");
  int cases = 0;
  for (const test::Value c : vectors["adherence"].get_array()) {
    CAPTURE(test::text(c, "name"));
    const TrainingProgram program = program_of(vectors["programs"][test::text(c, "program")]);
    const Adherence found = program_adherence(program, run_of(c).value(), log_of(c), test::date(c, "today"));
    const test::Value wanted = c["expect"];
    CHECK(found == Adherence{small(wanted, "due", 0), small(wanted, "done", 0), small(wanted, "skipped", 0),
                             test::maybe_int(wanted, "on_time"), test::maybe_int(wanted, "adherence_pct_x10")});
    ++cases;
  }
  CHECK(cases == 9);
}

TEST_CASE("loads progress as in the vectors") {
  const test::Vectors vectors("exercise/program_next.json");
  int cases = 0;
  for (const test::Value c : vectors["progression"].get_array()) {
    CAPTURE(test::text(c, "name"));
    ProgressionSession session{.is_deload = test::boolean(c["session"], "is_deload"),
                               .prescribed_weight_g = test::maybe_integer(c["session"], "prescribed_weight_g")};
    for (const test::Value s : c["session"]["sets"].get_array()) {
      session.sets.push_back({test::integer(s, "weight_g"), small(s, "reps", 0), test::boolean(s, "is_warmup")});
    }
    const Progression found = progress(rule_of(c), state_of(c["state"]), session);
    CHECK(name_of(found.outcome) == test::text(c, "outcome"));
    CHECK(found.state == state_of(c["expect_state"]));
    ++cases;
  }
  for (const test::Value c : vectors["cycle_end"].get_array()) {
    CHECK(end_cycle(rule_of(c), state_of(c["state"])) == state_of(c["expect_state"]));
    ++cases;
  }
  for (const test::Value c : vectors["prescription"].get_array()) {
    CHECK(prescribed_load(test::maybe_integer(c, "base_g"), basis_points(c, "intensity"), test::weight_unit(c, "unit"),
                          test::integer(c, "step_x100")) == test::maybe_integer(c, "load_g"));
    ++cases;
  }
  CHECK(cases == 38);
}

TEST_CASE("doing what is next always moves a program on, and finishes it without repetition") {
  CHECK(rc::check([] {
    TrainingProgram program{.mode = *rc::gen::element(ProgramMode::calendar, ProgramMode::rotation)};
    int slots = 0;
    for (int w = *rc::gen::inRange(1, 4); w > 0; --w) {
      ProgramWeek week;
      for (int d = *rc::gen::inRange(1, 5); d > 0; --d, ++slots) {
        week.days.push_back({.id = "d" + std::to_string(slots), .weekday = *rc::gen::inRange(1, 8)});
      }
      program.weeks.push_back(std::move(week));
    }
    const ProgramRun run{.started_on = LocalDate::of(2026, 3, 1) + *rc::gen::inRange(0, 30)};
    std::vector<SlotLog> log;
    LocalDate today = run.started_on;
    for (int i = 0; i < slots; ++i) {
      const NextSession next = program_next(program, run, log, today);
      RC_ASSERT(next.slot.has_value());
      RC_ASSERT(next.missed == 0);
      today = next.slot->suggested_on.value();
      log.push_back({next.slot->cycle, next.slot->day_id, SlotStatus::done, today});
    }
    RC_ASSERT(program_next(program, run, log, today).state == NextState::finished);
    RC_ASSERT(program_adherence(program, run, log, today + 60).adherence_pct_x10 == 1000);
  }));
}

TEST_CASE("programs and rules that cannot be are refused by field") {
  const auto field = [](auto&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.fields()[0].field;
    }
    return std::string("accepted");
  };
  const ProgramRun run{.started_on = LocalDate::of(2026, 3, 2)};
  const LocalDate today = LocalDate::of(2026, 3, 3);
  TrainingProgram program;
  const auto next = [&] { return field([&] { program_next(program, run, {}, today); }); };
  CHECK(next() == "weeks");
  program.weeks = {{}, {.days = {{.id = "a"}}}};
  CHECK(next() == "weeks[1].days[0].weekday");
  program.weeks[1].days[0].weekday = 1;
  CHECK(next() == "accepted");
  program.weeks[0].intensity_bp = 999;
  CHECK(next() == "weeks[0].intensity_bp");
  program.weeks[0].intensity_bp.reset();
  const std::vector<SlotLog> log{{.cycle = -1}};
  CHECK(field([&] { program_next(program, run, log, today); }) == "log[0].cycle");
  CHECK(field([&] { program_next(program, run, {}, {2'000'000'000}); }) == "today");
  CHECK(field([&] { progress({.type = ProgressionType::linear}, {}, {.sets = {{.weight_g = 5'000'000}}}); }) ==
        "sets[0].weight_g");
  CHECK(field([&] { progress({.type = ProgressionType::linear, .sets = 0}, {}, {}); }) == "sets");
}
