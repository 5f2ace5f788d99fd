#include "ignition/rules/quests.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

constexpr LocalDate day(int n) { return {20'000 + n}; }
Instant at(std::string_view text) { return Instant::parse(text).value(); }

}  // namespace

TEST_CASE("a harder quest of one's own pays more") {
  CHECK(quest_reward(Difficulty::starter) == Amounts{.xp = 10, .coins = 5});
  CHECK(quest_reward(Difficulty::easy) == Amounts{.xp = 25, .coins = 10});
  CHECK(quest_reward(Difficulty::medium) == Amounts{.xp = 50, .coins = 25});
  CHECK(quest_reward(Difficulty::hard) == Amounts{.xp = 100, .coins = 50});
  CHECK(quest_reward(Difficulty::epic) == Amounts{.xp = 250, .coins = 100});
}

TEST_CASE("every target but three and manual counts deeds, and those deeds feed it") {
  int counting = 0;
  for (int i = 0; i <= static_cast<int>(QuestTarget::manual); ++i) {
    const auto target = static_cast<QuestTarget>(i);
    const auto kind = counted_deeds(target);
    const bool counts = target != QuestTarget::perfect_habit_days && target != QuestTarget::streak_days &&
                        target != QuestTarget::level && target != QuestTarget::manual;
    CHECK(kind.has_value() == counts);
    if (!kind) continue;
    ++counting;
    const auto fed = targets_fed(*kind, {});
    CHECK(std::ranges::find(fed, target) != fed.end());
  }
  CHECK(counting == 14);
}

TEST_CASE("a deed feeds at most four targets, and none twice") {
  for (const EventRule& rule : event_rules()) {
    auto fed = targets_fed(rule.kind, StreakSet(StreakType::daily_activity));
    CHECK(fed.size() <= 4);
    std::ranges::sort(fed);
    CHECK(std::ranges::adjacent_find(fed) == fed.end());
  }
  CHECK(targets_fed(EventKind::focus_start, {}).empty());
  CHECK(targets_fed(EventKind::journal_entry, StreakSet(StreakType::daily_activity)) ==
        std::vector{QuestTarget::streak_days});
}

TEST_CASE("partial deeds count in minutes, not as sessions, and only dates of the period count") {
  const std::vector<DayTally> days{{.date = day(0), .events = 2, .counted = 1, .minutes = 39, .quantity = 0},
                                   {.date = day(1), .events = 1, .counted = 1, .minutes = 25, .quantity = 12},
                                   {.date = day(9), .events = 1, .counted = 1, .minutes = 99, .quantity = 99}};
  const DateRange range{day(0), day(6)};
  CHECK(measured(QuestTarget::focus_sessions, days, range) == 2);
  CHECK(measured(QuestTarget::focus_minutes, days, range) == 64);
  CHECK(measured(QuestTarget::habits_completed, days, range) == 3);
  CHECK(measured(QuestTarget::pages_read, days, range) == 12);
  CHECK(measured(QuestTarget::level, days, range) == 0);
}

TEST_CASE("a universal quest is open in every period that its window touches") {
  const Calendar utc{TimeZone::or_utc("UTC"), 0, WeekStart::monday};
  const auto open = [&](Period type, std::string_view now, std::optional<Instant> from, std::optional<Instant> to) {
    return is_quest_open(type, from, to, utc, at(now));
  };
  const Instant noon = at("2026-01-14T12:00:00Z");
  CHECK(open(Period::daily, "2026-01-14T00:00:00Z", noon, {}));
  CHECK_FALSE(open(Period::daily, "2026-01-13T23:59:59Z", noon, {}));
  CHECK(open(Period::daily, "2026-01-14T23:59:59Z", {}, noon));
  CHECK_FALSE(open(Period::daily, "2026-01-15T00:00:00Z", {}, noon));
  CHECK(open(Period::weekly, "2026-01-12T00:00:00Z", noon, {}));
  CHECK_FALSE(open(Period::daily, "2026-01-14T00:00:00Z", {}, at("2026-01-14T00:00:00Z")));  // the end is exclusive
  // One that is done once is open in its window only.
  CHECK_FALSE(open(Period::one_time, "2026-01-14T11:59:59Z", noon, {}));
  CHECK(open(Period::one_time, "2026-01-14T12:00:00Z", noon, {}));
  CHECK_FALSE(open(Period::one_time, "2026-01-14T12:00:00Z", {}, noon));
  CHECK(open(Period::one_time, "2026-01-14T12:00:00Z", {}, {}));
  CHECK(quest_dates(Period::one_time, noon, at("2026-01-20T00:00:00Z"), utc, day(0)) ==
        DateRange{LocalDate::of(2026, 1, 14), LocalDate::of(2026, 1, 19)});
}

TEST_CASE("repeatable quests count their streaks as the vectors say") {
  const test::Vectors vectors("progress/periods.json");
  int cases = 0;
  for (const test::Value c : vectors["repeat_cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    ++cases;
    PersonalQuest quest{.is_repeatable = true};
    const std::string frequency = test::text(c, "repeat_frequency");
    quest.repeat = frequency == "daily" ? Period::daily : frequency == "weekly" ? Period::weekly : Period::monthly;
    const simdjson::dom::array expected = c["expect_streak_count"].get_array().value();
    std::size_t n = 0;
    for (const test::Value date : c["completed_on"].get_array()) {
      const LocalDate on = LocalDate::parse(date.get_string().value()).value();
      const auto done = completed(as_of(quest, Instant{}, on), on);
      const test::Value expect = expected.at(n++).value();
      CHECK(done.has_value() == expect.is_int64());
      if (!done) continue;
      quest = *done;
      CHECK(quest.streak_count == expect.get_int64().value());
      CHECK(quest.status == QuestStatus::completed);
    }
  }
  CHECK(cases == 8);
}

TEST_CASE("a quest with an end is open until just before it") {
  const Instant end = at("2026-03-10T12:00:00Z");
  const LocalDate today = LocalDate::of(2026, 3, 10);
  for (const QuestStatus status : {QuestStatus::available, QuestStatus::accepted}) {
    const PersonalQuest quest{.status = status, .expires_at = end};
    CHECK(as_of(quest, end - Micros(1), today).status == status);
    CHECK(as_of(quest, end, today).status == QuestStatus::expired);
    CHECK_FALSE(completed(as_of(quest, end, today), today));
  }
  CHECK(as_of({.status = QuestStatus::completed, .expires_at = end}, end, today).status == QuestStatus::completed);
  // A repeatable one that was completed is closed in its next period.
  const PersonalQuest again{.status = QuestStatus::completed,
                            .progress = 1,
                            .is_repeatable = true,
                            .expires_at = end,
                            .last_completed_date = today - 1};
  CHECK(as_of(again, end - Micros(1), today).status == QuestStatus::accepted);
  CHECK(as_of(again, end - Micros(1), today).progress == 0);
  CHECK(as_of(again, end, today).status == QuestStatus::expired);
}

TEST_CASE("progress is absolute, stays within the target and completes nothing by itself") {
  const PersonalQuest quest{.target = 10};
  CHECK(progressed(quest, 0)->status == QuestStatus::available);
  CHECK(progressed(quest, 4)->status == QuestStatus::accepted);
  CHECK(progressed(*progressed(quest, 4), 2)->progress == 2);
  CHECK(progressed(quest, 99)->progress == 10);
  CHECK(progressed(quest, 99)->status == QuestStatus::accepted);
  CHECK(completed(quest, day(0))->progress == 10);
}

TEST_CASE("only open quests move, and what is completed is completed once") {
  CHECK(rc::check("states of personal quests", [] {
    PersonalQuest quest{.target = *rc::gen::inRange(1, 5), .is_repeatable = *rc::gen::arbitrary<bool>()};
    int completions = 0;
    int today = 0;
    std::optional<int> last;
    for (int n = *rc::gen::inRange(1, 30); n > 0; --n) {
      today += *rc::gen::inRange(0, 2);
      const PersonalQuest now = as_of(quest, Instant{}, day(today));
      std::optional<PersonalQuest> next;
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          next = accepted(now);
          RC_ASSERT(next.has_value() == (now.status == QuestStatus::available));
          break;
        case 1:
          next = progressed(now, *rc::gen::inRange(0, 9));
          RC_ASSERT(next.has_value() == now.is_open());
          break;
        default:
          next = completed(now, day(today));
          RC_ASSERT(next.has_value() == now.is_open());
          if (next) {
            RC_ASSERT(last != today);
            last = today;
            ++completions;
          }
      }
      if (next) quest = *next;
      RC_ASSERT(quest.progress >= 0 && quest.progress <= quest.target);
    }
    if (!quest.is_repeatable) RC_ASSERT(completions <= 1);
  }));
}
