// Accounts. Rules: rules/accounts.hpp (names, roles), gates.hpp.
#include "ignition/domains/users.hpp"

#include <fmt/format.h>

#include "domains/users_stored.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/roles.hpp"
#include "ignition/domains/settings.hpp"
#include "ignition/gates.hpp"

namespace ignition::users {
namespace {

constexpr std::string_view kLocalEmail = "dev@localhost";
constexpr std::string_view kLocalName = "Local Dev User";

constexpr Sql kCount{R"sql(SELECT count(*) FROM users)sql"};

constexpr Sql kOwnerOf{R"sql(SELECT user_id FROM directory WHERE kind = $1 AND key = $2)sql"};

// Changes no row when the name is taken.
constexpr Sql kTakeName{R"sql(
  INSERT INTO directory (kind, key, user_id) VALUES ($1, $2, $3) ON CONFLICT (kind, key) DO NOTHING)sql"};

constexpr Sql kFreeName{R"sql(DELETE FROM directory WHERE kind = $1 AND key = $2 AND user_id = $3)sql"};

// Changes no row when the account exists.
constexpr Sql kCreate{R"sql(
  INSERT INTO users (id, email, email_verified_at, username, name, approved, approved_at, age_attested,
                     age_attested_at, tos_version, tos_accepted_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
  ON CONFLICT (id) DO NOTHING)sql"};

constexpr Sql kCreateProgress{R"sql(
  INSERT INTO user_progress (user_id, total_xp, level, total_skill_stars, created_at, updated_at)
  VALUES ($1, 0, 1, 0, $2, $2))sql"};

constexpr Sql kCreateWallet{R"sql(
  INSERT INTO user_wallet (user_id, coins, total_earned, total_spent, ledger_seq, created_at, updated_at)
  VALUES ($1, 0, 0, 0, 0, $2, $2))sql"};

constexpr Sql kUpdate{R"sql(
  UPDATE users SET name = $2, username = $3, image = $4, updated_at = $5 WHERE id = $1)sql"};

User existing(Context& ctx, const Uuid& id) {
  auto account = find(ctx, id);
  if (!account) throw not_found("user");
  return std::move(account->user);
}

// Enters a name that is unique over all users.
void take_name(Context& ctx, std::string_view kind, std::string_view name, const Uuid& user) {
  if (ctx.db.execute(kTakeName, kind, name, user) == 0) {
    throw conflict(fmt::format("{}_taken", kind), kind == "email" ? "This e-mail address belongs to an account already."
                                                                  : "This user name belongs to an account already.");
  }
}

}  // namespace

User view(const Context& ctx, Stored&& row) {
  const Standing standing{.must_change_password = row.must_change_password,
                          .email_verified = row.email_verified_at.has_value(),
                          .approved = row.approved,
                          .age_attested = row.age_attested,
                          .tos_version = row.tos_version};
  // Of the local user all gates are passed, whatever the configuration became since (rule R44).
  const bool local = row.id == kLocalUser;
  auto roles = live_roles(row.role, row.role_grants, ctx.now);
  const Role highest = roles.back();
  auto entitlements = rules::entitlements_of(roles);
  return {.id = row.id,
          .email = std::move(row.email),
          .email_verified = standing.email_verified,
          .username = std::move(row.username),
          .name = std::move(row.name),
          .image = std::move(row.image),
          .role = highest,
          .roles = std::move(roles),
          .entitlements = std::move(entitlements),
          .is_admin = rules::is_admin(highest),
          .approved = local || row.approved,
          .age_verified = local || age_verified(standing, ctx.config),
          .tos_accepted = local || tos_accepted(standing, ctx.config),
          .tos_version = std::move(row.tos_version),
          .pending_gates = local ? std::vector<std::string>{} : closed_gates(standing, ctx.config),
          .timezone = std::move(row.timezone),
          .locale = row.locale ? std::move(*row.locale) : settings::Preferences{}.locale.value,
          .has_password = row.has_password,
          .mfa_enabled = false,
          .created_at = row.created_at};
}

bool EmailFormat::accepts(std::string_view text) { return rules::normal_email(text).has_value(); }
bool UsernameFormat::accepts(std::string_view text) { return rules::normal_username(text).has_value(); }
bool NameFormat::accepts(std::string_view text) { return rules::normal_name(text).has_value(); }

bool open(Context& ctx, const NewAccount& made) {
  const auto when = [&ctx](bool happened) { return happened ? std::optional(ctx.now) : std::nullopt; };
  const bool terms = made.tos_accepted && !ctx.config.tos_current_version.empty();
  const std::int64_t stored =
      ctx.db.execute(kCreate, made.id, made.email, when(made.email_verified), made.username, made.name, made.approved,
                     when(made.approved), made.age_verified ? std::optional(ctx.config.auth_min_age) : std::nullopt,
                     when(made.age_verified), terms ? std::optional(ctx.config.tos_current_version) : std::nullopt,
                     when(terms), ctx.now);
  if (stored == 0) return false;
  take_name(ctx, "email", made.email, made.id);
  if (made.username) take_name(ctx, "username", *made.username, made.id);
  ctx.db.execute(kCreateProgress, made.id, ctx.now);
  ctx.db.execute(kCreateWallet, made.id, ctx.now);
  audit::record(ctx, {.event_type = "user_created", .action = audit::Action::create, .subject = made.id});
  if (made.role != Role::user) roles::grant(ctx, made.id, made.role);
  return true;
}

std::optional<Account> find(Context& ctx, const Uuid& id) {
  static const std::string statement =
      fmt::format("SELECT {}\n    FROM users u {}\n   WHERE u.id = $1", kColumns, kJoined);
  auto row = ctx.db.maybe<Stored>({.text = statement}, id);
  if (!row) return {};
  const auto disabled_at = row->disabled_at;
  return Account{view(ctx, std::move(*row)), disabled_at};
}

OneUser create(Context& ctx, const CreateUser& in) {
  NewAccount made{.id = ctx.new_id(),
                  .email = rules::normal_email(in.email.value).value(),
                  .role = in.role,
                  .approved = in.approved,
                  .email_verified = in.email_verified,
                  .age_verified = in.age_verified,
                  .tos_accepted = in.tos_accepted};
  if (in.name) made.name = rules::normal_name(in.name->value).value();
  if (in.username) made.username = rules::normal_username(in.username->value);
  open(ctx, made);
  if (in.timezone) settings::change(ctx, made.id, {.timezone = {.present = true, .value = in.timezone}});
  return {existing(ctx, made.id)};
}

Users list(Context& ctx, const ListUsers& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  Users out{.users = {}, .total = ctx.db.one<std::int64_t>(kCount), .page = page, .page_size = size};
  static const std::string statement = fmt::format(
      "SELECT {}\n    FROM users u {}\n   ORDER BY u.created_at DESC, u.id DESC LIMIT $1 OFFSET $2", kColumns, kJoined);
  ctx.db.each<Stored>(
      {.text = statement}, [&](Stored&& row) { out.users.push_back(view(ctx, std::move(row))); }, size,
      (page - 1) * size);
  return out;
}

OneUser get(Context& ctx, const GetUser& in) {
  if (in.id.has_value() == in.email.has_value()) {
    throw invalid("id", "one_of", "give either id or email");
  }
  if (in.id) return {existing(ctx, *in.id)};
  const auto owner =
      ctx.db.maybe<Uuid>(kOwnerOf, std::string_view("email"), rules::normal_email(in.email->value).value());
  if (!owner) throw not_found("user");
  return {existing(ctx, *owner)};
}

OneUser ensure_local(Context& ctx, const Nothing&) {
  if (auto account = find(ctx, kLocalUser)) return {std::move(account->user)};
  open(ctx, {.id = kLocalUser,
             .email = std::string(kLocalEmail),
             .name = std::string(kLocalName),
             .role = Role::super_admin,
             .approved = true,
             .email_verified = true,
             .age_verified = true,
             .tos_accepted = true});
  return {existing(ctx, kLocalUser)};
}

OneUser profile(Context& ctx, const Nothing&) { return {existing(ctx, ctx.user)}; }

OneUser update_profile(Context& ctx, const UpdateProfile& in) {
  User user = existing(ctx, ctx.user);
  const auto name = in.name ? rules::normal_name(in.name->value).value() : user.name;
  auto username = user.username;
  if (in.username.present) {
    username = in.username.value ? rules::normal_username(in.username.value->value) : std::nullopt;
  }
  auto image = user.image;
  in.image.apply(image);
  if (name == user.name && username == user.username && image == user.image) return {std::move(user)};

  if (username != user.username) {
    if (user.username) ctx.db.execute(kFreeName, std::string_view("username"), *user.username, ctx.user);
    if (username) take_name(ctx, "username", *username, ctx.user);
  }
  ctx.db.execute(kUpdate, ctx.user, name, username, image, ctx.now);
  audit::record(ctx, {.event_type = "user_updated", .subject = ctx.user});
  user.name = name;
  user.username = username;
  user.image = image;
  return {std::move(user)};
}

void add_operations(Catalogue& c) {
  c.add("users.create", Internal(), Access::system, Effect::write, &create, "Creates an account.");
  c.add("users.list", Internal(), Access::system, Effect::read, &list, "All accounts, newest first.");
  c.add("users.get", Internal(), Access::system, Effect::read, &get, "One account by its id or e-mail address.");
  c.add("users.ensure_local", Internal(), Access::system, Effect::write, &ensure_local,
        "Makes the local user of single-user mode unless it exists.");
  c.add("user.get", Get("/user/profile"), Access::any, Effect::read, &profile, "The caller's own profile.");
  c.add("user.update", Patch("/user/profile"), Access::user, Effect::write, &update_profile,
        "Changes name, user name or picture.");
}

}  // namespace ignition::users
