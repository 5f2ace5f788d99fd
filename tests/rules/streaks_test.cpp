#include "ignition/rules/streaks.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

LocalDate day(std::string_view text) { return LocalDate::parse(text).value(); }

std::vector<LocalDate> dates_of(test::Value object, std::string_view key) {
  std::vector<LocalDate> dates;
  if (!test::has(object, key)) return dates;
  for (const test::Value d : object[key].get_array()) dates.push_back(day(d.get_string().value()));
  return dates;
}

struct Case {
  Calendar calendar;
  std::vector<DoneDay> done_days;
  std::vector<LocalDate> done;
  std::vector<LocalDate> shields;
  std::vector<LocalDate> neutral;
  std::vector<DateRange> paused;
  Cadence cadence;
  LocalDate today;

  explicit Case(test::Value c) {
    calendar.zone = TimeZone::find(test::text(c, "tz")).value();
    calendar.day_start_hour = static_cast<int>(test::integer(c, "day_start_hour", 0));
    const std::string first = test::text(c, "week_start", "monday");
    calendar.week_start = first == "sunday"     ? WeekStart::sunday
                          : first == "saturday" ? WeekStart::saturday
                                                : WeekStart::monday;
    today = calendar.date_of(test::instant(c, "now"));
    read_cadence(c["cadence"]);
    read_activities(c);
    shields = dates_of(c, "shields");
    if (test::has(c, "paused")) {
      for (const test::Value range : c["paused"].get_array()) {
        paused.push_back({day(range.at(0).get_string().value()), day(range.at(1).get_string().value())});
      }
    }
    const auto protected_dates = dates_of(c, "protected");
    const auto bridged = bridged_dates(done_days);
    const auto skipped =
        done.empty() ? std::vector<LocalDate>{} : skipped_dates(calendar, {done.front(), std::max(today, done.back())});
    neutral = merged({protected_dates, bridged, skipped});
  }

  void read_cadence(test::Value c) {
    const std::string type = test::text(c, "type");
    if (type == "weekly") {
      cadence.frequency = Frequency::weekly;
      cadence.per_week = static_cast<int>(test::integer(c, "target"));
    } else if (type == "custom") {
      cadence.frequency = Frequency::custom;
      cadence.days = {};
      for (const test::Value d : c["days"].get_array()) {
        cadence.days.insert(static_cast<Weekday>(d.get_int64().value()));
      }
    }
  }

  void read_activities(test::Value c) {
    struct Event {
      LocalDate date;
      Instant at;
      std::string tz;
    };
    std::vector<Event> events;
    for (const test::Value a : c["activities"].get_array()) {
      Event event{{}, {}, calendar.zone.name()};
      if (a.is_string()) {
        event.at = Instant::parse(a.get_string().value()).value();
      } else {
        event.at = test::instant(a, "at");
        event.tz = test::text(a, "tz", event.tz);
      }
      Calendar recorded = calendar;
      recorded.zone = TimeZone::find(event.tz).value();
      event.date = recorded.date_of(event.at);
      if (!a.is_string() && test::has(a, "date")) event.date = test::date(a, "date");
      events.push_back(event);
    }
    std::ranges::sort(events, {}, [](const Event& e) { return std::pair(e.date, e.at); });
    std::map<LocalDate, int> counts;
    for (const Event& e : events) {
      if (counts[e.date]++ == 0) done_days.push_back({e.date, e.at, e.at, e.tz, e.tz});
      done_days.back().last_at = e.at;
      done_days.back().last_tz = e.tz;
    }
    const auto target = test::integer(c, "day_target", 1);
    std::erase_if(done_days, [&](const DoneDay& d) { return counts[d.date] < target; });
    for (const DoneDay& d : done_days) done.push_back(d.date);
  }

  StreakInput input() const {
    return {.done = done,
            .cadences = {&cadence, 1},
            .today = today,
            .week_start = calendar.week_start,
            .shields = shields,
            .neutral = neutral,
            .paused = paused};
  }
};

std::string name_of(StreakStatus status) {
  static constexpr std::array kNames{"none", "active", "at_risk", "broken"};
  return kNames[static_cast<std::size_t>(status)];
}

std::vector<LocalDate> used_for(const Streak& streak) {
  std::vector<LocalDate> dates;
  for (const ShieldSpent& s : streak.spent) dates.push_back(s.used_for);
  return dates;
}

