// Running library functions that no operation shows by itself, inside a transaction such as an operation has.
#pragma once

#include <utility>

#include "ignition/secrets.hpp"
#include "support/world.hpp"

namespace ignition::test {

// Runs `work(Context&)` as a write of this person and commits. What it throws undoes it.
template <class Work>
auto within(World& world, const Person& person, Work&& work) {
  static SequentialIds ids(77);
  const auto db = world.engine->store().begin(Mode::write);
  db->lock_user(person.id());
  const auto timezone =
      db->maybe<std::optional<std::string>>(Sql{"SELECT timezone FROM user_settings WHERE user_id = $1"}, person.id());
  const auto hour =
      db->maybe<std::int64_t>(Sql{"SELECT day_start_hour FROM user_settings WHERE user_id = $1"}, person.id());
  const auto week_start =
      db->maybe<WeekStart>(Sql{"SELECT week_start FROM user_settings WHERE user_id = $1"}, person.id());
  const Calendar calendar{TimeZone::or_utc(timezone.value_or(std::nullopt)), static_cast<int>(hour.value_or(0)),
                          week_start.value_or(WeekStart::monday)};
  Principal principal;
  principal.user_id = person.id();
  AnswerCache cache;
  const Instant now = world.clock->now();
  const RandomBytes random = system_random();
  Context context{.caller = person.caller(),
                  .principal = principal,
                  .user = person.id(),
                  .now = now,
                  .calendar = calendar,
                  .today = calendar.date_of(now),
                  .db = *db,
                  .ids = ids,
                  .config = world.engine->config(),
                  .cache = cache,
                  .random = random,
                  .mode = Mode::write,
                  .if_none_match = {},
                  .reply = {}};
  if constexpr (std::is_void_v<decltype(work(context))>) {
    work(context);
    db->commit();
  } else {
    auto result = work(context);
    db->commit();
    return result;
  }
}

}  // namespace ignition::test
