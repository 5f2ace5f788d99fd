// Deeds that pay, for the tests of progress and of the ledger.
#pragma once

#include <functional>

#include "ignition/domains/progress.hpp"
#include "support/within.hpp"

namespace ignition::test::deeds {

inline Uuid object(int n) { return Uuid::parse(fmt::format("0194f5c0-0000-7000-8000-{:012}", n)).value(); }

// A focus session of 25 minutes, completed in full.
inline progress::Award focus(int session) {
  return {.event = {.kind = rules::EventKind::focus_complete,
                    .key = rules::keys::focus(object(session)),
                    .event_id = object(session),
                    .entity_type = "focus_session",
                    .duration_seconds = 1500},
          .amounts = {.xp = 25, .coins = 5}};
}

inline progress::Award task(int n, std::optional<LocalDate> date = {}) {
  return {.event = {.kind = rules::EventKind::task_complete,
                    .key = rules::keys::task(object(n)),
                    .event_id = object(n),
                    .entity_type = "task",
                    .activity_date = date},
          .amounts = {.xp = 15, .coins = 5}};
}

// XP and coins of no kind in particular, without ceiling.
inline progress::Award plain(std::string key, std::int64_t xp, std::int64_t coins = 0) {
  return {.event = {.kind = rules::EventKind::habit_complete, .key = std::move(key)},
          .amounts = {.xp = xp, .coins = coins}};
}

inline progress::AwardResult award(World& world, const Person& person, const progress::Award& a) {
  return within(world, person, [&](Context& ctx) { return progress::award(ctx, a); });
}
inline progress::AwardResult reverse(World& world, const Person& person, const std::string& key) {
  return within(world, person, [&](Context& ctx) { return progress::reverse(ctx, key); });
}

inline std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return refused(error).summary;
  }
  return "done";
}

inline void run_boost(World& world, const Person& person, std::string_view from, std::string_view to,
                      std::int64_t percent) {
  static int count = 0;
  const Uuid id = object(900000 + ++count);
  world.sql(R"sql(INSERT INTO user_purchases (user_id, id, item_id, item_key, item_name, cost_coins, quantity, status,
              purchased_at, purchased_on, ledger_id, created_at, updated_at)
              VALUES ($1, $2, $2, 'xp_boost_1h', 'Boost', 0, 1, 'redeemed', $3, '2026-03-10', $2, $3, $3))sql",
            person.id(), id, from);
  world.sql(R"sql(INSERT INTO user_boosts (user_id, id, purchase_id, multiplier_percent, starts_at, ends_at, created_at,
              updated_at) VALUES ($1, $2, $2, $5, $3, $4, $3, $3))sql",
            person.id(), id, from, to, percent);
}

inline void at(World& world, std::string_view instant) { world.clock->set(Instant::parse(instant).value()); }

}  // namespace ignition::test::deeds
