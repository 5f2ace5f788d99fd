#include "ignition/rules/quests.hpp"

#include <algorithm>

namespace ignition::rules {

namespace {

// What of the deeds a target counts.
enum class Measure : std::uint8_t { events, counted, minutes, quantity };

struct TargetRule {
  QuestTarget target;
  EventKind deeds;
  Measure measure;
};

constexpr TargetRule kTargets[] = {
    {QuestTarget::focus_sessions, EventKind::focus_complete, Measure::counted},
    {QuestTarget::focus_minutes, EventKind::focus_complete, Measure::minutes},
    {QuestTarget::workouts_completed, EventKind::workout_complete, Measure::counted},
    {QuestTarget::exercise_minutes, EventKind::workout_complete, Measure::minutes},
    {QuestTarget::habits_completed, EventKind::habit_complete, Measure::events},
    {QuestTarget::reading_minutes, EventKind::reading_session, Measure::minutes},
    {QuestTarget::pages_read, EventKind::reading_session, Measure::quantity},
    {QuestTarget::books_completed, EventKind::book_complete, Measure::events},
    {QuestTarget::lessons_completed, EventKind::lesson_complete, Measure::events},
    {QuestTarget::reviews_completed, EventKind::review_complete, Measure::events},
    {QuestTarget::cards_reviewed, EventKind::review_session, Measure::quantity},
    {QuestTarget::plan_items_completed, EventKind::plan_item_complete, Measure::events},
    {QuestTarget::milestones_completed, EventKind::milestone_complete, Measure::events},
    {QuestTarget::goals_completed, EventKind::goal_complete, Measure::events},
};

const TargetRule* rule_of(QuestTarget target) {
  const auto* found = std::ranges::find(kTargets, target, &TargetRule::target);
  return found == std::end(kTargets) ? nullptr : found;
}

std::int64_t value_of(const DayTally& day, Measure measure) {
  switch (measure) {
    case Measure::events:
      return day.events;
    case Measure::counted:
      return day.counted;
    case Measure::minutes:
      return day.minutes;
    case Measure::quantity:
      break;
  }
  return day.quantity;
}

constexpr LocalDate kFirstDate{-25'567};   // 1900-01-01
constexpr LocalDate kLastDate{2'932'896};  // 9999-12-31

}  // namespace

Amounts quest_reward(Difficulty difficulty) {
  switch (difficulty) {
    case Difficulty::starter:
      return {.xp = 10, .coins = 5};
    case Difficulty::easy:
      return {.xp = 25, .coins = 10};
    case Difficulty::medium:
      return {.xp = 50, .coins = 25};
    case Difficulty::hard:
      return {.xp = 100, .coins = 50};
    case Difficulty::epic:
      break;
  }
  return {.xp = 250, .coins = 100};
}

std::optional<EventKind> counted_deeds(QuestTarget target) {
  const TargetRule* rule = rule_of(target);
  return rule == nullptr ? std::nullopt : std::optional(rule->deeds);
}

std::vector<QuestTarget> targets_fed(EventKind kind, StreakSet streaks) {
  std::vector<QuestTarget> fed;
  for (const TargetRule& rule : kTargets) {
    if (rule.deeds == kind) fed.push_back(rule.target);
  }
  if (kind == EventKind::habit_complete) fed.push_back(QuestTarget::perfect_habit_days);
  if (streaks.contains(StreakType::daily_activity)) fed.push_back(QuestTarget::streak_days);
  if (rules::rule_of(kind).pays) fed.push_back(QuestTarget::level);
  return fed;
}

std::int64_t measured(QuestTarget target, std::span<const DayTally> days, const DateRange& range) {
  const TargetRule* rule = rule_of(target);
  if (rule == nullptr) return 0;
  std::int64_t sum = 0;
  for (const DayTally& day : days) {
    if (range.contains(day.date)) sum += value_of(day, rule->measure);
  }
  return sum;
}

DateRange quest_dates(Period type, std::optional<Instant> starts_at, std::optional<Instant> ends_at,
                      const Calendar& calendar, LocalDate today) {
  if (const auto dates = period_dates(type, today)) return *dates;
  return {.first = starts_at ? calendar.date_of(*starts_at) : kFirstDate,
          .last = ends_at ? calendar.date_of(*ends_at - Micros(1)) : kLastDate};
}

bool is_quest_open(Period type, std::optional<Instant> starts_at, std::optional<Instant> ends_at,
                   const Calendar& calendar, Instant now) {
  InstantRange period{now, now + Micros(1)};
  if (const auto dates = period_dates(type, calendar.date_of(now))) period = instants_of(*dates, calendar);
  return (!starts_at || *starts_at < period.ends_at) && (!ends_at || *ends_at > period.starts_at);
}

PersonalQuest as_of(const PersonalQuest& quest, Instant now, LocalDate today) {
  PersonalQuest out = quest;
  if (quest.status == QuestStatus::completed && quest.is_repeatable &&
      repeated(quest.repeat, quest.last_completed_date, quest.streak_count, today)) {
    out.status = QuestStatus::accepted;
    out.progress = 0;
  }
  if (out.is_open() && quest.expires_at && *quest.expires_at <= now) out.status = QuestStatus::expired;
  return out;
}

std::optional<Instant> next_change(const PersonalQuest& quest, Instant now) {
  if (quest.status == QuestStatus::abandoned || quest.status == QuestStatus::expired) return {};
  return quest.expires_at && *quest.expires_at > now ? quest.expires_at : std::nullopt;
}

std::optional<PersonalQuest> accepted(const PersonalQuest& quest) {
  if (quest.status != QuestStatus::available) return {};
  PersonalQuest out = quest;
  out.status = QuestStatus::accepted;
  return out;
}

std::optional<PersonalQuest> progressed(const PersonalQuest& quest, std::int64_t progress) {
  if (!quest.is_open()) return {};
  PersonalQuest out = quest;
  out.progress = static_cast<int>(std::clamp<std::int64_t>(progress, 0, quest.target));
  if (out.progress > 0) out.status = QuestStatus::accepted;
  return out;
}

std::optional<PersonalQuest> completed(const PersonalQuest& quest, LocalDate today) {
  if (!quest.is_open()) return {};
  const auto streak = repeated(quest.period(), quest.last_completed_date, quest.streak_count, today);
  if (!streak) return {};
  PersonalQuest out = quest;
  out.status = QuestStatus::completed;
  out.progress = quest.target;
  out.streak_count = *streak;
  out.last_completed_date = today;
  return out;
}

std::optional<PersonalQuest> abandoned(const PersonalQuest& quest) {
  if (!quest.is_open()) return {};
  PersonalQuest out = quest;
  out.status = QuestStatus::abandoned;
  return out;
}

}  // namespace ignition::rules
