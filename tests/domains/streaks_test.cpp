#include "ignition/domains/streaks.hpp"

#include <rapidcheck.h>

#include <array>
#include <thread>

#include "ignition/domains/progress.hpp"
#include "support/vectors.hpp"
#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;
using rules::StreakType;

namespace {

constexpr rules::StreakSet kDaily{StreakType::daily_activity};

void live_in(const Person& person, std::string_view zone, std::int64_t day_start_hour = 0) {
  person.call("settings.update", fmt::format(R"({{"timezone": "{}", "day_start_hour": {}}})", zone, day_start_hour));
}

std::vector<streaks::Change> add(World& world, const Person& person, LocalDate date, rules::StreakSet types = kDaily) {
  return within(world, person, [&](Context& ctx) { return streaks::add_day(ctx, types, date, ctx.now); });
}
std::vector<streaks::Change> remove(World& world, const Person& person, LocalDate date,
                                    rules::StreakSet types = kDaily) {
  return within(world, person, [&](Context& ctx) { return streaks::remove_day(ctx, types, date); });
}
LocalDate march(unsigned day) { return LocalDate::of(2026, 3, day); }
void noon(World& world, LocalDate date) { world.clock->set(Instant::parse(date.text() + "T12:00:00Z").value()); }

}  // namespace

TEST_CASE("stored streaks of daily cadence agree with every vector") {
  const Vectors vectors("progress/streaks.json");
  int cases = 0;
  for (const auto item : vectors["cases"].get_array()) {
    if (text(item["cadence"].value(), "type") != "daily" || has(item, "shields") || has(item, "paused") ||
        has(item, "protected") || has(item, "day_target") || has(item, "window")) {
      continue;
    }
    CAPTURE(text(item, "id"));
    CAPTURE(text(item, "note"));
    World world;
    const auto ann = world.person();
    const std::int64_t hour = integer(item, "day_start_hour", 0);
    for (const auto activity : item["activities"].get_array()) {
      const bool plain = activity.is_string();
      const std::string at = plain ? std::string(activity.get_string().value()) : text(activity, "at");
      live_in(ann, plain ? text(item, "tz") : text(activity, "tz", text(item, "tz")), hour);
      world.clock->set(Instant::parse(at).value());
      within(world, ann, [&](Context& ctx) {
        return streaks::add_day(ctx, kDaily, plain ? ctx.today : maybe_date(activity, "date").value_or(ctx.today),
                                ctx.now);
      });
    }
    live_in(ann, text(item, "tz"), hour);
    world.clock->set(instant(item, "now"));
    const auto streak = ann.call("streaks.get", R"({"type": "daily"})")["streak"];
    const auto expect = item["expect"].value();
    for (const char* field : {"current", "longest", "breaks", "last_broken_on", "status", "run_start"}) {
      CAPTURE(field);
      CHECK(streak[field].json() == simdjson::minify(expect[field].value()));
    }
    ++cases;
  }
  CHECK(cases >= 40);
}

STORE_TEST("a streak reads as broken after a missed day although nothing was written since") {
  World world(store);
  const auto ann = world.person();
  for (unsigned day = 5; day <= 8; ++day) {
    noon(world, march(day));
    CHECK(add(world, ann, march(day))[0].current == day - 4);
  }
  noon(world, march(9));
  CHECK(ann.call("progress.summary")["streaks"]["daily_activity"].json() ==
        R"({"current":4,"longest":4,"status":"at_risk"})");
  noon(world, march(10));
  const auto revision = world.revision(ann);
  CHECK(ann.call("progress.summary")["current_streak"] == 0);
  CHECK(ann.call("progress.summary")["longest_streak"] == 4);
  CHECK(ann.call("streaks.get", R"({"type": "daily_activity"})")["streak"].json() ==
        R"({"streak_type":"daily_activity","current":0,"longest":4,"breaks":1,"status":"broken",)"
        R"("last_activity_date":"2026-03-08","last_broken_on":"2026-03-09","run_start":null})");
  CHECK(world.revision(ann) == revision);
  const auto again = add(world, ann, march(10))[0];
  CHECK(again.current == 1);
  CHECK(again.is_new_day);
  CHECK(again.streak_broken);
  CHECK_FALSE(add(world, ann, march(10))[0].is_new_day);
}

STORE_TEST("a late deed joins two runs, and taking it back parts them again") {
  World world(store);
  const auto ann = world.person();
  noon(world, march(8));
  for (const unsigned day : {5U, 6U, 8U}) add(world, ann, march(day));
  CHECK(ann.call("streaks.list")["streaks"][0]["current"] == 1);
  const auto joined = add(world, ann, march(7))[0];
  CHECK(joined.current == 4);
  CHECK(joined.is_new_day);
  CHECK_FALSE(joined.streak_broken);
  CHECK(ann.call("streaks.list")["streaks"][0]["breaks"] == 0);
  CHECK(remove(world, ann, march(7))[0].current == 1);
  CHECK(ann.call("streaks.list")["streaks"][0]["longest"] == 2);
  CHECK(remove(world, ann, march(7))[0].current == 1);  // nothing is left to take back
}

