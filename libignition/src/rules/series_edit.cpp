#include "ignition/rules/series_edit.hpp"

#include <algorithm>

#include "ignition/error.hpp"

namespace ignition::rules {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

Instant end_of(Instant t) { return {t.us + 1}; }

bool contains(const std::vector<Instant>& list, Instant t) { return std::ranges::find(list, t) != list.end(); }

// Whether `t` is an instance of the rule, an rdate, or the start of a single event: what exdates choose from.
bool is_candidate(const Series& series, Instant t) {
  if (contains(series.rdates, t)) return true;
  if (!series.rule) return series.start.zone.instant(series.start.wall) == t;
  return !instances(*series.rule, series.start, {t, end_of(t)}, 1).starts.empty();
}

Instant first_instance(const Series& series) {
  if (!series.rule) return series.start.zone.instant(series.start.wall);
  const auto wall = series_start(*series.rule, series.start);
  return series.start.zone.instant(wall.value_or(series.start.wall));
}

// Instances of the rule before `t`, excluded ones counted.
std::vector<Instant> instances_before(const Series& series, Instant t) {
  if (!series.rule) {
    const Instant first = first_instance(series);
    return first < t ? std::vector{first} : std::vector<Instant>{};
  }
  return instances(*series.rule, series.start, {whole_time().from, t}, kMaxOccurrences).starts;
}

// The wall time of a key: the rule's own for its instances, otherwise what the clock reads.
WallTime wall_of(const Series& series, Instant t) {
  const auto nominal = series.rule ? wall_of_instance(*series.rule, series.start, t) : std::nullopt;
  return nominal.value_or(series.start.zone.wall(t));
}

// Moves the instants of a series on the clock: by `delta`, and from its zone to another. An instant that is the second
// reading of its wall time stays the second one where there still are two (rule Z3).
class Shift {
 public:
  Shift(const Series& series, std::int64_t delta, const TimeZone& to) : series_(series), delta_(delta), to_(to) {}

  Instant operator()(Instant t) const {
    const WallTime wall = wall_of(series_, t);
    const WallTime moved{wall.us + delta_};
    const Instant first = to_.instant(moved);
    if (series_.start.zone.instant(wall) == t) return first;
    // The second of two equal wall times lies one jump, less than a day, behind the first.
    const Micros jump = to_.offset_at(first) - to_.offset_at(first + Micros(kDay));
    const Instant second = first + jump;
    return jump > Micros(0) && to_.wall(second) == moved ? second : first;
  }
  void operator()(std::vector<Instant>& list) const {
    for (Instant& t : list) t = (*this)(t);
    std::ranges::sort(list);
    list.erase(std::unique(list.begin(), list.end()), list.end());
  }
  void operator()(std::vector<SeriesOverride>& overrides) const {
    for (SeriesOverride& o : overrides) o.recurrence_id = (*this)(o.recurrence_id);
    std::ranges::sort(overrides, {}, &SeriesOverride::recurrence_id);
  }

