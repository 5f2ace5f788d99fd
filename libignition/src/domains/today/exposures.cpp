#include "domains/today/exposures.hpp"

#include <algorithm>
#include <map>

#include "ignition/domains/today.hpp"
#include "ignition/rules/outcomes.hpp"
#include "ignition/wire.hpp"

namespace ignition::today {
namespace {

constexpr Sql kStore{R"sql(
  INSERT INTO decision_exposures (user_id, id, shown_at, decision_version, entry_mode, resolved_state, reduced_mode,
                                  soft_landing, last_action_type, time_of_day, candidates)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
          (SELECT event_type FROM activity_events
            WHERE user_id = $1 AND occurred_at <= $3 AND reversed_at IS NULL
            ORDER BY occurred_at DESC, id ASC LIMIT 1),
          $9, $10)
  ON CONFLICT (user_id, id) DO NOTHING)sql"};
constexpr Sql kForgetOld{R"sql(DELETE FROM decision_exposures WHERE user_id = $1 AND shown_at < $2)sql"};
constexpr Sql kShownAt{R"sql(
  SELECT e.shown_at FROM decision_exposures e LEFT JOIN today_prefs p ON p.user_id = e.user_id
   WHERE e.user_id = $1 AND e.id = $2 AND e.shown_at >= $3 AND COALESCE(p.telemetry_enabled, TRUE))sql"};
constexpr Sql kRecent{R"sql(
  SELECT id, shown_at, candidates FROM decision_exposures
   WHERE user_id = $1 AND shown_at >= $2 AND shown_at <= $3 ORDER BY shown_at DESC, id ASC LIMIT 100)sql"};
constexpr Sql kStoreOutcome{R"sql(
  INSERT INTO decision_outcomes (user_id, id, exposure_id, action, action_key, target_id, time_to_action_ms, source,
                                 within_primary, within_secondary, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  ON CONFLICT (user_id, exposure_id, action_key, action) DO NOTHING)sql"};

enum class CandidateKind : std::uint8_t { starter, quick_pick, resume, primer };
BOOST_DESCRIBE_ENUM(CandidateKind, starter, quick_pick, resume, primer)

struct Candidate {
  std::string action_key;
  CandidateKind kind = CandidateKind::starter;
  int position = 1;
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (action_key, kind, position))

struct Recent {
  Uuid id;
  Instant shown_at;
  std::vector<Candidate> candidates;
};
BOOST_DESCRIBE_STRUCT(Recent, (), (id, shown_at, candidates))

enum class OutcomeSource : std::uint8_t { client, server };
BOOST_DESCRIBE_ENUM(OutcomeSource, client, server)

struct Outcome {
  Uuid exposure_id;
  Instant shown_at;
  rules::OutcomeAction action = rules::OutcomeAction::started;
  std::string action_key;
  std::optional<std::string> target_id;
  std::int64_t time_to_action_ms = 0;
  OutcomeSource source = OutcomeSource::client;
};

// False when it is known already.
bool store(Context& ctx, const Outcome& outcome) {
  const auto credit = rules::attribution(outcome.action, outcome.shown_at, ctx.now);
  return ctx.db.execute(kStoreOutcome, ctx.user, ctx.new_id(), outcome.exposure_id, outcome.action, outcome.action_key,
                        outcome.target_id, outcome.time_to_action_ms, outcome.source, credit.within_primary,
                        credit.within_secondary, ctx.now) > 0;
}

Instant oldest_kept(const rules::TodayConfig& config, Instant now) {
  return now - std::chrono::hours(24) * config.telemetry_retention_days;
}

// The keys by which a showing may have suggested a deed.
std::vector<std::string> keys_of(rules::EventKind kind, const std::optional<std::string>& entity_type,
                                 const std::optional<std::string>& entity_id) {
  std::vector<std::string> keys;
  if (!rules::rule_of(kind).module.empty()) {
    keys.push_back("module:" + std::string(name_of(rules::ranked_module(kind))));
  }
  if (entity_type == "focus_session" && entity_id) keys.push_back("focus:" + *entity_id);
  if (entity_type == "plan_item" && entity_id) keys.push_back("plan:" + *entity_id);
  return keys;
}

}  // namespace

bool KeyFormat::accepts(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '.' ||
           c == '_' || c == '-';
  });
}

