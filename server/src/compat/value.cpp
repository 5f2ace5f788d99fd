#include "compat/value.hpp"

#include <algorithm>
#include <charconv>

#include "ignition/json_parts.hpp"
#include "ignition/wire.hpp"

namespace ignition::server::compat {
namespace {

Value::Members opened_object(const std::string& json) {
  Value::Members members;
  for (auto& [key, text] : json_members(json)) members.push_back({std::move(key), Value::json(std::move(text))});
  return members;
}

Value::Elements opened_list(const std::string& json) {
  Value::Elements elements;
  for (auto& text : json_elements(json)) elements.push_back(Value::json(std::move(text)));
  return elements;
}

}  // namespace

Value::Value() : state_("null") {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;

Value Value::json(std::string compact) {
  Value value;
  value.state_ = std::move(compact);
  return value;
}

Value Value::text(std::string_view text) {
  std::string out;
  write_json_string(out, text);
  return json(std::move(out));
}

Value Value::number(std::int64_t number) { return json(std::to_string(number)); }

Value Value::truth(bool value) { return json(value ? "true" : "false"); }

bool Value::is_null() const {
  const auto* text = std::get_if<std::string>(&state_);
  return text != nullptr && *text == "null";
}

bool Value::is_object() const {
  const auto* text = std::get_if<std::string>(&state_);
  return text != nullptr ? text->starts_with('{') : std::holds_alternative<Members>(state_);
}

bool Value::is_list() const {
  const auto* text = std::get_if<std::string>(&state_);
  return text != nullptr ? text->starts_with('[') : std::holds_alternative<Elements>(state_);
}

std::optional<std::string> Value::as_text() const {
  const auto* text = std::get_if<std::string>(&state_);
  if (text == nullptr || !text->starts_with('"')) return {};
  if (text->find('\\') == std::string::npos) return text->substr(1, text->size() - 2);
  return json_content(*text);
}

std::optional<std::int64_t> Value::as_number() const {
  const auto* text = std::get_if<std::string>(&state_);
  if (text == nullptr) return {};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return {};
  return number;
}

std::optional<bool> Value::as_truth() const {
  const auto* text = std::get_if<std::string>(&state_);
  if (text == nullptr || (*text != "true" && *text != "false")) return {};
  return *text == "true";
}

Value::Members& Value::members() {
  if (!is_object()) {
    thread_local Members none;
    none.clear();
    return none;
  }
  if (const auto* text = std::get_if<std::string>(&state_)) state_ = opened_object(*text);
  return std::get<Members>(state_);
}

Value::Elements& Value::elements() {
  if (!is_list()) {
    thread_local Elements none;
    none.clear();
    return none;
  }
  if (const auto* text = std::get_if<std::string>(&state_)) state_ = opened_list(*text);
  return std::get<Elements>(state_);
}

Value* Value::find(std::string_view path) {
  const auto dot = path.find('.');
  Members& inside = members();
  const auto at = std::ranges::find(inside, path.substr(0, dot), &Member::key);
  if (at == inside.end()) return nullptr;
  return dot == std::string_view::npos ? &at->value : at->value.find(path.substr(dot + 1));
}

Value Value::get(std::string_view path) {
  const Value* found = find(path);
  return found != nullptr ? *found : Value();
}

void Value::set(std::string_view key, Value value) {
  Members& inside = members();
  const auto at = std::ranges::find(inside, key, &Member::key);
  if (at != inside.end()) {
    at->value = std::move(value);
  } else {
    inside.push_back({std::string(key), std::move(value)});
  }
}

std::optional<Value> Value::take(std::string_view key) {
  Members& inside = members();
  const auto at = std::ranges::find(inside, key, &Member::key);
  if (at == inside.end()) return {};
  Value taken = std::move(at->value);
  inside.erase(at);
  return taken;
}

void Value::append(Value element) { elements().push_back(std::move(element)); }

void Value::write(std::string& out) const {
  if (const auto* text = std::get_if<std::string>(&state_)) {
    out += *text;
  } else if (const auto* inside = std::get_if<Members>(&state_)) {
    out += '{';
    for (std::size_t i = 0; i < inside->size(); ++i) {
      if (i > 0) out += ',';
      write_json_string(out, (*inside)[i].key);
      out += ':';
      (*inside)[i].value.write(out);
    }
    out += '}';
  } else {
    const auto& elements = std::get<Elements>(state_);
    out += '[';
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (i > 0) out += ',';
      elements[i].write(out);
    }
    out += ']';
  }
}

std::string Value::to_json() const {
  std::string out;
  write(out);
  return out;
}

}  // namespace ignition::server::compat
