// The market as stored: statements and lookups that its operations share.
#pragma once

#include <string_view>
#include <vector>

#include "ignition/domains/market.hpp"

namespace ignition::market {

// Items that the user sees (rule R-M1), all of them or those of one key, by sort_order, name, key.
std::vector<Item> visible(Context& ctx);
// NOT_FOUND, also for somebody else's.
Item visible(Context& ctx, std::string_view key);

rules::Effect effect_of(const Item& item);
rules::Offer offer_of(const Item& item);
std::vector<CategoryCount> counted(const std::vector<Item>& items);

// Unredeemed ones, newest first.
std::vector<Purchase> unredeemed(Context& ctx, std::int64_t most);

}  // namespace ignition::market
