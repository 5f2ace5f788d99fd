#include "ignition/rules/periods.hpp"

#include <charconv>
#include <system_error>

namespace ignition::rules {

namespace {

std::string padded(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

LocalDate first_of_next_month(LocalDate first) {
  return first.month() == 12 ? LocalDate::of(first.year() + 1, 1, 1)
                             : LocalDate::of(first.year(), first.month() + 1, 1);
}

// An ISO week belongs to the year of its Thursday (ISO 8601).
std::string iso_week(LocalDate date) {
  const LocalDate thursday = week_start_of(date, WeekStart::monday) + 3;
  const int year = thursday.year();
  const int week = (thursday - LocalDate::of(year, 1, 1)) / 7 + 1;
  const std::string january_first = LocalDate::of(year, 1, 1).text();
  return january_first.substr(0, january_first.size() - 6) + "-W" + padded(static_cast<unsigned>(week));
}

}  // namespace

std::string period_key(Period period, LocalDate date) {
  switch (period) {
    case Period::daily:
      return date.text();
    case Period::weekly:
      return iso_week(date);
    case Period::monthly: {
      const std::string text = date.text();
      return text.substr(0, text.size() - 3);
    }
    case Period::one_time:
      break;
  }
  return "once";
}

std::optional<DateRange> period_dates(Period period, LocalDate date) {
  switch (period) {
    case Period::daily:
      return DateRange{date, date};
    case Period::weekly: {
      const LocalDate monday = week_start_of(date, WeekStart::monday);
      return DateRange{monday, monday + 6};
    }
    case Period::monthly: {
      const LocalDate first = LocalDate::of(date.year(), date.month(), 1);
      return DateRange{first, first_of_next_month(first) - 1};
    }
    case Period::one_time:
      break;
  }
  return {};
}

std::optional<DateRange> dates_of_key(std::string_view key) {
  constexpr std::size_t kDay = 10;   // YYYY-MM-DD
  constexpr std::size_t kWeek = 8;   // YYYY-Www
  constexpr std::size_t kMonth = 7;  // YYYY-MM
  if (key.size() == kDay || key.size() == kMonth) {
    const auto date = LocalDate::parse(std::string(key) + (key.size() == kDay ? "" : "-01"));
    if (!date) return {};
    return period_dates(key.size() == kDay ? Period::daily : Period::monthly, *date);
  }
  if (key.size() != kWeek) return {};
  const auto january_fourth = LocalDate::parse(std::string(key.substr(0, 4)) + "-01-04");
  int week = 0;
  const auto [end, error] = std::from_chars(key.data() + 6, key.data() + kWeek, week);
  if (!january_fourth || error != std::errc() || end != key.data() + kWeek) return {};
  // 4 January lies in week 1 of every ISO year.
  const LocalDate date = *january_fourth + (week - 1) * 7;
  if (period_key(Period::weekly, date) != key) return {};
  return period_dates(Period::weekly, date);
}

InstantRange instants_of(const DateRange& dates, const Calendar& calendar) {
  return {calendar.start(dates.first), calendar.start(dates.last + 1)};
}

std::optional<int> repeated(Period period, std::optional<LocalDate> previous, int streak_count, LocalDate today) {
  const auto now = period_dates(period, today);
  if (!now) return previous ? std::nullopt : std::optional(0);
  if (!previous) return 1;
  if (now->contains(*previous)) return {};
  const auto before = period_dates(period, now->first - 1);
  return before->contains(*previous) ? streak_count + 1 : 1;
}

}  // namespace ignition::rules
