#include "ignition/time.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "ignition/offset_span.hpp"

namespace ignition {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Reads exactly `count` digits at `at`; -1 when there are fewer.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

date::year_month_day civil(LocalDate d) { return date::year_month_day{date::sys_days{date::days{d.days}}}; }

// Compiled zone files list their jumps up to 2037 only. The rules after that repeat with the calendar, so a later year
// is looked up as the latest listed year with the same weekdays and length.
constexpr int kLastListedYear = 2037;

int year_of(std::int64_t us) { return LocalDate{static_cast<std::int32_t>(floor_div(us, kDay))}.year(); }

std::int64_t shift_into_listed_years(std::int64_t us) {
  const int year = year_of(us);
  if (year < kLastListedYear) return 0;
  const auto begin = [](int y) { return LocalDate::of(y, 1, 1); };
  const int length = begin(year + 1) - begin(year);
  for (int y = kLastListedYear - 1;; --y) {
    if (begin(y + 1) - begin(y) == length && begin(y).weekday() == begin(year).weekday()) {
      return static_cast<std::int64_t>(begin(year) - begin(y)) * kDay;
    }
  }
}

struct Zone {
  std::string name;
  const date::time_zone* rules;
};

const Zone& utc() {
  static const Zone zone{"UTC", date::locate_zone("UTC")};
  return zone;
}

date::sys_time<Micros> listed_time(Instant t) {
  return date::sys_time<Micros>{Micros{t.us - shift_into_listed_years(t.us)}};
}

const Zone& as_zone(const void* zone) { return *static_cast<const Zone*>(zone); }

}  // namespace

std::string Instant::text() const {
  const std::int64_t day = floor_div(us, kDay);
  const std::int64_t rest = us - day * kDay;
  const date::year_month_day ymd = civil(LocalDate{static_cast<std::int32_t>(day)});
  const std::int64_t seconds = rest / kSecond;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(ymd.year()),
                     static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), seconds / 3600,
                     seconds / 60 % 60, seconds % 60, rest % kSecond);
}

