// Editing a series of events: this instance, this and the following ones, or all (rules E1 to E9, U3), and the listing
// of a series with its exceptions (rule L2). Rules look at times only; every other field of an event is a name with a
// JSON value that they carry along.
#pragma once

#include <boost/describe/enum.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ignition/rules/recurrence.hpp"

namespace ignition::rules {

// Field name -> JSON. `null` stands for a field that is explicitly empty.
using EventFields = std::map<std::string, std::string>;

// What differs in one instance. What is not set is inherited from the series.
struct SeriesOverride {
  Instant recurrence_id;
  std::optional<Instant> start;
  std::optional<Micros> length;
  EventFields fields;
  std::optional<Instant> completed_at;
  friend bool operator==(const SeriesOverride&, const SeriesOverride&) = default;
};

// An event: single when `series.rule` is absent and there are no rdates.
struct EventSeries {
  Series series;
  Micros length{};  // exact for timed events (rule U2), whole days for all-day ones
  EventFields fields;
  std::vector<SeriesOverride> overrides;  // ascending by recurrence_id
  std::optional<Instant> completed_at;    // of a single event

  bool is_recurring() const { return series.rule || !series.rdates.empty(); }
};

enum class EditScope : std::uint8_t { this_, following, all };
BOOST_DESCRIBE_ENUM(EditScope, this_, following, all)

// Fields to change. Instants of all-day series are midnight UTC of dates.
struct SeriesPatch {
  std::optional<Instant> start;  // of the addressed instance
  std::optional<Instant> end;    // of the addressed instance; exclusive
  std::optional<TimeZone> zone;  // without `start` the wall times stay
  std::optional<bool> all_day;
  bool changes_rule = false;
  std::optional<std::string> recurrence_rule;  // with changes_rule: none makes it a single event
  std::optional<std::vector<Instant>> exdates;
  std::optional<std::vector<Instant>> rdates;
  EventFields fields;
};

// What an edit leaves.
struct SeriesEdit {
  std::optional<EventSeries> series;   // nothing: the event is deleted
  std::optional<EventSeries> created;  // by `following`: a new event with its own id
  std::vector<EventSeries> kept;       // completed instances that fell out of the series, as single events (rule E8)
  int dropped_exceptions = 0;
};

// Applies the patch. `occurrence` is the recurrence_id of an instance; without it `all` means the first one. The scope
// is ignored for a single event. Throws NOT_FOUND for something that is no instance or an excluded one, and
// VALIDATION_ERROR: `occurrence` required, a field that the scope does not take, end_before_start,
// recurrence_rule_required, or a reason of parse_recurrence().
SeriesEdit update_series(EventSeries event, EditScope scope, std::optional<Instant> occurrence,
                         const SeriesPatch& patch);

// Removes instances (rules E3 and E5). Errors as above.
SeriesEdit delete_from_series(EventSeries event, EditScope scope, std::optional<Instant> occurrence);

struct SeriesOccurrence {
  Instant recurrence_id;
  Instant start;  // of an all-day event: midnight UTC of its date
  Instant end;
  std::optional<std::size_t> exception;  // index into overrides
  friend bool operator==(const SeriesOccurrence&, const SeriesOccurrence&) = default;
};

// The occurrences that overlap the window (rule L2), by start, at most `limit`. The dates of an all-day event begin
// where `viewer` sees them begin.
std::vector<SeriesOccurrence> occurrences(const EventSeries& event, Window window, const TimeZone& viewer,
                                          std::size_t limit = 5000);

// The value of a field in an instance: its own or the series'. Nothing when neither has it.
std::optional<std::string> field_of(const EventSeries& event, const SeriesOccurrence& occurrence,
                                    const std::string& name);

}  // namespace ignition::rules
