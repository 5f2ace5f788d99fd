#include "ignition/rules/percent.hpp"

namespace ignition::rules {

std::string percent_with_decimals(std::int64_t part, std::int64_t whole) {
  if (whole <= 0 || part <= 0) return "0";
  if (part >= whole) return "100";
  const std::int64_t hundredths = (20'000 * part + whole) / (2 * whole);
  std::string text = std::to_string(hundredths / 100);
  const std::int64_t rest = hundredths % 100;
  if (rest == 0) return text;
  text += '.';
  text += static_cast<char>('0' + rest / 10);
  if (rest % 10 != 0) text += static_cast<char>('0' + rest % 10);
  return text;
}

}  // namespace ignition::rules
