#include "ignition/domains/email_change.hpp"

#include "domains/limits.hpp"
#include "domains/mail.hpp"
#include "domains/mail_tokens.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/sessions.hpp"

namespace ignition::email_change {
namespace {

constexpr std::string_view kKind = "email";  // in the directory

constexpr Sql kOwner{R"sql(SELECT user_id FROM directory WHERE kind = 'email' AND key = $1)sql"};
constexpr Sql kFree{R"sql(DELETE FROM directory WHERE kind = $2 AND user_id = $1)sql"};
// Changes no row when somebody has the address.
constexpr Sql kTake{R"sql(
  INSERT INTO directory (kind, key, user_id) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO NOTHING)sql"};
constexpr Sql kIsOpen{R"sql(SELECT email FROM users WHERE id = $1 AND disabled_at IS NULL)sql"};
// The revision tells the user's other devices.
constexpr Sql kStore{R"sql(
  UPDATE users SET email = $2, email_verified_at = $3, updated_at = $3, revision = revision + 1 WHERE id = $1)sql"};

std::shared_ptr<void> prepare_request(const Preparation& p, const ChangeEmail& in) {
  limits::require_mail(p, rules::normal_email(in.new_email.value).value());
  return {};
}

}  // namespace

Pending request(Context& ctx, const ChangeEmail& in) {
  const std::string email = rules::normal_email(in.new_email.value).value();
  if (email == ctx.principal.email) throw invalid("new_email", "unchanged", "is your address already");
  // A token is made for a taken address, too, so that both take the same time; nobody gets it.
  const auto token = mail_tokens::issue(
      ctx, {.purpose = mail_tokens::Purpose::change_email, .user = ctx.user, .email = email, .pending = {}});
  if (ctx.db.maybe<Uuid>(kOwner, email)) {
    mail::order(ctx, {.to = email, .template_name = "already_registered"});
  } else {
    mail::order(ctx, {.to = email, .template_name = "email_change_confirm", .token = token});
  }
  mail::order(ctx, {.to = ctx.principal.email, .template_name = "email_change_notice"});
  return {};
}

Confirmed confirm(Context& ctx, const ConfirmEmail& in) {
  const auto refused = [] { return invalid("token", "token_invalid", "is not valid any more; ask for a new one"); };
  const auto token = mail_tokens::consume(ctx, {mail_tokens::Purpose::change_email}, in.token.value);
  if (!token || !token->user_id || !token->email) throw refused();
  const Uuid user = *token->user_id;
  ctx.db.lock_user(user);
  if (!ctx.db.maybe<std::string>(kIsOpen, user)) throw refused();
  ctx.db.execute(kFree, user, kKind);
  if (ctx.db.execute(kTake, kKind, *token->email, user) == 0) {
    throw conflict("email_taken", "This e-mail address belongs to an account already.");
  }
  ctx.db.execute(kStore, user, *token->email, ctx.now);
  mail_tokens::void_all(ctx, user);  // what was mailed to the old address
  audit::record(ctx, {.event_type = "email_changed", .subject = user, .actor = user});
  if (ctx.caller.user == user) sessions::rotate(ctx);
  return {.email = *token->email};
}

void add_operations(Catalogue& c) {
  c.add("user.change_email", Post("/user/email"), Access::user_recent, Effect::write, &request,
        "Asks for another e-mail address, which has to prove itself.")
      .before(&prepare_request);
  c.add("user.confirm_email", Post("/user/email/confirm"), Access::public_, Effect::write, &confirm,
        "Takes the new e-mail address by the token that was mailed to it.");
}

}  // namespace ignition::email_change