// Rules R-S4 and R-S5 word by word, over sets and single dates, as a check of the walk.
struct Plain {
  int current = 0;
  int longest = 0;
  int breaks = 0;
  std::optional<LocalDate> last_broken_on;
  std::multiset<LocalDate> shields;
};

bool spend(Plain& p, int count, LocalDate date) {
  if (std::ranges::count_if(p.shields, [&](LocalDate s) { return s <= date; }) < count) return false;
  for (int i = 0; i < count; ++i) p.shields.erase(p.shields.begin());
  return true;
}

void lose(Plain& p, LocalDate date) {
  ++p.breaks;
  p.last_broken_on = date;
  p.current = 0;
}

Plain plain_walk(const std::set<LocalDate>& done, const Cadence& cadence, LocalDate today,
                 const std::vector<LocalDate>& shields, const std::set<LocalDate>& neutral, WeekStart first) {
  Plain p;
  p.shields = {shields.begin(), shields.end()};
  if (done.empty()) return p;
  const LocalDate evaluation = std::max(today, *done.rbegin());
  if (cadence.frequency != Frequency::weekly) {
    for (LocalDate d = *done.begin(); d <= evaluation; d = d + 1) {
      if (!cadence.due_on(d)) continue;
      if (done.contains(d)) {
        p.longest = std::max(p.longest, ++p.current);
      } else if (d != evaluation && p.current > 0 && !neutral.contains(d) && !spend(p, 1, d)) {
        lose(p, d);
      }
    }
    return p;
  }
  for (LocalDate w = week_start_of(*done.begin(), first); w <= evaluation; w = w + 7) {
    int k = 0;
    int z = 0;
    for (LocalDate d = w; d < w + 7; d = d + 1) {
      if (done.contains(d)) {
        ++k;
      } else if (neutral.contains(d)) {
        ++z;
      }
    }
    const int e = z == 7 ? 0 : (cadence.per_week * (7 - z) + 6) / 7;
    if (e > 0 && k >= e) {
      p.longest = std::max(p.longest, ++p.current);
    } else if (w + 6 < evaluation && e > 0 && p.current > 0 && !spend(p, e - k, w + 6)) {
      lose(p, w + 6);
    }
  }
  return p;
}

struct Arbitrary {
  std::vector<LocalDate> done;
  std::vector<LocalDate> shields;
  std::vector<LocalDate> neutral;
  std::vector<DateRange> paused;
  Cadence cadence;
  LocalDate today;
  WeekStart week_start = WeekStart::monday;

  std::set<LocalDate> all_neutral() const {
    std::set<LocalDate> all(neutral.begin(), neutral.end());
    for (const DateRange& r : paused) {
      for (LocalDate d = r.first; d <= r.last; d = d + 1) all.insert(d);
    }
    return all;
  }
  StreakInput input() const {
    return {.done = done,
            .cadences = {&cadence, 1},
            .today = today,
            .week_start = week_start,
            .shields = shields,
            .neutral = neutral,
            .paused = paused};
  }
};

Arbitrary arbitrary() {
  const LocalDate base = day("2026-01-01");
  const auto dates = [&](int most) {
    std::vector<LocalDate> out;
    for (const int offset : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, most))) {
      out.push_back(base + offset);
    }
    return out;
  };
  Arbitrary a;
  a.done = dates(60);
  a.shields = dates(70);
  a.neutral = dates(60);
  for (const LocalDate first : dates(60)) {
    if (a.paused.size() < 3) a.paused.push_back({first, first + *rc::gen::inRange(0, 12)});
  }
  a.cadence.frequency = static_cast<Frequency>(*rc::gen::inRange(0, 3));
  a.cadence.per_week = *rc::gen::inRange(1, 8);
  a.cadence.days = {static_cast<Weekday>(*rc::gen::inRange(1, 8)), static_cast<Weekday>(*rc::gen::inRange(1, 8))};
  a.today = base + *rc::gen::inRange(0, 80);
  a.week_start = static_cast<WeekStart>(*rc::gen::inRange(0, 3));
  return a;
}

}  // namespace

