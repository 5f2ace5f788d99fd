#include <fmt/format.h>

#include <array>
#include <iterator>

#include "ignition/wire.hpp"

namespace ignition {
namespace {

template <class T>
const T& as(const void* value) {
  return *static_cast<const T*>(value);
}

void write_quoted(std::string& out, std::string_view clean) {
  out += '"';
  out += clean;
  out += '"';
}

void write_integer(std::string& out, std::int64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

void write_object(std::string& out, const TypeInfo& type, const void* value) {
  out += '{';
  bool first = true;
  for (const Field& field : type.fields) {
    // Input written again, for example to be compared: keeping is not clearing.
    if (field.type->kind == Kind::update && !field.type->present(field.at_const(value))) continue;
    out += first ? "\"" : ",\"";
    first = false;
    out += field.name;
    out += "\":";
    write_json(out, *field.type, field.at_const(value));
  }
  out += '}';
}

void write_list(std::string& out, const TypeInfo& type, const void* value) {
  out += '[';
  const std::size_t count = type.count(value);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    write_json(out, *type.element, type.item(value, i));
  }
  out += ']';
}

void write_map(std::string& out, const TypeInfo& type, const void* value) {
  out += '{';
  const std::size_t count = type.count(value);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    write_json_string(out, *type.key(value, i));
    out += ':';
    write_json(out, *type.element, type.item(value, i));
  }
  out += '}';
}

// The escape of a character that may not stand in a JSON string; code points below U+0020 have short forms or \u00xx.
void write_escape(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kLetter = "\"\\bfnrt";
  out += '\\';
  if (const auto at = kShort.find(static_cast<char>(c)); at != std::string_view::npos) {
    out += kLetter[at];
    return;
  }
  out += "u00";
  out += kHex[c >> 4];
  out += kHex[c & 15];
}

}  // namespace

void write_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t clean = 0;  // begin of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, clean, i - clean);
    clean = i + 1;
    write_escape(out, c);
  }
  out.append(text, clean);
  out += '"';
}

void write_json(std::string& out, const TypeInfo& type, const void* value) {
  switch (type.kind) {
    case Kind::boolean:
      out += as<bool>(value) ? "true" : "false";
      return;
    case Kind::integer:
      return write_integer(out, type.get_integer(value));
    case Kind::real:
      fmt::format_to(std::back_inserter(out), "{}", as<double>(value));
      return;
    case Kind::text:
    case Kind::bytes:
      return write_json_string(out, type.get_string(value));
    case Kind::enumeration:
      return write_quoted(out, type.enumerators[static_cast<std::size_t>(type.get_integer(value))]);
    case Kind::uuid: {
      std::array<char, 36> text;
      as<Uuid>(value).write(text);
      return write_quoted(out, {text.data(), text.size()});
    }
    case Kind::instant:
      return write_quoted(out, as<Instant>(value).text());
    case Kind::date:
      return write_quoted(out, as<LocalDate>(value).text());
    case Kind::json:
      out += type.get_string(value);
      return;
    case Kind::optional:
    case Kind::update:
    case Kind::defaulted:
      if (const void* inside = type.inside(value)) return write_json(out, *type.element, inside);
      out += "null";
      return;
    case Kind::list:
      return write_list(out, type, value);
    case Kind::map:
      return write_map(out, type, value);
    case Kind::object:
      return write_object(out, type, value);
    case Kind::rendered:
      out += type.inside(value) != nullptr ? as<std::string>(type.inside(value)) : "null";
      return;
  }
}

}  // namespace ignition
