// The feed: one activity event per deed, in the transaction of the deed, and what it does to Today's engagement state.
// Rules T1, T2, T6 and L1 to L3. The functions here are for other domains, inside their transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/context.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/engagement.hpp"

namespace ignition::activity {

// A deed as the feed keeps it. Never holds text of the user: `metadata` is ids, enums and numbers only.
struct Event {
  rules::EventKind kind;
  rules::Deed deed{};
  std::string dedupe_key;  // of rules::keys
  Instant occurred_at;
  LocalDate activity_date;
  std::optional<std::string> entity_type{};
  std::optional<std::string> entity_id{};
  std::optional<std::int64_t> duration_seconds{};
  std::optional<std::int64_t> quantity{};
  rules::Amounts paid{};
  std::optional<std::string> skill_key{};
  std::optional<Uuid> ledger_id{};
  std::optional<Json> metadata{};
};

enum class Recorded : std::uint8_t {
  new_event,
  revived,  // was marked as reversed; stands again
  known,    // nothing was written
};

// Records the deed once per dedupe key (rule T1): a new or revived event stamps the last activity (T2), moves the
// engagement session (L3) and, when it is the completion that counts for this call, the counters and transitions (T6).
Recorded record(Context& ctx, const Event& event);
// Lets a reversed event stand again, as `record` would; nothing when it is not reversed.
Recorded revive(Context& ctx, const Event& event);

// What a reversed event was.
struct Reversed {
  std::string event_type;
  LocalDate activity_date;
  bool counted = true;
  bool completion = false;
};
BOOST_DESCRIBE_STRUCT(Reversed, (), (event_type, activity_date, counted, completion))

// Marks the event as undone; it then counts nowhere. Moves neither the last activity nor the session. Nothing when
// there is no such event or it is reversed already.
std::optional<Reversed> reverse(Context& ctx, std::string_view dedupe_key);

// A session event that is not a deed: activate, clear, dismiss, show_full, onboarding skip. Stores the session and
// returns it.
rules::EngagementSession apply(Context& ctx, const rules::SessionEvent& event);

}  // namespace ignition::activity
