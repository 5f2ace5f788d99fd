#include <algorithm>

#include "ignition/domains/activity.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/wire.hpp"

namespace ignition::progress {

namespace {

constexpr std::size_t kLongestMetadata = 2048;

// Metadata of a level_up event.
struct LevelUp {
  std::int64_t new_level = 1;
  std::int64_t levels_gained = 0;
};
BOOST_DESCRIBE_STRUCT(LevelUp, (), (new_level, levels_gained))

LocalDate date_of(const Context& ctx, const Event& event) { return event.activity_date.value_or(ctx.today); }

activity::Event feed_event(const Context& ctx, const Event& event) {
  if (event.metadata && event.metadata->text.size() > kLongestMetadata) {
    throw Error(Code::INTERNAL, "The metadata of an event are too long.");
  }
  auto entity_id = event.entity_id;
  if (!entity_id && event.event_id) entity_id = event.event_id->text();
  return {.kind = event.kind,
          .deed = event.deed,
          .dedupe_key = event.key,
          .occurred_at = event.occurred_at.value_or(ctx.now),
          .activity_date = date_of(ctx, event),
          .entity_type = event.entity_type,
          .entity_id = std::move(entity_id),
          .duration_seconds = event.duration_seconds,
          .quantity = event.quantity,
          .metadata = event.metadata};
}

activity::Event paid_event(const Context& ctx, const Award& award, const ledger::Posted& posted) {
  activity::Event event = feed_event(ctx, award.event);
  event.paid = {.xp = posted.change.xp, .coins = posted.change.coins, .skill_stars = posted.change.skill_stars};
  event.skill_key = posted.skill_key;
  event.ledger_id = posted.id;
  return event;
}

void follow(Context& ctx, const Happened& happened, Aftermath& aftermath) {
  for (const Follower follower : followers()) follower(ctx, happened, aftermath);
}

rules::StreakSet new_days(const std::vector<streaks::Change>& changes) {
  rules::StreakSet types;
  for (const streaks::Change& change : changes) {
    if (change.is_new_day) types = types | rules::StreakSet(change.type);
  }
  return types;
}

Happened happened(const Context& ctx, const Event& event, rules::StreakSet streaks,
                  const std::vector<streaks::Change>& changes) {
  return {.kind = event.kind,
          .activity_date = date_of(ctx, event),
          .streaks = streaks,
          .days_of = new_days(changes),
          .counted = event.deed.counted,
          .duration_seconds = event.duration_seconds};
}

// Compares the level before the first payment with the level after the last (rule R-L5). Achievements for rising may
// pay and raise the level again, which is told as well.
void tell_level_up(Context& ctx, Aftermath& aftermath) {
  if (aftermath.payments.empty()) return;
  int told = rules::level_of(aftermath.payments.front().total_xp_before);
  while (true) {
    const ledger::Posted& last = aftermath.payments.back();
    const int level = rules::level_of(last.balances.total_xp);
    if (level <= told) return;
    activity::record(ctx, {.kind = rules::EventKind::level_up,
                           .dedupe_key = rules::keys::level_up(level, last.seq),
                           .occurred_at = ctx.now,
                           .activity_date = ctx.today,
                           .metadata = Json{to_json(LevelUp{level, level - told})}});
    told = level;
    follow(ctx, {.kind = rules::EventKind::level_up, .activity_date = ctx.today}, aftermath);
  }
}

// The result of the first of the payments.
AwardResult result_of(Aftermath&& aftermath) {
  const ledger::Posted& posted = aftermath.payments.front();
  const rules::Balances& now = aftermath.payments.back().balances;
  const std::int64_t level = rules::level_of(now.total_xp);
  const std::int64_t gained = posted.already ? 0 : level - rules::level_of(posted.total_xp_before);
  return {.already_awarded = posted.already,
          .reward_capped = posted.reward_capped,
          .xp = posted.change.xp,
          .coins = posted.change.coins,
          .skill_stars = posted.change.skill_stars,
          .new_balance = now.coins,
          .total_xp = now.total_xp,
          .leveled_up = gained > 0,
          .new_level = level,
          .levels_gained = gained,
          .achievements = std::move(aftermath.achievements),
          .streaks = {}};
}

ledger::Posted post(Context& ctx, const Award& award) {
  const rules::EventRule& rule = rules::rule_of(award.event.kind);
  if (!rule.pays) throw Error(Code::INTERNAL, "Deeds of this kind are recorded, not paid.");
  return ledger::award(ctx, {.kind = award.event.kind,
                             .key = award.event.key,
                             .event_id = award.event.event_id,
                             .amounts = award.amounts,
                             .skill_key = award.skill_key.empty() ? std::string(rule.skill_key) : award.skill_key,
                             .activity_date = date_of(ctx, award.event),
                             .earlier_attempts = award.earlier_attempts,
                             .reason = award.reason});
}

}  // namespace

AwardResult award(Context& ctx, const Award& award) {
  const Event& event = award.event;
  const bool in_feed = rules::rule_of(event.kind).in_feed;
  Aftermath aftermath;
  const ledger::Posted& posted = aftermath.payments.emplace_back(post(ctx, award));
  const auto types = rules::streaks_fed(event.kind, event.deed);
  if (posted.already) {
    // A deed whose event alone was marked reversed stands again; one whose award was taken back needs a new key.
    if (in_feed && !posted.reversed &&
        activity::revive(ctx, paid_event(ctx, award, posted)) == activity::Recorded::revived) {
      follow(ctx, happened(ctx, event, types, {}), aftermath);  // it kept its day of the streak
      tell_level_up(ctx, aftermath);
    }
    return result_of(std::move(aftermath));
  }
  if (in_feed) activity::record(ctx, paid_event(ctx, award, posted));
  auto changes = streaks::add_day(ctx, types, date_of(ctx, event), event.occurred_at.value_or(ctx.now));
  follow(ctx, happened(ctx, event, types, changes), aftermath);
  tell_level_up(ctx, aftermath);
  AwardResult result = result_of(std::move(aftermath));
  result.streaks = std::move(changes);
  return result;
}

ledger::Posted pay(Context& ctx, const Award& award) {
  ledger::Posted posted = post(ctx, award);
  if (!posted.already && rules::rule_of(award.event.kind).in_feed) {
    activity::record(ctx, paid_event(ctx, award, posted));
  }
  return posted;
}

RecordResult record(Context& ctx, const Event& event) {
  if (rules::rule_of(event.kind).pays) throw Error(Code::INTERNAL, "Deeds of this kind are paid, not only recorded.");
  const auto recorded = activity::record(ctx, feed_event(ctx, event));
  if (recorded == activity::Recorded::known) return {.already_recorded = true};
  RecordResult result;
  const auto types = rules::streaks_fed(event.kind, event.deed);
  if (recorded == activity::Recorded::new_event) {  // a reversed event kept its day of the streak
    result.streaks = streaks::add_day(ctx, types, date_of(ctx, event), event.occurred_at.value_or(ctx.now));
  }
  Aftermath aftermath;
  follow(ctx, happened(ctx, event, types, result.streaks), aftermath);
  tell_level_up(ctx, aftermath);
  result.achievements = std::move(aftermath.achievements);
  return result;
}

void streaks_moved(Context& ctx, rules::StreakSet types) {
  Aftermath aftermath;
  follow(ctx,
         {.kind = rules::EventKind::streak_shield_used, .activity_date = ctx.today, .streaks = types, .days_of = types},
         aftermath);
  tell_level_up(ctx, aftermath);
}

AwardResult reverse(Context& ctx, std::string_view key) {
  Aftermath aftermath;
  const ledger::Posted& posted = aftermath.payments.emplace_back(ledger::reverse(ctx, key));
  if (posted.already) return result_of(std::move(aftermath));
  const rules::EventKind kind = rules::event_kind(posted.event_type).value();
  const LocalDate date = posted.activity_date;
  const auto event = activity::reverse(ctx, key);
  const auto types = rules::streaks_fed(kind, {.counted = !event || event->counted});
  auto changes = streaks::remove_day(ctx, types, date);
  follow(ctx, {.kind = kind, .activity_date = date, .streaks = types, .days_of = types, .reversed = true}, aftermath);
  AwardResult result = result_of(std::move(aftermath));
  result.streaks = std::move(changes);
  return result;
}

}  // namespace ignition::progress