std::optional<Instant> Instant::parse(std::string_view text) {
  const auto date = LocalDate::parse(text.substr(0, std::min<std::size_t>(10, text.size())));
  if (!date || text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return {};
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (text[13] != ':' || text[16] != ':') return {};
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (text[at] == '.') {
    std::size_t count = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++count) {
      if (count < 6) fraction = fraction * 10 + (text[at] - '0');
    }
    if (count == 0 || count > 9) return {};
    for (; count < 6; ++count) fraction *= 10;
  }
  std::int64_t offset = 0;
  const std::string_view zone = text.substr(at);
  if (zone.empty()) return {};
  if (zone != "Z" && zone != "z") {
    const int hours = digits(zone, 1, 2);
    const int minutes = zone.size() == 3 ? 0 : digits(zone, 4, 2);
    if ((zone[0] != '+' && zone[0] != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return {};
    if (zone.size() != 3 && (zone.size() != 6 || zone[3] != ':')) return {};
    offset = std::int64_t{60} * (hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
  }
  return Instant{date->days * kDay + (hour * 3600 + minute * 60 + second - offset) * kSecond + fraction};
}

Instant Instant::system_now() {
  return {std::chrono::duration_cast<Micros>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

LocalDate LocalDate::of(int year, unsigned month, unsigned day) {
  const date::sys_days days{date::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return {days.time_since_epoch().count()};
}

std::optional<LocalDate> LocalDate::parse(std::string_view text) {
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || year < 0 || month < 0 || day < 0) return {};
  const date::year_month_day ymd = date::year{year} / month / day;
  if (!ymd.ok()) return {};
  return LocalDate{date::sys_days{ymd}.time_since_epoch().count()};
}

std::string LocalDate::text() const { return fmt::format("{:04}-{:02}-{:02}", year(), month(), day()); }
int LocalDate::year() const { return static_cast<int>(civil(*this).year()); }
unsigned LocalDate::month() const { return static_cast<unsigned>(civil(*this).month()); }
unsigned LocalDate::day() const { return static_cast<unsigned>(civil(*this).day()); }

Weekday LocalDate::weekday() const {
  return static_cast<Weekday>(date::weekday{date::sys_days{date::days{days}}}.iso_encoding());
}

LocalDate week_start_of(LocalDate d, WeekStart first) {
  static constexpr std::array kFirst = {Weekday::monday, Weekday::sunday, Weekday::saturday};
  const int back = (static_cast<int>(d.weekday()) - static_cast<int>(kFirst[static_cast<std::size_t>(first)]) + 7) % 7;
  return d - back;
}

LocalDate WallTime::date() const { return {static_cast<std::int32_t>(floor_div(us, kDay))}; }
int WallTime::hour() const { return static_cast<int>((us - floor_div(us, kDay) * kDay) / (3600 * kSecond)); }
int WallTime::minute() const { return static_cast<int>((us - floor_div(us, kDay) * kDay) / (60 * kSecond) % 60); }

WallTime WallTime::at(LocalDate date, int hour, int minute, int second) {
  return {date.days * kDay + (hour * 3600 + minute * 60 + second) * kSecond};
}

TimeZone::TimeZone() : zone_(&utc()) {}

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  static std::shared_mutex mutex;
  static std::unordered_map<std::string, Zone> zones;
  if (name == "UTC") return TimeZone();
  const std::string key(name);
  {
    const std::shared_lock lock(mutex);
    if (const auto found = zones.find(key); found != zones.end()) return TimeZone(&found->second);
  }
  try {
    const date::time_zone* rules = date::locate_zone(std::string_view(key));
    const std::unique_lock lock(mutex);
    return TimeZone(&zones.try_emplace(key, Zone{key, rules}).first->second);
  } catch (const std::runtime_error&) {
    return {};
  }
}

TimeZone TimeZone::or_utc(std::optional<std::string_view> name) {
  return name ? find(*name).value_or(TimeZone()) : TimeZone();
}

const std::string& TimeZone::name() const { return as_zone(zone_).name; }

Micros TimeZone::offset_at(Instant t) const { return as_zone(zone_).rules->get_info(listed_time(t)).offset; }

OffsetSpan offset_span(const TimeZone& zone, Instant t) {
  const auto start_of = [](int year) { return Instant{LocalDate::of(year, 1, 1).days * kDay}; };
  const auto info = date::locate_zone(zone.name())->get_info(listed_time(t));
  const std::int64_t shift = shift_into_listed_years(t.us);
  const int year = year_of(t.us);
  OffsetSpan span{{Micros(info.begin.time_since_epoch()).count() + shift},
                  {Micros(info.end.time_since_epoch()).count() + shift},
                  info.offset};
  if (year >= kLastListedYear) span.begin = std::max(span.begin, start_of(year));
  span.end = std::min(span.end, start_of(std::max(year + 1, kLastListedYear)));
  return span;
}

WallTime TimeZone::wall(Instant t) const { return {t.us + offset_at(t).count()}; }

Instant TimeZone::instant(WallTime w) const {
  const std::int64_t shift = shift_into_listed_years(w.us);
  const auto info = as_zone(zone_).rules->get_info(date::local_time<Micros>{Micros{w.us - shift}});
  return {w.us - Micros(info.first.offset).count()};
}

Instant TimeZone::first_at_or_after(WallTime w) const {
  const std::int64_t shift = shift_into_listed_years(w.us);
  const auto info = as_zone(zone_).rules->get_info(date::local_time<Micros>{Micros{w.us - shift}});
  if (info.result == date::local_info::nonexistent) {
    return {Micros(info.first.end.time_since_epoch()).count() + shift};
  }
  return {w.us - Micros(info.first.offset).count()};
}

LocalDate Calendar::date_of(Instant t) const {
  const WallTime wall = zone.wall(t);
  return wall.date() - (wall.hour() < day_start_hour ? 1 : 0);
}

Instant Calendar::start(LocalDate d) const { return zone.first_at_or_after(WallTime::at(d, day_start_hour)); }

}  // namespace ignition
