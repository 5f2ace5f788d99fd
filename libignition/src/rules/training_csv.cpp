#include "ignition/rules/training_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "csv.hpp"
#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "ignition/sha256.hpp"
#include "ignition/types.hpp"
#include "ignition/unicode.hpp"
#include "text.hpp"

namespace ignition::rules {
namespace {

[[noreturn]] void refuse_row() { throw invalid("csv", "invalid", "The row cannot be read."); }

// Columns of the header by name, without case.
class Header {
 public:
  explicit Header(const CsvRow& row) {
    for (std::size_t i = 0; i < row.cells.size(); ++i) columns_.try_emplace(simplified(row.cells[i]), i);
  }
  bool has(const std::string& name) const { return columns_.contains(name); }
  std::optional<std::size_t> column(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (const auto found = columns_.find(name); found != columns_.end()) return found->second;
    }
    return {};
  }

 private:
  std::map<std::string, std::size_t> columns_;
};

std::optional<TrainingFormat> recognised(const Header& header) {
  if (header.has("exercise_title") && header.has("start_time")) return TrainingFormat::hevy;
  if (header.has("exercise name") && header.has("set order")) return TrainingFormat::strong;
  if (header.has("date") && header.has("exercise") && header.has("category")) return TrainingFormat::fitnotes;
  return {};
}

// Which column holds what. A unit in the header holds for all rows.
struct Columns {
  using Column = std::optional<std::size_t>;
  Column key, title, start, end, duration, exercise, set_kind, superset, weight, weight_unit, reps, distance,
      distance_unit, seconds, rpe, notes, session_notes;
  std::optional<WeightUnit> weight_in_header;
  std::optional<DistanceUnit> distance_in_header;
};

void take_weight(Columns& columns, const Header& header, std::initializer_list<const char*> kg,
                 std::initializer_list<const char*> lb, std::initializer_list<const char*> plain) {
  if ((columns.weight = header.column(kg))) {
    columns.weight_in_header = WeightUnit::kg;
  } else if ((columns.weight = header.column(lb))) {
    columns.weight_in_header = WeightUnit::lb;
  } else {
    columns.weight = header.column(plain);
  }
}

Columns hevy_columns(const Header& header) {
  Columns columns{.title = header.column({"title"}),
                  .start = header.column({"start_time"}),
                  .end = header.column({"end_time"}),
                  .exercise = header.column({"exercise_title"}),
                  .set_kind = header.column({"set_type"}),
                  .superset = header.column({"superset_id"}),
                  .reps = header.column({"reps"}),
                  .seconds = header.column({"duration_seconds"}),
                  .rpe = header.column({"rpe"}),
                  .notes = header.column({"exercise_notes"}),
                  .session_notes = header.column({"description"})};
  take_weight(columns, header, {"weight_kg"}, {"weight_lbs", "weight_lb"}, {});
  if ((columns.distance = header.column({"distance_km"}))) {
    columns.distance_in_header = DistanceUnit::km;
  } else if ((columns.distance = header.column({"distance_miles"}))) {
    columns.distance_in_header = DistanceUnit::mi;
  }
  return columns;
}

Columns strong_columns(const Header& header) {
  Columns columns{.key = header.column({"workout #"}),
                  .title = header.column({"workout name"}),
                  .start = header.column({"date"}),
                  .duration = header.column({"duration", "duration (sec)", "workout duration"}),
                  .exercise = header.column({"exercise name"}),
                  .set_kind = header.column({"set order"}),
                  .weight_unit = header.column({"weight unit"}),
                  .reps = header.column({"reps"}),
                  .distance_unit = header.column({"distance unit"}),
                  .seconds = header.column({"seconds"}),
                  .rpe = header.column({"rpe"}),
                  .notes = header.column({"notes"}),
                  .session_notes = header.column({"workout notes"})};
  take_weight(columns, header, {"weight (kg)"}, {"weight (lb)", "weight (lbs)"}, {"weight"});
  if ((columns.distance = header.column({"distance (meters)"}))) {
    columns.distance_in_header = DistanceUnit::m;
  } else {
    columns.distance = header.column({"distance"});
  }
  return columns;
}

Columns fitnotes_columns(const Header& header) {
  Columns columns{.start = header.column({"date"}),
                  .exercise = header.column({"exercise"}),
                  .weight_unit = header.column({"weight unit"}),
                  .reps = header.column({"reps"}),
                  .distance = header.column({"distance"}),
                  .distance_unit = header.column({"distance unit"}),
                  .seconds = header.column({"time"}),
                  .notes = header.column({"comment", "notes"})};
  take_weight(columns, header, {"weight (kgs)", "weight (kg)"}, {"weight (lbs)", "weight (lb)"}, {"weight"});
  return columns;
}

Columns columns_of(TrainingFormat format, const Header& header) {
  switch (format) {
    case TrainingFormat::hevy:
      return hevy_columns(header);
    case TrainingFormat::strong:
      return strong_columns(header);
    case TrainingFormat::fitnotes:
      return fitnotes_columns(header);
  }
  return {};
}

// A text cell without the apostrophe that keeps spreadsheets from reading it as a formula.
std::string unguarded(std::string_view text) {
  if (text.size() > 1 && text[0] == '\'' && std::string_view("=+-@").find(text[1]) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  return std::string(text);
}

std::string guarded(std::string_view text) {
  const bool risky = !text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos;
  return risky ? "'" + std::string(text) : std::string(text);
}

std::optional<WeightUnit> weight_unit_named(const std::string& text) {
  if (text == "kg" || text == "kgs") return WeightUnit::kg;
  if (text == "lb" || text == "lbs") return WeightUnit::lb;
  if (!text.empty()) refuse_row();
  return {};
}

std::optional<DistanceUnit> distance_unit_named(const std::string& text) {
  static const std::map<std::string, DistanceUnit> kNames = {
      {"m", DistanceUnit::m},    {"meters", DistanceUnit::m}, {"metres", DistanceUnit::m},
      {"km", DistanceUnit::km},  {"kms", DistanceUnit::km},   {"kilometers", DistanceUnit::km},
      {"mi", DistanceUnit::mi},  {"miles", DistanceUnit::mi}, {"mile", DistanceUnit::mi},
      {"yd", DistanceUnit::yd},  {"yards", DistanceUnit::yd}, {"ft", DistanceUnit::ft},
      {"feet", DistanceUnit::ft}};
  if (text.empty()) return {};
  const auto found = kNames.find(text);
  if (found == kNames.end()) refuse_row();
  return found->second;
}

// Zero and blank are nothing.
template <class T>
std::optional<T> unless_zero(T value) {
  if (value == 0) return {};
  return value;
}

class Import {
 public:
  Import(TrainingFormat format, const Header& header, const CsvImport& how)
      : how_(how), columns_(columns_of(format, header)) {
    log_.format = format;
    for (const KnownExercise& exercise : how.exercises) {
      for (const std::string& name : exercise.names) known_.try_emplace(lower_case(name), &exercise);
    }
  }

  void add(const CsvRow& row) {
    try {
      if (const std::string reason = add_row(row); !reason.empty()) log_.skipped.push_back({row.line, reason});
    } catch (const Error&) {
      log_.errors.push_back({row.line, std::string(name_of(Code::VALIDATION_ERROR))});
    }
  }

  TrainingLog finish() {
    for (const std::string& name : new_names_) {
      const Seen& seen = new_exercises_.at(lower_case(name));
      const MeasuredBy measured = seen.distance           ? MeasuredBy::distance_duration
                                  : seen.reps_with_weight ? MeasuredBy::weight_reps
                                  : seen.reps             ? MeasuredBy::reps
                                                          : MeasuredBy::duration;
      log_.new_exercises.push_back({name, measured});
    }
    return std::move(log_);
  }

 private:
  // What the sets of a new exercise hold.
  struct Seen {
    std::string name;
    bool reps = false;
    bool reps_with_weight = false;
    bool distance = false;
  };

  std::string cell(const CsvRow& row, Columns::Column column) const {
    if (!column || *column >= row.cells.size()) return {};
    return std::string(trimmed(row.cells[*column]));
  }

  // Why the row is left out; empty when it was taken.
  std::string add_row(const CsvRow& row) {
    LoggedSet set;
    if (const std::string reason = read_kind(simplified(cell(row, columns_.set_kind)), set); !reason.empty()) {
      return reason;
    }
    const std::string start_text = cell(row, columns_.start);
    const Instant started_at = parse_local_time(start_text, how_.calendar.zone);
    read_numbers(row, set);
    const std::string name = unguarded(cell(row, columns_.exercise));
    if (name.empty()) refuse_row();
    if (!set.reps && !set.duration_seconds && !set.distance_mm) return "empty_set";

    // Only now is the row known to be readable.
    const KnownExercise* known = nullptr;
    if (const auto found = known_.find(lower_case(name)); found != known_.end()) known = found->second;
    if (known) {
      set.exercise = known->key;
      if (known->is_assisted && set.weight_g) set.weight_g = -*set.weight_g;
    } else {
      set.exercise = note_new(name, set);
    }
    LoggedSession& session = session_of(row, started_at, start_text);
    take_notes(row, session, set);
    set.position = static_cast<int>(session.sets.size()) + 1;
    set.set_number = 1 + static_cast<int>(std::ranges::count(session.sets, set.exercise, &LoggedSet::exercise));
    session.sets.push_back(std::move(set));
    return {};
  }

  std::string read_kind(const std::string& kind, LoggedSet& set) const {
    if (log_.format == TrainingFormat::strong) {
      if (kind.find("rest") != std::string::npos) return "rest_timer";
      if (kind == "note") return "note";
      set.is_warmup = kind == "w";
      set.is_dropset = kind == "d";
      set.is_failure = kind == "f";
      if (!set.is_warmup && !set.is_dropset && !set.is_failure && !whole_number(kind)) refuse_row();
    } else if (log_.format == TrainingFormat::hevy) {
      set.is_warmup = kind == "warmup";
      set.is_dropset = kind == "dropset" || kind == "drop";
      set.is_failure = kind == "failure";
    }
    return {};
  }

  void read_numbers(const CsvRow& row, LoggedSet& set) const {
    if (const std::string text = cell(row, columns_.weight); !text.empty()) {
      const auto own = weight_unit_named(simplified(cell(row, columns_.weight_unit)));
      const WeightUnit unit = columns_.weight_in_header.value_or(own.value_or(how_.weight_unit));
      const std::int64_t grams = parse_weight(text, unit);
      if (grams < kMinLoadGrams || grams > kMaxLoadGrams) refuse_row();
      set.weight_g = unless_zero(grams);
    }
    if (const std::string text = cell(row, columns_.distance); !text.empty()) {
      const auto own = distance_unit_named(simplified(cell(row, columns_.distance_unit)));
      const DistanceUnit otherwise = how_.weight_unit == WeightUnit::kg ? DistanceUnit::km : DistanceUnit::mi;
      set.distance_mm = unless_zero(parse_distance(
          text, columns_.distance_in_header.value_or(own.value_or(how_.distance_unit.value_or(otherwise)))));
    }
    if (const std::string text = cell(row, columns_.reps); !text.empty()) {
      const auto micros = decimal_micros(text);
      if (!micros || *micros < 0 || *micros % 1'000'000 != 0 || *micros > 1'000'000'000) refuse_row();
      set.reps = unless_zero(static_cast<int>(*micros / 1'000'000));
    }
    if (const std::string text = cell(row, columns_.seconds); !text.empty()) {
      set.duration_seconds = unless_zero(static_cast<int>(parse_duration(text)));
    }
    if (const std::string text = cell(row, columns_.rpe); !text.empty()) {
      const auto micros = decimal_micros(text);
      if (!micros) refuse_row();
      const std::int64_t halves = rounded_quotient(*micros, 500'000);
      if (*micros >= 1'000'000 && *micros <= 10'000'000) set.rpe_x2 = static_cast<int>(halves);
    }
    if (const std::string text = cell(row, columns_.superset); !text.empty()) {
      const auto group = whole_number(text);
      if (!group || *group > 20) refuse_row();
      set.superset_group = static_cast<int>(*group);
    }
  }

  std::string note_new(const std::string& name, const LoggedSet& set) {
    const auto [entry, added] = new_exercises_.try_emplace(lower_case(name), Seen{.name = name});
    if (added) new_names_.push_back(name);
    Seen& seen = entry->second;
    seen.reps = seen.reps || set.reps;
    seen.reps_with_weight = seen.reps_with_weight || (set.reps && set.weight_g);
    seen.distance = seen.distance || set.distance_mm;
    return seen.name;
  }

  LoggedSession& session_of(const CsvRow& row, Instant started_at, const std::string& start_text) {
    const std::string title = unguarded(cell(row, columns_.title));
    const std::string number = cell(row, columns_.key);
    const auto key = number.empty() ? std::pair(start_text, title) : std::pair(number, std::string());
    const auto [found, added] = sessions_.try_emplace(key, log_.sessions.size());
    if (!added) return log_.sessions[found->second];
    LoggedSession session{.title = title,
                          .started_at = started_at,
                          .local_date = how_.calendar.date_of(started_at),
                          .duration_seconds = duration_of(row, started_at),
                          .import_key = training_import_key(log_.format, started_at, title)};
    if (const std::string notes = notes_of(row, columns_.session_notes); !notes.empty()) session.notes = notes;
    log_.sessions.push_back(std::move(session));
    return log_.sessions.back();
  }

  // A duration that cannot be read is none: the sets are what matters.
  std::optional<int> duration_of(const CsvRow& row, Instant started_at) const {
    try {
      if (const std::string text = cell(row, columns_.duration); !text.empty()) {
        return static_cast<int>(parse_duration(text));
      }
      if (const std::string text = cell(row, columns_.end); !text.empty()) {
        const Micros took = parse_local_time(text, how_.calendar.zone) - started_at;
        const std::int64_t seconds = took.count() / 1'000'000;
        if (seconds >= 0 && seconds <= 86'400) return static_cast<int>(seconds);
      }
    } catch (const Error&) {
      return {};
    }
    return {};
  }

  std::string notes_of(const CsvRow& row, Columns::Column column) const {
    const std::string text = unguarded(cell(row, column));
    return log_.format == TrainingFormat::strong && text == "-" ? std::string() : text;
  }

  // Notes of an exercise stand in each of its rows, and go to its first set; comments of FitNotes are the set's own.
  void take_notes(const CsvRow& row, const LoggedSession& session, LoggedSet& set) const {
    const std::string notes = notes_of(row, columns_.notes);
    const bool is_first = std::ranges::find(session.sets, set.exercise, &LoggedSet::exercise) == session.sets.end();
    if (!notes.empty() && (is_first || log_.format == TrainingFormat::fitnotes)) set.notes = notes;
  }

  const CsvImport& how_;
  Columns columns_;
  TrainingLog log_;
  std::map<std::string, const KnownExercise*> known_;
  std::map<std::pair<std::string, std::string>, std::size_t> sessions_;
  std::map<std::string, Seen> new_exercises_;  // by name in lower case
  std::vector<std::string> new_names_;
};

// micros as a decimal number without zeros at the end.
std::string decimal_text(std::int64_t micros) {
  std::string text =
      fmt::format("{}{}.{:06}", micros < 0 ? "-" : "", std::abs(micros) / 1'000'000, std::abs(micros) % 1'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string weight_text(std::int64_t grams, WeightUnit unit) {
  return decimal_text(unit == WeightUnit::kg ? grams * 1000 : pounds_of_grams(grams) * 10'000);
}

// The shortest number that is read as the same distance.
std::string distance_text(std::int64_t mm, WeightUnit unit) {
  const DistanceUnit distance = unit == WeightUnit::kg ? DistanceUnit::km : DistanceUnit::mi;
  const std::int64_t length = unit == WeightUnit::kg ? 1'000'000 : 1'609'344;
  std::string text;
  for (std::int64_t step = 1'000'000; step >= 1; step /= 10) {
    text = decimal_text(rounded_quotient(mm * (1'000'000 / step), length) * step);
    if (parse_distance(text, distance) == mm) break;
  }
  return text;
}

std::string duration_text(int seconds) {
  std::string text;
  const auto add = [&](int value, char unit) {
    if (value != 0) text += fmt::format("{}{}{}", text.empty() ? "" : " ", value, unit);
  };
  add(seconds / 3600, 'h');
  add(seconds / 60 % 60, 'm');
  add(seconds % 60, 's');
  return text.empty() ? "0m" : text;
}

std::string hevy_time(Instant t, const TimeZone& zone) {
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const WallTime wall = zone.wall(t);
  const LocalDate date = wall.date();
  return fmt::format("{} {} {}, {:02}:{:02}", date.day(), kMonths[date.month() - 1], date.year(), wall.hour(),
                     wall.minute());
}

std::string strong_time(Instant t, const TimeZone& zone) {
  std::string text = Instant{zone.wall(t).us}.text().substr(0, 19);
  text[10] = ' ';
  return text;
}

// RFC 4180: quotes where they are needed.
std::string plain_cell(std::string_view text) {
  const std::string safe = guarded(text);
  return safe.find_first_of(",\"\r\n") == std::string::npos ? safe : quoted_cell(safe);
}

std::string rpe_text(const std::optional<int>& rpe_x2) {
  return rpe_x2 ? decimal_text(*rpe_x2 * 500'000) : std::string();
}

class Export {
 public:
  explicit Export(const CsvExport& how) : how_(how) {
    for (const KnownExercise& exercise : how.exercises) known_.try_emplace(exercise.key, &exercise);
  }

  std::string hevy(std::span<const LoggedSession> sessions) const {
    const bool kg = how_.unit == WeightUnit::kg;
    std::string out = fmt::format(
        "\"title\",\"start_time\",\"end_time\",\"description\",\"exercise_title\",\"superset_id\",\"exercise_notes\","
        "\"set_index\",\"set_type\",\"{}\",\"reps\",\"{}\",\"duration_seconds\",\"rpe\"\n",
        kg ? "weight_kg" : "weight_lbs", kg ? "distance_km" : "distance_miles");
    const auto cell = [](std::string_view text) { return quoted_cell(guarded(text)); };
    for (const LoggedSession& session : sessions) {
      const std::string start = hevy_time(session.started_at, how_.zone);
      const std::string end =
          session.duration_seconds
              ? hevy_time(session.started_at + std::chrono::seconds(*session.duration_seconds), how_.zone)
              : std::string();
      std::map<std::string, int> index;
      for (const LoggedSet& set : session.sets) {
        const char* type = set.is_warmup    ? "warmup"
                           : set.is_dropset ? "dropset"
                           : set.is_failure ? "failure"
                                            : "normal";
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", cell(session.title),
                       cell(start), cell(end), cell(session.notes.value_or("")), cell(name_of_exercise(set)),
                       number(set.superset_group), cell(set.notes.value_or("")), index[set.exercise]++, cell(type),
                       set.weight_g ? weight_text(shown_load(set), how_.unit) : "", number(set.reps),
                       set.distance_mm ? distance_text(*set.distance_mm, how_.unit) : "", number(set.duration_seconds),
                       rpe_text(set.rpe_x2));
      }
    }
    return out;
  }

  std::string strong(std::span<const LoggedSession> sessions) const {
    std::string out =
        "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE\n";
    for (const LoggedSession& session : sessions) {
      for (const LoggedSet& set : session.sets) {
        const std::string order = set.is_warmup    ? "W"
                                  : set.is_dropset ? "D"
                                  : set.is_failure ? "F"
                                                   : std::to_string(set.set_number);
        fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{},{},{}\n",
                       strong_time(session.started_at, how_.zone), plain_cell(session.title),
                       duration_text(session.duration_seconds.value_or(0)), plain_cell(name_of_exercise(set)), order,
                       weight_text(set.weight_g ? shown_load(set) : 0, how_.unit), set.reps.value_or(0),
                       distance_text(set.distance_mm.value_or(0), how_.unit), set.duration_seconds.value_or(0),
                       plain_cell(set.notes.value_or("")), plain_cell(session.notes.value_or("")),
                       rpe_text(set.rpe_x2));
      }
    }
    return out;
  }

 private:
  static std::string number(const std::optional<int>& value) { return value ? std::to_string(*value) : std::string(); }

  const KnownExercise* known(const LoggedSet& set) const {
    const auto found = known_.find(set.exercise);
    return found == known_.end() ? nullptr : found->second;
  }
  std::string name_of_exercise(const LoggedSet& set) const {
    const KnownExercise* exercise = known(set);
    return exercise ? exercise->export_name : set.exercise;
  }
  std::int64_t shown_load(const LoggedSet& set) const {
    const KnownExercise* exercise = known(set);
    return exercise && exercise->is_assisted ? -*set.weight_g : *set.weight_g;
  }

  const CsvExport& how_;
  std::map<std::string, const KnownExercise*> known_;
};

}  // namespace

TrainingLog read_training_csv(std::string_view csv, const CsvImport& how) {
  if (csv.size() > kMaxCsvBytes) throw Error(Code::PAYLOAD_TOO_LARGE, "A training file has at most 10 MiB.");
  if (csv.starts_with("\xEF\xBB\xBF")) csv.remove_prefix(3);
  if (!is_utf8(csv)) throw invalid("csv", "not_utf8", "The file is no UTF-8 text.");
  const std::vector<CsvRow> rows = read_csv(csv, csv_delimiter(csv), kMaxCsvRows + 1);
  if (rows.size() > kMaxCsvRows + 1) throw Error(Code::PAYLOAD_TOO_LARGE, "A training file has at most 200000 rows.");
  const auto refuse_header = [] {
    throw invalid("csv", "unknown_header", "The file's header is of no known program.");
  };
  if (rows.empty()) refuse_header();
  const Header header(rows.front());
  const auto format = recognised(header);
  if (!format || (how.format && how.format != format)) refuse_header();
  Import import(*format, header, how);
  for (auto row = rows.begin() + 1; row != rows.end(); ++row) import.add(*row);
  return import.finish();
}

std::string write_training_csv(std::span<const LoggedSession> sessions, const CsvExport& how) {
  if (how.format == TrainingFormat::hevy) return Export(how).hevy(sessions);
  if (how.format == TrainingFormat::strong) return Export(how).strong(sessions);
  throw invalid("format", "not_supported", "Training is written as hevy or strong.");
}

std::string training_import_key(TrainingFormat format, Instant started_at, std::string_view title) {
  const std::string started = started_at.text().substr(0, 19) + "Z";
  return hex_text(sha256(fmt::format("v1|{}|{}|{}", name_of(format), started, title)));
}

}  // namespace ignition::rules