 private:
  const Series& series_;  // before it moves
  std::int64_t delta_;
  const TimeZone& to_;
};

// An instance as an event of its own.
EventSeries as_single(const EventSeries& event, const SeriesOverride& override) {
  EventSeries single{.series = {.start = event.series.start},
                     .length = override.length.value_or(event.length),
                     .fields = event.fields,
                     .completed_at = override.completed_at};
  single.series.start.wall = event.series.start.zone.wall(override.start.value_or(override.recurrence_id));
  for (const auto& [name, value] : override.fields) single.fields[name] = value;
  return single;
}

// Rule E8.
void drop_orphans(SeriesEdit& edit, EventSeries& event) {
  const auto is_orphan = [&](Instant t) { return !is_candidate(event.series, t); };
  edit.dropped_exceptions += static_cast<int>(std::erase_if(event.series.exdates, is_orphan));
  for (const SeriesOverride& o : event.overrides) {
    if (o.completed_at && is_orphan(o.recurrence_id)) edit.kept.push_back(as_single(event, o));
  }
  edit.dropped_exceptions += static_cast<int>(
      std::erase_if(event.overrides, [&](const SeriesOverride& o) { return is_orphan(o.recurrence_id); }));
}

bool is_empty(const Series& series) {
  const bool finite = !series.rule || series.rule->is_finite();
  return finite && expand(series, whole_time(), 1).starts.empty();
}

// Rule E1.
void check_address(const EventSeries& event, std::optional<Instant> occurrence, EditScope scope) {
  if (!occurrence) {
    if (scope != EditScope::all) {
      throw invalid("occurrence", "required", "Say which instance is meant.");
    }
    return;
  }
  if (contains(event.series.exdates, *occurrence) || !is_candidate(event.series, *occurrence)) {
    throw not_found("instance");
  }
}

const SeriesOverride* override_at(const EventSeries& event, Instant t) {
  const auto found = std::ranges::find(event.overrides, t, &SeriesOverride::recurrence_id);
  return found == event.overrides.end() ? nullptr : &*found;
}

// The length after the patch, whose start and end are those of an instance that now begins at `start` (rule U3).
Micros patched_length(const SeriesPatch& patch, Instant start, Micros length, bool all_day) {
  if (!patch.end) return length;
  const Micros patched = *patch.end - patch.start.value_or(start);
  if (patched < Micros(all_day ? 1 : 0)) throw invalid("end", "end_before_start", "The event ends before it begins.");
  return patched;
}

void merge(EventFields& target, const EventFields& changes) {
  for (const auto& [name, value] : changes) target[name] = value;
}

// Rule E2.
SeriesEdit update_this(EventSeries event, Instant occurrence, const SeriesPatch& patch) {
  const auto refuse = [](std::string field) {
    throw invalid(std::move(field), "not_for_one_instance", "One instance cannot change this.");
  };
  if (patch.changes_rule) refuse("recurrence_rule");
  if (patch.exdates) refuse("exdates");
  if (patch.rdates) refuse("rdates");
  if (patch.all_day) refuse("all_day");
  auto at = std::ranges::lower_bound(event.overrides, occurrence, {}, &SeriesOverride::recurrence_id);
  if (at == event.overrides.end() || at->recurrence_id != occurrence) {
    at = event.overrides.insert(at, SeriesOverride{.recurrence_id = occurrence});
  }
  const Micros before = at->length.value_or(event.length);
  const Micros after = patched_length(patch, at->start.value_or(occurrence), before, event.series.start.all_day);
  if (after != before) at->length = after;
  if (patch.start) at->start = *patch.start;
  if (patch.zone) at->fields["timezone"] = '"' + patch.zone->name() + '"';
  merge(at->fields, patch.fields);
  return {.series = std::move(event)};
}

// The length of everything that a patch for many instances leaves: judged at the addressed instance.
Micros series_length(const EventSeries& event, Instant occurrence, const SeriesPatch& patch, bool all_day) {
  const SeriesOverride* own = override_at(event, occurrence);
  const Instant start = own && own->start ? *own->start : occurrence;
  return patched_length(patch, start, event.length, all_day);
}

// Wall time by which instances move (rule E6).
std::int64_t delta_of(const Series& series, Instant occurrence, const SeriesPatch& patch, const TimeZone& zone) {
  if (!patch.start) return 0;
  return zone.wall(*patch.start).us - series.start.zone.wall(occurrence).us;
}

[[noreturn]] void require_rule() {
  throw invalid("recurrence_rule", "recurrence_rule_required",
                "Say how the series repeats from now on: its rule names days or times that this change moves.");
}

// The rule after instances move by `delta` (rule E7). `old_weekday` is that of the addressed start.
void move_rule(Recurrence& rule, Weekday old_weekday, LocalDate old_date, LocalDate new_date, std::int64_t delta) {
  if (delta % kDay != 0 && (!rule.by_hour.empty() || !rule.by_minute.empty())) require_rule();
  if (old_date == new_date) return;
  const bool others =
      !rule.by_month.empty() || !rule.by_month_day.empty() || !rule.by_year_day.empty() || !rule.by_set_pos.empty();
  if (!others && rule.by_day.empty()) return;
  const bool follows = !others && rule.frequency == RuleFrequency::WEEKLY && rule.by_day.size() == 1 &&
                       rule.by_day[0].weekday == old_weekday;
  if (!follows) require_rule();
  rule.by_day[0].weekday = new_date.weekday();
}

// The rule of the patch, or the old one moved; the start moves to its first instance (rules E6, E7 and R10).
void move_series(Series& series, const SeriesPatch& patch, std::int64_t delta, const TimeZone& zone) {
  const WallTime old_wall = series.start.wall;
  const TimeZone old_zone = series.start.zone;
  series.start.wall.us += delta;
  series.start.zone = zone;
  if (patch.changes_rule) {
    series.rule.reset();
    if (patch.recurrence_rule) series.rule = parse_recurrence(*patch.recurrence_rule, series.start);
  } else if (series.rule) {
    Recurrence& rule = *series.rule;
    move_rule(rule, old_wall.date().weekday(), old_wall.date(), series.start.wall.date(), delta);
    if (rule.until) rule.until = zone.instant({old_zone.wall(*rule.until).us + delta});
  }
  if (!series.rule) return;
  const auto first = series_start(*series.rule, series.start);
  if (!first) {
    throw invalid("recurrence_rule", "no_instances", "The rule never happens.").with("field", "recurrence_rule");
  }
  series.start.wall = *first;
}

// A series whose rule has no instance left lives on by its rdates, the first of which becomes its start.
void settle(Series& series) {
  if (!series.rule || series_start(*series.rule, series.start) || series.rdates.empty()) return;
  series.rule.reset();
  std::ranges::sort(series.rdates);
  series.start.wall = series.start.zone.wall(series.rdates.front());
  series.rdates.erase(series.rdates.begin());
}

// What lies before `occurrence` (rules E4 and E5).
EventSeries before(EventSeries event, Instant occurrence) {
  Series& series = event.series;
  if (series.rule) {
    series.rule->count.reset();
    series.rule->until = Instant{occurrence.us - (series.start.all_day ? kDay : 1'000'000)};
  }
  const auto is_later = [&](Instant t) { return t >= occurrence; };
  std::erase_if(series.exdates, is_later);
  std::erase_if(series.rdates, is_later);
  std::erase_if(event.overrides, [&](const SeriesOverride& o) { return is_later(o.recurrence_id); });
  settle(series);
  return event;
}

// What lies from `occurrence` on, still at its old times. An rdate is no start of the rule: it stays an rdate.
EventSeries from(EventSeries event, Instant occurrence) {
  Series& series = event.series;
  std::vector<Instant> later;
  if (series.rule) {
    later = instances(*series.rule, series.start, {occurrence, whole_time().to}, 1).starts;
    if (!later.empty()) {
      const WallTime first = wall_of(series, later.front());
      if (series.rule->count) *series.rule->count -= wall_times_before(*series.rule, series.start, first);
      series.start.wall = first;
    }
  }
  if (later.empty()) {
    series.rule.reset();
    series.start.wall = series.start.zone.wall(occurrence);
    std::erase(series.rdates, occurrence);
  }
  const auto is_earlier = [&](Instant t) { return t < occurrence; };
  std::erase_if(series.exdates, is_earlier);
  std::erase_if(series.rdates, is_earlier);
  std::erase_if(event.overrides, [&](const SeriesOverride& o) { return is_earlier(o.recurrence_id); });
  return event;
}

bool anything_before(const Series& series, Instant t) {
  return !instances_before(series, t).empty() || std::ranges::any_of(series.rdates, [&](Instant r) { return r < t; });
}

void refuse_kind(const SeriesPatch& patch, bool all_day) {
  if (patch.all_day && *patch.all_day != all_day) {
    throw invalid("all_day", "scope_all_required", "Only a whole series becomes all-day or timed.");
  }
}

// The series with start, rule, keys and fields of the patch; `occurrence` is its addressed instance.
EventSeries moved(EventSeries event, Instant occurrence, const SeriesPatch& patch) {
  Series& series = event.series;
  const TimeZone old_zone = series.start.zone;
  const TimeZone zone = series.start.all_day ? old_zone : patch.zone.value_or(old_zone);
  const std::int64_t delta = delta_of(series, occurrence, patch, zone);
  if (series.start.all_day && delta % kDay != 0)
    throw invalid("start", "invalid", "An all-day event begins on a date.");
  event.length = series_length(event, occurrence, patch, series.start.all_day);
  const Series old = series;
  const Shift shift(old, delta, zone);
  shift(series.exdates);
  shift(series.rdates);
  shift(event.overrides);
  move_series(series, patch, delta, zone);
  if (patch.exdates) series.exdates = *patch.exdates;
  if (patch.rdates) series.rdates = *patch.rdates;
  merge(event.fields, patch.fields);
  return event;
}

// Rule E4.
SeriesEdit update_following(const EventSeries& event, Instant occurrence, const SeriesPatch& patch) {
  refuse_kind(patch, event.series.start.all_day);
  SeriesEdit edit{.series = before(event, occurrence)};
  edit.created = moved(from(event, occurrence), occurrence, patch);
  drop_orphans(edit, *edit.series);
  drop_orphans(edit, *edit.created);
  return edit;
}

// The exceptions that a change of kind cannot carry over: completed ones live on by themselves (rule E9).
void drop_exceptions(SeriesEdit& edit, EventSeries& event, std::optional<Instant> except) {
  for (const SeriesOverride& o : event.overrides) {
    if (o.recurrence_id == except) continue;
    ++edit.dropped_exceptions;
    if (o.completed_at) edit.kept.push_back(as_single(event, o));
  }
  edit.dropped_exceptions += static_cast<int>(event.series.exdates.size());
  event.overrides.clear();
  event.series.exdates.clear();
  event.series.rdates.clear();
}

// Timed becomes all-day or the reverse.
SeriesEdit change_kind(EventSeries event, Instant occurrence, const SeriesPatch& patch) {
  SeriesEdit edit;
  drop_exceptions(edit, event, {});
  Series& series = event.series;
  const bool was_all_day = series.start.all_day;
  const WallTime old_wall = series.start.wall;
  if (was_all_day) {
    if (!patch.start) throw invalid("start", "required", "A timed event needs its time.");
    const TimeZone zone = patch.zone.value_or(TimeZone());
    const std::int64_t away = WallTime{occurrence.us}.us - old_wall.us;
    series.start = SeriesStart::timed({zone.wall(*patch.start).us - away}, zone);
    event.length = patched_length(patch, *patch.start, Micros(0), false);
  } else {
    const LocalDate shown = series.start.zone.wall(occurrence).date();
    const LocalDate wanted = patch.start ? WallTime{patch.start->us}.date() : shown;
    series.start = SeriesStart::on(old_wall.date() + (wanted - shown));
    const std::int64_t days = floor_div(event.length.count() + kDay - 1, kDay);
    event.length = patched_length(patch, Instant{WallTime::at(wanted, 0).us},
                                  Micros(std::max<std::int64_t>(days, 1) * kDay), true);
  }
  if (patch.changes_rule) {
    series.rule.reset();
    if (patch.recurrence_rule) series.rule = parse_recurrence(*patch.recurrence_rule, series.start);
  } else if (series.rule) {
    move_rule(*series.rule, old_wall.date().weekday(), old_wall.date(), series.start.wall.date(), 0);
    series.rule = parse_recurrence(text_of(*series.rule, was_all_day), series.start);
  }
  if (series.rule) series.start.wall = series_start(*series.rule, series.start).value_or(series.start.wall);
  if (patch.exdates) series.exdates = *patch.exdates;
  if (patch.rdates) series.rdates = *patch.rdates;
  merge(event.fields, patch.fields);
  edit.series = std::move(event);
  return edit;
}

// A series becomes the one event at `occurrence`, which keeps what it set itself (rule E9).
SeriesEdit make_single(EventSeries event, Instant occurrence, SeriesPatch patch) {
  SeriesEdit edit;
  const SeriesOverride* own = override_at(event, occurrence);
  EventSeries single = as_single(event, own ? *own : SeriesOverride{.recurrence_id = occurrence});
  const Instant start = single.series.start.zone.instant(single.series.start.wall);
  drop_exceptions(edit, event, occurrence);
  patch.exdates.reset();
  patch.rdates.reset();
  edit.series = moved(std::move(single), start, patch);
  return edit;
}

// Rule E6.
SeriesEdit update_all(EventSeries event, Instant occurrence, const SeriesPatch& patch) {
  const bool was_recurring = event.is_recurring();
  if (patch.all_day && *patch.all_day != event.series.start.all_day)
    return change_kind(std::move(event), occurrence, patch);
  if (patch.changes_rule && !patch.recurrence_rule && was_recurring) {
    return make_single(std::move(event), occurrence, patch);
  }
  SeriesEdit edit{.series = moved(std::move(event), occurrence, patch)};
  EventSeries& after = *edit.series;
  if (!was_recurring && after.is_recurring() && after.completed_at) {
    after.overrides.push_back({.recurrence_id = first_instance(after.series), .completed_at = after.completed_at});
    after.completed_at.reset();
  }
  drop_orphans(edit, after);
  return edit;
}

bool overlaps(Instant start, Instant end, Window window) {
  if (start == end) return window.from <= start && start < window.to;
  return start < window.to && end > window.from;
}

}  // namespace

