// A sign-in on its way to the provider and back.
#include "ignition/domains/oauth.hpp"

#include <algorithm>

#include "ignition/domains/audit.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/domains/users.hpp"
#include "ignition/secrets.hpp"
#include "ignition/wire.hpp"

namespace ignition::oauth {
namespace {

using rules::OAuthProvider;

constexpr std::chrono::seconds kStateLives{600};
constexpr std::size_t kChallengeLength = 43;

constexpr Sql kInsertState{R"sql(
  INSERT INTO oauth_states (state_hash, provider, pkce_verifier, nonce, browser_hash, redirect_uri, purpose, user_id,
                            client_type, client_challenge, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))sql"};
constexpr Sql kTakeState{R"sql(
  DELETE FROM oauth_states WHERE state_hash = $1
  RETURNING provider, expires_at, pkce_verifier, nonce, browser_hash, redirect_uri, purpose, user_id, client_challenge,
            created_at)sql"};
constexpr Sql kTakeCode{R"sql(
  DELETE FROM oauth_exchange_codes WHERE code_hash = $1
  RETURNING user_id, session_context, client_challenge, expires_at)sql"};
constexpr Sql kForgetCode{R"sql(DELETE FROM oauth_exchange_codes WHERE code_hash = $1)sql"};
constexpr Sql kSignedIn{R"sql(UPDATE users SET last_login_at = $2 WHERE id = $1)sql"};

struct StateRow {
  std::string provider;
  Instant expires_at;
  std::string pkce_verifier;
  std::string nonce;
  std::string browser_hash;
  std::string redirect_uri;
  Purpose purpose = Purpose::signin;
  std::optional<Uuid> user_id;
  std::optional<std::string> client_challenge;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(StateRow, (),
                      (provider, expires_at, pkce_verifier, nonce, browser_hash, redirect_uri, purpose, user_id,
                       client_challenge, created_at))

struct CodeRow {
  Uuid user_id;
  Json session_context;
  std::string client_challenge;
  Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(CodeRow, (), (user_id, session_context, client_challenge, expires_at))

struct SessionContext {
  std::string method;
};
BOOST_DESCRIBE_STRUCT(SessionContext, (), (method))

OAuthProvider provider_named(std::string_view name) {
  const auto provider = rules::oauth_provider(name);
  if (!provider) throw not_found("provider");
  return *provider;
}

bool is_challenge(std::string_view text) {
  const auto of_base64url = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return text.size() == kChallengeLength && std::ranges::all_of(text, of_base64url);
}

std::optional<std::string> target_of(const Context& ctx, const Begin& in) {
  return rules::redirect_target(in.redirect_uri ? std::string_view(in.redirect_uri->value) : "",
                                in.code_challenge.has_value(),
                                {.frontend_url = ctx.config.frontend_url,
                                 .origins = ctx.config.allowed_origins,
                                 .native_schemes = ctx.config.native_redirect_schemes});
}

void require_challenge(const Context& ctx, const Begin& in) {
  if (in.code_challenge && !is_challenge(in.code_challenge->value)) {
    throw invalid("code_challenge", "malformed", "must be the base64url of a SHA-256, 43 characters");
  }
  if (ctx.caller.origin.native && !in.code_challenge) {
    throw invalid("code_challenge", "required", "is needed by clients that keep their tokens themselves");
  }
}

// Who links or confirms; nobody for a sign-in.
std::optional<Uuid> owner_of(const Context& ctx, Purpose purpose) {
  if (purpose == Purpose::signin) return {};
  if (!ctx.caller.session_id) throw Error(Code::UNAUTHORIZED, "Sign in first.").because("not_signed_in");
  if (purpose == Purpose::link && !ctx.is_fresh) throw forbidden("reauth_required", "Confirm who you are first.");
  return ctx.caller.user;
}

std::string authorization_url(const Context& ctx, OAuthProvider provider, Purpose purpose, const std::string& state,
                              const State& made) {
  const auto client = client_of(ctx.config, provider);
  const auto endpoints = rules::oauth_endpoints(provider, client);
  std::string url = endpoints.authorization;
  const auto add = [&url](std::string_view name, std::string_view value) {
    url = rules::with_parameter(std::move(url), name, value);
  };
  add("response_type", "code");
  add("client_id", client.id);
  add("redirect_uri", callback_url(ctx.config, provider));
  add("scope", endpoints.scope);
  add("state", state);
  add("nonce", made.nonce);
  add("code_challenge", code_challenge(made.pkce_verifier));
  add("code_challenge_method", "S256");
  add("prompt", purpose == Purpose::reauth ? "login" : "select_account");
  if (purpose == Purpose::reauth) add("max_age", "0");
  return url;
}

Begun start(Context& ctx, OAuthProvider provider, const Begin& in, const std::string& target) {
  const auto owner = owner_of(ctx, in.purpose);
  const std::string state = fresh_token(ctx.random);
  const std::string browser = fresh_token(ctx.random);
  const State made{.pkce_verifier = fresh_token(ctx.random),
                   .nonce = fresh_token(ctx.random),
                   .browser_hash = token_hash(browser),
                   .redirect_uri = target,
                   .purpose = in.purpose,
                   .user_id = owner,
                   .client_challenge = in.code_challenge ? std::optional(in.code_challenge->value) : std::nullopt,
                   .created_at = ctx.now};
  const std::string_view client_type = made.client_challenge ? "native" : "web";
  ctx.db.execute(kInsertState, token_hash(state), rules::stored_name(provider), made.pkce_verifier, made.nonce,
                 made.browser_hash, made.redirect_uri, name_of(made.purpose), made.user_id, client_type,
                 made.client_challenge, ctx.now, ctx.now + kStateLives);
  ctx.reply.cookies.push_back({.jar = CookieOrder::Jar::oauth, .value = browser, .max_age = kStateLives});
  ctx.reply.location = authorization_url(ctx, provider, in.purpose, state, made);
  return {.authorization_url = ctx.reply.location};
}

Error invalid_code() { return Error(Code::UNAUTHORIZED, "The code is not valid.").because("invalid_code"); }

}  // namespace

Begun begin(Context& ctx, const Begin& in) {
  const auto provider = provider_named(in.provider.value);
  require_challenge(ctx, in);
  const auto target = target_of(ctx, in);
  if (!target) throw invalid("redirect_uri", "not_allowed", "must lead to a page of this product");
  if (!rules::is_well_formed(provider, client_of(ctx.config, provider))) {
    throw Error(Code::UNAVAILABLE, "This provider is not configured.").because("oauth_not_configured");
  }
  return start(ctx, provider, in, *target);
}

Begun begin_for_page(Context& ctx, const Begin& in) {
  const auto provider = provider_named(in.provider.value);
  require_challenge(ctx, in);
  if (!rules::is_well_formed(provider, client_of(ctx.config, provider))) {
    ctx.reply.location = rules::error_page(ctx.config.frontend_url, rules::OAuthError::OAuthNotConfigured, provider,
                                           ctx.caller.origin.request_id);
    return {.authorization_url = ctx.reply.location};
  }
  return start(ctx, provider, in, target_of(ctx, in).value_or(rules::default_target(ctx.config.frontend_url)));
}

Taken take_state(Context& ctx, const TakeState& in) {
  auto row = ctx.db.maybe<StateRow>(kTakeState, token_hash(in.state.value));
  if (!row || row->expires_at <= ctx.now || row->provider != rules::stored_name(in.provider)) return {};
  return {.state = State{.pkce_verifier = std::move(row->pkce_verifier),
                         .nonce = std::move(row->nonce),
                         .browser_hash = std::move(row->browser_hash),
                         .redirect_uri = std::move(row->redirect_uri),
                         .purpose = row->purpose,
                         .user_id = row->user_id,
                         .client_challenge = std::move(row->client_challenge),
                         .created_at = row->created_at}};
}

tokens::Tokens exchange(Context& ctx, const Exchange& in) {
  if (!ctx.caller.origin.native)
    throw forbidden("native_only", "This is for clients that keep their tokens themselves.");
  const std::string hash = token_hash(in.code.value);
  const auto code = ctx.db.maybe<CodeRow>(kTakeCode, hash);
  if (!code || code->expires_at <= ctx.now) throw invalid_code();
  if (!same_secret(code_challenge(in.code_verifier.value), code->client_challenge)) {
    // Used up all the same, though this refusal stores nothing else.
    ctx.reply.on_refusal.emplace_back([hash](Transaction& db) { db.execute(kForgetCode, hash); });
    throw invalid_code();
  }
  ctx.db.lock_user(code->user_id);
  const auto account = users::find(ctx, code->user_id);
  if (!account || account->disabled_at) throw invalid_code();
  const auto context = from_json<SessionContext>(code->session_context.text, UnknownKeys::ignore);
  auto session = sessions::start(ctx, {.user = code->user_id,
                                       .auth_method = context.method,
                                       .label = in.label ? std::optional(in.label->value) : std::nullopt});
  ctx.db.execute(kSignedIn, code->user_id, ctx.now);
  ctx.count("ignition_logins_total", fmt::format("{}\nsuccess", context.method));
  audit::record(
      ctx, {.event_type = "login", .action = audit::Action::login, .subject = code->user_id, .actor = code->user_id});
  return std::move(session.tokens).value();
}

void add_operations(Catalogue& c) {
  constexpr auto anyone = Access::public_;
  c.add("auth.signin", Get("/auth/signin/{provider}"), anyone, Effect::write, &begin,
        "Sends the browser to a provider to sign in, to link an account there or to confirm who calls.");
  c.add("auth.signin_from_page", Internal(), anyone, Effect::write, &begin_for_page,
        "The same as existing clients want it.");
  c.add("auth.oauth_exchange", Post("/auth/oauth/exchange"), anyone, Effect::write, &exchange,
        "Gives an application its tokens for the code that a sign-in in a browser ended with.");
  c.add("oauth.take_state", Internal(), Access::system, Effect::write, &take_state,
        "The sign-in that a provider answers.");
  c.add("oauth.sign_in", Internal(), Access::system, Effect::write, &sign_in,
        "Signs in the person whom a provider has named.");
  c.add("oauth.link", Internal(), Access::any, Effect::write, &link, "Links an account at a provider.");
  c.add("oauth.confirm", Internal(), Access::any, Effect::write, &confirm,
        "Notes that a provider has confirmed who calls.");
  c.add("accounts.list", Get("/user/accounts"), Access::any, Effect::read, &list, "Linked accounts at providers.");
  c.add("accounts.unlink", Delete("/user/accounts/{id}"), Access::user_recent, Effect::write, &unlink,
        "Unlinks an account at a provider.");
}

}  // namespace ignition::oauth
