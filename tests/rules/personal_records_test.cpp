#include "ignition/rules/personal_records.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <string>

#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

struct Exercise {
  MeasuredBy measured_by;
  LoadMode load_mode;
};
struct SetRow {
  TrainingSet set;
  std::string session;
  std::string exercise;
};
// What the operations of a case leave.
struct Store {
  std::map<std::string, Exercise> exercises;
  std::map<std::string, TrainingSession> sessions;
  std::map<std::string, SetRow> sets;
};

MeasuredBy measured_by_of(const std::string& name) {
  if (name == "reps") return MeasuredBy::reps;
  if (name == "duration") return MeasuredBy::duration;
  return name == "distance_duration" ? MeasuredBy::distance_duration : MeasuredBy::weight_reps;
}

TrainingStatus status_of(const std::string& name) {
  if (name == "abandoned") return TrainingStatus::abandoned;
  return name == "in_progress" ? TrainingStatus::in_progress : TrainingStatus::completed;
}

void write_session(TrainingSession& session, test::Value op) {
  session.id = test::text(op, "id");
  if (test::has(op, "started_at")) session.started_at = test::instant(op, "started_at");
  if (test::has(op, "status")) session.status = status_of(test::text(op, "status"));
  if (test::has(op, "bodyweight_g")) session.bodyweight_g = test::integer(op, "bodyweight_g");
}

void write_set(SetRow& row, test::Value op) {
  row.set.id = test::text(op, "id");
  if (test::has(op, "session")) row.session = test::text(op, "session");
  if (test::has(op, "exercise")) row.exercise = test::text(op, "exercise");
  if (test::has(op, "position")) row.set.position = static_cast<int>(test::integer(op, "position"));
  if (test::has(op, "performed_at")) row.set.performed_at = test::instant(op, "performed_at");
  if (test::has(op, "weight_g")) row.set.weight_g = test::integer(op, "weight_g");
  if (test::has(op, "reps")) row.set.reps = test::maybe_int(op, "reps");
  if (test::has(op, "duration_seconds")) row.set.duration_seconds = test::maybe_int(op, "duration_seconds");
  if (test::has(op, "distance_mm")) row.set.distance_mm = test::maybe_integer(op, "distance_mm");
  if (test::has(op, "is_warmup")) row.set.is_warmup = test::boolean(op, "is_warmup");
}

void apply(Store& store, test::Value op) {
  const std::string kind = test::text(op, "op");
  const std::string id = test::text(op, "id");
  if (kind == "exercise") {
    store.exercises[id] = {measured_by_of(test::text(op, "measured_by")),
                           test::text(op, "load_mode") == "bodyweight" ? LoadMode::bodyweight : LoadMode::external};
  } else if (kind == "session" || kind == "edit_session") {
    write_session(store.sessions[id], op);
  } else if (kind == "set" || kind == "edit_set") {
    write_set(store.sets[id], op);
  } else if (kind == "delete_set") {
    store.sets.erase(id);
  } else {
    REQUIRE(kind == "delete_session");
    store.sessions.erase(id);
    std::erase_if(store.sets, [&](const auto& entry) { return entry.second.session == id; });
  }
}

PersonalRecords records_of(const Store& store, const std::string& exercise) {
  std::vector<TrainingSession> sessions;
  std::map<std::string, std::size_t> index;
  for (const auto& [id, session] : store.sessions) {
    index[id] = sessions.size();
    sessions.push_back(session);
  }
  std::vector<TrainingSet> sets;
  for (const auto& [id, row] : store.sets) {
    if (row.exercise != exercise) continue;
    sets.push_back(row.set);
    sets.back().session = index.at(row.session);
  }
  const Exercise& kind = store.exercises.at(exercise);
  return personal_records(kind.measured_by, kind.load_mode, sessions, sets);
}

RecordType type_of(test::Value v) {
  const std::string name = test::text(v, "record_type");
  for (int i = 0; i < 9; ++i) {
    if (name_of(static_cast<RecordType>(i)) == name) return static_cast<RecordType>(i);
  }
  FAIL(name);
  return {};
}

std::vector<RecordEvent> events_of(test::Value list) {
  std::vector<RecordEvent> events;
  for (const test::Value v : list.get_array()) {
    events.push_back({.record_type = type_of(v),
                      .bucket_weight_g = test::maybe_integer(v, "bucket_weight_g"),
                      .value = test::integer(v, "value"),
                      .set_id = test::text(v, "set_id"),
                      .session_id = test::text(v, "session_id"),
                      .achieved_at = test::instant(v, "achieved_at"),
                      .previous_value = test::maybe_integer(v, "previous_value"),
                      .is_baseline = test::boolean(v, "is_baseline")});
  }
  return events;
}

void check_events(const std::vector<RecordEvent>& found, const std::vector<RecordEvent>& wanted) {
  CHECK(found.size() == wanted.size());
  for (std::size_t i = 0; i < std::min(found.size(), wanted.size()); ++i) {
    CAPTURE(i);
    CHECK(name_of(found[i].record_type) == name_of(wanted[i].record_type));
    CHECK(found[i].set_id == wanted[i].set_id);
    CHECK(found[i] == wanted[i]);
  }
}

