#include "ignition/rules/passwords.hpp"

#include <doctest/doctest.h>

using namespace ignition::rules;

namespace {

std::optional<PasswordFault> fault(std::string_view password) {
  return password_fault(normal_password(password), {.email = "ann.lovelace@example.com", .username = "countess1"});
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("a password has 8 to 128 characters, counted as people count (A12, T43)") {
  CHECK(fault("qwplkjh") == PasswordFault::too_short);
  CHECK_FALSE(fault("qwplkjhz").has_value());
  CHECK_FALSE(fault(repeated("qwplkjhz", 16)).has_value());
  CHECK(fault(repeated("qwplkjhz", 16) + "x") == PasswordFault::too_long);
  CHECK_FALSE(fault("\xF0\x9F\x98\x80\xF0\x9F\x98\x81\xF0\x9F\x98\x82\xF0\x9F\x98\x83\xF0\x9F\x98\x84\xF0\x9F\x98\x85"
                    "\xF0\x9F\x98\x86\xF0\x9F\x98\x87")
                  .has_value());
  // 128 characters of four bytes are the most bytes there may be.
  CHECK_FALSE(fault(repeated("\xF0\x9F\x98\x80\xF0\x9F\x98\x81", 64)).has_value());
  // A letter and its combining accent are one character.
  CHECK(fault("e\xCC\x81qwplkj") == PasswordFault::too_short);
  CHECK(normal_password("e\xCC\x81") == "\xC3\xA9");
}

TEST_CASE("what everybody chooses is refused, in any letter case (A12)") {
  CHECK(fault("password") == PasswordFault::common);
  CHECK(fault("PassWord1") == PasswordFault::common);
  CHECK(fault("12345678") == PasswordFault::common);
  CHECK(fault("aaaaaaaaaa") == PasswordFault::common);
  CHECK(fault(repeated("\xC3\xA9", 9)) == PasswordFault::common);
  CHECK_FALSE(fault("correct horse battery staple").has_value());
  CHECK_FALSE(is_common_password(""));
  CHECK_FALSE(is_common_password("\n"));
  CHECK(is_common_password("qwertyuiop"));
}

TEST_CASE("one's own names are no passwords") {
  CHECK(fault("Ann.Lovelace@example.com") == PasswordFault::personal);
  CHECK(fault("ANN.LOVELACE") == PasswordFault::personal);
  CHECK(fault("Countess1") == PasswordFault::personal);
  CHECK(fault("Ignition") == PasswordFault::personal);
  CHECK_FALSE(fault("ann.lovelace2").has_value());
  CHECK_FALSE(password_fault("qwplkjhz", {}).has_value());
}
