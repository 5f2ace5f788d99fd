// Shields spent step by step, by reads and writes in whatever order, against one walk over all days and all purchases.
#include <rapidcheck.h>

#include <set>

#include "ignition/domains/ledger.hpp"
#include "ignition/domains/streaks.hpp"
#include "ignition/rules/habits.hpp"
#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

const LocalDate kFirst = LocalDate::of(2026, 1, 1);  // a Thursday
constexpr std::string_view kStatus[] = {"none", "active", "at_risk", "broken"};

// Somebody with coins for any number of shields, whose days pass.
class Life {
 public:
  Life() : ann_(world_.person()) {
    world_.sql("UPDATE market_items SET max_held = NULL WHERE key = 'streak_shield'");
    within(world_, ann_, [&](Context& ctx) {
      return ledger::award(ctx, {.kind = rules::EventKind::reward_claimed,
                                 .key = "reward:all",
                                 .amounts = {.xp = 0, .coins = 1'000'000},
                                 .activity_date = ctx.today});
    });
  }

  const Person& ann() const { return ann_; }
  World& world() { return world_; }
  LocalDate today() const { return today_; }
  void noon(LocalDate date) {
    today_ = date;
    world_.clock->set(Instant::parse(date.text() + "T12:00:00Z").value());
  }
  std::string habit(std::string_view fields) {
    return ann_.call("habits.create", fmt::format(R"({{"name": "walk"{}}})", fields))["habit"]["id"].text();
  }
  void complete(const std::string& habit, LocalDate date) { on("habits.complete", habit, date); }
  void undo(const std::string& habit, LocalDate date) { on("habits.undo", habit, date); }
  void buy_shield() {
    ann_.call("market.purchase", R"({"item_key": "streak_shield"})");
    bought.push_back(today_);
  }
  // A write that has nothing to do with streaks.
  void write() { ann_.call("settings.update", R"({"theme": "dark"})"); }
  // Today or a date of the last week, on which something may be done late or undone.
  LocalDate some_late_date() const {
    return std::max(kFirst, today_ - *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {2, 2}, {1, 3}, {1, 6}}));
  }
  std::int64_t shields_held() const { return ann_.call("progress.summary")["shields_held"].integer(); }
  std::vector<LocalDate> used(std::string_view mode) {
    return world_.rows<LocalDate>("SELECT used_for FROM shield_uses WHERE mode = $1 ORDER BY used_for", mode);
  }

  std::vector<LocalDate> bought;  // of shields that may be spent by themselves

 private:
  void on(std::string_view operation, const std::string& habit, LocalDate date) {
    ann_.call(operation, fmt::format(R"({{"id": "{}", "date": "{}"}})", habit, date.text()));
  }

  World world_{"memory", {}, Instant::parse("2026-01-01T12:00:00Z").value()};
  Person ann_;
  LocalDate today_ = kFirst;
};

std::vector<LocalDate> sorted_dates(const std::vector<rules::ShieldSpent>& spent) {
  std::vector<LocalDate> dates;
  for (const auto& one : spent) dates.push_back(one.used_for);
  std::ranges::sort(dates);
  return dates;
}

}  // namespace

