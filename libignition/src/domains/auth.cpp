// Who the caller is, the gates that they open themselves, and signing out.
#include "ignition/domains/auth.hpp"

#include "ignition/domains/audit.hpp"
#include "ignition/wire.hpp"

namespace ignition::auth {
namespace {

constexpr Sql kAttestAge{R"sql(
  UPDATE users SET age_attested = $2, age_attested_at = $3, updated_at = $3 WHERE id = $1)sql"};
constexpr Sql kAcceptTerms{R"sql(
  UPDATE users SET tos_version = $2, tos_accepted_at = $3, updated_at = $3 WHERE id = $1)sql"};

void store_age(Context& ctx, std::int64_t age) {
  ctx.db.execute(kAttestAge, ctx.user, age, ctx.now);
  audit::record(ctx, {.event_type = "age_verified", .subject = ctx.user});
}

void accept(Context& ctx, const AcceptTerms& in) {
  if (!in.accepted) throw invalid("accepted", "must_be_true", "must be true");
  const std::string& current = ctx.config.tos_current_version;
  if (in.version.value != current) {
    throw conflict("version_not_current", "These are not the current terms.").with("current", current);
  }
  ctx.db.execute(kAcceptTerms, ctx.user, current, ctx.now);
  audit::record(ctx, {.event_type = "tos_accepted",
                      .subject = ctx.user,
                      .details = to_json(Map<std::string>{.entries = {{"version", current}}})});
}

// The caller as they stand now, behind a new token.
users::OneUser renewed(Context& ctx) {
  sessions::rotate(ctx);
  return users::profile(ctx, {});
}

void sign_out(Context& ctx, const Uuid& user, const Uuid& session) {
  if (!sessions::end(ctx, user, session, "logout")) return;
  audit::record(ctx, {.event_type = "logout", .action = audit::Action::logout, .subject = user, .actor = user});
}

}  // namespace

WhoIsThere session(Context& ctx, const Nothing&) {
  const Caller& caller = ctx.caller;
  if (caller.credential == Credential::none || caller.credential == Credential::system) return {};
  auto account = users::find(ctx, caller.user);
  if (!account || account->disabled_at) return {};
  WhoIsThere out{.user = std::move(account->user), .session = {}};
  if (caller.session_id) out.session = sessions::find(ctx, caller.user, *caller.session_id);
  return out;
}

users::OneUser me(Context& ctx, const Nothing& in) { return users::profile(ctx, in); }

SignedOut logout(Context& ctx, const Logout& in) {
  sessions::clear_cookies(ctx);
  const Caller& caller = ctx.caller;
  if (caller.session_id) {
    ctx.db.lock_user(caller.user);
    tokens::revoke_shown(ctx);
    sign_out(ctx, caller.user, *caller.session_id);
  }
  const auto family = tokens::shown_family(ctx, in.refresh_token);
  if (family && family->session != caller.session_id) {
    ctx.db.lock_user(family->user);
    sign_out(ctx, family->user, family->session);
  }
  return {};
}

sessions::OneSession rotate_session(Context& ctx, const Nothing&) {
  if (ctx.caller.credential != Credential::session || !ctx.caller.session_id) {
    throw conflict("no_cookie_session", "Only a session of a cookie has a token to replace.");
  }
  sessions::rotate(ctx);
  return {sessions::find(ctx, ctx.user, *ctx.caller.session_id).value()};
}

users::OneUser verify_age(Context& ctx, const VerifyAge& in) {
  return attest_age(ctx, {.is_of_age = in.is_of_age, .age = {}});
}

users::OneUser attest_age(Context& ctx, const AttestAge& in) {
  if (!in.is_of_age) {
    audit::record_refusal(ctx, {.event_type = "age_denied",
                                .action = audit::Action::deny,
                                .status = audit::Status::denied,
                                .subject = ctx.user});
    throw forbidden("under_age", "This product is for people who are older.");
  }
  store_age(ctx, in.age ? in.age->value() : ctx.config.auth_min_age);
  return renewed(ctx);
}

Terms terms(Context& ctx, const Nothing&) {
  const auto& version = ctx.principal.tos_version;
  const std::string& current = ctx.config.tos_current_version;
  return {.accepted = current.empty() || version == current, .version = version, .current = current};
}

users::OneUser accept_terms(Context& ctx, const AcceptTerms& in) {
  accept(ctx, in);
  return renewed(ctx);
}

users::OneUser accept_terms_with_age(Context& ctx, const AcceptTerms& in) {
  accept(ctx, in);
  const bool younger = ctx.principal.age_attested.value_or(0) < ctx.config.auth_min_age;
  if (ctx.config.auth_tos_implies_age && younger) store_age(ctx, ctx.config.auth_min_age);
  return renewed(ctx);
}

void add_operations(Catalogue& c) {
  c.add("auth.session", Get("/auth/session"), Access::public_, Effect::read, &session,
        "The caller's account and session; both null for an anonymous caller.");
  c.add("auth.me", Get("/auth/me"), Access::any, Effect::read, &me, "The caller's account.");
  c.add("auth.logout", Post("/auth/logout"), Access::public_, Effect::write, &logout,
        "Signs out; well also for who is not signed in.")
      .takes_refresh_cookie()
      .also_for_dead_credentials();
  c.add("auth.rotate_session", Post("/auth/rotate-session"), Access::any, Effect::write, &rotate_session,
        "Gives the caller's session a new token.");
  c.add("auth.verify_age", Post("/auth/verify-age"), Access::any, Effect::write, &verify_age,
        "Attests the least age that the product asks for.");
  c.add("auth.attest_age", Internal(), Access::any, Effect::write, &attest_age,
        "Attests an age as existing clients do, some of which ask for their own.");
  c.add("auth.terms", Internal(), Access::any, Effect::read, &terms, "Which terms there are, and which were accepted.");
  c.add("auth.accept_tos", Post("/auth/accept-tos"), Access::any, Effect::write, &accept_terms,
        "Accepts the current terms.");
  c.add("auth.accept_tos_with_age", Internal(), Access::any, Effect::write, &accept_terms_with_age,
        "Accepts the current terms as existing clients do, whose terms contain the age clause.");
}

}  // namespace ignition::auth