TEST_CASE("the walk agrees with all streak vectors") {
  const test::Vectors vectors("progress/streaks.json");
  int cases = 0;
  for (const test::Value v : vectors["cases"].get_array()) {
    CAPTURE(test::text(v, "id"));
    CAPTURE(test::text(v, "note"));
    const Case c(v);
    const test::Value expect = v["expect"];
    const Streak s = walk(c.input());
    CHECK(s.evaluated_on == test::date(expect, "today"));
    CHECK(s.current == test::integer(expect, "current"));
    CHECK(s.longest == test::integer(expect, "longest"));
    CHECK(s.breaks == test::integer(expect, "breaks"));
    CHECK(s.last_broken_on == test::maybe_date(expect, "last_broken_on"));
    CHECK(s.run_start == test::maybe_date(expect, "run_start"));
    CHECK(name_of(s.status) == test::text(expect, "status"));
    CHECK(used_for(s) == dates_of(expect, "shields_used"));
    CHECK(s.shields_left == test::integer(expect, "shields_left"));
    ++cases;
  }
  CHECK(cases == 111);
}

TEST_CASE("the walk does what the rules say word by word") {
  CHECK(rc::check([] {
    const Arbitrary a = arbitrary();
    const Streak s = walk(a.input());
    const Plain p =
        plain_walk({a.done.begin(), a.done.end()}, a.cadence, a.today, a.shields, a.all_neutral(), a.week_start);
    RC_ASSERT(s.current == p.current);
    RC_ASSERT(s.longest == p.longest);
    RC_ASSERT(s.breaks == p.breaks);
    RC_ASSERT(s.last_broken_on == p.last_broken_on);
    RC_ASSERT(s.shields_left == static_cast<int>(p.shields.size()));
    RC_ASSERT(s.current <= s.longest);
    RC_ASSERT((s.status == StreakStatus::none) == (s.longest == 0));
    RC_ASSERT((s.status == StreakStatus::broken) == (s.longest > 0 && s.current == 0));
    RC_ASSERT(s.run_start.has_value() == (s.current > 0));
  }));
}

TEST_CASE("order and repetition of the input do not matter") {
  CHECK(rc::check([] {
    Arbitrary a = arbitrary();
    const Streak s = walk(a.input());
    a.done.insert(a.done.end(), a.done.begin(), a.done.end());
    std::ranges::reverse(a.done);
    std::ranges::sort(a.neutral);
    std::ranges::reverse(a.paused);
    const Streak again = walk(a.input());
    RC_ASSERT(again.current == s.current);
    RC_ASSERT(again.longest == s.longest);
    RC_ASSERT(again.breaks == s.breaks);
    RC_ASSERT(again.spent == s.spent);
    RC_ASSERT(again.settled == s.settled);
  }));
}

TEST_CASE("another done day never shortens the longest daily streak") {
  CHECK(rc::check([] {
    Arbitrary a = arbitrary();
    a.cadence.frequency = Frequency::daily;
    a.shields.clear();
    const Streak before = walk(a.input());
    a.done.push_back(day("2026-01-01") + *rc::gen::inRange(0, 80));
    RC_ASSERT(walk(a.input()).longest >= before.longest);
  }));
}

TEST_CASE("a walk that goes on from a checkpoint ends as a full walk") {
  CHECK(rc::check([] {
    Arbitrary a = arbitrary();
    std::ranges::sort(a.done);
    std::ranges::sort(a.shields);
    const Streak full = walk(a.input());

    // What was known some days earlier.
    Arbitrary earlier = a;
    earlier.today = day("2026-01-01") + *rc::gen::inRange(0, 60);
    std::erase_if(earlier.done, [&](LocalDate d) { return d > earlier.today; });
    std::erase_if(earlier.shields, [&](LocalDate d) { return d > earlier.today; });
    if (earlier.today > a.today || earlier.done.empty()) return;
    const Streak first = walk(earlier.input());
    RC_ASSERT(first.settled.has_value());

    Arbitrary later = a;
    std::erase_if(later.done, [&](LocalDate d) { return d < first.settled->next; });
    std::vector<bool> spent(a.shields.size());
    int spent_before = 0;
    for (const ShieldSpent& s : first.spent) {
      if (s.used_for >= first.settled->next) continue;
      spent[s.shield] = true;
      ++spent_before;
    }
    later.shields.clear();
    for (std::size_t i = 0; i < a.shields.size(); ++i) {
      if (!spent[i]) later.shields.push_back(a.shields[i]);
    }
    StreakInput input = later.input();
    input.from = first.settled;
    const Streak resumed = walk(input);
    RC_ASSERT(resumed.current == full.current);
    RC_ASSERT(resumed.longest == full.longest);
    RC_ASSERT(resumed.breaks == full.breaks);
    RC_ASSERT(resumed.last_broken_on == full.last_broken_on);
    RC_ASSERT(resumed.run_start == full.run_start);
    RC_ASSERT(resumed.status == full.status);
    RC_ASSERT(resumed.settled == full.settled);
    RC_ASSERT(resumed.shields_left == full.shields_left);
    RC_ASSERT(resumed.spent.size() + static_cast<std::size_t>(spent_before) == full.spent.size());
  }));
}

