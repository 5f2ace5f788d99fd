// How long a Today decision stays true by itself.
#include <algorithm>

#include "ignition/rules/today.hpp"

namespace ignition::rules {
namespace {

constexpr Micros kTick{1};
constexpr Micros kDay = std::chrono::hours(24);

// The first instant in (from, to] at which the zone's offset is not the one at `from`, if there is one. Zones change
// their offset at most once within a day.
std::optional<Instant> offset_change(const TimeZone& zone, Instant from, Instant to) {
  const Micros offset = zone.offset_at(from);
  if (zone.offset_at(to) == offset) return {};
  Instant before = from;
  while (to - before > kTick) {
    const Instant middle = before + (to - before) / 2;
    (zone.offset_at(middle) == offset ? before : to) = middle;
  }
  return to;
}

// Collects instants and keeps the earliest one after `now`.
class Earliest {
 public:
  Earliest(Instant now, Instant first) : now_(now), earliest_(first) {}

  void at(std::optional<Instant> t) {
    if (t && *t > now_ && *t < earliest_) earliest_ = *t;
  }
  // The instant at which something that happened at `t` reaches the age ...
  void reaches(std::optional<Instant> t, Micros age) {
    if (!t) return;
    at(*t + age);
    at(t);  // what is dated in the future has no age before it happens
  }
  // ... or becomes older than that.
  void exceeds(std::optional<Instant> t, Micros age) { reaches(t, age + kTick); }

  Instant value() const { return earliest_; }

 private:
  Instant now_;
  Instant earliest_;
};

// The next instant at which the wall clock reads the given hour, while the zone keeps its offset.
Instant next_hour(const TimeZone& zone, Instant now, int hour) {
  const WallTime wall = zone.wall(now);
  const WallTime today = WallTime::at(wall.date(), hour);
  const Micros wait(today.us - wall.us);
  return now + (wait > Micros(0) ? wait : wait + kDay);
}

// Parts of the day and the user's day follow the wall clock.
void by_wall_clock(Earliest& next, const Calendar& calendar, Instant now) {
  for (const int hour : {0, 12, 17, calendar.day_start_hour}) next.at(next_hour(calendar.zone, now, hour));
  next.at(offset_change(calendar.zone, now, next.value()));
}

void by_absence(Earliest& next, const TodayFacts& facts, const Calendar& calendar, Instant now,
                const TodayConfig& config) {
  const GapLimit limit = gap_limit(facts.prefs, config);
  if (limit.mode == GapMode::elapsed) next.reaches(facts.last_activity_at, std::chrono::hours(limit.hours));
  // The banner's gap_hours counts on.
  if (facts.last_activity_at && returning_after_gap(calendar, facts.last_activity_at, now, limit)) {
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(now - *facts.last_activity_at);
    next.at(*facts.last_activity_at + (hours + std::chrono::hours(1)));
  }
  next.reaches(facts.created_at, std::chrono::hours(24));
}

void by_session(Earliest& next, const TodayFacts& facts, const TodayConfig& config) {
  next.reaches(facts.session.session_last_event_at, std::chrono::minutes(config.session_idle_minutes));
  next.at(facts.session.soft_expires_at);
  if (facts.focus) next.at(facts.focus->expires_at);
  for (const GuidanceProgress& step : facts.guidance.steps) next.at(step.cooldown_until);
}

void by_use(Earliest& next, const TodayFacts& facts, const TodayConfig& config, const TodayFlags& flags) {
  const auto completed = facts.newest_completion ? std::optional(facts.newest_completion->at) : std::nullopt;
  if (!facts.rules.empty() || !facts.routines.empty()) next.exceeds(completed, std::chrono::hours(2));
  if (!flags.master || !flags.dynamic_ui) return;

  if (facts.last_use) {
    next.exceeds(facts.last_use->at, std::chrono::minutes(config.resume_min_age_minutes));
    next.exceeds(facts.last_use->at, std::chrono::hours(config.resume_max_age_hours));
  }
  next.exceeds(facts.usage.oldest_at, std::chrono::days(config.usage_window_days));
  if (!flags.ranking) return;
  next.exceeds(completed, std::chrono::hours(4));
  for (const ModuleTransition& t : facts.transitions) {
    next.exceeds(t.last_at, std::chrono::days(config.sequence_window_days));
  }
}

}  // namespace

Instant valid_until(const TodayFacts& facts, const Calendar& calendar, Instant now, const TodayConfig& config,
                    const TodayFlags& flags) {
  Earliest next(now, now + kDay);
  for (const Instant t : facts.turning_points) next.at(t);
  by_absence(next, facts, calendar, now, config);
  by_session(next, facts, config);
  by_use(next, facts, config, flags);
  by_wall_clock(next, calendar, now);
  return next.value();
}

}  // namespace ignition::rules
