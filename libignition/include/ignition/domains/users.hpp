// Accounts: making and finding them, and the profile that their owner sees. Rules: rules/accounts.hpp, gates.hpp.
//
// The operations `users.*` are for the host program, which decides who may have an account.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition::users {

struct EmailFormat {
  static constexpr std::string_view name = "an e-mail address such as ann@example.com";
  static constexpr std::size_t max = 300;
  static bool accepts(std::string_view text);
};
using Email = Formatted<EmailFormat>;

struct UsernameFormat {
  static constexpr std::string_view name =
      "a free user name of 3..50 characters a-z 0-9 . _ - that begins and ends with a letter or digit";
  static constexpr std::size_t max = 60;
  static bool accepts(std::string_view text);
};
using Username = Formatted<UsernameFormat>;

struct NameFormat {
  static constexpr std::string_view name = "a name of 1..100 characters";
  static constexpr std::size_t max = 300;
  static bool accepts(std::string_view text);
};
using Name = Formatted<NameFormat>;

// An account as its owner sees it.
struct User {
  Uuid id;
  std::string email;
  bool email_verified = false;
  std::optional<std::string> username;
  std::string name;
  std::optional<std::string> image;
  Role role = Role::user;                 // the highest one
  std::vector<Role> roles;                // held, `user` among them
  std::vector<std::string> entitlements;  // sorted
  bool is_admin = false;
  bool approved = false;
  bool age_verified = false;
  bool tos_accepted = false;
  std::optional<std::string> tos_version;  // accepted last
  std::vector<std::string> pending_gates;
  std::optional<std::string> timezone;  // null = UTC
  std::string locale;
  bool has_password = false;
  bool mfa_enabled = false;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(User, (),
                      (id, email, email_verified, username, name, image, role, roles, entitlements, is_admin, approved,
                       age_verified, tos_accepted, tos_version, pending_gates, timezone, locale, has_password,
                       mfa_enabled, created_at))

struct OneUser {
  User user;
};
BOOST_DESCRIBE_STRUCT(OneUser, (), (user))

struct CreateUser {
  Email email;
  std::optional<Name> name;  // absent: "User"
  std::optional<Username> username;
  Or<Role, Role::user> role;
  std::optional<TimeZoneName> timezone;
  Or<bool, true> approved;
  Or<bool, true> email_verified;
  Or<bool, true> age_verified;  // the person attested the least age
  Or<bool, true> tos_accepted;  // the person accepted the current terms
};
BOOST_DESCRIBE_STRUCT(CreateUser, (),
                      (email, name, username, role, timezone, approved, email_verified, age_verified, tos_accepted))

struct ListUsers {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
};
BOOST_DESCRIBE_STRUCT(ListUsers, (), (page, page_size))

struct Users {
  std::vector<User> users;  // newest first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Users, (), (users, total, page, page_size))

// Exactly one of both.
struct GetUser {
  std::optional<Uuid> id;
  std::optional<Email> email;
};
BOOST_DESCRIBE_STRUCT(GetUser, (), (id, email))

struct UpdateProfile {
  std::optional<Name> name;
  Update<Username> username;
  Update<HttpsUrl> image;
};
BOOST_DESCRIBE_STRUCT(UpdateProfile, (), (name, username, image))

// Makes an account with everything that must exist from its first moment. CONFLICT `email_taken`, `username_taken`.
OneUser create(Context& ctx, const CreateUser& in);
Users list(Context& ctx, const ListUsers& in);
OneUser get(Context& ctx, const GetUser& in);
// The local user of single-user mode (rule R44), made when it is missing.
OneUser ensure_local(Context& ctx, const Nothing& in);

// The caller's own profile.
OneUser profile(Context& ctx, const Nothing& in);
OneUser update_profile(Context& ctx, const UpdateProfile& in);

// For other domains, within their transaction.
struct Account {
  User user;
  std::optional<Instant> disabled_at;  // set: no credential of this account works
};
std::optional<Account> find(Context& ctx, const Uuid& id);

// A new account; its names are normal.
struct NewAccount {
  Uuid id;
  std::string email;
  std::string name = "User";
  std::optional<std::string> username{};
  Role role = Role::user;
  bool approved = false;
  bool email_verified = false;
  bool age_verified = false;
  bool tos_accepted = false;
};

// Stores the account and everything that must exist with it; false when there is one with this id. CONFLICT
// `email_taken`, `username_taken`.
bool open(Context& ctx, const NewAccount& made);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::users