TEST_CASE("runs add up and none is longer than the longest") {
  CHECK(rc::check([] {
    const Arbitrary a = arbitrary();
    StreakInput input = a.input();
    input.want_runs = true;
    const Streak s = walk(input);
    int longest = 0;
    for (const Run& r : s.runs) {
      longest = std::max(longest, r.length);
      RC_ASSERT(r.start <= r.end);
      RC_ASSERT(r.length >= 1);
    }
    RC_ASSERT(longest == s.longest);
    RC_ASSERT(static_cast<int>(s.runs.size()) == s.breaks + (s.current > 0 ? 1 : 0));
  }));
}

TEST_CASE("the peak of a window is the highest value on any of its dates") {
  CHECK(rc::check([] {
    Arbitrary a = arbitrary();
    a.cadence.frequency = Frequency::daily;
    a.shields.clear();
    const LocalDate first = day("2026-01-01") + *rc::gen::inRange(0, 60);
    StreakInput input = a.input();
    input.window = DateRange{first, first + *rc::gen::inRange(0, 20)};
    const Streak s = walk(input);
    // The value seen on a date: by the end of it, with what was done until then.
    int peak = 0;
    for (LocalDate d = first; d <= std::min(input.window->last, s.evaluated_on); d = d + 1) {
      Arbitrary then = a;
      then.today = d;
      std::erase_if(then.done, [&](LocalDate x) { return x > d; });
      peak = std::max(peak, walk(then.input()).current);
    }
    RC_ASSERT(s.window_peak == peak);
  }));
}

TEST_CASE("a change of unit restarts the streak without a break, a change within the unit keeps it") {
  const LocalDate first = day("2026-01-01");  // a Thursday
  std::vector<LocalDate> done;
  for (int i = 0; i < 8; ++i) done.push_back(first + i);
  Cadence weekly{.from = day("2026-01-05"), .frequency = Frequency::weekly, .per_week = 3};
  const std::vector<Cadence> to_weeks{{.from = first}, weekly};
  const Streak weeks = walk({.done = done, .cadences = to_weeks, .today = day("2026-01-08")});
  CHECK(weeks.current == 1);
  CHECK(weeks.longest == 1);
  CHECK(weeks.breaks == 0);
  CHECK(weeks.unit == StreakUnit::week);
  CHECK(weeks.run_start == day("2026-01-05"));

  const std::vector<Cadence> to_mondays{
      {.from = first}, {.from = day("2026-01-09"), .frequency = Frequency::custom, .days = {Weekday::monday}}};
  const Streak days = walk({.done = done, .cadences = to_mondays, .today = day("2026-01-12")});
  CHECK(days.current == 8);
  CHECK(days.status == StreakStatus::at_risk);

  weekly.from = day("2026-01-12");
  const std::vector<Cadence> and_back{{.from = first}, weekly, {.from = day("2026-01-19")}};
  done = {first, first + 1, day("2026-01-12"), day("2026-01-13"), day("2026-01-14"), day("2026-01-19")};
  const Streak again = walk({.done = done, .cadences = and_back, .today = day("2026-01-19"), .want_runs = true});
  CHECK(again.current == 1);
  CHECK(again.longest == 1);
  CHECK(again.breaks == 1);  // on 3 January, of the first daily run
  REQUIRE(again.runs.size() == 3);
  CHECK(again.runs[0] == Run{first, first + 1, 2});
  CHECK(again.runs[1] == Run{day("2026-01-12"), day("2026-01-12"), 1});
  CHECK(again.runs[2].start == day("2026-01-19"));
}

TEST_CASE("shields spent on one week are dated from its last day backwards") {
  const Cadence weekly{.frequency = Frequency::weekly, .per_week = 3};
  const std::vector<LocalDate> done{day("2026-01-05"), day("2026-01-06"), day("2026-01-07"), day("2026-01-12")};
  const std::vector<LocalDate> shields{day("2026-01-03"), day("2026-01-02")};
  const Streak s = walk({.done = done, .cadences = {&weekly, 1}, .today = day("2026-01-21"), .shields = shields});
  CHECK(s.current == 1);
  CHECK(s.spent == std::vector<ShieldSpent>{{day("2026-01-18"), 1}, {day("2026-01-17"), 0}});
}

