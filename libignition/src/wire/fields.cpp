#include "wire/fields.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>

namespace ignition {
namespace wire {
namespace {

std::optional<Refusal> set_text(const TypeInfo& type, std::string_view value, void* out) {
  if (value.find('\0') != std::string_view::npos) {
    return Refusal{"invalid_text", "must not contain the character U+0000"};
  }
  if (type.trims) value = trimmed(value);
  const auto length = static_cast<std::int64_t>(code_points(value));
  if (length < type.min) {
    return Refusal{"too_short", fmt::format("must have at least {} characters, got {}", type.min, length)};
  }
  if (length > type.max) {
    return Refusal{"too_long", fmt::format("must have at most {} characters, got {}", type.max, length)};
  }
  if (type.accepts != nullptr && !type.accepts(value)) {
    return Refusal{"invalid_format", fmt::format("must be {}", type.format)};
  }
  type.string(out)->assign(value);
  return {};
}

std::optional<Refusal> set_enumerator(const TypeInfo& type, std::string_view value, void* out) {
  for (std::size_t i = 0; i < type.enumerators.size(); ++i) {
    if (type.enumerators[i] != value) continue;
    type.set_integer(out, static_cast<std::int64_t>(i));
    return {};
  }
  return Refusal{"not_one_of", fmt::format("must be one of {}", fmt::join(type.enumerators, ", "))};
}

template <class T>
std::optional<Refusal> set_parsed(const TypeInfo& type, std::string_view value, void* out) {
  const auto parsed = T::parse(value);
  if (!parsed) return Refusal{"invalid_format", fmt::format("must be {}", expected(type))};
  *static_cast<T*>(out) = *parsed;
  return {};
}

}  // namespace

std::string_view expected(const TypeInfo& type) {
  switch (type.kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a number";
    case Kind::text:
    case Kind::bytes:
    case Kind::enumeration:
      return "a string";
    case Kind::uuid:
      return "a UUID";
    case Kind::instant:
      return "an RFC 3339 instant with an offset";
    case Kind::date:
      return "a date YYYY-MM-DD";
    case Kind::list:
      return "an array";
    case Kind::json:
      return "an object or an array";
    default:
      return "an object";
  }
}

std::string_view shown(std::string_view text) {
  constexpr std::size_t kMost = 80;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // no half code points
  return text.substr(0, end);
}

std::string Path::text() const {
  if (is_root()) return {};
  std::string out = up->text();
  if (key.data() == nullptr) return out + fmt::format("[{}]", index);
  if (!out.empty()) out += '.';
  return out.append(shown(key));
}

std::optional<Refusal> check_count(const TypeInfo& type, std::size_t count) {
  const auto n = static_cast<std::int64_t>(count);
  if (n < type.min) return Refusal{"too_few", fmt::format("must have at least {} elements, got {}", type.min, n)};
  if (n > type.max) return Refusal{"too_many", fmt::format("must have at most {} elements, got {}", type.max, n)};
  return {};
}

const Field* find_field(const TypeInfo& object, std::string_view name, std::size_t& index) {
  for (const Alias& alias : object.aliases) {
    if (alias.name == name) {
      name = alias.field;
      break;
    }
  }
  for (index = 0; index < object.fields.size(); ++index) {
    if (object.fields[index].name == name) return &object.fields[index];
  }
  return nullptr;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<Refusal> set_integer(const TypeInfo& type, std::int64_t value, void* out) {
  if (value < type.min || value > type.max) {
    return Refusal{"out_of_range", fmt::format("must be {}..{}, got {}", type.min, type.max, value)};
  }
  type.set_integer(out, value);
  return {};
}

std::optional<Refusal> set_string(const TypeInfo& type, std::string_view value, void* out) {
  switch (type.kind) {
    case Kind::text:
      return set_text(type, value, out);
    case Kind::enumeration:
      return set_enumerator(type, value, out);
    case Kind::uuid:
      return set_parsed<Uuid>(type, value, out);
    case Kind::instant:
      return set_parsed<Instant>(type, value, out);
    case Kind::date:
      return set_parsed<LocalDate>(type, value, out);
    default:
      return Refusal{"wrong_type", fmt::format("must be {}, got a string", expected(type))};
  }
}

}  // namespace wire

namespace {

// A parameter's text as a value of the type.
std::optional<wire::Refusal> set_scalar(const TypeInfo& type, std::string_view text, void* out) {
  switch (type.kind) {
    case Kind::boolean:
      if (text != "true" && text != "1" && text != "false" && text != "0") {
        return wire::Refusal{"wrong_type", "must be true or false"};
      }
      *static_cast<bool*>(out) = text == "true" || text == "1";
      return {};
    case Kind::integer:
      if (const auto number = wire::whole_number(text)) return wire::set_integer(type, *number, out);
      return wire::Refusal{"wrong_type", "must be an integer"};
    case Kind::real: {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
        return wire::Refusal{"wrong_type", "must be a number"};
      }
      *static_cast<double*>(out) = value;
      return {};
    }
    default:
      if (!simdjson::validate_utf8(text.data(), text.size())) {
        return wire::Refusal{"invalid_text", "must be valid UTF-8"};
      }
      return wire::set_string(type, text, out);
  }
}

}  // namespace

void Reader::refuse(std::string field, std::string code, std::string message) {
  constexpr std::size_t kMost = 100;
  if (errors_.size() < kMost) errors_.push_back({std::move(field), std::move(code), std::move(message)});
}

void Reader::set(const TypeInfo& object, void* out, std::string_view name, std::string_view text) {
  std::size_t index = 0;
  const Field* field = wire::find_field(object, name, index);
  const std::string path(name);
  if (field == nullptr) {
    if (unknown_ == UnknownKeys::refuse) refuse(path, "unknown_field", "is not a parameter of this operation");
    return;
  }
  const bool again = has(index);
  mark(index);
  const TypeInfo* type = field->type;
  void* target = field->at(out);
  while (wire::may_be_absent(*type)) {
    const void* inside = again ? type->inside(target) : nullptr;
    target = inside != nullptr ? const_cast<void*>(inside) : type->emplace(target);
    type = type->element;
  }
  const auto took = [&](std::optional<wire::Refusal> refusal) {
    if (refusal) refuse(path, std::move(refusal->code), std::move(refusal->message));
  };
  if (type->kind != Kind::list) {
    if (again) return refuse(path, "repeated", "must not be given twice");
    return took(set_scalar(*type, text, target));
  }
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    took(set_scalar(*type->element, text.substr(0, comma), type->emplace(target)));
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  took(wire::check_count(*type, type->count(target)));
}

void Reader::require(const TypeInfo& object) {
  for (std::size_t i = 0; i < object.fields.size(); ++i) {
    if (has(i) || wire::may_be_absent(*object.fields[i].type)) continue;
    refuse(std::string(object.fields[i].name), "required", "is required");
  }
}

void Reader::finish() const {
  if (!errors_.empty()) throw invalid(errors_);
}

}  // namespace ignition
