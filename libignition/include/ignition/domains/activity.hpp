// The feed: one activity event per deed, in the transaction of the deed, and what it does to Today's engagement state.
// Rules T1, T2, T6 and L1 to L3. The functions here are for other domains, inside their transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/engagement.hpp"

namespace ignition::activity {

// An event of the feed as its user sees it.
struct FeedEvent {
  Uuid id;
  std::string event_type;
  std::optional<std::string> module;
  std::optional<std::string> entity_type;
  std::optional<std::string> entity_id;
  Instant occurred_at;
  LocalDate activity_date;
  std::optional<std::int64_t> duration_seconds;
  std::optional<std::int64_t> quantity;
  bool counted = true;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::int64_t skill_stars = 0;
  std::optional<std::string> skill_key;
  std::optional<Uuid> ledger_id;
  std::optional<Json> metadata;
};
BOOST_DESCRIBE_STRUCT(FeedEvent, (),
                      (id, event_type, module, entity_type, entity_id, occurred_at, activity_date, duration_seconds,
                       quantity, counted, xp, coins, skill_stars, skill_key, ledger_id, metadata))

struct ListEvents {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<LocalDate> from;  // local dates that deeds belong to; both included
  std::optional<LocalDate> to;
  std::optional<Text<1, 50>> event_type;
  std::optional<Text<1, 20>> module;
};
BOOST_DESCRIBE_STRUCT(ListEvents, (), (page, page_size, from, to, event_type, module))

struct Feed {
  std::vector<FeedEvent> events;  // newest first; what was undone is left out
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Feed, (), (events, total, page, page_size))

Feed list(Context& ctx, const ListEvents& in);

struct UsageOf {
  Or<Int<1, 90>, 14> days;
};
BOOST_DESCRIBE_STRUCT(UsageOf, (), (days))

struct ModuleUse {
  std::string module;  // as events name it
  std::int64_t completions = 0;
  LocalDate last_date;
};
BOOST_DESCRIBE_STRUCT(ModuleUse, (), (module, completions, last_date))

struct Usage {
  std::vector<ModuleUse> modules;  // used most first, then in canonical order
};
BOOST_DESCRIBE_STRUCT(Usage, (), (modules))

Usage usage(Context& ctx, const UsageOf& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains, inside their transaction ----

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
// The session as it is seen now.
rules::EngagementSession session(Context& ctx);

}  // namespace ignition::activity
