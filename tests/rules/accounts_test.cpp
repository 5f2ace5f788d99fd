#include "ignition/rules/accounts.hpp"

#include <doctest/doctest.h>

#include <rapidcheck.h>

#include <algorithm>

using namespace ignition;
using rules::normal_email;
using rules::normal_name;
using rules::normal_username;

TEST_CASE("an address is trimmed, lower case, in normal form C and its domain in ASCII") {
  CHECK(normal_email(" Ann.Lee@EXAMPLE.Com ") == "ann.lee@example.com");
  CHECK(normal_email("ann+tag@x.test") == "ann+tag@x.test");
  CHECK(normal_email("ann@München.Example") == "ann@xn--mnchen-3ya.example");
  CHECK(normal_email("A\u0308nn@x.test") == "\u00E4nn@x.test");
  CHECK(normal_email("\"a@b\"@x.test") == "\"a@b\"@x.test");
}

TEST_CASE("what is no address is refused") {
  for (const char* text :
       {"", "@", "ann", "ann@", "@x.test", "ann@localhost", "an n@x.test", "ann@x .test", "ann@x..test", "ann@x.test.",
        "ann@-x.test", "ann@x_y.test", "a\u00A0b@x.test", "a\x01@x.test", "a\u0085@x.test"}) {
    CAPTURE(text);
    CHECK_FALSE(normal_email(text));
  }
  CHECK(normal_email(std::string(64, 'a') + "@x.test"));
  CHECK_FALSE(normal_email(std::string(65, 'a') + "@x.test"));
}

TEST_CASE("normalising twice changes nothing") {
  CHECK(rc::check([](const std::string& text) {
    if (const auto name = normal_username(text)) RC_ASSERT(normal_username(*name) == name);
  }));
  for (const char* text : {" Ann.Lee@EXAMPLE.Com ", "A\u0308nn@München.Example"}) {
    CHECK(normal_email(*normal_email(text)) == normal_email(text));
  }
}

TEST_CASE("user names are lower case, 3 to 50 characters, with a letter or digit at both ends") {
  CHECK(normal_username(" Ann.Lee ") == "ann.lee");
  CHECK(normal_username("a-1") == "a-1");
  CHECK(normal_username(std::string(50, 'a')));
  for (const char* text : {"ab", ".abc", "abc-", "a b", "ann\u00E9", "admin", "NULL", "me", "Ignition", ""}) {
    CAPTURE(text);
    CHECK_FALSE(normal_username(text));
  }
  CHECK_FALSE(normal_username(std::string(51, 'a')));
}

TEST_CASE("names lose control characters and surplus white space, and are counted in characters") {
  CHECK(normal_name("  Ann \t\n Lee\u3000") == "Ann Lee");
  CHECK(normal_name("A\x01nn\u0085") == "Ann");
  CHECK_FALSE(normal_name(" \x02 "));
  std::string emoji;
  for (int i = 0; i < 100; ++i) emoji += "\U0001F600";
  CHECK(normal_name(emoji) == emoji);
  CHECK_FALSE(normal_name(emoji + "x"));
}

TEST_CASE("roles inherit along their parents: premium is beside the moderators, not below") {
  CHECK(rules::included_roles(Role::user) == std::vector{Role::user});
  CHECK(rules::included_roles(Role::premium) == std::vector{Role::user, Role::premium});
  CHECK(rules::included_roles(Role::super_admin) ==
        std::vector{Role::user, Role::moderator, Role::admin, Role::super_admin});
}

TEST_CASE("entitlements grow with the role, 24 in all") {
  CHECK(rules::entitlements_of(Role::premium) == std::vector<std::string>{"feedback:write", "quests:read"});
  CHECK(rules::entitlements_of(Role::moderator).size() == 9);
  CHECK(rules::entitlements_of(Role::admin).size() == 22);
  const auto all = rules::entitlements_of(Role::super_admin);
  CHECK(all.size() == 24);
  CHECK(std::ranges::is_sorted(all));
  CHECK(std::ranges::adjacent_find(all) == all.end());
  CHECK_FALSE(rules::is_admin(Role::moderator));
  CHECK(rules::is_admin(Role::admin));
}