TEST_CASE("the daily streak and its shields, by hand and by themselves, are what a full walk says") {
  CHECK(rc::check("daily shields equal a full walk", [] {
    Life life;
    const std::string walk = life.habit("");
    std::set<LocalDate> done;
    std::vector<LocalDate> by_hand;
    const auto judge = [&](const auto& look) {
      const std::vector<LocalDate> days(done.begin(), done.end());
      const rules::StreakInput input{.done = days, .today = life.today(), .shields = life.bought, .neutral = by_hand};
      look(input, rules::walk(input));
    };
    // One held shield goes: the newest, for older ones reach further back.
    const auto protect = [&](LocalDate date) {
      judge([&](const rules::StreakInput& input, const rules::Streak& streak) {
        const std::string body = fmt::format(R"({{"streak_type": "daily_activity", "date": "{}"}})", date.text());
        const auto allowed = rules::protection(input, streak, date, streak.shields_left);
        if (allowed != rules::Protection::allowed) {
          RC_ASSERT(life.ann().error_of("streaks.protect", body).summary ==
                    "CONFLICT " + std::string(name_of(allowed)));
          return;
        }
        const auto answer = life.ann().call("streaks.protect", body);
        for (std::size_t i = life.bought.size(); i-- > 0;) {
          if (std::ranges::find(streak.spent, i, &rules::ShieldSpent::shield) != streak.spent.end()) continue;
          life.bought.erase(life.bought.begin() + static_cast<std::ptrdiff_t>(i));
          break;
        }
        by_hand.push_back(date);
        // A run that goes on may take more of them.
        judge([&](const rules::StreakInput&, const rules::Streak& now) {
          RC_ASSERT(answer["shields_left"] == now.shields_left);
          RC_ASSERT(answer["streak"]["current"] == now.current);
        });
      });
    };
    const auto compare = [&] {
      judge([&](const rules::StreakInput&, const rules::Streak& full) {
        const auto seen = life.ann().call("streaks.get", R"({"type": "daily"})")["streak"];
        RC_ASSERT(seen["current"] == full.current);
        RC_ASSERT(seen["longest"] == full.longest);
        RC_ASSERT(seen["breaks"] == full.breaks);
        RC_ASSERT(seen["status"] == kStatus[static_cast<std::size_t>(full.status)]);
        RC_ASSERT((full.run_start ? seen["run_start"] == full.run_start->text() : seen["run_start"] == nullptr));
        RC_ASSERT(life.shields_held() == full.shields_left);
      });
    };
    const int steps = *rc::gen::inRange(1, 30);
    for (int n = 0; n < steps; ++n) {
      life.noon(life.today() + *rc::gen::weightedElement<int>({{3, 0}, {5, 1}, {3, 2}, {1, 3}, {1, 8}}));
      const LocalDate date = life.some_late_date();
      switch (*rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {2, 2}, {1, 3}, {2, 4}, {1, 5}})) {
        case 0:
          life.complete(walk, date);
          done.insert(date);
          break;
        case 1:
          if (done.erase(date) > 0) life.undo(walk, date);
          break;
        case 2:
          life.buy_shield();
          break;
        case 3:
          life.write();
          break;
        case 4:
          protect(life.today() - *rc::gen::inRange(0, 5));
          break;
        default:
          break;
      }
      compare();
    }
    life.write();
    compare();
    judge([&](const rules::StreakInput&, const rules::Streak& full) {
      RC_ASSERT(life.used("auto") == sorted_dates(full.spent));
      RC_ASSERT(life.world().count("SELECT CAST(COALESCE(sum(uses_remaining), 0) AS BIGINT) FROM user_purchases") ==
                full.shields_left);
      RC_ASSERT(life.world().count("SELECT count(*) FROM activity_events WHERE event_type = 'streak_shield_used' "
                                   "AND reversed_at IS NULL") ==
                static_cast<std::int64_t>(full.spent.size() + by_hand.size()));
      RC_ASSERT(life.ann().call("ledger.verify")["ok"] == true);
    });
    std::ranges::sort(by_hand);
    RC_ASSERT(life.used("manual") == by_hand);
  }));
}

