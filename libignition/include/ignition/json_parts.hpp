// JSON texts taken apart one level at a time. What is inside stays as it was written: numbers of any size, keys in
// their order. The texts must be whole values without white space, as compact_json and write_json make them; INTERNAL
// for others.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ignition {

// Keys and values of an object.
std::vector<std::pair<std::string, std::string>> json_members(std::string_view object);
std::vector<std::string> json_elements(std::string_view array);
// What a string says, without quotes and escapes.
std::string json_content(std::string_view string);

}  // namespace ignition
