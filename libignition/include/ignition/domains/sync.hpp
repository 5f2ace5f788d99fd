// What other devices of a user need to know: seven sections, each with a hash of its content, so that a poll tells what
// has changed, also by time alone. Rules Y1 to Y6.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/focus.hpp"
#include "ignition/rules/today.hpp"

namespace ignition::sync {

struct Progress {
  std::int64_t level = 1;
  std::int64_t total_xp = 0;
  std::int64_t xp_into_level = 0;
  std::int64_t xp_level_size = 100;
  std::int64_t xp_remaining = 100;
  std::int64_t level_progress_percent = 0;
  std::int64_t coins = 0;
  std::int64_t streak_days = 0;  // of daily_activity, settled now
};
BOOST_DESCRIBE_STRUCT(Progress, (),
                      (level, total_xp, xp_into_level, xp_level_size, xp_remaining, level_progress_percent, coins,
                       streak_days))

struct Badges {
  std::int64_t unread_inbox = 0;
  std::int64_t active_quests = 0;
  std::int64_t pending_habits = 0;
  std::int64_t overdue_items = 0;
};
BOOST_DESCRIBE_STRUCT(Badges, (), (unread_inbox, active_quests, pending_habits, overdue_items))

struct FocusStatus {
  std::optional<focus::Session> active_session;  // active or paused, not expired
  std::optional<focus::PauseState> pause_state;
};
BOOST_DESCRIBE_STRUCT(FocusStatus, (), (active_session, pause_state))

struct PlanStatus {
  bool has_plan = false;
  std::int64_t completed = 0;
  std::int64_t total = 0;
  std::int64_t percent_complete = 0;
};
BOOST_DESCRIBE_STRUCT(PlanStatus, (), (has_plan, completed, total, percent_complete))

struct User {
  Uuid id;
  std::string email;
  std::string name;
  std::optional<std::string> image;
  std::string theme;
  bool tos_accepted = false;
  std::vector<std::string> pending_gates;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, email, name, image, theme, tos_accepted, pending_gates))

struct VaultLock {
  std::optional<Instant> locked_at;
  std::optional<std::string> lock_reason;
};
BOOST_DESCRIBE_STRUCT(VaultLock, (), (locked_at, lock_reason))

struct TodayState {
  rules::ResolvedState resolved_state = rules::ResolvedState::default_;
  rules::EntryMode entry_mode = rules::EntryMode::standard;
  bool reduced_mode = false;
  bool soft_landing = false;
  rules::Momentum momentum = rules::Momentum::pending;
  std::string today_etag;
};
BOOST_DESCRIBE_STRUCT(TodayState, (), (resolved_state, entry_mode, reduced_mode, soft_landing, momentum, today_etag))

struct PollSince {
  std::optional<Text<0, 2000>> since;  // the `since` of the last answer; any other text asks for everything
};
BOOST_DESCRIBE_STRUCT(PollSince, (), (since))

// A section is null when its hash is the one in `since`; `today` also while a gate of the account is closed.
struct Poll {
  std::optional<Progress> progress;
  std::optional<Badges> badges;
  std::optional<FocusStatus> focus;
  std::optional<PlanStatus> plan;
  std::optional<User> user;
  std::optional<VaultLock> vault_lock;
  std::optional<TodayState> today;
  Map<std::string> versions;
  std::vector<std::string> changed;
  std::string since;  // to send next time
  Instant server_time;
  std::string etag;
};
BOOST_DESCRIBE_STRUCT(Poll, (),
                      (progress, badges, focus, plan, user, vault_lock, today, versions, changed, since, server_time,
                       etag))

Poll poll(Context& ctx, const PollSince& in);

struct AskChanges {
  std::optional<Map<std::string>> client_versions;  // section: hash
  Or<bool, true> include_data;
};
BOOST_DESCRIBE_STRUCT(AskChanges, (), (client_versions, include_data))

struct Changes {
  Map<Json> updates;  // the sections that differ: their content, or true
  Map<std::string> versions;
  Instant server_time;
};
BOOST_DESCRIBE_STRUCT(Changes, (), (updates, versions, server_time))

Changes changes(Context& ctx, const AskChanges& in);

struct State {
  Map<std::string> versions;
  Instant server_time;
};
BOOST_DESCRIBE_STRUCT(State, (), (versions, server_time))

State state(Context& ctx, const Nothing& in);

Progress progress(Context& ctx, const Nothing& in);
Badges badges(Context& ctx, const Nothing& in);
FocusStatus focus_status(Context& ctx, const Nothing& in);
PlanStatus plan_status(Context& ctx, const Nothing& in);

// The signed-in session; without one (local user, host program) its times are null.
struct Session {
  Uuid user_id;
  bool authenticated = true;
  std::optional<Instant> created_at;
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(Session, (), (user_id, authenticated, created_at, expires_at))

struct SessionAnswer {
  Session session;
};
BOOST_DESCRIBE_STRUCT(SessionAnswer, (), (session))

SessionAnswer session(Context& ctx, const Nothing& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::sync
