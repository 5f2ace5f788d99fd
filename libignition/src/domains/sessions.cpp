// Sessions. Times and labels: rules/sessions.hpp. Where a token is found: domains/directory.hpp.
#include "ignition/domains/sessions.hpp"

#include <algorithm>
#include <array>

#include "domains/directory.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/roles.hpp"
#include "ignition/rules/sessions.hpp"
#include "ignition/secrets.hpp"

namespace ignition::sessions {
namespace {

constexpr std::string_view kKind = "session";  // in the directory
constexpr std::int64_t kMostLive = 50;

#define IGNITION_SESSION_COLUMNS                                                                                 \
  "id, kind, auth_method, mfa, label, user_agent, ip_address, last_ip, created_at, last_active_at, expires_at, " \
  "absolute_expires_at, auth_time, FALSE"

constexpr Sql kFind{"SELECT " IGNITION_SESSION_COLUMNS
                    " FROM sessions WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL"};
constexpr Sql kKnown{"SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND id = $2"};
// Live at $2, used at $3 or later.
constexpr Sql kPage{
    "SELECT " IGNITION_SESSION_COLUMNS
    " FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_active_at >= $3"
    " ORDER BY last_active_at DESC, id DESC LIMIT $4 OFFSET $5"};
constexpr Sql kCount{R"sql(
  SELECT COUNT(*) FROM sessions
   WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_active_at >= $3)sql"};
// The one used least recently comes last.
constexpr Sql kBeyond{R"sql(
  SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
   ORDER BY last_active_at DESC, id DESC LIMIT 1000 OFFSET $3)sql"};
constexpr Sql kRename{R"sql(
  UPDATE sessions SET label = $3, updated_at = $4 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kEnd{R"sql(
  UPDATE sessions SET revoked_at = $3, revoke_reason = $4, updated_at = $3
   WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kEndOthers{R"sql(
  UPDATE sessions SET revoked_at = $3, revoke_reason = $4, updated_at = $3
   WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL)sql"};
constexpr Sql kRotate{R"sql(
  UPDATE sessions
     SET previous_token_hash = token_hash, previous_valid_until = $3, token_hash = $4, rotate_required = NULL,
         rotation_count = rotation_count + 1, auth_time = $5, updated_at = $6
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kConfirmed{R"sql(
  UPDATE sessions SET auth_time = $3, updated_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kWantRotation{R"sql(
  UPDATE sessions SET rotate_required = $2, updated_at = $3
   WHERE user_id = $1 AND kind = 'cookie' AND revoked_at IS NULL AND expires_at > $3)sql"};
constexpr Sql kTouch{R"sql(
  UPDATE sessions SET last_active_at = $3, last_ip = $4, expires_at = $5
   WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kSeen{R"sql(UPDATE users SET last_seen_at = $2 WHERE id = $1)sql"};
constexpr Sql kTokens{R"sql(
  SELECT token_hash, rotate_required, auth_time, expires_at, absolute_expires_at
    FROM sessions WHERE user_id = $1 AND id = $2 AND kind = 'cookie' AND revoked_at IS NULL)sql"};

struct Row {
  static constexpr std::string_view table = "sessions";
  Uuid user_id;
  Uuid id;
  std::string kind;
  std::optional<std::string> token_hash;
  std::string auth_method;
  Instant auth_time;
  Instant expires_at;
  Instant absolute_expires_at;
  Instant last_active_at;
  std::optional<std::string> ip_address;
  std::optional<std::string> last_ip;
  std::optional<std::string> user_agent;
  std::optional<std::string> label;
  std::string client_type;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (user_id, id, kind, token_hash, auth_method, auth_time, expires_at, absolute_expires_at,
                       last_active_at, ip_address, last_ip, user_agent, label, client_type, created_at, updated_at))

struct Tokens {
  std::string token_hash;
  std::optional<std::string> rotate_required;
  Instant auth_time;
  Instant expires_at;
  Instant absolute_expires_at;
};
BOOST_DESCRIBE_STRUCT(Tokens, (), (token_hash, rotate_required, auth_time, expires_at, absolute_expires_at))

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void order_cookie(Context& ctx, const Uuid& session, const std::string& token, Instant expires_at) {
  ctx.reply.cookies.push_back({.session = session,
                               .value = token,
                               .max_age = std::chrono::duration_cast<std::chrono::seconds>(expires_at - ctx.now)});
}

// The earliest last use of a session that is still good.
Instant oldest_use(const Context& ctx) {
  const auto idle = ctx.config.auth_session_idle;
  return idle.count() == 0 ? Instant{0} : ctx.now - idle;
}

Session existing(Context& ctx, const Uuid& id) {
  auto session = find(ctx, ctx.user, id);
  if (!session) throw not_found("session");
  return std::move(*session);
}

// Gives the session a new token; the old one stays good until `overlap` is over.
std::string replace_token(Context& ctx, const directory::Place& place, const Tokens& before, Instant auth_time,
                          std::chrono::seconds overlap) {
  std::string token = fresh_token(ctx.random);
  const std::string hash = token_hash(token);
  const Instant valid_until = ctx.now + overlap;
  ctx.db.execute(kRotate, place.user_id, place.ref_id, valid_until, hash, auth_time, ctx.now);
  directory::forget(ctx, kKind, place);
  directory::enter(ctx, kKind, before.token_hash, place, valid_until + rules::kRotationTold);
  directory::enter(ctx, kKind, hash, place, before.absolute_expires_at);
  audit::record(ctx, {.event_type = "session_rotated",
                      .subject = place.user_id,
                      .resource_type = "session",
                      .resource_id = place.ref_id.text()});
  return token;
}

void record_end(Context& ctx, const Uuid& user, const std::string& which, std::string_view reason) {
  ctx.count("ignition_sessions_revoked_total", std::string(reason));
  audit::record(ctx, {.event_type = "session_revoked",
                      .action = audit::Action::delete_,
                      .subject = user,
                      .resource_type = "session",
                      .resource_id = which,
                      .details = fmt::format(R"({{"reason":"{}"}})", reason)});
}

}  // namespace

bool AuthMethodFormat::accepts(std::string_view text) {
  constexpr auto kAll =
      std::to_array<std::string_view>({"google", "azure-ad", "password", "passkey", "local", "device"});
  return std::ranges::find(kAll, text) != kAll.end();
}

NewSession start(Context& ctx, const SignIn& in) {
  const Origin& origin = ctx.caller.origin;
  const bool gets_tokens = origin.native || ctx.config.auth_web_delivery == WebDelivery::tokens;
  const Instant absolute_end = ctx.now + ctx.config.auth_session_absolute;
  const Instant expires_at = gets_tokens ? tokens::refresh_end(ctx, absolute_end)
                                         : std::min(ctx.now + ctx.config.auth_session_ttl, absolute_end);
  Row row{.user_id = in.user,
          .id = ctx.new_id(),
          .kind = gets_tokens ? "token" : "cookie",
          .token_hash = {},
          .auth_method = std::string(in.auth_method),
          .auth_time = ctx.now,
          .expires_at = expires_at,
          .absolute_expires_at = absolute_end,
          .last_active_at = ctx.now,
          .ip_address = unless_empty(origin.ip_address),
          .last_ip = unless_empty(origin.ip_address),
          .user_agent = unless_empty(origin.user_agent),
          .label = in.label ? in.label : rules::device_label(origin.user_agent),
          .client_type = origin.native ? "native" : "web",
          .created_at = ctx.now,
          .updated_at = ctx.now};
  const std::string token = gets_tokens ? std::string() : fresh_token(ctx.random);
  if (!gets_tokens) row.token_hash = token_hash(token);
  ctx.db.insert(row);
  ctx.count("ignition_sessions_created_total", row.kind);
  if (row.token_hash) {
    directory::enter(ctx, kKind, *row.token_hash, {.user_id = row.user_id, .ref_id = row.id}, absolute_end);
  }
  roles::signed_in(ctx, in.user);
  for (const Uuid& beyond : ctx.db.query<Uuid>(kBeyond, in.user, ctx.now, kMostLive)) {
    end(ctx, in.user, beyond, "limit");
  }
  audit::record(ctx, {.event_type = "session_created",
                      .action = audit::Action::create,
                      .subject = in.user,
                      .resource_type = "session",
                      .resource_id = row.id.text()});
  NewSession made{.session = find(ctx, in.user, row.id).value(), .token = token, .tokens = {}};
  if (gets_tokens) {
    made.tokens = tokens::begin(ctx, {.user = row.user_id, .session = row.id, .absolute_end = absolute_end});
  } else {
    order_cookie(ctx, row.id, token, row.expires_at);
  }
  return made;
}

std::optional<Session> find(Context& ctx, const Uuid& user, const Uuid& id) {
  auto session = ctx.db.maybe<Session>(kFind, user, id);
  if (session) session->current = ctx.caller.session_id == id;
  return session;
}

void rotate(Context& ctx, bool signed_in_again) {
  if (!ctx.caller.session_id) return;
  if (ctx.caller.credential == Credential::jwt) {
    if (signed_in_again) ctx.db.execute(kConfirmed, ctx.caller.user, *ctx.caller.session_id, ctx.now);
    return;
  }
  if (ctx.caller.credential != Credential::session) return;
  const directory::Place place{.user_id = ctx.caller.user, .ref_id = *ctx.caller.session_id};
  const auto before = ctx.db.maybe<Tokens>(kTokens, place.user_id, place.ref_id);
  if (!before) return;
  const auto token =
      replace_token(ctx, place, *before, signed_in_again ? ctx.now : before->auth_time, std::chrono::seconds(0));
  order_cookie(ctx, place.ref_id, token, before->expires_at);
}

std::int64_t want_rotation(Context& ctx, const Uuid& user, std::string_view reason) {
  return ctx.db.execute(kWantRotation, user, reason, ctx.now);
}

bool end(Context& ctx, const Uuid& user, const Uuid& id, std::string_view reason) {
  if (ctx.db.execute(kEnd, user, id, ctx.now, reason) == 0) return false;
  directory::forget(ctx, kKind, {.user_id = user, .ref_id = id});
  record_end(ctx, user, id.text(), reason);
  return true;
}

std::int64_t end_others(Context& ctx, const Uuid& user, const Uuid& kept, std::string_view reason) {
  const std::int64_t ended = ctx.db.execute(kEndOthers, user, kept, ctx.now, reason);
  if (ended == 0) return 0;
  directory::forget_others(ctx, kKind, {.user_id = user, .ref_id = kept});
  record_end(ctx, user, "", reason);
  return ended;
}

void clear_cookies(Context& ctx) {
  if (ctx.caller.origin.native) return;  // it has no jar
  using Jar = CookieOrder::Jar;
  for (const Jar jar : {Jar::session, Jar::access_token, Jar::refresh_token}) ctx.reply.cookies.push_back({.jar = jar});
}

NewSession create(Context& ctx, const CreateSession& in) {
  ctx.db.lock_user(in.user_id);
  return start(ctx, {.user = in.user_id,
                     .auth_method = in.auth_method.value,
                     .label = in.label ? std::optional(in.label->value) : std::nullopt});
}

Located locate(Context& ctx, const Locate& in) {
  const auto place = directory::find(ctx, kKind, in.token_hash.value);
  if (!place) return {};
  return {.user_id = place->user_id, .id = place->ref_id};
}

Touched touch(Context& ctx, const Touch& in) {
  ctx.db.lock_user(in.user_id);
  const auto session = find(ctx, in.user_id, in.id);
  if (!session || in.at - session->last_active_at < rules::kUseStoredEvery) return {};
  // A session of tokens lives as long as its newest refresh token.
  const Instant end = session->kind == "token" ? session->expires_at
                                               : rules::slid_end(session->expires_at, session->absolute_expires_at,
                                                                 in.at, ctx.config.auth_session_ttl);
  ctx.db.execute(kTouch, in.user_id, in.id, in.at, in.ip ? std::optional(in.ip->value) : session->last_ip, end);
  ctx.db.execute(kSeen, in.user_id, in.at);
  return {.stored = true};
}

Renewed renew(Context& ctx, const Renew& in) {
  ctx.db.lock_user(in.user_id);
  const auto before = ctx.db.maybe<Tokens>(kTokens, in.user_id, in.id);
  if (!before || !before->rotate_required) return {};
  return {.token = replace_token(ctx, {.user_id = in.user_id, .ref_id = in.id}, *before, before->auth_time,
                                 rules::kRotationOverlap),
          .expires_at = before->expires_at};
}

Sessions list(Context& ctx, const ListSessions& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  const Instant oldest = oldest_use(ctx);
  Sessions out{.sessions = ctx.db.query<Session>(kPage, ctx.user, ctx.now, oldest, size, (page - 1) * size),
               .total = ctx.db.one<std::int64_t>(kCount, ctx.user, ctx.now, oldest),
               .page = page,
               .page_size = size};
  for (Session& session : out.sessions) session.current = ctx.caller.session_id == session.id;
  return out;
}

OneSession rename(Context& ctx, const RenameSession& in) {
  ctx.db.execute(kRename, ctx.user, in.id, in.label.value, ctx.now);
  return {existing(ctx, in.id)};
}

Revoked revoke(Context& ctx, const ById& in) {
  if (ctx.db.one<std::int64_t>(kKnown, ctx.user, in.id) == 0) throw not_found("session");
  end(ctx, ctx.user, in.id, "user");
  if (ctx.caller.session_id == in.id) clear_cookies(ctx);
  return {};
}

RevokedCount revoke_others(Context& ctx, const Nothing&) {
  return {end_others(ctx, ctx.user, ctx.caller.session_id.value_or(Uuid{}), "user")};
}

void add_operations(Catalogue& c) {
  c.add("sessions.create", Internal(), Access::system, Effect::write, &create,
        "Signs in somebody whom the host program knows.");
  c.add("sessions.locate", Internal(), Access::system, Effect::read, &locate, "Whose session has a token.");
  c.add("sessions.touch", Internal(), Access::system, Effect::write, &touch, "Notes that a session was used.");
  c.add("sessions.renew", Internal(), Access::system, Effect::write, &renew,
        "Gives a session a new token when it wants one.");
  c.add("sessions.list", Get("/user/sessions"), Access::any, Effect::read, &list, "Signed-in devices.");
  c.add("sessions.rename", Patch("/user/sessions/{id}"), Access::user, Effect::write, &rename, "Names a device.");
  c.add("sessions.revoke", Delete("/user/sessions/{id}"), Access::any, Effect::write, &revoke, "Signs a device out.");
  c.add("sessions.revoke_others", Post("/user/sessions/revoke-others"), Access::any, Effect::write, &revoke_others,
        "Signs out all devices but this one.");
}

}  // namespace ignition::sessions
