// Instants, local dates and time zones. All arithmetic is on integers; zone rules come from the system's tz database.
#pragma once

#include <atomic>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ignition {

using Micros = std::chrono::microseconds;

// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct Instant {
  std::int64_t us = 0;

  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant t, Micros d) { return {t.us + d.count()}; }
  friend Instant operator-(Instant t, Micros d) { return {t.us - d.count()}; }
  friend Micros operator-(Instant a, Instant b) { return Micros(a.us - b.us); }

  // `YYYY-MM-DDTHH:MM:SS.ffffffZ`, 27 characters; sorts like the instant. Years 0000..9999.
  std::string text() const;
  // RFC 3339 with any offset and up to nine fraction digits (digits beyond the sixth are cut). Also accepts a space for
  // the `T` and an hour-only offset, as PostgreSQL writes them.
  static std::optional<Instant> parse(std::string_view text);
  static Instant system_now();
};

// Days of the week by ISO number.
enum class Weekday : std::uint8_t { monday = 1, tuesday, wednesday, thursday, friday, saturday, sunday };

// First day of the user's week (setting `week_start`).
enum class WeekStart : std::uint8_t { monday, sunday, saturday };
BOOST_DESCRIBE_ENUM(WeekStart, monday, sunday, saturday)

// A calendar date of the proleptic Gregorian calendar: days since 1970-01-01.
struct LocalDate {
  std::int32_t days = 0;

  friend auto operator<=>(const LocalDate&, const LocalDate&) = default;
  friend LocalDate operator+(LocalDate d, int n) { return {d.days + n}; }
  friend LocalDate operator-(LocalDate d, int n) { return {d.days - n}; }
  friend int operator-(LocalDate a, LocalDate b) { return a.days - b.days; }

  static LocalDate of(int year, unsigned month, unsigned day);
  static std::optional<LocalDate> parse(std::string_view text);  // `YYYY-MM-DD`, an existing date
  std::string text() const;
  int year() const;
  unsigned month() const;
  unsigned day() const;
  Weekday weekday() const;
};

// The date on which the week that contains `d` begins.
LocalDate week_start_of(LocalDate d, WeekStart first);

// A wall-clock reading without zone: microseconds since 1970-01-01 00:00 on the clock.
struct WallTime {
  std::int64_t us = 0;
  friend auto operator<=>(const WallTime&, const WallTime&) = default;
  LocalDate date() const;
  int hour() const;    // 0..23
  int minute() const;  // 0..59
  static WallTime at(LocalDate date, int hour, int minute = 0, int second = 0);
};

// An IANA time zone. A cheap value; zones live as long as the process. Rules hold for all years, also after 2037, where
// compiled zone files end.
class TimeZone {
 public:
  TimeZone();  // UTC
  static std::optional<TimeZone> find(std::string_view iana_name);
  // The named zone; UTC when the name is absent or unknown.
  static TimeZone or_utc(std::optional<std::string_view> iana_name);

  const std::string& name() const;
  Micros offset_at(Instant t) const;  // east of UTC is positive
  WallTime wall(Instant t) const;
  // The instant of a wall time. In a gap the offset before the gap applies (so the result is later on the clock by the
  // gap's length); of two instants in an overlap the earlier one is taken.
  Instant instant(WallTime w) const;
  // First instant whose wall clock reads `w` or later; in a gap this is the instant of the jump.
  Instant first_at_or_after(WallTime w) const;

  friend bool operator==(const TimeZone&, const TimeZone&) = default;

 private:
  explicit TimeZone(const void* zone) : zone_(zone) {}
  const void* zone_;
};

// How a user's days are cut: zone, hour at which a day begins (0..23) and first day of the week.
struct Calendar {
  TimeZone zone;
  int day_start_hour = 0;
  WeekStart week_start = WeekStart::monday;

  // The date on the wall clock, minus one day when the hour is below day_start_hour.
  LocalDate date_of(Instant t) const;
  // First instant of the user's day `d`. A day is [start(d), start(d + 1)); its length may be 23 to 25 hours, or zero
  // where a zone skipped the date.
  Instant start(LocalDate d) const;
  LocalDate week_of(LocalDate d) const { return week_start_of(d, week_start); }
};

// Source of the present instant. Injected: nothing in the library asks the system for the time by itself.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() override { return Instant::system_now(); }
};

// A clock that stands still until it is set, by any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant t = {}) : now_(t) {}
  Instant now() override { return now_; }
  void set(Instant t) { now_ = t; }
  void advance(Micros d) {
    Instant t = now_;
    while (!now_.compare_exchange_weak(t, t + d)) {
    }
  }

 private:
  std::atomic<Instant> now_;
};

}  // namespace ignition
