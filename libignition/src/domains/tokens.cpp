// Refresh tokens. Only their SHA-256 is stored.
#include "ignition/domains/tokens.hpp"

#include <algorithm>

#include "domains/mail.hpp"
#include "ignition/access_tokens.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/rules/sessions.hpp"
#include "ignition/secrets.hpp"

namespace ignition::tokens {
namespace {

constexpr std::size_t kRefreshBytes = 64;
constexpr std::chrono::seconds kListedOn{60};  // after the end of a token that was killed

// Whose a token is, before anything is locked. On a cluster this asks every machine, once per quarter of an hour and
// device (data-model rule 10.4).
constexpr Sql kPlace{R"sql(SELECT user_id, session_id FROM refresh_tokens WHERE token_hash = $1)sql"};
constexpr Sql kFind{R"sql(
  SELECT r.id, r.parent_id, r.session_id, r.expires_at, r.consumed_at, r.child_used, x.absolute_expires_at,
         x.last_active_at, x.revoked_at, u.email, u.disabled_at
    FROM refresh_tokens r
    JOIN sessions x ON x.user_id = r.user_id AND x.id = r.session_id
    JOIN users u ON u.id = r.user_id
   WHERE r.user_id = $1 AND r.token_hash = $2)sql"};
constexpr Sql kConsume{R"sql(
  UPDATE refresh_tokens SET consumed_at = $3 WHERE user_id = $1 AND id = $2 AND consumed_at IS NULL)sql"};
constexpr Sql kChildUsed{R"sql(UPDATE refresh_tokens SET child_used = TRUE WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kSessionUsed{R"sql(
  UPDATE sessions SET expires_at = $3, last_active_at = $4, last_ip = $5, updated_at = $4
   WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kRevoke{R"sql(
  INSERT INTO revoked_tokens (jti, user_id, expires_at, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING)sql"};

struct Row {
  static constexpr std::string_view table = "refresh_tokens";
  Uuid user_id;
  Uuid id;
  Uuid session_id;
  std::string token_hash;
  std::optional<Uuid> parent_id;
  Instant expires_at;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Row, (), (user_id, id, session_id, token_hash, parent_id, expires_at, created_at))

struct Place {
  Uuid user_id;
  Uuid session_id;
};
BOOST_DESCRIBE_STRUCT(Place, (), (user_id, session_id))

struct Found {
  Uuid id;
  std::optional<Uuid> parent_id;
  Uuid session_id;
  Instant expires_at;
  std::optional<Instant> consumed_at;
  bool child_used = false;
  Instant absolute_expires_at;
  Instant last_active_at;
  std::optional<Instant> revoked_at;
  std::string email;
  std::optional<Instant> disabled_at;
};
BOOST_DESCRIBE_STRUCT(Found, (),
                      (id, parent_id, session_id, expires_at, consumed_at, child_used, absolute_expires_at,
                       last_active_at, revoked_at, email, disabled_at))

constexpr std::string_view kUses = "ignition_token_refresh_total";

Error refused(Context& ctx, std::string_view reason, std::string outcome = "refused") {
  ctx.reply.counted_refusals.push_back({kUses, std::move(outcome)});
  return Error(Code::UNAUTHORIZED, "Sign in again.").because(std::string(reason));
}

// Where tokens go. A host program gets them in both ways, and hands on what it likes.
struct Ways {
  bool body = false;
  bool cookies = false;
};

std::int64_t seconds_until(const Context& ctx, Instant end) {
  return std::chrono::duration_cast<std::chrono::seconds>(end - ctx.now).count();
}

void order_cookies(Context& ctx, const Tokens& made, std::string access, std::string refresh) {
  using Jar = CookieOrder::Jar;
  ctx.reply.cookies.push_back({.jar = Jar::access_token,
                               .session = made.session_id,
                               .value = std::move(access),
                               .max_age = std::chrono::seconds(made.expires_in)});
  ctx.reply.cookies.push_back({.jar = Jar::refresh_token,
                               .value = std::move(refresh),
                               .max_age = std::chrono::seconds(made.refresh_expires_in)});
}

Tokens issue(Context& ctx, const Family& family, const std::optional<Uuid>& parent, Ways ways) {
  std::string refresh = fresh_token(ctx.random, kRefreshBytes);
  const Row row{.user_id = family.user,
                .id = ctx.new_id(),
                .session_id = family.session,
                .token_hash = token_hash(refresh),
                .parent_id = parent,
                .expires_at = refresh_end(ctx, family.absolute_end),
                .created_at = ctx.now};
  ctx.db.insert(row);
  const Instant access_end = ctx.now + std::chrono::minutes(ctx.config.access_token_minutes);
  std::string access = AccessTokens(ctx.config)
                           .sign({.user = family.user,
                                  .session = family.session,
                                  .id = ctx.new_id(),
                                  .issued_at = ctx.now,
                                  .expires_at = access_end});
  Tokens made{.access_token = {},
              .refresh_token = {},
              .expires_in = seconds_until(ctx, access_end),
              .refresh_expires_in = seconds_until(ctx, row.expires_at),
              .session_id = family.session};
  if (ways.body) {
    made.access_token = access;
    made.refresh_token = refresh;
  }
  if (ways.cookies) order_cookies(ctx, made, std::move(access), std::move(refresh));
  return made;
}

bool is_live(const Context& ctx, const Found& token) {
  return !token.revoked_at && !token.disabled_at && ctx.now < token.expires_at &&
         rules::is_within(token.absolute_expires_at, token.last_active_at, ctx.now, ctx.config.auth_session_idle);
}

// Whether a token that was used before may be used again: its answer got lost, or another tab had it.
bool is_retry(const Context& ctx, const Found& token) {
  return !token.child_used && ctx.now - *token.consumed_at <= ctx.config.auth_refresh_grace;
}

void consume(Context& ctx, const Uuid& user, const Found& token) {
  // Nobody else can be here, for the user is locked; the condition holds even without that.
  if (ctx.db.execute(kConsume, user, token.id, ctx.now) == 0) throw write_conflict();
  if (token.parent_id) ctx.db.execute(kChildUsed, user, *token.parent_id);
}

// Somebody has a token that its owner used before, or the owner one that somebody else did: both lose it. The call
// fails, and this stays.
void end_stolen(Context& ctx, const Uuid& user, const Found& token) {
  sessions::end(ctx, user, token.session_id, "reuse_detected");
  audit::record(ctx, {.event_type = "refresh_reuse",
                      .action = audit::Action::deny,
                      .status = audit::Status::denied,
                      .subject = user,
                      .resource_type = "session",
                      .resource_id = token.session_id.text()});
  mail::order(ctx, {.to = token.email, .template_name = "sessions_revoked"});
  ctx.db.commit();
}

std::string_view shown_token(const Context& ctx, const std::optional<Text<1, 4096>>& in_body) {
  return in_body ? std::string_view(in_body->value) : std::string_view(ctx.caller.origin.refresh_cookie);
}

}  // namespace

Instant refresh_end(const Context& ctx, Instant absolute_end) {
  return std::min(ctx.now + std::chrono::hours(24) * ctx.config.refresh_token_days, absolute_end);
}

Tokens begin(Context& ctx, const Family& family) {
  const bool native = ctx.caller.origin.native;
  return issue(ctx, family, {}, {.body = native || ctx.caller.credential == Credential::system, .cookies = !native});
}

Tokens refresh(Context& ctx, const Refresh& in) {
  const std::string_view shown = shown_token(ctx, in.refresh_token);
  if (shown.empty()) throw refused(ctx, "refresh_missing");
  const std::string hash = token_hash(shown);
  const auto place = ctx.db.maybe<Place>(kPlace, hash);
  if (!place) throw refused(ctx, "refresh_invalid");
  const Uuid user = place->user_id;
  ctx.db.lock_user(user);
  const auto token = ctx.db.maybe<Found>(kFind, user, hash);
  if (!token || !is_live(ctx, *token)) throw refused(ctx, "refresh_invalid");
  if (!token->consumed_at) {
    consume(ctx, user, *token);
  } else if (!is_retry(ctx, *token)) {
    end_stolen(ctx, user, *token);
    ctx.reply.counted_refusals.push_back({"ignition_refresh_reuse_total", {}});
    throw refused(ctx, "refresh_reused", "reused");
  }
  const Family family{.user = user, .session = token->session_id, .absolute_end = token->absolute_expires_at};
  const std::string& ip = ctx.caller.origin.ip_address;
  ctx.db.execute(kSessionUsed, user, family.session, refresh_end(ctx, family.absolute_end), ctx.now,
                 ip.empty() ? std::nullopt : std::optional(ip));
  ctx.count(kUses, "success");
  return issue(ctx, family, token->id, {.body = in.refresh_token.has_value(), .cookies = !in.refresh_token});
}

Located locate(Context& ctx, const Locate& in) {
  const auto place = ctx.db.maybe<Place>(kPlace, in.token_hash.value);
  if (!place) return {};
  return {.user_id = place->user_id, .session_id = place->session_id};
}

void revoke_shown(Context& ctx) {
  const auto& token = ctx.caller.access_token;
  if (!token) return;
  ctx.db.execute(kRevoke, token->id, ctx.caller.user, token->expires_at + kListedOn, std::string_view("logout"));
}

std::optional<Shown> shown_family(Context& ctx, const std::optional<Text<1, 4096>>& in_body) {
  const std::string_view shown = shown_token(ctx, in_body);
  if (shown.empty()) return {};
  const auto place = ctx.db.maybe<Place>(kPlace, token_hash(shown));
  if (!place) return {};
  return Shown{.user = place->user_id, .session = place->session_id};
}

void add_operations(Catalogue& c) {
  c.add("tokens.locate", Internal(), Access::system, Effect::read, &locate, "Whose session has a refresh token.");
  c.add("auth.refresh", Post("/auth/refresh"), Access::public_, Effect::write, &refresh,
        "New tokens for a refresh token, which is good for one use.")
      .takes_refresh_cookie();
}

}  // namespace ignition::tokens
