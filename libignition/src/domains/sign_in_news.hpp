// Tells people by mail that somebody signed in to their account from where it was not used lately (rule R11).
#pragma once

#include <string>
#include <string_view>

#include "ignition/context.hpp"

namespace ignition::sign_in_news {

// To be called before the sign-in is recorded. Orders the mail `new_sign_in` unless the user signed in within the last
// 90 days with a like program from a like address, or never before.
void tell(Context& ctx, const Uuid& user, std::string_view email);

// The network that an address counts as: IPv4 by 24 bits, IPv6 by 56; a text that is no address stays what it is.
std::string network_of(const std::string& address);

}  // namespace ignition::sign_in_news
