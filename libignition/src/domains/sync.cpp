#include "ignition/domains/sync.hpp"

#include <algorithm>

#include "ignition/domains/progress.hpp"
#include "ignition/domains/today.hpp"
#include "ignition/gates.hpp"
#include "ignition/sha256.hpp"
#include "ignition/wire.hpp"

namespace ignition::sync {
namespace {

constexpr Sql kSession{R"sql(
  SELECT user_id, TRUE, created_at, expires_at FROM sessions WHERE user_id = $1 AND id = $2)sql"};

struct Sections {
  Progress progress;
  Badges badges;
  FocusStatus focus;
  PlanStatus plan;
  User user;
  VaultLock vault_lock;
  std::optional<TodayState> today;
};
BOOST_DESCRIBE_STRUCT(Sections, (), (progress, badges, focus, plan, user, vault_lock, today))

User user_of(const Context& ctx, std::vector<std::string> pending) {
  const Principal& principal = ctx.principal;
  return {.id = principal.user_id,
          .email = principal.email,
          .name = principal.name,
          .image = principal.image,
          .theme = principal.theme.value_or("system"),
          .tos_accepted = std::find(pending.begin(), pending.end(), "tos_unaccepted") == pending.end(),
          .pending_gates = std::move(pending)};
}

Badges badges_of(const rules::TodayCounts& counts) {
  return {.unread_inbox = counts.unread_inbox,
          .active_quests = counts.active_quests,
          .pending_habits = counts.pending_habits,
          .overdue_items = counts.overdue_items};
}

PlanStatus plan_of(const rules::PlanSummary& plan) {
  return {.has_plan = plan.plan_exists,
          .completed = plan.completed_count,
          .total = plan.total_count,
          .percent_complete = plan.percent_complete};
}

// While a gate is closed only the user block is real and nothing else of the user is read (rule Y5).
Sections sections(Context& ctx) {
  Sections out;
  auto pending = pending_gates(ctx.caller, ctx.principal, ctx.config);
  const bool gated = !pending.empty();
  out.user = user_of(ctx, std::move(pending));
  if (gated) return out;
  const today::Decision decision = today::decision(ctx);
  const auto& payload = decision.payload;
  out.progress = progress(ctx, {});
  out.badges = badges_of(payload.counts);
  out.focus = focus_status(ctx, {});
  out.plan = plan_of(payload.plan_summary);
  out.today = TodayState{.resolved_state = payload.resolved_state,
                         .entry_mode = payload.entry_mode,
                         .reduced_mode = payload.reduced_mode.active,
                         .soft_landing = payload.soft_landing.active,
                         .momentum = payload.momentum.state,
                         .today_etag = decision.etag};
  return out;
}

// A section's content and its hash: the first 16 hexadecimal digits of the SHA-256 of its JSON (rule Y1).
struct Version {
  std::string_view name;
  std::string json;
  std::string hash;
};

std::vector<Version> versions_of(const Sections& all) {
  std::vector<Version> out;
  for (const Field& field : type_info<Sections>.fields) {
    std::string json;
    write_json(json, *field.type, field.at_const(&all));
    std::string hash = hex_text(sha256(json)).substr(0, 16);
    out.push_back({field.name, std::move(json), std::move(hash)});
  }
  return out;
}

Map<std::string> hashes(const std::vector<Version>& versions) {
  Map<std::string> out;
  for (const auto& version : versions) out.entries.emplace_back(version.name, version.hash);
  return out;
}

// `v1.<section>-<hash>` for each section (rule Y3).
std::string token_of(const std::vector<Version>& versions) {
  std::string out = "v1";
  for (const auto& version : versions) out += fmt::format(".{}-{}", version.name, version.hash);
  return out;
}

// The hash of each section in a token of ours; empty for any other text.
std::vector<std::string_view> hashes_in(std::string_view token, const std::vector<Version>& versions) {
  if (!token.starts_with("v1")) return {};
  token.remove_prefix(2);
  std::vector<std::string_view> hashes;
  for (const auto& version : versions) {
    const std::string head = fmt::format(".{}-", version.name);
    if (!token.starts_with(head) || token.size() < head.size() + version.hash.size()) return {};
    hashes.push_back(token.substr(head.size(), version.hash.size()));
    token.remove_prefix(head.size() + version.hash.size());
  }
  return token.empty() ? hashes : std::vector<std::string_view>{};
}

}  // namespace

Poll poll(Context& ctx, const PollSince& in) {
  const Sections all = sections(ctx);
  const auto versions = versions_of(all);
  std::string lines;
  for (const auto& version : versions) lines += fmt::format("{}:{}\n", version.name, version.hash);
  Poll out{.progress = all.progress,
           .badges = all.badges,
           .focus = all.focus,
           .plan = all.plan,
           .user = all.user,
           .vault_lock = all.vault_lock,
           .today = all.today,
           .versions = hashes(versions),
           .since = token_of(versions),
           .server_time = ctx.now,
           .etag = hex_text(sha256(lines)).substr(0, 32)};
  ctx.tagged(out.etag);
  const auto known = hashes_in(in.since ? std::string_view(in.since->value) : std::string_view{}, versions);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const Field& field = type_info<Poll>.fields[i];  // the sections stand first, in the same order
    if (!known.empty() && known[i] == versions[i].hash) {
      field.type->clear(field.at(&out));
    } else {
      out.changed.emplace_back(versions[i].name);
    }
  }
  return out;
}

