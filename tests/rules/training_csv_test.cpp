#include "ignition/rules/training_csv.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

const std::vector<KnownExercise>& catalogue() {
  static const std::vector<KnownExercise> exercises = [] {
    std::vector<KnownExercise> result;
    const test::Vectors file("exercise/exercises.json");
    for (const test::Value v : file["exercises"].get_array()) {
      KnownExercise exercise{.key = test::text(v, "key"),
                             .names = {test::text(v, "name"), test::text(v, "export_name")},
                             .export_name = test::text(v, "export_name"),
                             .is_assisted = test::boolean(v, "assisted")};
      for (const test::Value alias : v["aliases"].get_array()) exercise.names.emplace_back(alias.get_string().value());
      result.push_back(std::move(exercise));
    }
    return result;
  }();
  return exercises;
}

LoggedSet set_of(test::Value v) {
  LoggedSet set{.position = static_cast<int>(test::integer(v, "position")),
                .exercise = test::text(v, "exercise"),
                .set_number = static_cast<int>(test::integer(v, "set_number")),
                .weight_g = test::maybe_number<std::int64_t>(v, "weight_g"),
                .reps = test::maybe_number<int>(v, "reps"),
                .duration_seconds = test::maybe_number<int>(v, "duration_seconds"),
                .distance_mm = test::maybe_number<std::int64_t>(v, "distance_mm"),
                .is_warmup = test::boolean(v, "is_warmup"),
                .is_dropset = test::boolean(v, "is_dropset"),
                .is_failure = test::boolean(v, "is_failure"),
                .superset_group = test::maybe_number<int>(v, "superset_group"),
                .notes = test::maybe_text(v, "notes")};
  if (test::has(v, "rpe")) set.rpe_x2 = static_cast<int>(v["rpe"].get_double().value() * 2);
  return set;
}

std::vector<LoggedSession> sessions_of(test::Value list) {
  std::vector<LoggedSession> sessions;
  for (const test::Value v : list.get_array()) {
    LoggedSession session{.title = test::text(v, "title"),
                          .started_at = test::instant(v, "started_at"),
                          .local_date = test::date(v, "local_date"),
                          .duration_seconds = test::maybe_number<int>(v, "duration_seconds"),
                          .notes = test::maybe_text(v, "notes"),
                          .import_key = test::text(v, "import_key")};
    for (const test::Value s : v["sets"].get_array()) session.sets.push_back(set_of(s));
    sessions.push_back(std::move(session));
  }
  return sessions;
}

TimeZone zone_of(test::Value v) { return TimeZone::find(test::text(v, "time_zone")).value(); }

CsvImport import_in(const TimeZone& zone, WeightUnit unit) {
  return {.calendar = {.zone = zone}, .weight_unit = unit, .exercises = catalogue()};
}