SeriesEdit update_series(EventSeries event, EditScope scope, std::optional<Instant> occurrence,
                         const SeriesPatch& patch) {
  if (!event.is_recurring()) scope = EditScope::all;
  check_address(event, occurrence, scope);
  std::ranges::sort(event.overrides, {}, &SeriesOverride::recurrence_id);
  const Instant addressed = occurrence.value_or(first_instance(event.series));
  if (scope == EditScope::this_) return update_this(std::move(event), addressed, patch);
  if (scope == EditScope::following && anything_before(event.series, addressed)) {
    return update_following(event, addressed, patch);
  }
  return update_all(std::move(event), addressed, patch);
}

SeriesEdit delete_from_series(EventSeries event, EditScope scope, std::optional<Instant> occurrence) {
  if (!event.is_recurring()) scope = EditScope::all;
  check_address(event, occurrence, scope);
  if (scope == EditScope::all) return {};
  SeriesEdit edit;
  if (scope == EditScope::following) {
    if (!anything_before(event.series, *occurrence)) return edit;
    event = before(std::move(event), *occurrence);
    drop_orphans(edit, event);
  } else {
    std::erase_if(event.overrides, [&](const SeriesOverride& o) { return o.recurrence_id == *occurrence; });
    event.series.exdates.push_back(*occurrence);
    std::ranges::sort(event.series.exdates);
  }
  if (!is_empty(event.series)) edit.series = std::move(event);
  return edit;
}