STORE_TEST("two deeds of a date are two contributions; the day stays until the last one is taken back") {
  World world(store);
  const auto ann = world.person();
  noon(world, march(8));
  add(world, ann, march(8));
  add(world, ann, march(8));
  CHECK(remove(world, ann, march(8))[0].current == 1);
  CHECK(remove(world, ann, march(8))[0].current == 0);
  CHECK(ann.call("streaks.list")["streaks"][0]["status"] == "none");
  CHECK(world.count("SELECT count(*) FROM streak_days") == 0);
}

STORE_TEST("a journey over a date keeps the streak, the same gap at home breaks it") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  world.clock->set(Instant::parse("2026-03-02T06:00:00Z").value());  // 22:00 on the 1st in Los Angeles
  live_in(ann, "America/Los_Angeles");
  live_in(bob, "America/Los_Angeles");
  add(world, ann, march(1));
  add(world, bob, march(1));
  live_in(ann, "Pacific/Auckland");
  world.clock->set(Instant::parse("2026-03-02T19:00:00Z").value());  // 08:00 on the 3rd in Auckland
  CHECK(add(world, ann, march(3))[0].current == 2);
  CHECK(add(world, bob, march(3))[0].current == 1);
  const auto days = ann.call("streaks.days", R"({"type": "daily", "from": "2026-02-28", "to": "2026-03-04"})")["days"];
  CHECK(days.json() == R"([{"date":"2026-02-28","state":"none"},{"date":"2026-03-01","state":"done"},)"
                       R"({"date":"2026-03-02","state":"none"},{"date":"2026-03-03","state":"done"},)"
                       R"({"date":"2026-03-04","state":"none"}])");
}

STORE_TEST("a late event that changes the zone of a day changes what is bridged") {
  World world(store);
  const auto ann = world.person();
  live_in(ann, "America/Los_Angeles");
  world.clock->set(Instant::parse("2026-03-02T06:00:00Z").value());
  add(world, ann, march(1));
  world.clock->set(Instant::parse("2026-03-03T17:00:00Z").value());
  CHECK(add(world, ann, march(3))[0].current == 1);
  live_in(ann, "Pacific/Auckland");  // the last event of the 1st was in another zone after all
  within(world, ann, [&](Context& ctx) {
    return streaks::add_day(ctx, kDaily, march(1), Instant::parse("2026-03-02T06:30:00Z").value());
  });
  CHECK(ann.call("streaks.list")["streaks"][0]["current"] == 2);
}

STORE_TEST("days of a streak are shown for at most a year") {
  World world(store);
  const auto ann = world.person();
  noon(world, march(5));
  add(world, ann, march(5));
  noon(world, march(8));
  CHECK(ann.call("streaks.days", R"({"type": "daily_activity", "from": "2026-03-04", "to": "2026-03-09"})")["days"]
            .json() == R"([{"date":"2026-03-04","state":"none"},{"date":"2026-03-05","state":"done"},)"
                       R"({"date":"2026-03-06","state":"missed"},{"date":"2026-03-07","state":"missed"},)"
                       R"({"date":"2026-03-08","state":"open"},{"date":"2026-03-09","state":"none"}])");
  CHECK(ann.call("streaks.days", R"({"type": "focus", "from": "2026-01-01", "to": "2027-01-01"})")["days"].size() ==
        366);
  CHECK(ann.error_of("streaks.days", R"({"type": "focus", "from": "2026-01-01", "to": "2027-01-02"})") ==
        "VALIDATION_ERROR to:too_many");
  CHECK(ann.error_of("streaks.days", R"({"type": "focus", "from": "2026-01-02", "to": "2026-01-01"})") ==
        "VALIDATION_ERROR to:before_from");
  CHECK(ann.error_of("streaks.get", R"({"type": "sleep"})") == "NOT_FOUND not_found");
}