TrainingSet set_of(std::size_t session, int position, std::int64_t weight, int reps) {
  return {.id = "s" + std::to_string(session) + "-" + std::to_string(position),
          .session = session,
          .position = position,
          .weight_g = weight,
          .reps = reps};
}

std::vector<TrainingSession> days(std::size_t count) {
  std::vector<TrainingSession> sessions(count);
  for (std::size_t i = 0; i < count; ++i) {
    sessions[i].id = "day" + std::to_string(1000 + i);
    sessions[i].started_at = {static_cast<std::int64_t>(i) * 86'400'000'000};
  }
  return sessions;
}

}  // namespace

TEST_CASE("sets are replayed into the records of the vectors") {
  const test::Vectors vectors("exercise/personal_records.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "name"));
    Store store;
    for (const test::Value op : c["ops"].get_array()) apply(store, op);
    for (const auto [exercise, wanted] : c["expect"].get_object()) {
      CAPTURE(exercise);
      const PersonalRecords records = records_of(store, std::string(exercise));
      check_events(records.events, events_of(wanted["events"]));
      check_events(records.current, events_of(wanted["current"]));
      std::size_t sessions = 0;
      for (const auto [session, list] : wanted["session_summary"].get_object()) {
        CAPTURE(session);
        const auto found = std::ranges::find(records.summaries, session, &SessionSummary::session_id);
        std::vector<RecordImprovement> improvements;
        for (const test::Value v : list.get_array()) {
          improvements.push_back({type_of(v), test::maybe_integer(v, "bucket_weight_g"), test::integer(v, "value"),
                                  test::integer(v, "previous_value"), test::integer(v, "improvement"),
                                  test::text(v, "set_id")});
        }
        if (improvements.empty()) continue;
        ++sessions;
        REQUIRE(found != records.summaries.end());
        CHECK(found->records == improvements);
      }
      CHECK(records.summaries.size() == sessions);
    }
    ++cases;
  }
  CHECK(cases == 56);
}

TEST_CASE("the order in which sets are given does not matter, and deleting what was added restores the records") {
  CHECK(rc::check([] {
    const auto sessions = days(5);
    std::vector<TrainingSet> sets;
    for (std::size_t session = 0; session < 5; ++session) {
      for (int position = 1; position <= *rc::gen::inRange(0, 5); ++position) {
        sets.push_back(set_of(session, position, *rc::gen::inRange(0, 10) * 2500, *rc::gen::inRange(0, 13)));
      }
    }
    const auto replay = [&](const std::vector<TrainingSet>& list) {
      return personal_records(MeasuredBy::weight_reps, LoadMode::external, sessions, list);
    };
    const PersonalRecords before = replay(sets);
    std::vector<TrainingSet> reversed(sets.rbegin(), sets.rend());
    RC_ASSERT(replay(reversed).events == before.events);
    RC_ASSERT(replay(reversed).current == before.current);
    // Current records are the best values of all sets.
    std::int64_t heaviest = 0;
    for (const TrainingSet& set : sets) {
      if (set.reps.value_or(0) > 0) heaviest = std::max(heaviest, set.weight_g);
    }
    const auto found = std::ranges::find(before.current, RecordType::max_weight, &RecordEvent::record_type);
    RC_ASSERT((found == before.current.end() ? 0 : found->value) == heaviest);
    // The points of repetitions at a weight: heavier ones have fewer.
    std::optional<RecordEvent> last;
    for (const RecordEvent& e : before.current) {
      if (e.record_type != RecordType::max_reps_at_weight) continue;
      if (last) RC_ASSERT(*last->bucket_weight_g < *e.bucket_weight_g && last->value > e.value);
      last = e;
    }
  }));
}

TEST_CASE("five thousand sets are replayed quickly") {
  const auto sessions = days(1000);
  std::vector<TrainingSet> sets;
  for (std::size_t i = 0; i < 5000; ++i) {
    sets.push_back(set_of(i / 5, static_cast<int>(i % 5), 20'000 + static_cast<std::int64_t>(i * 7919 % 400) * 250,
                          1 + static_cast<int>(i * 31 % 12)));
  }
  const auto begin = std::chrono::steady_clock::now();
  CHECK(personal_records(MeasuredBy::weight_reps, LoadMode::external, sessions, sets).events.size() > 10);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(200));
}

TEST_CASE("sets out of bounds are refused by index and field") {
  const auto sessions = days(1);
  const auto refused = [&](TrainingSet set) {
    const std::vector<TrainingSet> sets{set_of(0, 1, 1000, 5), set};
    try {
      personal_records(MeasuredBy::weight_reps, LoadMode::external, sessions, sets);
    } catch (const Error& error) {
      return error.fields()[0].field;
    }
    return std::string("accepted");
  };
  CHECK(refused({.session = 1}) == "sets[1].session");
  CHECK(refused({.weight_g = std::numeric_limits<std::int64_t>::min()}) == "sets[1].weight_g");
  CHECK(refused({.reps = -1}) == "sets[1].reps");
  CHECK(refused({.duration_seconds = 86'401}) == "sets[1].duration_seconds");
  CHECK(refused({.distance_mm = -5}) == "sets[1].distance_mm");
}
