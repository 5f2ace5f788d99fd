// Numbers about everybody (rule R42). A count that the database refuses is null and named in `warnings`; what this
// version does not keep is null.
#include <array>
#include <chrono>

#include "domains/admin/parts.hpp"
#include "ignition/context.hpp"

namespace ignition::admin {

using Count = std::optional<std::int64_t>;

struct UserNumbers {
  Count total_users;
  Count tos_accepted;
  Count admins;
  Count active_7d;  // by deeds, not by presence
  Count active_30d;
  Count pending_approval;
  Count disabled;
  Count verified;
};
BOOST_DESCRIBE_STRUCT(UserNumbers, (),
                      (total_users, tos_accepted, admins, active_7d, active_30d, pending_approval, disabled, verified))

struct ContentNumbers {
  Count exercises;
  Count learn_topics;
  Count learn_lessons;
  Count learn_drills;
  Count universal_quests;
  Count user_quests;
  Count market_items;
  Count plan_templates;
  Count infobase_public;
  Count glossary_terms;
  Count recipe_templates;
  Count ignition_packs;
  Count daw_shortcuts;
};
BOOST_DESCRIBE_STRUCT(ContentNumbers, (),
                      (exercises, learn_topics, learn_lessons, learn_drills, universal_quests, user_quests,
                       market_items, plan_templates, infobase_public, glossary_terms, recipe_templates, ignition_packs,
                       daw_shortcuts))

struct ActivityNumbers {
  Count total_focus_sessions;
  Count completed_focus;
  Count total_focus_minutes;
  Count total_events;
  Count events_24h;
  Count habit_completions;
  Count total_goals;
  Count total_ideas;
  Count total_books;
  Count reference_tracks;
};
BOOST_DESCRIBE_STRUCT(ActivityNumbers, (),
                      (total_focus_sessions, completed_focus, total_focus_minutes, total_events, events_24h,
                       habit_completions, total_goals, total_ideas, total_books, reference_tracks))

struct GameNumbers {
  Count total_coins_distributed;
  Count total_xp_distributed;
  Count achievements_earned;
  Count total_purchases;
  Count ledger_entries;
};
BOOST_DESCRIBE_STRUCT(GameNumbers, (),
                      (total_coins_distributed, total_xp_distributed, achievements_earned, total_purchases,
                       ledger_entries))

struct StatusCount {
  std::string status;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(StatusCount, (), (status, count))

struct RecentUser {
  Uuid id;
  std::string email;
  std::string name;
  std::string role;
  bool approved = false;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(RecentUser, (), (id, email, name, role, approved, created_at))

struct RecentEvent {
  std::string event_type;
  Instant created_at;
  std::optional<Uuid> user_id;
  std::optional<std::string> user_email;
  std::optional<std::string> user_name;
};
BOOST_DESCRIBE_STRUCT(RecentEvent, (), (event_type, created_at, user_id, user_email, user_name))

struct Numbers {
  UserNumbers users;
  ContentNumbers content;
  ActivityNumbers activity;
  GameNumbers gamification;
  std::vector<StatusCount> onboarding;
  std::vector<RecentUser> recent_users;    // the ten newest
  std::vector<RecentEvent> recent_events;  // the twenty newest of the security log
  std::vector<std::string> warnings;       // counts that failed
};
BOOST_DESCRIBE_STRUCT(Numbers, (),
                      (users, content, activity, gamification, onboarding, recent_users, recent_events, warnings))

struct ProviderCount {
  std::string provider;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(ProviderCount, (), (provider, count))

struct UserStats : UserNumbers {
  Count signups_7d;
  Count pending;
  std::vector<ProviderCount> by_provider;  // ways to sign in
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(UserStats, (UserNumbers), (signups_7d, pending, by_provider, warnings))

namespace {

using std::chrono::hours;

// A number, the statement that counts it, and how far back $1 lies for those that have one.
template <class Group>
struct Counted {
  std::string_view name;
  Count Group::*number;
  Sql statement;
  hours since{0};
};

constexpr auto kUsers = std::to_array<Counted<UserNumbers>>({
    {"total_users", &UserNumbers::total_users, {"SELECT COUNT(*) FROM users"}},
    {"admins", &UserNumbers::admins, {"SELECT COUNT(*) FROM users WHERE role IN ('admin', 'super_admin')"}},
    {"active_7d",
     &UserNumbers::active_7d,
     {"SELECT COUNT(*) FROM engagement_state WHERE last_activity_at >= $1"},
     hours(24 * 7)},
    {"active_30d",
     &UserNumbers::active_30d,
     {"SELECT COUNT(*) FROM engagement_state WHERE last_activity_at >= $1"},
     hours(24 * 30)},
    {"pending_approval",
     &UserNumbers::pending_approval,
     {"SELECT COUNT(*) FROM users WHERE approved = FALSE AND approval_note IS NULL"}},
    {"disabled", &UserNumbers::disabled, {"SELECT COUNT(*) FROM users WHERE disabled_at IS NOT NULL"}},
    {"verified", &UserNumbers::verified, {"SELECT COUNT(*) FROM users WHERE email_verified_at IS NOT NULL"}},
});
constexpr Sql kAcceptedTerms{"SELECT COUNT(*) FROM users WHERE tos_version = $1"};

constexpr auto kContent = std::to_array<Counted<ContentNumbers>>({
    {"universal_quests", &ContentNumbers::universal_quests, {"SELECT COUNT(*) FROM universal_quests"}},
    {"user_quests", &ContentNumbers::user_quests, {"SELECT COUNT(*) FROM user_quests"}},
    {"market_items", &ContentNumbers::market_items, {"SELECT COUNT(*) FROM market_items"}},
    {"ignition_packs", &ContentNumbers::ignition_packs, {"SELECT COUNT(*) FROM ignitions"}},
});

constexpr auto kActivity = std::to_array<Counted<ActivityNumbers>>({
    {"total_focus_sessions", &ActivityNumbers::total_focus_sessions, {"SELECT COUNT(*) FROM focus_sessions"}},
    {"completed_focus",
     &ActivityNumbers::completed_focus,
     {"SELECT COUNT(*) FROM focus_sessions WHERE status = 'completed'"}},
    {"total_focus_minutes",
     &ActivityNumbers::total_focus_minutes,
     {"SELECT CAST(COALESCE(SUM(focused_seconds), 0) / 60 AS BIGINT) FROM focus_sessions WHERE status = 'completed'"}},
    {"total_events", &ActivityNumbers::total_events, {"SELECT COUNT(*) FROM activity_events"}},
    {"events_24h",
     &ActivityNumbers::events_24h,
     {"SELECT COUNT(*) FROM activity_events WHERE occurred_at >= $1"},
     hours(24)},
    {"habit_completions",
     &ActivityNumbers::habit_completions,
     {"SELECT COUNT(*) FROM habit_completions WHERE done = TRUE"}},
    {"total_goals", &ActivityNumbers::total_goals, {"SELECT COUNT(*) FROM goals"}},
});

constexpr auto kGame = std::to_array<Counted<GameNumbers>>({
    {"total_coins_distributed",
     &GameNumbers::total_coins_distributed,
     {"SELECT CAST(COALESCE(SUM(total_earned), 0) AS BIGINT) FROM user_wallet"}},
    {"total_xp_distributed",
     &GameNumbers::total_xp_distributed,
     {"SELECT CAST(COALESCE(SUM(total_xp), 0) AS BIGINT) FROM user_progress"}},
    {"achievements_earned", &GameNumbers::achievements_earned, {"SELECT COUNT(*) FROM user_achievements"}},
    {"total_purchases", &GameNumbers::total_purchases, {"SELECT COUNT(*) FROM user_purchases"}},
    {"ledger_entries", &GameNumbers::ledger_entries, {"SELECT COUNT(*) FROM points_ledger"}},
});

constexpr Sql kOnboarding{R"sql(
  SELECT status, COUNT(*) FROM user_onboarding_state GROUP BY status ORDER BY status)sql"};
constexpr Sql kRecentUsers{R"sql(
  SELECT id, email, name, role, approved, created_at FROM users ORDER BY created_at DESC, id DESC LIMIT 10)sql"};
constexpr Sql kRecentEvents{R"sql(
  SELECT a.event_type, a.created_at, u.id, u.email, u.name
    FROM audit_log a LEFT JOIN users u ON u.id = COALESCE(a.subject_user_id, a.actor_user_id)
   ORDER BY a.created_at DESC, a.id DESC LIMIT 20)sql"};
constexpr Sql kSignups{R"sql(SELECT COUNT(*) FROM users WHERE created_at >= $1)sql"};
constexpr Sql kProviders{R"sql(
  SELECT 'password', COUNT(*) FROM password_credentials
  UNION ALL SELECT provider, COUNT(*) FROM accounts GROUP BY provider)sql"};

using Warnings = std::vector<std::string>;

// What `count` gives; nothing, and a warning, when the database refuses it.
template <class Work>
void try_to(Context& ctx, std::string_view name, Warnings& warnings, Work count) {
  try {
    ctx.db.attempt([&] { count(); });
  } catch (const Error&) {
    warnings.push_back(fmt::format("{} could not be counted", name));
  }
}

template <class Group, std::size_t n>
void count_all(Context& ctx, const std::array<Counted<Group>, n>& table, Group& group, Warnings& warnings) {
  for (const Counted<Group>& row : table) {
    try_to(ctx, row.name, warnings, [&] {
      group.*row.number = row.since.count() == 0 ? ctx.db.one<std::int64_t>(row.statement)
                                                 : ctx.db.one<std::int64_t>(row.statement, ctx.now - row.since);
    });
  }
}

void count_users(Context& ctx, UserNumbers& group, Warnings& warnings) {
  count_all(ctx, kUsers, group, warnings);
  const std::string& terms = ctx.config.tos_current_version;
  if (terms.empty()) {
    group.tos_accepted = group.total_users;
  } else {
    try_to(ctx, "tos_accepted", warnings,
           [&] { group.tos_accepted = ctx.db.one<std::int64_t>(kAcceptedTerms, terms); });
  }
}

}  // namespace

Numbers numbers(Context& ctx, const Nothing&) {
  Numbers out;
  count_users(ctx, out.users, out.warnings);
  count_all(ctx, kContent, out.content, out.warnings);
  count_all(ctx, kActivity, out.activity, out.warnings);
  count_all(ctx, kGame, out.gamification, out.warnings);
  try_to(ctx, "onboarding", out.warnings, [&] { out.onboarding = ctx.db.query<StatusCount>(kOnboarding); });
  try_to(ctx, "recent_users", out.warnings, [&] { out.recent_users = ctx.db.query<RecentUser>(kRecentUsers); });
  try_to(ctx, "recent_events", out.warnings, [&] { out.recent_events = ctx.db.query<RecentEvent>(kRecentEvents); });
  return out;
}

UserStats user_stats(Context& ctx, const Nothing&) {
  UserStats out;
  count_users(ctx, out, out.warnings);
  out.pending = out.pending_approval;
  try_to(ctx, "signups_7d", out.warnings,
         [&] { out.signups_7d = ctx.db.one<std::int64_t>(kSignups, ctx.now - hours(24 * 7)); });
  try_to(ctx, "by_provider", out.warnings, [&] { out.by_provider = ctx.db.query<ProviderCount>(kProviders); });
  return out;
}

void add_stats_operations(Catalogue& c) {
  c.add("admin.stats", Get("/admin/stats"), Access::admin, Effect::read, &numbers, "Numbers about everybody.")
      .needs("analytics:view");
  c.add("admin.users.stats", Get("/admin/users/stats"), Access::admin, Effect::read, &user_stats,
        "Numbers about accounts.")
      .needs("analytics:view");
}

}  // namespace ignition::admin
