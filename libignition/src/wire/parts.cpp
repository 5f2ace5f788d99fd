#include <simdjson.h>

#include "ignition/error.hpp"
#include "ignition/json_parts.hpp"

namespace ignition {
namespace {

namespace ondemand = simdjson::ondemand;

template <class T>
T sound(simdjson::simdjson_result<T> result) {
  T value{};
  if (std::move(result).get(value) != simdjson::SUCCESS) throw Error(Code::INTERNAL, "a stored text is no sound JSON");
  return value;
}

std::string raw(ondemand::value value) {
  std::string_view text;
  switch (sound(value.type())) {
    case ondemand::json_type::object:
      text = sound(sound(value.get_object()).raw_json());
      break;
    case ondemand::json_type::array:
      text = sound(sound(value.get_array()).raw_json());
      break;
    default:
      text = value.raw_json_token();
  }
  return std::string(text);
}

// Calls use(document). A thread does not keep the room of a large one.
template <class Use>
void with_document(std::string_view json, Use&& use) {
  constexpr std::size_t kKeep = 1 << 16;
  thread_local ondemand::parser kept;
  ondemand::parser own;
  ondemand::parser& parser = json.size() > kKeep ? own : kept;
  const simdjson::padded_string padded(json);
  ondemand::document document = sound(parser.iterate(padded));
  use(document);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> json_members(std::string_view object) {
  std::vector<std::pair<std::string, std::string>> members;
  with_document(object, [&](ondemand::document& document) {
    for (auto entry : sound(document.get_object())) {
      std::string key(sound(entry.unescaped_key()));
      members.emplace_back(std::move(key), raw(sound(entry.value())));
    }
  });
  return members;
}

std::vector<std::string> json_elements(std::string_view array) {
  std::vector<std::string> elements;
  with_document(array, [&](ondemand::document& document) {
    for (auto element : sound(document.get_array())) elements.push_back(raw(sound(std::move(element))));
  });
  return elements;
}

std::string json_content(std::string_view string) {
  std::string content;
  with_document(string, [&](ondemand::document& document) { content = sound(document.get_string()); });
  return content;
}

}  // namespace ignition
