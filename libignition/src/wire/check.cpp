#include <simdjson.h>

#include "wire/fields.hpp"

namespace ignition {
namespace {

using wire::Path;

class Check {
 public:
  explicit Check(Reader& reader) : reader_(reader) {}

  void value(const Path& path, const TypeInfo& type, void* target) {
    switch (type.kind) {
      case Kind::text:
        return text(path, type, target);
      case Kind::json:
        *type.string(target) = compact_json(type.get_string(target)).text;
        return;
      case Kind::optional:
      case Kind::update:
      case Kind::defaulted:
        if (const void* inside = type.inside(target)) value(path, *type.element, const_cast<void*>(inside));
        return;
      case Kind::list:
      case Kind::map:
        return elements(path, type, target);
      case Kind::object:
        for (const Field& field : type.fields) {
          value({.up = &path, .key = field.name}, *field.type, field.at(target));
        }
        return;
      default:
        return;  // valid by its C++ type
    }
  }

 private:
  void text(const Path& path, const TypeInfo& type, void* target) {
    const std::string came = type.get_string(target);
    if (!simdjson::validate_utf8(came)) return reader_.refuse(path.text(), "invalid_text", "must be valid UTF-8");
    took(path, wire::set_string(type, came, target));
  }

  void elements(const Path& path, const TypeInfo& type, void* target) {
    const std::size_t count = type.count(target);
    took(path, wire::check_count(type, count));
    for (std::size_t i = 0; i < count; ++i) {
      const Path at =
          type.kind == Kind::map ? Path{.up = &path, .key = *type.key(target, i)} : Path{.up = &path, .index = i};
      value(at, *type.element, const_cast<void*>(type.item(target, i)));
    }
  }

  void took(const Path& path, std::optional<wire::Refusal> refusal) {
    if (refusal) reader_.refuse(path.text(), std::move(refusal->code), std::move(refusal->message));
  }

  Reader& reader_;
};

}  // namespace

void check(const TypeInfo& type, void* value) {
  Reader reader;
  Check(reader).value({}, type, value);
  reader.finish();
}

}  // namespace ignition
