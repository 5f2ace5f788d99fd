// Another e-mail address: the new one proves itself by a token, the old one is told (rules R12, R15).
#pragma once

#include <string>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/users.hpp"

namespace ignition::email_change {

struct ChangeEmail {
  users::Email new_email;
};
BOOST_DESCRIBE_STRUCT(ChangeEmail, (), (new_email))

// The same whether the address is free or taken.
struct Pending {
  bool pending = true;
};
BOOST_DESCRIBE_STRUCT(Pending, (), (pending))

struct ConfirmEmail {
  Text<1, 100> token;
};
BOOST_DESCRIBE_STRUCT(ConfirmEmail, (), (token))

struct Confirmed {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(Confirmed, (), (email))

Pending request(Context& ctx, const ChangeEmail& in);
// CONFLICT `email_taken` when somebody else has got the address meanwhile. A session that confirms gets a new token.
Confirmed confirm(Context& ctx, const ConfirmEmail& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::email_change