STORE_TEST("dates covered by shields of the daily streak are neutral for every streak") {
  World world(store);
  const auto ann = world.person();
  const Uuid purchase = Uuid::parse("0194f5c0-0000-7000-8000-000000000001").value();
  world.sql(R"sql(INSERT INTO user_purchases (user_id, id, item_id, item_key, item_name, cost_coins, quantity, status,
              uses_total, uses_remaining, purchased_at, purchased_on, ledger_id, created_at, updated_at)
              VALUES ($1, $2, $2, 'streak_shield', 'Shield', 150, 1, 'purchased', 3, 2, $3, '2026-03-01', $2, $3,
              $3))sql",
            ann.id(), purchase, world.clock->now());
  const rules::StreakSet both{StreakType::daily_activity, StreakType::focus};
  noon(world, march(5));
  add(world, ann, march(5), both);
  world.sql(R"sql(INSERT INTO shield_uses (user_id, id, purchase_id, streak_type, used_for, mode, created_at)
              VALUES ($1, $2, $2, 'daily_activity', '2026-03-06', 'auto', $3))sql",
            ann.id(), purchase, world.clock->now());
  noon(world, march(7));
  const auto summary = ann.call("progress.summary");
  CHECK(summary["shields_held"] == 2);
  CHECK(summary["streaks"]["focus"].json() == R"({"current":1,"longest":1,"status":"at_risk"})");
  CHECK(summary["streaks"]["workout"]["status"] == "none");
  CHECK(add(world, ann, march(7), both)[1].current == 2);
  CHECK(ann.call("streaks.days",
                 R"({"type": "focus", "from": "2026-03-06", "to": "2026-03-06"})")["days"][0]["state"] == "shielded");
}

STORE_TEST("a streak kept today or yesterday is a running one") {
  World world(store);
  const auto ann = world.person();
  const auto kept = [&] {
    return world.rows<std::int64_t>(
               "SELECT count(*) FROM user_streaks WHERE user_id = $1 AND last_activity_date IN ($2, $3)", ann.id(),
               world.clock->now().text().substr(0, 10),
               (LocalDate::parse(world.clock->now().text().substr(0, 10)).value() - 1).text())[0] > 0;
  };
  noon(world, march(5));
  add(world, ann, march(5));
  for (const unsigned day : {5U, 6U, 7U}) {
    noon(world, march(day));
    CHECK(kept() == (ann.call("progress.summary")["current_streak"].integer() > 0));
  }
}

TEST_CASE("whatever comes late, is taken back or done while travelling, a stored streak is the walk over its days") {
  CHECK(rc::check("stored streaks equal full walks", [] {
    World world;
    const auto ann = world.person();
    const auto zones = std::array{"UTC", "Pacific/Auckland", "America/Los_Angeles"};
    const int steps = *rc::gen::inRange(1, 40);
    LocalDate today = march(1);
    for (int n = 0; n < steps; ++n) {
      today = today + *rc::gen::weightedElement<int>({{4, 0}, {6, 1}, {2, 2}, {1, 3}});
      live_in(ann, zones[static_cast<std::size_t>(*rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {1, 2}}))]);
      noon(world, today);
      const LocalDate date = today - *rc::gen::weightedElement<int>({{8, 0}, {2, 1}, {1, 2}, {1, 5}});
      if (*rc::gen::inRange(0, 5) == 0) {
        remove(world, ann, date);
      } else {
        add(world, ann, date);
      }
    }
    std::vector<rules::DoneDay> days;
    std::vector<LocalDate> done;
    const auto text = world.rows<std::string>(
        "SELECT activity_date || '|' || first_at || '|' || last_at || '|' || first_tz || '|' || last_tz "
        "FROM streak_days WHERE user_id = $1 ORDER BY activity_date",
        ann.id());
    for (const auto& row : text) {
      std::vector<std::string> parts{""};
      for (const char c : row) {
        if (c == '|') {
          parts.emplace_back();
        } else {
          parts.back() += c;
        }
      }
      days.push_back({LocalDate::parse(parts[0]).value(), Instant::parse(parts[1]).value(),
                      Instant::parse(parts[2]).value(), parts[3], parts[4]});
      done.push_back(days.back().date);
    }
    const auto seen = within(world, ann, [&](Context& ctx) {
      const auto walked = rules::walk({.done = done, .today = ctx.today, .neutral = rules::bridged_dates(days)});
      return std::pair(streaks::get(ctx, {.type = "daily"}).streak, walked);
    });
    RC_ASSERT(seen.first.current == seen.second.current);
    RC_ASSERT(seen.first.longest == seen.second.longest);
    RC_ASSERT(seen.first.breaks == seen.second.breaks);
    RC_ASSERT(seen.first.status == seen.second.status);
    RC_ASSERT(seen.first.last_broken_on == seen.second.last_broken_on);
    RC_ASSERT(seen.first.run_start == seen.second.run_start);
    RC_ASSERT(seen.first.last_activity_date == seen.second.last_done);
  }));
}

TEST_CASE("twenty threads that do one thing of a date make one day of the streak") {
  World world("file");
  const auto ann = world.person();
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) threads.emplace_back([&] { add(world, ann, march(10)); });
  for (auto& thread : threads) thread.join();
  CHECK(world.count("SELECT contributions FROM streak_days") == 20);
  CHECK(ann.call("streaks.list")["streaks"][0]["current"] == 1);
}
