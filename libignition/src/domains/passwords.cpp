// Passwords. Hashes: passwords.hpp; which are refused: rules/passwords.hpp; mailed tokens: domains/mail_tokens.hpp.
#include "ignition/domains/passwords.hpp"

#include <array>

#include "domains/limits.hpp"
#include "domains/mail.hpp"
#include "domains/mail_tokens.hpp"
#include "domains/sign_in_news.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/oauth.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/rules/passwords.hpp"
#include "ignition/secrets.hpp"
#include "ignition/wire.hpp"

namespace ignition::passwords {
namespace {

constexpr Sql kOwner{R"sql(SELECT user_id FROM directory WHERE kind = $1 AND key = $2)sql"};
constexpr Sql kHash{R"sql(SELECT hash FROM password_credentials WHERE user_id = $1)sql"};
constexpr Sql kNames{R"sql(SELECT email, username FROM users WHERE id = $1)sql"};
constexpr Sql kIsSignedInAt{R"sql(
  SELECT 1 FROM sessions
   WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND (ip_address = $3 OR last_ip = $3) LIMIT 1)sql"};
constexpr Sql kStore{R"sql(
  INSERT INTO password_credentials (user_id, hash, changed_at, must_change) VALUES ($1, $2, $3, FALSE)
  ON CONFLICT (user_id) DO UPDATE SET hash = $2, changed_at = $3, must_change = FALSE)sql"};
constexpr Sql kMustChange{R"sql(
  UPDATE users SET must_change_password = TRUE, revision = revision + 1, updated_at = $2 WHERE id = $1)sql"};
constexpr Sql kCredentialMustChange{R"sql(
  UPDATE password_credentials SET must_change = TRUE WHERE user_id = $1)sql"};
constexpr Sql kChanged{R"sql(
  UPDATE users SET must_change_password = FALSE WHERE id = $1 AND must_change_password = TRUE)sql"};
constexpr Sql kRehash{R"sql(UPDATE password_credentials SET hash = $2 WHERE user_id = $1)sql"};
constexpr Sql kSignedIn{R"sql(UPDATE users SET last_login_at = $2 WHERE id = $1)sql"};
constexpr Sql kRestore{R"sql(
  UPDATE users
     SET disabled_at = NULL, disabled_reason = NULL, delete_after = NULL, updated_at = $2, revision = revision + 1
   WHERE id = $1 AND disabled_reason = 'deleted' AND delete_after > $2)sql"};
constexpr Sql kKeys{R"sql(
  SELECT name FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at, id)sql"};
constexpr Sql kVerify{R"sql(
  UPDATE users SET email_verified_at = $2, updated_at = $2 WHERE id = $1 AND email_verified_at IS NULL)sql"};

struct Names {
  std::string email;
  std::optional<std::string> username;
};
BOOST_DESCRIBE_STRUCT(Names, (), (email, username))

// What a sign-up that waits for its mail is made of.
struct PendingUser {
  std::string hash;
  std::optional<std::string> name;
  std::optional<std::string> username;
};
BOOST_DESCRIBE_STRUCT(PendingUser, (), (hash, name, username))

// ---- Before the transaction ----

PasswordCost cost_of(const Config& config) {
  return {.memory_kib = static_cast<std::uint32_t>(config.password_memory_kib),
          .time = static_cast<std::uint32_t>(config.password_time),
          .parallelism = static_cast<std::uint32_t>(config.password_parallelism)};
}

std::string hashed(const Preparation& p, std::string_view password) {
  std::array<std::uint8_t, 16> salt{};
  p.random(salt);
  std::string hash;
  p.hashes.run([&] { hash = hash_password(password, salt, cost_of(p.config)); });
  return hash;
}

// A hash of nothing in particular, so that an unknown name takes as long as a wrong password.
bool is_right(const Preparation& p, std::string_view password, const std::optional<std::string>& hash) {
  const PasswordCost cost = cost_of(p.config);
  const std::string dummy =
      fmt::format("$argon2id$v=19$m={},t={},p={}$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                  cost.memory_kib, cost.time, cost.parallelism);
  bool right = false;
  p.hashes.run([&] { right = is_password(password, hash.value_or(dummy)); });
  return right && hash.has_value();
}

void check(std::string_view field, std::string_view password, const rules::PasswordOwner& owner) {
  const auto fault = rules::password_fault(password, owner);
  if (!fault) return;
  const std::string name(field);
  switch (*fault) {
    case rules::PasswordFault::too_short:
      throw invalid(name, "too_short", "must have at least 8 characters");
    case rules::PasswordFault::too_long:
      throw invalid(name, "too_long", "must have at most 128 characters");
    case rules::PasswordFault::common:
      throw invalid(name, "common", "is among those that people choose most often");
    case rules::PasswordFault::personal:
      throw invalid(name, "personal", "must not be your name or address");
  }
}

// What was learned of a password before the transaction. It counts only while `hash` is still the stored one.
struct Attempt {
  std::optional<Uuid> user;
  std::optional<std::string> hash;  // stored then
  bool right = false;
  std::string new_hash{};  // "" = none is wanted
};

std::optional<Uuid> owner_of(Transaction& db, std::string_view identifier) {
  const bool address = identifier.find('@') != std::string_view::npos;
  const auto name = address ? rules::normal_email(identifier) : rules::normal_username(identifier);
  if (!name) return {};
  return db.maybe<Uuid>(kOwner, address ? std::string_view("email") : std::string_view("username"), *name);
}

// A name as people are found by it; a text that is none, as it is.
std::string normal_identifier(std::string_view identifier) {
  const bool address = identifier.find('@') != std::string_view::npos;
  const auto name = address ? rules::normal_email(identifier) : rules::normal_username(identifier);
  return name.value_or(std::string(identifier));
}

std::shared_ptr<Attempt> prepare_login(const Preparation& p, const Login& in) {
  auto attempt = std::make_shared<Attempt>();
  if (!p.config.auth_password_enabled) return attempt;
  bool knows_address = false;
  {
    // The same statements for everybody, so that they take the same time.
    const auto db = p.store.begin(Mode::read);
    attempt->user = owner_of(*db, in.identifier.value);
    const Uuid owner = attempt->user.value_or(Uuid{});
    attempt->hash = db->maybe<std::string>(kHash, owner);
    knows_address = db->maybe<std::int64_t>(kIsSignedInAt, owner, p.now, p.caller.origin.ip_address).has_value();
  }
  const limits::Guess guess(p, limits::account_key(attempt->user, normal_identifier(in.identifier.value)),
                            knows_address);
  const std::string password = rules::normal_password(in.password.value);
  attempt->right = is_right(p, password, attempt->hash);
  if (attempt->right) guess.was_right();
  if (attempt->right && is_outdated(*attempt->hash, cost_of(p.config))) attempt->new_hash = hashed(p, password);
  return attempt;
}

// What was done for somebody who signs up.
struct SignUp {
  std::string hash{};
  bool may_mail = false;
};

std::shared_ptr<Attempt> prepare_restore(const Preparation& p, const Restore& in) {
  return prepare_login(p, {.identifier = {in.email.value}, .password = in.password, .label = {}});
}

bool is_open(const Config& config) { return config.auth_password_enabled && config.auth_registration_enabled; }

std::shared_ptr<SignUp> prepare_sign_up(const Preparation& p, const Register& in) {
  if (!is_open(p.config)) return std::make_shared<SignUp>();
  const std::string password = rules::normal_password(in.password.value);
  const auto email = rules::normal_email(in.email.value).value();
  const auto username = in.username ? rules::normal_username(in.username->value) : std::nullopt;
  check("password", password, {.email = email, .username = username ? std::string_view(*username) : ""});
  const bool may_mail = limits::may_mail(p, email);
  return std::make_shared<SignUp>(SignUp{hashed(p, password), may_mail});
}

// Whether the mail may be sent.
std::shared_ptr<bool> prepare_forgot(const Preparation& p, const Forgot& in) {
  return std::make_shared<bool>(limits::may_mail(p, rules::normal_email(in.email.value).value()));
}

std::shared_ptr<void> prepare_verification(const Preparation& p, const Nothing&) {
  const auto names = p.store.begin(Mode::read)->maybe<Names>(kNames, p.caller.user);
  if (names) limits::require_mail(p, names->email);
  return {};
}

Error token_invalid() { return invalid("token", "token_invalid", "is not valid any more; ask for a new one"); }

std::shared_ptr<std::string> prepare_reset(const Preparation& p, const Reset& in) {
  std::optional<Names> names;
  {
    const auto db = p.store.begin(Mode::read);
    const auto user = mail_tokens::owner(*db, mail_tokens::Purpose::reset_password, in.token.value);
    if (user) names = db->maybe<Names>(kNames, *user);
  }
  if (!names) throw token_invalid();
  const std::string password = rules::normal_password(in.new_password.value);
  check("new_password", password,
        {.email = names->email, .username = names->username ? std::string_view(*names->username) : ""});
  return std::make_shared<std::string>(hashed(p, password));
}

std::shared_ptr<Attempt> prepare_change(const Preparation& p, const Change& in) {
  auto attempt = std::make_shared<Attempt>(Attempt{.user = p.caller.user, .hash = {}});
  std::optional<Names> names;
  {
    const auto db = p.store.begin(Mode::read);
    names = db->maybe<Names>(kNames, p.caller.user);
    attempt->hash = db->maybe<std::string>(kHash, p.caller.user);
  }
  if (!names) return attempt;
  const std::string password = rules::normal_password(in.new_password.value);
  check("new_password", password,
        {.email = names->email, .username = names->username ? std::string_view(*names->username) : ""});
  if (attempt->hash) {
    if (!in.current_password) throw invalid("current_password", "required", "is needed");
    const limits::Guess guess(p, limits::account_key(p.caller.user, {}), true);
    attempt->right = is_right(p, rules::normal_password(in.current_password->value), attempt->hash);
    if (!attempt->right) return attempt;
    guess.was_right();
    if (is_right(p, password, attempt->hash)) throw invalid("new_password", "unchanged", "is your password already");
  }
  attempt->new_hash = hashed(p, password);
  return attempt;
}

std::shared_ptr<Attempt> prepare_reauthenticate(const Preparation& p, const Reauthenticate& in) {
  auto attempt = std::make_shared<Attempt>(Attempt{.user = p.caller.user, .hash = {}});
  attempt->hash = p.store.begin(Mode::read)->maybe<std::string>(kHash, p.caller.user);
  if (!attempt->hash) return attempt;
  const limits::Guess guess(p, limits::account_key(p.caller.user, {}), true);
  attempt->right = is_right(p, rules::normal_password(in.password.value), attempt->hash);
  if (attempt->right) guess.was_right();
  return attempt;
}

// ---- Within it ----

const Attempt& attempt_of(const Context& ctx) { return *static_cast<const Attempt*>(ctx.prepared.get()); }
const std::string& hash_of(const Context& ctx) { return *static_cast<const std::string*>(ctx.prepared.get()); }

// The password that was looked at must still be the stored one; otherwise everything begins again.
void require_unchanged(Context& ctx, const Uuid& user, const std::optional<std::string>& hash) {
  if (ctx.db.maybe<std::string>(kHash, user) != hash) throw write_conflict();
}

void require_passwords(const Context& ctx) {
  if (!ctx.config.auth_password_enabled) throw forbidden("passwords_disabled", "Nobody signs in with a password here.");
}

Error wrong_credentials() {
  return Error(Code::UNAUTHORIZED, "The name or the password is wrong.").because("invalid_credentials");
}

void record(Context& ctx, std::string_view event_type, const std::optional<Uuid>& user,
            audit::Action action = audit::Action::update) {
  audit::record(ctx, {.event_type = event_type, .action = action, .subject = user, .actor = user});
}

void record_failure(Context& ctx, const std::optional<Uuid>& user) {
  audit::record_refusal(ctx, {.event_type = "login_failed",
                              .action = audit::Action::login,
                              .status = audit::Status::failure,
                              .subject = user});
}

SignedIn signed_in(Context& ctx, const Uuid& user, const std::optional<Trimmed<1, 100>>& label) {
  auto session = sessions::start(
      ctx, {.user = user, .auth_method = "password", .label = label ? std::optional(label->value) : std::nullopt});
  ctx.db.execute(kSignedIn, user, ctx.now);
  record(ctx, "login", user, audit::Action::login);
  ctx.count("ignition_logins_total", "password\nsuccess");
  return {.user = users::find(ctx, user).value().user, .tokens = std::move(session.tokens)};
}

// Names the keys that still work, since they are what a thief may have left behind.
void mail_change(Context& ctx, const Uuid& user, const std::string& email) {
  std::string keys;
  for (const auto& name : ctx.db.query<std::string>(kKeys, user)) keys += (keys.empty() ? "" : ", ") + name;
  mail::order(ctx, {.to = email, .template_name = "password_changed", .values = {{"api_keys", keys}}});
}

void mail_verification(Context& ctx, const Uuid& user, const std::string& email) {
  const auto token = mail_tokens::issue(
      ctx, {.purpose = mail_tokens::Purpose::verify_email, .user = user, .email = email, .pending = {}});
  mail::order(ctx, {.to = email, .template_name = "verify_email", .token = token});
}

users::NewAccount account_of(Context& ctx, const std::string& email, const PendingUser& pending, bool verified) {
  users::NewAccount made{.id = ctx.new_id(),
                         .email = email,
                         .username = pending.username,
                         .approved = !ctx.config.auth_require_approval,
                         .email_verified = verified};
  if (pending.name) made.name = *pending.name;
  return made;
}

// A sign-up that waits for its mail: no account yet, and the same answer whoever has the address.
Registered sign_up_by_mail(Context& ctx, const std::string& email, const PendingUser& pending, bool may_mail) {
  if (pending.username && ctx.db.maybe<Uuid>(kOwner, std::string_view("username"), *pending.username)) {
    throw conflict("username_taken", "This user name belongs to an account already.");
  }
  if (!may_mail) return {};
  const auto owner = ctx.db.maybe<Uuid>(kOwner, std::string_view("email"), email);
  if (owner) {
    mail::order(ctx, {.to = email, .template_name = "already_registered"});
    return {};
  }
  const auto token = mail_tokens::issue(
      ctx, {.purpose = mail_tokens::Purpose::register_, .user = {}, .email = email, .pending = to_json(pending)});
  mail::order(ctx, {.to = email, .template_name = "verify_email", .token = token});
  return {};
}

std::vector<Provider> providers(const Config& config) {
  std::vector<Provider> out;
  for (const auto provider : {rules::OAuthProvider::google, rules::OAuthProvider::azure}) {
    const auto client = oauth::client_of(config, provider);
    if (!rules::is_configured(provider, client)) continue;
    out.push_back({.id = std::string(name_of(provider)),
                   .name = std::string(rules::display_name(provider)),
                   .enabled = rules::is_well_formed(provider, client),
                   .signin_url = fmt::format("{}/api/v1/auth/signin/{}", config.public_url, name_of(provider))});
  }
  return out;
}

}  // namespace

SignInWays ways(Context& ctx, const Nothing&) {
  return {.providers = providers(ctx.config),
          .password_enabled = ctx.config.auth_password_enabled,
          .registration_enabled = is_open(ctx.config)};
}

Registered sign_up(Context& ctx, const Register& in) {
  if (!is_open(ctx.config)) throw forbidden("registration_closed", "Nobody can sign up here.");
  const std::string email = rules::normal_email(in.email.value).value();
  const auto& prepared = *static_cast<const SignUp*>(ctx.prepared.get());
  const PendingUser pending{.hash = prepared.hash,
                            .name = in.name ? rules::normal_name(in.name->value) : std::nullopt,
                            .username = in.username ? rules::normal_username(in.username->value) : std::nullopt};
  ctx.reply.status = 201;
  if (ctx.config.auth_email_verification_required) return sign_up_by_mail(ctx, email, pending, prepared.may_mail);
  const auto account = account_of(ctx, email, pending, false);
  users::open(ctx, account);
  ctx.db.execute(kStore, account.id, pending.hash, ctx.now);
  record(ctx, "password_set", account.id);
  if (prepared.may_mail) mail_verification(ctx, account.id, email);
  auto made = signed_in(ctx, account.id, in.label);
  return {.status = RegisterStatus::signed_in, .user = std::move(made.user), .tokens = std::move(made.tokens)};
}

SignedIn login(Context& ctx, const Login& in) {
  require_passwords(ctx);
  const Attempt& attempt = attempt_of(ctx);
  if (!attempt.right) {
    record_failure(ctx, attempt.user);
    ctx.reply.counted_refusals.push_back({"ignition_logins_total", "password\nfailure"});
    throw wrong_credentials();
  }
  const Uuid& user = *attempt.user;
  ctx.db.lock_user(user);
  require_unchanged(ctx, user, attempt.hash);
  const auto account = users::find(ctx, user);
  if (!account) throw write_conflict();
  if (account->disabled_at) {
    record_failure(ctx, user);
    ctx.reply.counted_refusals.push_back({"ignition_logins_total", "password\ndisabled"});
    throw forbidden("account_disabled", "This account is disabled.");
  }
  if (!attempt.new_hash.empty()) ctx.db.execute(kRehash, user, attempt.new_hash);
  sign_in_news::tell(ctx, user, account->user.email);
  return signed_in(ctx, user, in.label);
}

users::OneUser restore(Context& ctx, const Restore&) {
  require_passwords(ctx);
  const Attempt& attempt = attempt_of(ctx);
  if (attempt.right) {
    const Uuid& user = *attempt.user;
    ctx.db.lock_user(user);
    require_unchanged(ctx, user, attempt.hash);
    if (ctx.db.execute(kRestore, user, ctx.now) == 1) {
      record(ctx, "user_restored", user);
      return {users::find(ctx, user).value().user};
    }
  }
  record_failure(ctx, attempt.user);
  throw wrong_credentials();
}

Verified verify_email(Context& ctx, const VerifyEmail& in) {
  const auto token =
      mail_tokens::consume(ctx, {mail_tokens::Purpose::register_, mail_tokens::Purpose::verify_email}, in.token.value);
  if (!token) throw token_invalid();
  if (token->user_id) {
    ctx.db.lock_user(*token->user_id);
    ctx.db.execute(kVerify, *token->user_id, ctx.now);
    record(ctx, "email_verified", *token->user_id);
    return {};
  }
  // A sign-up: whoever proved the address first has it.
  if (ctx.db.maybe<Uuid>(kOwner, std::string_view("email"), *token->email)) throw token_invalid();
  auto pending = from_json<PendingUser>(token->pending.value().text);
  if (pending.username && ctx.db.maybe<Uuid>(kOwner, std::string_view("username"), *pending.username)) {
    pending.username.reset();
  }
  const auto account = account_of(ctx, *token->email, pending, true);
  users::open(ctx, account);
  ctx.db.execute(kStore, account.id, pending.hash, ctx.now);
  record(ctx, "email_verified", account.id);
  return {};
}

Sent resend_verification(Context& ctx, const Nothing&) {
  if (ctx.principal.email_verified_at) throw conflict("already_verified", "Your address is proven already.");
  mail_verification(ctx, ctx.user, ctx.principal.email);
  return {};
}

Accepted forgot(Context& ctx, const Forgot& in) {
  if (!*static_cast<const bool*>(ctx.prepared.get())) return {};
  const std::string email = rules::normal_email(in.email.value).value();
  const auto owner = ctx.db.maybe<Uuid>(kOwner, std::string_view("email"), email);
  // For an unknown address all is done as for a known one, and taken back where somebody might notice, so that both take
  // the same time.
  const auto token = mail_tokens::issue(
      ctx, {.purpose = mail_tokens::Purpose::reset_password, .user = owner, .email = email, .pending = {}});
  struct Nobodys {};
  try {
    ctx.db.attempt([&] {
      mail::order(ctx, {.to = email, .template_name = "reset_password", .token = token});
      record(ctx, "password_reset_requested", owner);
      if (!owner) throw Nobodys{};
    });
  } catch (const Nobodys&) {  // NOLINT(bugprone-empty-catch): the answer is the same
  }
  return {};
}

void require_new(Context& ctx, const Uuid& user, const std::string& email) {
  ctx.db.execute(kMustChange, user, ctx.now);
  ctx.db.execute(kCredentialMustChange, user);
  const auto token = mail_tokens::issue(
      ctx, {.purpose = mail_tokens::Purpose::reset_password, .user = user, .email = email, .pending = {}});
  mail::order(ctx, {.to = email, .template_name = "reset_password", .token = token});
}

ResetDone reset(Context& ctx, const Reset& in) {
  const auto token = mail_tokens::consume(ctx, {mail_tokens::Purpose::reset_password}, in.token.value);
  if (!token || !token->user_id) throw token_invalid();
  const Uuid user = *token->user_id;
  ctx.db.lock_user(user);
  ctx.db.execute(kStore, user, hash_of(ctx), ctx.now);
  ctx.db.execute(kChanged, user);
  ctx.db.execute(kVerify, user, ctx.now);  // whoever has the token has the mailbox
  sessions::end_others(ctx, user, {}, "password_change");
  mail_tokens::void_all(ctx, user);
  mail_change(ctx, user, *token->email);
  record(ctx, "password_reset", user);
  return {};
}

Changed change(Context& ctx, const Change&) {
  require_passwords(ctx);
  const Attempt& attempt = attempt_of(ctx);
  require_unchanged(ctx, ctx.user, attempt.hash);
  if (attempt.hash && !attempt.right) {
    record_failure(ctx, ctx.user);
    throw forbidden("invalid_credentials", "The current password is wrong.");
  }
  if (!attempt.hash && !ctx.is_fresh) throw forbidden("reauth_required", "Confirm who you are first.");
  ctx.db.execute(kStore, ctx.user, attempt.new_hash, ctx.now);
  ctx.db.execute(kChanged, ctx.user);
  sessions::end_others(ctx, ctx.user, ctx.caller.session_id.value_or(Uuid{}), "password_change");
  sessions::rotate(ctx);
  mail_change(ctx, ctx.user, ctx.principal.email);
  record(ctx, attempt.hash ? "password_changed" : "password_set", ctx.user);
  return {};
}

AuthTime reauthenticate(Context& ctx, const Reauthenticate&) {
  const Attempt& attempt = attempt_of(ctx);
  if (!attempt.hash) throw invalid("password", "no_password", "this account has no password");
  require_unchanged(ctx, ctx.user, attempt.hash);
  if (!attempt.right) {
    record_failure(ctx, ctx.user);
    throw forbidden("invalid_credentials", "The password is wrong.");
  }
  sessions::rotate(ctx, true);
  record(ctx, "reauthenticated", ctx.user, audit::Action::login);
  return {ctx.now};
}

void add_operations(Catalogue& c) {
  constexpr auto anyone = Access::public_;
  c.add("auth.providers", Get("/auth/providers"), anyone, Effect::read, &ways, "How one can sign in.");
  c.add("auth.register", Create("/auth/register"), anyone, Effect::write, &sign_up, "Signs up with a password.")
      .before(&prepare_sign_up);
  c.add("auth.login", Post("/auth/login"), anyone, Effect::write, &login, "Signs in with a password.")
      .before(&prepare_login);
  c.add("user.restore", Post("/user/restore"), anyone, Effect::write, &restore,
        "Takes back that the own account is to be deleted, while there is time.")
      .before(&prepare_restore);
  c.add("auth.verify_email", Post("/auth/verify-email"), anyone, Effect::write, &verify_email,
        "Proves an e-mail address by the token that was mailed to it.");
  c.add("auth.resend_verification", Post("/auth/send-verification"), Access::any, Effect::write, &resend_verification,
        "Mails a new token for the caller's address.")
      .before(&prepare_verification);
  c.add("auth.forgot_password", Post("/auth/forgot-password"), anyone, Effect::write, &forgot,
        "Mails a token for a new password.")
      .before(&prepare_forgot);
  c.add("auth.reset_password", Post("/auth/reset-password"), anyone, Effect::write, &reset,
        "Sets a new password by the token that was mailed.")
      .before(&prepare_reset);
  c.add("auth.change_password", Patch("/auth/password"), Access::any, Effect::write, &change, "Changes the password.")
      .before(&prepare_change);
  c.add("auth.reauthenticate", Post("/auth/reauthenticate"), Access::any, Effect::write, &reauthenticate,
        "Confirms with the password who calls.")
      .before(&prepare_reauthenticate);
}

}  // namespace ignition::passwords
