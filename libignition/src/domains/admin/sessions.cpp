// Everybody's signed-in devices.
#include "ignition/domains/sessions.hpp"

#include "domains/admin/parts.hpp"

namespace ignition::admin {

struct ListSessions {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 500>, 20> page_size;
  std::optional<Uuid> user_id;
};
BOOST_DESCRIBE_STRUCT(ListSessions, (), (page, page_size, user_id))

struct OwnedSession : sessions::Session {
  Uuid user_id;
  std::string user_email;
  std::string user_name;
};
BOOST_DESCRIBE_STRUCT(OwnedSession, (sessions::Session), (user_id, user_email, user_name))

struct OwnedSessions {
  std::vector<OwnedSession> sessions;  // live ones, those that last longest first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(OwnedSessions, (), (sessions, total, page, page_size))

namespace {

#define IGNITION_OWNED_SESSION                                                                                \
  "SELECT s.id, s.kind, s.auth_method, s.mfa, s.label, s.user_agent, s.ip_address, s.last_ip, s.created_at, " \
  "s.last_active_at, s.expires_at, s.absolute_expires_at, s.auth_time, FALSE, s.user_id, u.email, u.name"     \
  "  FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.revoked_at IS NULL AND s.expires_at > $1"
constexpr Sql kPage{IGNITION_OWNED_SESSION " ORDER BY s.expires_at DESC, s.id DESC LIMIT $2 OFFSET $3"};
constexpr Sql kPageOfUser{IGNITION_OWNED_SESSION
                          " AND s.user_id = $4 ORDER BY s.expires_at DESC, s.id DESC LIMIT $2 OFFSET $3"};
constexpr Sql kCount{R"sql(SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL AND expires_at > $1)sql"};
constexpr Sql kCountOfUser{R"sql(
  SELECT COUNT(*) FROM sessions WHERE user_id = $2 AND revoked_at IS NULL AND expires_at > $1)sql"};
constexpr Sql kOwner{R"sql(SELECT user_id FROM sessions WHERE id = $1)sql"};

}  // namespace

OwnedSessions list_sessions(Context& ctx, const ListSessions& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  const std::int64_t skipped = (page - 1) * size;
  OwnedSessions out{.sessions = {}, .total = 0, .page = page, .page_size = size};
  if (in.user_id) {
    out.sessions = ctx.db.query<OwnedSession>(kPageOfUser, ctx.now, size, skipped, *in.user_id);
    out.total = ctx.db.one<std::int64_t>(kCountOfUser, ctx.now, *in.user_id);
  } else {
    out.sessions = ctx.db.query<OwnedSession>(kPage, ctx.now, size, skipped);
    out.total = ctx.db.one<std::int64_t>(kCount, ctx.now);
  }
  for (OwnedSession& session : out.sessions) session.current = ctx.caller.session_id == session.id;
  return out;
}

sessions::Revoked revoke_session(Context& ctx, const ById& in) {
  const auto owner = ctx.db.maybe<Uuid>(kOwner, in.id);
  if (!owner) throw not_found("session");
  ctx.db.lock_user(*owner);
  sessions::end(ctx, *owner, in.id, "admin");
  if (ctx.caller.session_id == in.id) sessions::clear_cookies(ctx);
  return {};
}

void add_session_operations(Catalogue& c) {
  c.add("admin.sessions.list", Get("/admin/sessions"), Access::admin, Effect::read, &list_sessions,
        "Signed-in devices of everybody, or of one user.")
      .needs("admin:users");
  c.add("admin.sessions.revoke", Delete("/admin/sessions/{id}"), Access::admin, Effect::write, &revoke_session,
        "Signs a device of anybody out.")
      .needs("admin:users");
}

}  // namespace ignition::admin
