#include "ignition/rules/route.hpp"

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

TEST_CASE("only the product's own pages are valid routes") {
  const test::Vectors vectors("today/routes.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const auto href = test::maybe_text(c, "href");
    CHECK((href && is_valid_route(*href)) == test::boolean(c, "valid"));
    ++count;
  }
  CHECK(count == 65);
}

TEST_CASE("a route cannot hide a control character, a dot segment or another scheme anywhere") {
  const std::string zero("/quests/a\0b", 11);
  CHECK_FALSE(is_valid_route(zero));
  CHECK_FALSE(is_valid_route("/quests/a\x7f"));
  CHECK_FALSE(is_valid_route("/quests\\..\\admin"));
  CHECK_FALSE(is_valid_route("/quests/%2E"));
  CHECK_FALSE(is_valid_route("/quests/.."));
  CHECK_FALSE(is_valid_route("/..%2fadmin/quests"));
  CHECK_FALSE(is_valid_route("/quests#VbScript:x"));
  CHECK(is_valid_route("/quests/..."));
  CHECK(is_valid_route("/quests/a..b"));
  CHECK(is_valid_route("/quests?back=/../x"));
  CHECK(is_valid_route("/focus?item=0190a000-0000-7000-8000-0000000000a1"));
  CHECK_FALSE(is_valid_route("/questsx"));
  CHECK_FALSE(is_valid_route("/focusx"));
}

TEST_CASE("routes are compared by their path") {
  CHECK(route_path("/habits?from=today") == "/habits");
  CHECK(route_path("/habits/") == "/habits");
  CHECK(route_path("/habits/#top") == "/habits");
  CHECK(route_path("/quests/abc") == "/quests/abc");
  CHECK(route_path("/") == "/");
  CHECK(route_path("").empty());
}
