// Ignitions: tiny things to begin with, done in a minute or five.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition::ignitions {

enum class Category : std::uint8_t { body, mind, space, create };
BOOST_DESCRIBE_ENUM(Category, body, mind, space, create)

struct Ignition {
  std::string id;
  std::string title;
  std::string hint;
  std::int64_t seconds = 0;
  Category category = Category::body;
  std::optional<std::string> action_url;
  std::optional<std::int64_t> focus_minutes;
  std::int64_t sort_order = 0;
};
BOOST_DESCRIBE_STRUCT(Ignition, (), (id, title, hint, seconds, category, action_url, focus_minutes, sort_order))

struct ListIgnitions {
  std::optional<Category> category;
};
BOOST_DESCRIBE_STRUCT(ListIgnitions, (), (category))

struct Ignitions {
  std::vector<Ignition> ignitions;  // by sort_order
};
BOOST_DESCRIBE_STRUCT(Ignitions, (), (ignitions))

Ignitions list(Context& ctx, const ListIgnitions& in);

struct StartIgnition {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(StartIgnition, (), (id))

struct Started {
  std::string href;  // the page to do it on
  Uuid event_id;     // in the feed; the same for a second start within the minute
};
BOOST_DESCRIBE_STRUCT(Started, (), (href, event_id))

Started start(Context& ctx, const StartIgnition& in);

// Stores the ignitions that come with the product. What an operator changed stays.
void ship(Transaction& db);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::ignitions
