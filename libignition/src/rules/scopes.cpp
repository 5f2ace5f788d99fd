#include "ignition/rules/scopes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ignition::rules {
namespace {

enum class Kind : std::uint8_t { read, write, both };

struct Row {
  std::string_view domain;
  Kind kind;
  // Names of operations; with `.` at the end, all that begin so. Separated by spaces.
  std::string_view operations;
};

constexpr auto kTable = std::to_array<Row>({
    {"profile", Kind::read, "user.get flags.get"},
    {"settings", Kind::both, "settings."},
    {"captures", Kind::write, "captures.create captures.create_external inbox.create"},
    {"inbox", Kind::both, "inbox. captures."},
    {"today", Kind::both, "today. plan. ignitions. rules. routines. activity. dashboard. personalization. sync."},
    {"focus", Kind::both, "focus."},
    {"calendar", Kind::both, "calendar."},
    {"projects", Kind::both, "projects. tasks. notes."},
    {"exercise", Kind::both,
     "exercises. workouts. workout_sessions. workout_sets. personal_records. programs. fitness."},
    {"media", Kind::both,
     "blobs. tracks. waveforms. analyses. frames. analysis_events. analysis_cache. annotations. regions. markers. "
     "references."},
    {"ideas", Kind::both, "ideas."},
    {"infobase", Kind::both, "infobase."},
    {"books", Kind::both, "books."},
    {"health", Kind::both, "health."},
    {"habits", Kind::both, "habits."},
    {"goals", Kind::both, "goals. milestones."},
    {"quests", Kind::both, "quests."},
    {"progress", Kind::read, "progress. ledger. skills. achievements. streaks."},
    {"learn", Kind::both, "learn."},
    {"journal", Kind::both, "journal."},
});

// Operations of the domains above that no key may call.
constexpr auto kNever = std::to_array<std::string_view>({"tracks.browse"});

constexpr std::string_view kAll = "all";

bool covers(const Row& row, std::string_view operation) {
  std::string_view rest = row.operations;
  while (!rest.empty()) {
    const auto space = rest.find(' ');
    const auto name = rest.substr(0, space);
    rest = space == rest.npos ? std::string_view{} : rest.substr(space + 1);
    if (name.ends_with('.') ? operation.starts_with(name) : operation == name) {
      return std::ranges::find(kNever, operation) == kNever.end();
    }
  }
  return false;
}

// Whether the domain's scopes may open an operation that changes something, or one that does not.
bool may_open(const Row& row, std::string_view operation, bool changes) {
  return row.kind != (changes ? Kind::read : Kind::write) && covers(row, operation);
}

// Whether `held` is the scope of the domain that opens reading or writing; writing implies reading.
bool is_scope(std::string_view held, std::string_view domain, bool changes) {
  if (!held.starts_with(domain) || held.size() == domain.size() || held[domain.size()] != ':') return false;
  const auto what = held.substr(domain.size() + 1);
  return what == "write" || (what == "read" && !changes);
}

std::vector<std::string> all_scopes() {
  std::vector<std::string> out;
  const auto add = [&out](std::string_view domain, Kind kind) {
    if (kind != Kind::write) out.push_back(std::string(domain) + ":read");
    if (kind != Kind::read) out.push_back(std::string(domain) + ":write");
  };
  for (const Row& row : kTable) add(row.domain, row.kind);
  add(kAll, Kind::both);
  return out;
}

}  // namespace

const std::vector<std::string>& scopes() {
  static const auto all = all_scopes();
  return all;
}

bool is_open_to_keys(std::string_view operation) {
  return std::ranges::any_of(kTable, [&](const Row& row) { return covers(row, operation); });
}

bool opens(std::span<const std::string> held, std::string_view operation, bool changes) {
  return std::ranges::any_of(kTable, [&](const Row& row) {
    if (!may_open(row, operation, changes)) return false;
    return std::ranges::any_of(held, [&](std::string_view scope) {
      return is_scope(scope, row.domain, changes) || is_scope(scope, kAll, changes);
    });
  });
}

}  // namespace ignition::rules
