// Whose account a person at a provider is (rule R8), and the accounts that people have linked.
#include "domains/directory.hpp"
#include "domains/mail.hpp"
#include "domains/mail_tokens.hpp"
#include "ignition/domains/api_keys.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/oauth.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/domains/users.hpp"
#include "ignition/secrets.hpp"
#include "ignition/sha256.hpp"
#include "ignition/wire.hpp"

namespace ignition::oauth {
namespace {

constexpr std::string_view kIdentity = "identity";  // in the directory
constexpr std::chrono::seconds kCodeLives{60};
constexpr std::string_view kNoName = "User";

constexpr Sql kEmailOwner{R"sql(SELECT user_id FROM directory WHERE kind = 'email' AND key = $1)sql"};
constexpr Sql kInsert{R"sql(
  INSERT INTO accounts (user_id, id, type, provider, provider_account_id, issuer, email_at_link, scope, last_used_at,
                        created_at, updated_at)
  VALUES ($1, $2, 'oidc', $3, $4, $5, $6, $7, $8, $8, $8))sql"};
constexpr Sql kUsed{R"sql(UPDATE accounts SET last_used_at = $3, updated_at = $3 WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kFill{R"sql(UPDATE users SET name = $2, image = $3, updated_at = $4 WHERE id = $1)sql"};
constexpr Sql kSignedIn{R"sql(UPDATE users SET last_login_at = $2 WHERE id = $1)sql"};
constexpr Sql kVerify{R"sql(UPDATE users SET email_verified_at = $2, updated_at = $2 WHERE id = $1)sql"};
constexpr Sql kForgetPassword{R"sql(DELETE FROM password_credentials WHERE user_id = $1)sql"};
constexpr Sql kForgetAccounts{R"sql(DELETE FROM accounts WHERE user_id = $1)sql"};
constexpr Sql kForgetCodes{R"sql(DELETE FROM oauth_exchange_codes WHERE user_id = $1)sql"};
constexpr Sql kInsertCode{R"sql(
  INSERT INTO oauth_exchange_codes (code_hash, user_id, session_context, client_challenge, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6))sql"};
constexpr Sql kList{R"sql(
  SELECT id, CASE provider WHEN 'azure-ad' THEN 'azure' ELSE provider END, email_at_link, last_used_at, created_at
    FROM accounts WHERE user_id = $1 ORDER BY created_at, id)sql"};
constexpr Sql kUnlink{R"sql(DELETE FROM accounts WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kCount{R"sql(SELECT COUNT(*) FROM accounts WHERE user_id = $1)sql"};
constexpr Sql kKnown{R"sql(SELECT COUNT(*) FROM accounts WHERE user_id = $1 AND id = $2)sql"};

struct SessionContext {
  std::string method;
  std::string ip_address;
  std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(SessionContext, (), (method, ip_address, user_agent))

// By what the directory finds an identity: it may be longer than a key.
std::string identity_key(const Person& person) {
  return token_hash(fmt::format("{}\n{}\n{}", rules::stored_name(person.provider), person.issuer, person.account_id));
}

std::optional<directory::Place> place_of(Context& ctx, const Person& person) {
  return directory::find(ctx, kIdentity, identity_key(person));
}

std::string email_of(const Person& person) {
  auto email = rules::normal_email(person.email);
  if (!email) throw forbidden("email_missing", "The provider tells no e-mail address.");
  return *email;
}

void record(Context& ctx, std::string_view event_type, const Uuid& user, const Person& person) {
  audit::record(ctx, {.event_type = event_type,
                      .subject = user,
                      .actor = user,
                      .resource_type = "account",
                      .details = fmt::format(R"({{"provider":"{}"}})", name_of(person.provider))});
}

// `event_type`: what the person wanted.
Error refused(Context& ctx, const Uuid& user, const Person& person, std::string_view reason, std::string message,
              std::string_view event_type = "login_failed") {
  audit::record_refusal(ctx, {.event_type = event_type,
                              .action = audit::Action::login,
                              .status = audit::Status::denied,
                              .subject = user,
                              .details = fmt::format(R"({{"reason":"{}"}})", reason)});
  if (event_type == "login_failed") {
    const std::string_view outcome = reason == "account_disabled" ? "disabled" : "failure";
    ctx.reply.counted_refusals.push_back(
        {"ignition_logins_total", fmt::format("{}\n{}", rules::stored_name(person.provider), outcome)});
  }
  return forbidden(std::string(reason), std::move(message));
}

Error not_linked(Context& ctx, const Uuid& user, const Person& person, std::string_view event_type = "login_failed") {
  return refused(ctx, user, person, "account_not_linked", "Sign in another way first, and link this account then.",
                 event_type);
}

// Host programs know nobody at a provider: only a shell that has seen the session and the ID token does.
void require_session(const Context& ctx) {
  if (!ctx.caller.session_id) throw forbidden("session_required", "This needs a session.");
}

// At most 100 characters.
std::optional<std::string> name_of_person(std::string_view name) {
  constexpr std::size_t kMost = 100;
  std::size_t end = 0;
  for (std::size_t n = 0; end < name.size() && n < kMost; ++n) {
    do ++end;
    while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U);
  }
  return rules::normal_name(name.substr(0, end));
}

// The account, locked, as it stands under the lock.
users::Account locked(Context& ctx, const Uuid& user) {
  ctx.db.lock_user(user);
  auto account = users::find(ctx, user);
  if (!account) throw write_conflict();
  return std::move(*account);
}

void require_enabled(Context& ctx, const users::Account& account, const Person& person) {
  if (account.disabled_at) throw refused(ctx, account.user.id, person, "account_disabled", "This account is disabled.");
}

// What the provider knows and the account does not.
void fill(Context& ctx, const users::User& user, const Person& person) {
  const auto theirs = name_of_person(person.name);
  const std::string name = user.name == kNoName && theirs ? *theirs : user.name;
  const auto image = user.image || !HttpsUrlFormat::accepts(person.image) ? user.image : std::optional(person.image);
  if (name != user.name || image != user.image) ctx.db.execute(kFill, user.id, name, image, ctx.now);
}

// Whoever is quicker with the same identity has it: then everything begins again.
void enter(Context& ctx, const Uuid& user, const Person& person) {
  const Uuid id = ctx.new_id();
  const auto scope = person.scope.empty() || person.scope.size() > 500 ? std::nullopt : std::optional(person.scope);
  try {
    ctx.db.execute(kInsert, user, id, rules::stored_name(person.provider), person.account_id, person.issuer,
                   rules::normal_email(person.email), scope, ctx.now);
    directory::enter(ctx, kIdentity, identity_key(person), {.user_id = user, .ref_id = id});
  } catch (const Error& error) {
    if (error.reason() == "already_exists") throw write_conflict();
    throw;
  }
}

void link_to(Context& ctx, const users::User& user, const Person& person) {
  enter(ctx, user.id, person);
  fill(ctx, user, person);
  record(ctx, "account_linked", user.id, person);
  mail::order(ctx, {.to = user.email, .template_name = "account_linked"});
}

// Somebody signed up with the address and never proved it; now its owner has come (T5). Nothing by which the other one
// could come back stays: an identity that he has linked is such a thing, too.
void claim(Context& ctx, const users::User& user, const Person& person) {
  ctx.db.execute(kForgetPassword, user.id);
  sessions::end_others(ctx, user.id, {}, "password_change");
  api_keys::revoke_all(ctx, user.id);
  mail_tokens::void_all(ctx, user.id);
  ctx.db.execute(kForgetCodes, user.id);
  ctx.db.execute(kForgetAccounts, user.id);
  directory::forget_others(ctx, kIdentity, {.user_id = user.id, .ref_id = {}});
  ctx.db.execute(kVerify, user.id, ctx.now);
  enter(ctx, user.id, person);
  fill(ctx, user, person);
  record(ctx, "account_claimed", user.id, person);
}

// Step 1. The e-mail address that the provider tells now changes nothing (T48).
Uuid known(Context& ctx, const Person& person, const directory::Place& place) {
  const auto account = locked(ctx, place.user_id);
  const auto now = place_of(ctx, person);
  if (!now || now->user_id != place.user_id) throw write_conflict();
  require_enabled(ctx, account, person);
  ctx.db.execute(kUsed, place.user_id, place.ref_id, ctx.now);
  return place.user_id;
}

// Step 2.
Uuid adopted(Context& ctx, const Person& person, const std::string& email, const Uuid& owner) {
  const auto account = locked(ctx, owner);
  if (ctx.db.maybe<Uuid>(kEmailOwner, email) != owner || place_of(ctx, person)) throw write_conflict();
  if (!person.email_verified) throw not_linked(ctx, owner, person);
  require_enabled(ctx, account, person);
  if (account.user.email_verified) {
    link_to(ctx, account.user, person);
  } else {
    claim(ctx, account.user, person);
  }
  return owner;
}

// Steps 3 and 4.
Uuid created(Context& ctx, const Person& person, const std::string& email) {
  if (!ctx.config.auth_registration_enabled) throw forbidden("registration_closed", "Nobody can sign up here.");
  const users::NewAccount made{.id = ctx.new_id(),
                               .email = email,
                               .approved = !ctx.config.auth_require_approval,
                               .email_verified = person.email_verified};
  try {
    users::open(ctx, made);
  } catch (const Error& error) {
    if (error.reason() == "email_taken") throw write_conflict();
    throw;
  }
  enter(ctx, made.id, person);
  fill(ctx, users::find(ctx, made.id).value().user, person);
  if (!person.email_verified && ctx.config.auth_email_verification_required) {
    const auto token = mail_tokens::issue(
        ctx, {.purpose = mail_tokens::Purpose::verify_email, .user = made.id, .email = email, .pending = {}});
    mail::order(ctx, {.to = email, .template_name = "verify_email", .token = token});
  }
  return made.id;
}

std::string code_for(Context& ctx, const Uuid& user, std::string_view method, const std::string& challenge) {
  const auto& origin = ctx.caller.origin;
  const auto context = to_json(
      SessionContext{.method = std::string(method), .ip_address = origin.ip_address, .user_agent = origin.user_agent});
  std::string code = fresh_token(ctx.random);
  ctx.db.execute(kInsertCode, token_hash(code), user, context, challenge, ctx.now, ctx.now + kCodeLives);
  return code;
}

}  // namespace

SignedInAs sign_in(Context& ctx, const SignInAs& in) {
  const Person& person = in.person;
  const std::string email = email_of(person);
  SignedInAs out;
  if (const auto place = place_of(ctx, person)) {
    out.user_id = known(ctx, person, *place);
  } else if (const auto owner = ctx.db.maybe<Uuid>(kEmailOwner, email)) {
    out.user_id = adopted(ctx, person, email, *owner);
  } else {
    out.user_id = created(ctx, person, email);
    out.created = true;
  }
  const auto method = rules::stored_name(person.provider);
  if (in.client_challenge) {
    out.code = code_for(ctx, out.user_id, method, *in.client_challenge);
    return out;
  }
  sessions::start(ctx, {.user = out.user_id, .auth_method = method});
  ctx.db.execute(kSignedIn, out.user_id, ctx.now);
  ctx.count("ignition_logins_total", fmt::format("{}\nsuccess", method));
  audit::record(ctx,
                {.event_type = "login", .action = audit::Action::login, .subject = out.user_id, .actor = out.user_id});
  return out;
}

Nothing link(Context& ctx, const Person& in) {
  require_session(ctx);
  email_of(in);
  if (const auto place = place_of(ctx, in)) {
    if (place->user_id != ctx.user) throw not_linked(ctx, ctx.user, in, "account_linked");
    ctx.db.execute(kUsed, ctx.user, place->ref_id, ctx.now);
    return {};
  }
  link_to(ctx, users::find(ctx, ctx.user).value().user, in);
  return {};
}

Nothing confirm(Context& ctx, const Person& in) {
  require_session(ctx);
  const auto place = place_of(ctx, in);
  if (!place || place->user_id != ctx.user) {
    throw refused(ctx, ctx.user, in, "other_account", "This is another account.", "reauthenticated");
  }
  ctx.db.execute(kUsed, ctx.user, place->ref_id, ctx.now);
  sessions::rotate(ctx, true);
  audit::record(ctx, {.event_type = "reauthenticated", .action = audit::Action::login, .subject = ctx.user});
  return {};
}

LinkedAccounts list(Context& ctx, const Nothing&) { return {ctx.db.query<LinkedAccount>(kList, ctx.user)}; }

Unlinked unlink(Context& ctx, const ById& in) {
  if (ctx.db.one<std::int64_t>(kKnown, ctx.user, in.id) == 0) throw not_found("account");
  const bool password = ctx.config.auth_password_enabled && users::find(ctx, ctx.user).value().user.has_password;
  if (!password && ctx.db.one<std::int64_t>(kCount, ctx.user) == 1) {
    throw conflict("last_sign_in_method", "Without it you could not sign in any more.");
  }
  ctx.db.execute(kUnlink, ctx.user, in.id);
  directory::forget(ctx, kIdentity, {.user_id = ctx.user, .ref_id = in.id});
  audit::record(ctx, {.event_type = "account_unlinked",
                      .action = audit::Action::delete_,
                      .subject = ctx.user,
                      .resource_type = "account",
                      .resource_id = in.id.text()});
  return {};
}

}  // namespace ignition::oauth
