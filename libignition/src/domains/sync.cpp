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

// A section's content and its hash: the first 16 hexadecimal digits of the SHA-256 of its JSON (rule Y1).
struct Version {
  std::string_view name;
  std::string json;
  std::string hash;
};

// What a poll tells.
struct Seen {
  Sections sections;
  std::vector<Version> versions;  // in the order of the sections
};

Version version_of(const Field& field, const Sections& all) {
  std::string json;
  write_json(json, *field.type, field.at_const(&all));
  std::string hash = hex_text(sha256(json)).substr(0, 16);
  return {field.name, std::move(json), std::move(hash)};
}

Seen seen(Sections all) {
  Seen out{std::move(all), {}};
  for (const Field& field : type_info<Sections>.fields) out.versions.push_back(version_of(field, out.sections));
  return out;
}

constexpr std::string_view kView = "sync";

// What was seen last of a user whose gates are open; its block `user` depends on the caller. Nothing else is kept under
// kView.
struct KeptSections : CachedAnswer {
  Seen seen;
};

// If neither data nor time changed it since.
std::optional<Seen> kept(Context& ctx, User user) {
  if (!ctx.is_snapshot()) return {};
  const auto before = std::static_pointer_cast<const KeptSections>(
      ctx.cache.find(ctx.user, kView, ctx.principal.revision, ctx.principal.flags_version, ctx.now));
  if (!before) return {};
  Seen out = before->seen;
  out.sections.user = std::move(user);
  const auto& fields = type_info<Sections>.fields;
  const auto place = std::ranges::find(fields, std::string_view("user"), &Field::name) - fields.begin();
  out.versions[static_cast<std::size_t>(place)] = version_of(fields[static_cast<std::size_t>(place)], out.sections);
  return out;
}

void keep(Context& ctx, const Seen& seen, Instant until) {
  // A running timer changes with every second.
  if (!ctx.is_snapshot() || until <= ctx.now || seen.sections.focus.active_session) return;
  auto sections = std::make_shared<KeptSections>();
  sections->revision = ctx.principal.revision;
  sections->flags_version = ctx.principal.flags_version;
  sections->from = ctx.now;
  sections->until = until;
  sections->seen = seen;
  ctx.cache.put(ctx.user, kView, std::move(sections));
}

// While a gate is closed only the user block is real and nothing else of the user is read (rule Y5).
Seen look(Context& ctx) {
  auto pending = pending_gates(ctx.caller, ctx.principal, ctx.config);
  const bool gated = !pending.empty();
  Sections out;
  out.user = user_of(ctx, std::move(pending));
  if (gated) return seen(std::move(out));
  if (auto before = kept(ctx, out.user)) return std::move(*before);
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
  Seen now = seen(std::move(out));
  keep(ctx, now, decision.until);
  return now;
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
  const auto [all, versions] = look(ctx);
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
  const auto versions = look(ctx).versions;
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

State state(Context& ctx, const Nothing&) { return {hashes(look(ctx).versions), ctx.now}; }

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
  c.add("sync.poll", Get("/sync/poll"), Access::any, read, &poll, "Everything another device may have changed.")
      .from_memory();
  c.add("sync.changes", Post("/sync/poll"), Access::any, read, &changes, "The sections that differ from those known.")
      .from_memory();
  c.add("sync.state", Get("/sync/state"), Access::any, read, &state, "The hashes of all sections.").from_memory();
  c.add("sync.progress", Get("/sync/progress"), Access::user, read, &progress, "Level, XP, coins and streak.");
  c.add("sync.badges", Get("/sync/badges"), Access::user, read, &badges, "Counts of what waits.").from_memory();
  c.add("sync.focus_status", Get("/sync/focus-status"), Access::user, read, &focus_status, "The live focus session.");
  c.add("sync.plan_status", Get("/sync/plan-status"), Access::user, read, &plan_status, "How far the plan is done.")
      .from_memory();
  c.add("sync.session", Get("/sync/session"), Access::any, read, &session, "The signed-in session.");
}

}  // namespace ignition::sync
