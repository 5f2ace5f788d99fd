#include "ignition/ciphertext.hpp"

#include <simdjson.h>

#include <algorithm>

namespace ignition {

bool is_ciphertext(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos || text[begin] != '{') return false;  // nearly every text: not worth a parser
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(text.data(), text.size()).get_object().get(object) != simdjson::SUCCESS || object.size() != 4) {
    return false;
  }
  return std::ranges::all_of(std::array{"iv", "salt", "cipher", "version"}, [&](const char* key) {
    simdjson::dom::element value;
    return object.at_key(key).get(value) == simdjson::SUCCESS && value.is_string();
  });
}

}  // namespace ignition