TEST_CASE("a broken streak that starts again is told") {
  std::vector<LocalDate> done{day("2026-01-05")};
  const Streak before = walk({.done = done, .today = day("2026-01-08")});
  done.push_back(day("2026-01-08"));
  const Streak now = walk({.done = done, .today = day("2026-01-08")});
  CHECK(restarted(before, now));
  CHECK_FALSE(restarted(now, now));
}

TEST_CASE("zones that left a date out are found without looking at every date") {
  const auto skipped = [](const char* zone, std::string_view first, std::string_view last) {
    return skipped_dates({.zone = TimeZone::find(zone).value()}, {day(first), day(last)});
  };
  CHECK(skipped("Pacific/Apia", "2005-01-01", "2026-01-01") == std::vector{day("2011-12-30")});
  CHECK(skipped("Pacific/Apia", "2011-12-30", "2011-12-30") == std::vector{day("2011-12-30")});
  CHECK(skipped("Pacific/Apia", "2011-12-31", "2020-12-30").empty());
  CHECK(skipped("Pacific/Kwajalein", "1960-01-01", "2000-01-01") == std::vector{day("1993-08-21")});
  CHECK(skipped("Europe/Berlin", "2000-01-01", "2026-01-01").empty());
  CHECK(skipped("UTC", "2026-01-02", "2026-01-01").empty());
}

TEST_CASE("manual protection is for missed due dates of the last three days") {
  const std::vector<LocalDate> done{day("2026-01-05"), day("2026-01-06"), day("2026-01-09")};
  const StreakInput input{.done = done, .today = day("2026-01-11")};
  const Streak streak = walk(input);
  const auto at = [&](std::string_view date, int shields) { return protection(input, streak, day(date), shields); };
  CHECK(at("2026-01-07", 1) == Protection::too_late);
  CHECK(at("2026-01-08", 1) == Protection::allowed);
  CHECK(at("2026-01-08", 0) == Protection::no_shield);
  CHECK(at("2026-01-09", 1) == Protection::not_missed);
  CHECK(at("2026-01-10", 1) == Protection::allowed);
  CHECK(at("2026-01-11", 1) == Protection::not_missed);
  CHECK(at("2026-01-12", 1) == Protection::not_missed);

  const Cadence weekly{.frequency = Frequency::weekly};
  const StreakInput weeks{.done = done, .cadences = {&weekly, 1}, .today = day("2026-01-11")};
  CHECK(protection(weeks, walk(weeks), day("2026-01-10"), 1) == Protection::not_missed);

  const std::vector<LocalDate> shields{day("2026-01-01")};
  const std::vector<LocalDate> yesterday{day("2026-01-09")};
  const StreakInput shielded{.done = yesterday, .today = day("2026-01-11"), .shields = shields};
  CHECK(protection(shielded, walk(shielded), day("2026-01-10"), 1) == Protection::not_missed);
  CHECK(protection(shielded, walk(shielded), day("2026-01-08"), 1) == Protection::not_missed);
}

TEST_CASE("a calendar shows why a date kept the streak or not") {
  const std::vector<LocalDate> done{day("2026-01-05"), day("2026-01-09")};
  const std::vector<LocalDate> shielded{day("2026-01-06")};
  const std::vector<LocalDate> kept{day("2026-01-07")};
  const std::vector<LocalDate> bridged{day("2026-01-08")};
  const std::vector<DateRange> paused{{day("2026-01-10"), day("2026-01-11")}};
  const DayFacts facts{done, shielded, kept, bridged, paused, day("2026-01-13")};
  CHECK(day_state(facts, day("2026-01-04")) == DayState::none);
  CHECK(day_state(facts, day("2026-01-05")) == DayState::done);
  CHECK(day_state(facts, day("2026-01-06")) == DayState::shielded);
  CHECK(day_state(facts, day("2026-01-07")) == DayState::protected_);
  CHECK(day_state(facts, day("2026-01-08")) == DayState::none);
  CHECK(day_state(facts, day("2026-01-11")) == DayState::paused);
  CHECK(day_state(facts, day("2026-01-12")) == DayState::missed);
  CHECK(day_state(facts, day("2026-01-13")) == DayState::open);
  CHECK(day_state(facts, day("2026-01-14")) == DayState::none);
}
