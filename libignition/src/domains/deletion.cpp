// The end of accounts.
#include "ignition/domains/deletion.hpp"

#include <fmt/format.h>

#include "domains/mail.hpp"
#include "domains/mail_tokens.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/export.hpp"
#include "ignition/domains/roles.hpp"
#include "ignition/domains/sessions.hpp"

namespace ignition::deletion {
namespace {

constexpr std::string_view kLog = "audit_log";

constexpr Sql kEmail{R"sql(SELECT email FROM users WHERE id = $1)sql"};
// Who acted on somebody else's account keeps the own address in the log.
constexpr Sql kForgetSubject{R"sql(
  UPDATE audit_log
     SET subject_user_id = NULL,
         ip_address = CASE WHEN actor_user_id <> $1 THEN ip_address END,
         user_agent = CASE WHEN actor_user_id <> $1 THEN user_agent END,
         details = CASE WHEN CAST(details AS TEXT) LIKE '%@%' THEN NULL ELSE details END
   WHERE subject_user_id = $1)sql"};
constexpr Sql kForgetActor{R"sql(
  UPDATE audit_log
     SET actor_user_id = NULL, ip_address = NULL, user_agent = NULL,
         details = CASE WHEN CAST(details AS TEXT) LIKE '%@%' THEN NULL ELSE details END
   WHERE actor_user_id = $1)sql"};
constexpr Sql kForgetMails{R"sql(DELETE FROM mail_outbox WHERE to_address = $1)sql"};
constexpr Sql kDelete{R"sql(DELETE FROM users WHERE id = $1)sql"};
constexpr Sql kClose{R"sql(
  UPDATE users SET disabled_at = $2, disabled_reason = 'deleted', delete_after = $3, updated_at = $2
   WHERE id = $1)sql"};
constexpr Sql kDue{R"sql(
  SELECT id FROM users WHERE delete_after <= $1 ORDER BY delete_after LIMIT 1)sql"};

std::string address_of(Context& ctx, const Uuid& user) {
  auto email = ctx.db.maybe<std::string>(kEmail, user);
  if (!email) throw not_found("user");
  return std::move(*email);
}

void tell(Context& ctx, const std::string& email) {
  mail::order(ctx, {.to = email, .template_name = "account_deleted"});
}

// Runs `text`, in which the user is $1.
std::int64_t changed(Context& ctx, const std::string& text, const Uuid& user) {
  return ctx.db.execute({.text = text, .once = true}, user);
}

std::int64_t count(Context& ctx, const Table& table, const Uuid& user) {
  const std::string text =
      fmt::format("SELECT count(*) FROM {} WHERE {} = $1", table.name, exports::owner_column(table));
  return ctx.db.one<std::int64_t>({.text = text, .once = true}, user);
}

void forget_in_log(Context& ctx, const Uuid& user) {
  audit::record(ctx, {.event_type = "user_deleted",
                      .action = audit::Action::delete_,
                      .resource_type = "user",
                      .resource_id = user.text()});
  ctx.db.execute(kForgetSubject, user);
  ctx.db.execute(kForgetActor, user);
}

void sign_out_everywhere(Context& ctx) {
  sessions::end_others(ctx, ctx.user, {}, "disabled");
  sessions::clear_cookies(ctx);
}

Deleted close(Context& ctx, std::chrono::hours grace) {
  const Instant purge_at = ctx.now + grace;
  ctx.db.execute(kClose, ctx.user, ctx.now, purge_at);
  sign_out_everywhere(ctx);
  mail_tokens::void_all(ctx, ctx.user);
  audit::record(ctx, {.event_type = "user_disabled", .subject = ctx.user, .details = R"({"reason":"deleted"})"});
  tell(ctx, ctx.principal.email);
  return {.purge_at = purge_at};
}

}  // namespace

Map<std::int64_t> erase(Context& ctx, const Uuid& user, const std::vector<Table>& tables) {
  const std::string email = address_of(ctx, user);
  ctx.db.lock_user(user);
  Map<std::int64_t> rows;
  const auto note = [&rows](const Table& table, std::int64_t n) {
    if (n > 0) rows.entries.emplace_back(table.name, n);
  };
  for (const Table& table : tables) {
    if (exports::owner_column(table).empty() || table.name == kLog) continue;
    if (table.name == "users" || table.leaves_with_user) {
      note(table, count(ctx, table, user));
    } else {
      note(table, changed(ctx, fmt::format("DELETE FROM {} WHERE user_id = $1", table.name), user));
    }
  }
  forget_in_log(ctx, user);
  ctx.db.execute(kForgetMails, email);
  ctx.db.execute(kDelete, user);
  ctx.publish("user.deleted", fmt::format(R"({{"user_id":"{}"}})", user.text()));
  return rows;
}

Deleted remove_own(Context& ctx, const DeleteOwn&) {
  if (ctx.principal.role == Role::super_admin) {
    roles::lock_super_admins(ctx);
    roles::require_another_super_admin(ctx, ctx.user);
  }
  if (ctx.config.account_delete_grace_days > 0) {
    return close(ctx, std::chrono::hours(24 * ctx.config.account_delete_grace_days));
  }
  erase(ctx, ctx.user, exports::prepared_tables(ctx));
  sessions::clear_cookies(ctx);
  tell(ctx, ctx.principal.email);
  return {};
}

Purged purge_one(Context& ctx, const Nothing&) {
  const auto due = ctx.db.maybe<Uuid>(kDue, ctx.now);
  if (!due) return {};
  erase(ctx, *due, exports::prepared_tables(ctx));
  return {.users = 1};
}

void add_operations(Catalogue& c) {
  c.add("user.delete", Delete("/user"), Access::any_recent, Effect::write, &remove_own,
        "Deletes the caller's account with everything in it.")
      .before(&exports::tables_for<DeleteOwn>);
  c.add("users.purge_one", Internal(), Access::system, Effect::write, &purge_one,
        "Ends one account whose owner deleted it and whose time to take that back is over.")
      .before(&exports::tables_for<Nothing>);
}

}  // namespace ignition::deletion