Changes changes(Context& ctx, const AskChanges& in) {
  const auto versions = versions_of(sections(ctx));
  Changes out{.versions = hashes(versions), .server_time = ctx.now};
  for (const auto& version : versions) {
    bool known = false;
    if (in.client_versions) {
      for (const auto& [name, hash] : in.client_versions->entries) {
        known = known || (name == version.name && hash == version.hash);
      }
    }
    if (!known) out.updates.entries.emplace_back(version.name, Json{in.include_data.value ? version.json : "true"});
  }
  return out;
}

State state(Context& ctx, const Nothing&) { return {hashes(versions_of(sections(ctx))), ctx.now}; }

Progress progress(Context& ctx, const Nothing&) {
  const auto standing = ignition::progress::summary(ctx, {});
  return {.level = standing.level,
          .total_xp = standing.total_xp,
          .xp_into_level = standing.xp_into_level,
          .xp_level_size = standing.xp_level_size,
          .xp_remaining = standing.xp_remaining,
          .level_progress_percent = standing.level_progress_percent,
          .coins = standing.coins,
          .streak_days = standing.current_streak};
}

Badges badges(Context& ctx, const Nothing&) { return badges_of(today::decision(ctx).payload.counts); }

FocusStatus focus_status(Context& ctx, const Nothing&) {
  auto live = focus::live(ctx);
  return {std::move(live.session), std::move(live.pause_state)};
}

PlanStatus plan_status(Context& ctx, const Nothing&) { return plan_of(today::decision(ctx).payload.plan_summary); }

SessionAnswer session(Context& ctx, const Nothing&) {
  if (ctx.caller.session_id) {
    if (auto found = ctx.db.maybe<Session>(kSession, ctx.user, *ctx.caller.session_id)) return {*found};
  }
  return {{.user_id = ctx.user}};
}

void add_operations(Catalogue& c) {
  constexpr auto read = Effect::read;
  c.add("sync.poll", Get("/sync/poll"), Access::any, read, &poll, "Everything another device may have changed.");
  c.add("sync.changes", Post("/sync/poll"), Access::any, read, &changes, "The sections that differ from those known.");
  c.add("sync.state", Get("/sync/state"), Access::any, read, &state, "The hashes of all sections.");
  c.add("sync.progress", Get("/sync/progress"), Access::user, read, &progress, "Level, XP, coins and streak.");
  c.add("sync.badges", Get("/sync/badges"), Access::user, read, &badges, "Counts of what waits.");
  c.add("sync.focus_status", Get("/sync/focus-status"), Access::user, read, &focus_status, "The live focus session.");
  c.add("sync.plan_status", Get("/sync/plan-status"), Access::user, read, &plan_status, "How far the plan is done.");
  c.add("sync.session", Get("/sync/session"), Access::any, read, &session, "The signed-in session.");
}

}  // namespace ignition::sync