std::string refusal(std::string_view csv) {
  try {
    read_training_csv(csv, import_in(TimeZone(), WeightUnit::kg));
  } catch (const Error& error) {
    return std::string(name_of(error.code())) + " " + error.reason();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("files of other programs become the sessions of the vectors") {
  const test::Vectors vectors("exercise/csv.json");
  int cases = 0;
  for (const test::Value c : vectors["import"].get_array()) {
    CAPTURE(test::text(c, "name"));
    ++cases;
    const std::string csv = test::text(c, "csv");
    const test::Value wanted = c["expect"];
    if (test::has(wanted, "error")) {
      CHECK(refusal(csv) == "VALIDATION_ERROR unknown_header");
      continue;
    }
    const TrainingLog log = read_training_csv(csv, import_in(zone_of(c), test::weight_unit(c, "weight_unit")));
    CHECK(name_of(log.format) == test::text(wanted, "format"));
    const auto sessions = sessions_of(wanted["sessions"]);
    REQUIRE(log.sessions.size() == sessions.size());
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      CHECK(log.sessions[i].title == sessions[i].title);
      CHECK(log.sessions[i].started_at == sessions[i].started_at);
      CHECK(log.sessions[i].import_key == sessions[i].import_key);
      REQUIRE(log.sessions[i].sets.size() == sessions[i].sets.size());
      for (std::size_t s = 0; s < sessions[i].sets.size(); ++s) {
        CAPTURE(s);
        CHECK(log.sessions[i].sets[s].exercise == sessions[i].sets[s].exercise);
        CHECK(log.sessions[i].sets[s].distance_mm == sessions[i].sets[s].distance_mm);
        CHECK(log.sessions[i].sets[s].weight_g == sessions[i].sets[s].weight_g);
        CHECK(log.sessions[i].sets[s].notes == sessions[i].sets[s].notes);
        CHECK(log.sessions[i].sets[s] == sessions[i].sets[s]);
      }
      CHECK(log.sessions[i] == sessions[i]);
    }
    std::size_t fresh = 0;
    for (const test::Value v : wanted["new_exercises"].get_array()) {
      REQUIRE(fresh < log.new_exercises.size());
      CHECK(log.new_exercises[fresh].name == test::text(v, "name"));
      CHECK(name_of(log.new_exercises[fresh].measured_by) == test::text(v, "measured_by"));
      ++fresh;
    }
    CHECK(log.new_exercises.size() == fresh);
    std::vector<SkippedRow> skipped;
    for (const test::Value v : wanted["skipped"].get_array()) {
      skipped.push_back({static_cast<int>(test::integer(v, "line")), test::text(v, "reason")});
    }
    CHECK(log.skipped == skipped);
    std::vector<SkippedRow> errors;
    for (const test::Value v : wanted["errors"].get_array()) {
      errors.push_back({static_cast<int>(test::integer(v, "line")), test::text(v, "code")});
    }
    CHECK(log.errors == errors);
  }
  CHECK(cases == 13);
}

TEST_CASE("sessions are written as the files of the vectors, and read back the same") {
  const test::Vectors vectors("exercise/csv.json");
  int cases = 0;
  for (const test::Value c : vectors["export"].get_array()) {
    CAPTURE(test::text(c, "name"));
    const auto sessions = sessions_of(c["sessions"]);
    const TrainingFormat format = test::text(c, "format") == "hevy" ? TrainingFormat::hevy : TrainingFormat::strong;
    const std::string csv =
        write_training_csv(sessions, {format, zone_of(c), test::weight_unit(c, "weight_unit"), catalogue()});
    CHECK(csv == test::text(c, "csv"));
    if (format == TrainingFormat::hevy) {
      CHECK(read_training_csv(csv, import_in(zone_of(c), test::weight_unit(c, "weight_unit"))).sessions == sessions);
    }
    ++cases;
  }
  CHECK(cases == 4);
}

TEST_CASE("what is written is read back: sets, flags and texts that spreadsheets would run") {
  CHECK(rc::check([] {
    const WeightUnit unit = *rc::gen::element(WeightUnit::kg, WeightUnit::lb);
    const TrainingFormat format = *rc::gen::element(TrainingFormat::hevy, TrainingFormat::strong);
    LoggedSession session{.title = *rc::gen::element<std::string>("=SUM(A1)", "A, \"B\"", "Legs\nDay", "@x", "Pull"),
                          .started_at = {1'767'600'000'000'000},
                          .duration_seconds = 60 * *rc::gen::inRange(1, 300),
                          .notes = "-1 kg"};
    session.local_date = Calendar{}.date_of(session.started_at);
    session.import_key = training_import_key(format, session.started_at, session.title);
    for (int i = *rc::gen::inRange(1, 6); i > 0; --i) {
      LoggedSet set{.position = static_cast<int>(session.sets.size()) + 1,
                    .exercise = *rc::gen::element<std::string>("barbell_squat", "assisted_pull_up", "My Own Lift"),
                    .reps = *rc::gen::inRange(1, 30)};
      const std::int64_t load = *rc::gen::inRange(1, 900);
      set.weight_g = unit == WeightUnit::kg ? load * 250 : grams_of_pounds(load * 25);
      if (set.exercise == "assisted_pull_up") set.weight_g = -*set.weight_g;
      const int kind = *rc::gen::inRange(0, 4);
      set.is_warmup = kind == 1;
      set.is_dropset = kind == 2;
      set.is_failure = kind == 3;
      if (*rc::gen::inRange(0, 2) == 1) set.rpe_x2 = *rc::gen::inRange(2, 21);
      set.distance_mm = rounded_quotient(
          *rc::gen::inRange<std::int64_t>(1, 5000) * (unit == WeightUnit::kg ? 1'000'000 : 1'609'344), 100);
      set.set_number = 1 + static_cast<int>(std::ranges::count(session.sets, set.exercise, &LoggedSet::exercise));
      session.sets.push_back(set);
    }
    const std::vector<LoggedSession> sessions{session};
    const std::string csv = write_training_csv(sessions, {format, TimeZone(), unit, catalogue()});
    const TrainingLog log = read_training_csv(csv, import_in(TimeZone(), unit));
    RC_ASSERT(log.errors.empty());
    RC_ASSERT(log.skipped.empty());
    RC_ASSERT(log.sessions == sessions);
  }));
}

TEST_CASE("files that are none are refused") {
  const std::string header = "Date,Exercise,Category,Weight,Reps\n";
  CHECK(refusal("") == "VALIDATION_ERROR unknown_header");
  CHECK(refusal("\xFF\xFE") == "VALIDATION_ERROR not_utf8");
  CHECK(refusal(header + "\"2024-06-01") == "VALIDATION_ERROR broken");
  CHECK(refusal(header) == "accepted");
  CHECK(refusal(std::string(kMaxCsvBytes + 1, 'x')) == "PAYLOAD_TOO_LARGE ");
  std::string rows = header;
  for (std::size_t i = 0; i <= kMaxCsvRows; ++i) rows += "x,\n";
  CHECK(refusal(rows) == "PAYLOAD_TOO_LARGE ");
  CHECK_THROWS_AS(write_training_csv({}, {.format = TrainingFormat::fitnotes}), Error);
}