std::shared_ptr<const Exposure> exposure_of(const rules::TodayPayload& payload) {
  std::vector<Candidate> candidates;
  const auto add = [&](std::string key, CandidateKind kind) {
    candidates.push_back(
        {.action_key = std::move(key), .kind = kind, .position = static_cast<int>(candidates.size()) + 1});
  };
  add(payload.starter_block.primary.action_key, CandidateKind::starter);
  for (const auto& pick : payload.quick_picks) add(pick.action_key, CandidateKind::quick_pick);
  if (payload.resume_last) add(payload.resume_last->action_key, CandidateKind::resume);
  if (payload.interest_primer) {
    add(payload.interest_primer->type == rules::PrimerType::learn ? "module:learn" : "hub", CandidateKind::primer);
  }
  auto exposure = std::make_shared<Exposure>();
  exposure->entry_mode = payload.entry_mode;
  exposure->resolved_state = payload.resolved_state;
  exposure->reduced_mode = payload.reduced_mode.active;
  exposure->soft_landing = payload.soft_landing.active;
  exposure->time_of_day = payload.time_of_day;
  exposure->candidates = to_json(candidates);
  return exposure;
}

bool is_due(const Exposure& exposure, Instant now) {
  // The number of the ten seconds since 1970, and how often within them.
  constexpr int kBits = 8;
  const std::int64_t first = now.us / kRememberedWithin.count() << kBits;
  auto before = exposure.remembered.load(std::memory_order_relaxed);
  std::int64_t after = 0;
  do {
    after = (before >> kBits << kBits == first ? before : first) + 1;
    if (after - first > kMostRemembered) return false;
  } while (!exposure.remembered.compare_exchange_weak(before, after));
  return true;
}

void remember(Context& ctx, const Uuid& exposure_id, std::shared_ptr<const Exposure> exposure) {
  const Instant oldest = oldest_kept(ctx.config.today, ctx.now);
  ctx.later([user = ctx.user, now = ctx.now, oldest, exposure_id, exposure = std::move(exposure)](Transaction& db) {
    db.execute(kStore, user, exposure_id, now, rules::kDecisionVersion, exposure->entry_mode, exposure->resolved_state,
               exposure->reduced_mode, exposure->soft_landing, exposure->time_of_day, exposure->candidates);
    // Now and then, which the id tells as well as dice.
    if (exposure_id.bytes.back() % 16 == 0) db.execute(kForgetOld, user, oldest);
  });
}

void credit(Context& ctx, rules::EventKind kind, const rules::Deed& deed, const std::optional<std::string>& entity_type,
            const std::optional<std::string>& entity_id) {
  const auto step = rules::session_step(kind, deed);
  if (step != rules::SessionStep::start && step != rules::SessionStep::complete) return;
  const auto keys = keys_of(kind, entity_type, entity_id);
  for (const Recent& shown : ctx.db.query<Recent>(kRecent, ctx.user, ctx.now - kCredited, ctx.now)) {
    const auto suggested = std::ranges::find_if(shown.candidates, [&](const Candidate& candidate) {
      return std::ranges::find(keys, candidate.action_key) != keys.end();
    });
    if (suggested == shown.candidates.end()) continue;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.now - shown.shown_at);
    store(ctx, {.exposure_id = shown.id,
                .shown_at = shown.shown_at,
                .action =
                    step == rules::SessionStep::start ? rules::OutcomeAction::started : rules::OutcomeAction::completed,
                .action_key = suggested->action_key,
                .target_id = {},
                .time_to_action_ms = age.count(),
                .source = OutcomeSource::server});
    return;
  }
}

RecordedOutcomes record_outcomes(Context& ctx, const RecordOutcomes& in) {
  RecordedOutcomes out;
  std::map<Uuid, std::optional<Instant>> shown;
  const Instant oldest = oldest_kept(ctx.config.today, ctx.now);
  for (const GivenOutcome& given : in.outcomes) {
    const auto [known, added] = shown.try_emplace(given.exposure_id);
    if (added) known->second = ctx.db.maybe<Instant>(kShownAt, ctx.user, given.exposure_id, oldest);
    if (!known->second) {
      ++out.ignored;
      continue;
    }
    const auto action = rules::outcome_action(given.action.value).value();
    const bool bounced = action == rules::OutcomeAction::bounced;
    const bool fresh = store(ctx, {.exposure_id = given.exposure_id,
                                   .shown_at = *known->second,
                                   .action = action,
                                   .action_key = bounced ? std::string() : given.action_key.value,
                                   .target_id = given.target_id ? std::optional(given.target_id->value) : std::nullopt,
                                   .time_to_action_ms = given.time_to_action_ms.value(),
                                   .source = OutcomeSource::client});
    ++(fresh ? out.recorded : out.duplicates);
  }
  return out;
}

}  // namespace ignition::today