TEST_CASE("the streak of a habit with shields is what a full walk says, whatever its cadence") {
  CHECK(rc::check("shields of a habit equal a full walk", [] {
    Life life;
    const auto week_start = *rc::gen::elementOf(std::vector<WeekStart>{WeekStart::monday, WeekStart::sunday});
    life.ann().call("settings.update", fmt::format(R"({{"week_start": "{}"}})", name_of(week_start)));
    const std::string every_day = life.habit("");  // keeps the daily streak, which would be served first
    rules::Cadence cadence{.from = kFirst};
    std::string fields = R"(, "auto_shield": true)";
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        break;
      case 1: {
        cadence.frequency = rules::Frequency::custom;
        const auto numbers = *rc::gen::unique<std::vector<int>>(3, rc::gen::inRange(1, 8));
        cadence.days = rules::weekdays_of(numbers).value();
        fields += fmt::format(R"(, "frequency": "custom", "custom_days": [{}])", fmt::join(numbers, ","));
        break;
      }
      default:
        cadence.frequency = rules::Frequency::weekly;
        cadence.per_week = *rc::gen::inRange(1, 6);
        fields += fmt::format(R"(, "frequency": "weekly", "target_count": {})", cadence.per_week);
        break;
    }
    const std::string habit = life.habit(fields);
    std::set<LocalDate> done;
    const auto full = [&] {
      const std::vector<LocalDate> days(done.begin(), done.end());
      return rules::walk({.done = days,
                          .cadences = {&cadence, 1},
                          .today = life.today(),
                          .week_start = week_start,
                          .shields = life.bought});
    };
    const auto compare = [&] {
      const auto seen = life.ann().call("habits.get", fmt::format(R"({{"id": "{}"}})", habit))["habit"];
      const auto streak = full();
      RC_ASSERT(seen["current_streak"] == streak.current);
      RC_ASSERT(seen["longest_streak"] == streak.longest);
      RC_ASSERT(seen["streak_status"] == kStatus[static_cast<std::size_t>(streak.status)]);
      RC_ASSERT(life.shields_held() == streak.shields_left);
    };
    const int days = *rc::gen::inRange(5, 40);
    for (int n = 0; n < days; ++n) {
      life.noon(kFirst + n);
      life.complete(every_day, life.today());
      const LocalDate date = life.some_late_date();
      switch (*rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {2, 2}, {3, 3}})) {
        case 0:
          life.complete(habit, date);
          done.insert(date);
          break;
        case 1:
          if (done.erase(date) > 0) life.undo(habit, date);
          break;
        case 2:
          life.buy_shield();
          break;
        default:
          break;
      }
      compare();
    }
    life.noon(life.today() + 1);
    life.complete(every_day, life.today());
    compare();
    RC_ASSERT(life.used("auto") == sorted_dates(full().spent));
  }));
}

TEST_CASE("reads show what the next write stores, when the daily streak and habits want the same shields") {
  CHECK(rc::check("reads before and after a write agree", [] {
    Life life;
    const std::string walk = life.habit("");
    std::vector<std::string> habits{life.habit(R"(, "auto_shield": true)")};
    habits.push_back(life.habit(R"(, "auto_shield": true, "frequency": "weekly", "target_count": 2)"));
    const auto seen = [&] {
      std::string all = std::to_string(life.shields_held());
      all += life.ann().call("streaks.list").json();
      for (const auto& habit : habits) {
        const auto one = life.ann().call("habits.get", fmt::format(R"({{"id": "{}"}})", habit))["habit"];
        all += fmt::format(" {} {} {}", one["current_streak"].json(), one["longest_streak"].json(),
                           one["streak_status"].json());
      }
      return all;
    };
    std::set<std::pair<std::string, LocalDate>> done;
    const int steps = *rc::gen::inRange(1, 30);
    for (int n = 0; n < steps; ++n) {
      life.noon(life.today() + *rc::gen::weightedElement<int>({{2, 0}, {5, 1}, {3, 2}, {1, 5}}));
      const auto before = seen();
      life.write();
      RC_ASSERT(seen() == before);
      const auto& habit = *rc::gen::weightedElement<std::string>({{2, walk}, {2, habits[0]}, {2, habits[1]}});
      const LocalDate date = life.some_late_date();
      switch (*rc::gen::weightedElement<int>({{5, 0}, {1, 1}, {3, 2}})) {
        case 0:
          life.complete(habit, date);
          done.emplace(habit, date);
          break;
        case 1:
          if (done.erase({habit, date}) > 0) life.undo(habit, date);
          break;
        default:
          life.buy_shield();
          break;
      }
      // Every shield is held or spent once, on a day on which nothing was done and not before it was bought. (Of a
      // week several days may stand for its last one.)
      const auto spent = static_cast<std::int64_t>(life.used("auto").size());
      RC_ASSERT(life.world().count("SELECT CAST(COALESCE(sum(uses_remaining), 0) AS BIGINT) FROM user_purchases") +
                    spent ==
                static_cast<std::int64_t>(life.bought.size()));
      RC_ASSERT(life.world().count("SELECT count(*) FROM shield_uses u JOIN streak_days d ON d.user_id = u.user_id AND "
                                   "d.streak_type = u.streak_type AND d.activity_date = u.used_for") == 0);
      RC_ASSERT(
          life.world().count("SELECT count(*) FROM shield_uses u JOIN user_purchases p ON p.user_id = u.user_id "
                             "AND p.id = u.purchase_id WHERE p.purchased_on > u.used_for AND u.habit_id IS NULL") == 0);
    }
  }));
}
