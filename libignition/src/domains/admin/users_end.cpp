// The end of accounts, and their data, in the hands of administrators.
#include <fmt/format.h>

#include "domains/admin/accounts.hpp"
#include "domains/admin/parts.hpp"
#include "domains/mail.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/deletion.hpp"
#include "ignition/domains/export.hpp"
#include "ignition/domains/roles.hpp"

namespace ignition::admin {

struct DeleteAccount {
  Uuid id;
  Trimmed<1, 254> confirm;  // the account's e-mail address
};
BOOST_DESCRIBE_STRUCT(DeleteAccount, (), (id, confirm))

struct DeletedAccount {
  bool deleted = true;
  Map<std::int64_t> rows_deleted;  // by table
};
BOOST_DESCRIBE_STRUCT(DeletedAccount, (), (deleted, rows_deleted))

namespace {

DeletedAccount erase(Context& ctx, const AdminUser& account) {
  require_rank(ctx, account.role);
  if (account.role == Role::super_admin) {
    roles::lock_super_admins(ctx);
    roles::require_another_super_admin(ctx, account.id);
  }
  DeletedAccount out{.rows_deleted = deletion::erase(ctx, account.id, exports::prepared_tables(ctx))};
  mail::order(ctx, {.to = account.email, .template_name = "account_deleted"});
  return out;
}

}  // namespace

DeletedAccount delete_account(Context& ctx, const DeleteAccount& in) {
  require_other(ctx, in.id);
  const AdminUser account = locked(ctx, in.id);
  if (rules::normal_email(in.confirm.value) != account.email) {
    throw invalid("confirm", "not_confirmed", "must be the e-mail address of the account");
  }
  return erase(ctx, account);
}

DeletedAccount delete_unconfirmed(Context& ctx, const ById& in) {
  require_other(ctx, in.id);
  return erase(ctx, locked(ctx, in.id));
}

void export_account(Context& ctx, const ById& in, const Sink& sink) {
  exports::write(ctx, in.id, exports::prepared_tables(ctx), sink);
}

void note_export(Context& ctx, const ById& in) {
  existing(ctx, in.id);
  exports::note(ctx, in.id);
}

void add_user_ends(Catalogue& c) {
  c.add("admin.users.delete", Delete("/admin/users/{id}"), Access::admin_recent, Effect::write, &delete_account,
        "Deletes an account with everything in it.")
      .before(&exports::tables_for<DeleteAccount>)
      .needs("users:delete");
  c.add("admin.users.delete_unconfirmed", Internal(), Access::admin, Effect::write, &delete_unconfirmed,
        "Deletes an account as existing clients do, whose page asks for the confirmation.")
      .before(&exports::tables_for<ById>)
      .needs("users:delete");
  c.stream<exports::Document>("admin.users.export", Get("/admin/users/{id}/export"), Access::admin_recent,
                              &export_account, "Everything that is stored about an account, as one document.")
      .notes_first(&note_export)
      .before(&exports::tables_for<ById>)
      .needs("users:manage");
}

}  // namespace ignition::admin