std::vector<SeriesOccurrence> occurrences(const EventSeries& event, Window window, const TimeZone& viewer,
                                          std::size_t limit) {
  const bool all_day = event.series.start.all_day;
  const auto seen = [&](Instant t) { return all_day ? viewer.first_at_or_after({t.us}) : t; };
  const auto shown = [&](Instant start, Instant end) { return overlaps(seen(start), seen(end), window); };
  const Micros margin(all_day ? 2 * kDay : 0);
  std::vector<SeriesOccurrence> found;
  const Window whole = whole_time();
  window = {std::clamp(window.from, whole.from, whole.to), std::clamp(window.to, whole.from, whole.to)};
  const Occurrences candidates = expand(event.series, {window.from - event.length - margin, window.to + margin},
                                        std::min(limit + event.overrides.size() + 8, kMaxOccurrences));
  for (const Instant t : candidates.starts) {
    if (!override_at(event, t) && shown(t, t + event.length)) found.push_back({t, t, t + event.length, {}});
  }
  for (std::size_t i = 0; i < event.overrides.size(); ++i) {
    const SeriesOverride& o = event.overrides[i];
    const Instant start = o.start.value_or(o.recurrence_id);
    const Instant end = start + o.length.value_or(event.length);
    const bool is_instance =
        !contains(event.series.exdates, o.recurrence_id) && is_candidate(event.series, o.recurrence_id);
    if (is_instance && shown(start, end)) found.push_back({o.recurrence_id, start, end, i});
  }
  std::ranges::sort(found, {}, [](const SeriesOccurrence& o) { return std::pair(o.start, o.recurrence_id); });
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::optional<std::string> field_of(const EventSeries& event, const SeriesOccurrence& occurrence,
                                    const std::string& name) {
  if (occurrence.exception) {
    const EventFields& own = event.overrides[*occurrence.exception].fields;
    if (const auto found = own.find(name); found != own.end()) return found->second;
  }
  const auto found = event.fields.find(name);
  return found == event.fields.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ignition::rules
