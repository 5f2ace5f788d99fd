#include <fmt/format.h>
#include <simdjson.h>

#include <unordered_set>

#include "wire/fields.hpp"

namespace ignition {
namespace {

namespace ondemand = simdjson::ondemand;
using JsonType = ondemand::json_type;
using wire::Path;
using wire::shown;

[[noreturn]] void malformed(std::string_view why) {
  throw Error(Code::VALIDATION_ERROR, fmt::format("The JSON is malformed: {}.", why))
      .about({{"", "malformed_json", std::string(why)}});
}

[[noreturn]] void malformed(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      malformed("it is not valid UTF-8");
    case simdjson::DEPTH_ERROR:
      malformed(fmt::format("it is nested deeper than {} levels", kMaxJsonDepth));
    case simdjson::CAPACITY:
      malformed("it is too large");
    case simdjson::NUMBER_ERROR:
      malformed("a number is malformed or beyond the range of a double");
    default:
      malformed("it does not follow the grammar of RFC 8259");
  }
}

template <class T>
T checked(simdjson::simdjson_result<T> result) {
  T value{};
  if (const auto code = std::move(result).get(value)) malformed(code);
  return value;
}

[[noreturn]] void repeated_key(std::string_view key) {
  malformed(fmt::format("the key \"{}\" occurs twice in one object", shown(key)));
}

std::string_view kind_name(JsonType type) {
  switch (type) {
    case JsonType::array:
      return "an array";
    case JsonType::object:
      return "an object";
    case JsonType::number:
      return "a number";
    case JsonType::string:
      return "a string";
    case JsonType::boolean:
      return "a boolean";
    case JsonType::null:
      return "null";
  }
  return "nothing";
}

// The text of a number; simdjson leaves the white space behind it.
std::string_view number_text(ondemand::value& value) {
  std::string_view text = value.raw_json_token();
  text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
  ondemand::number number;
  if (const auto code = value.get_number().get(number)) {
    // Integers beyond 64 bits follow the grammar; their bounds are judged by the field.
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    const bool integer = digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!integer || digits.empty() || digits.front() == '0') malformed(code);
  }
  return text;
}

void expect_null(ondemand::value& value) {
  if (!checked(value.is_null())) malformed(simdjson::N_ATOM_ERROR);
}

// The keys of one object, which must not repeat. A set, since an object may have as many as a body has room for.
class Keys {
 public:
  const std::string& add(std::string_view key) {
    const auto [at, is_new] = seen_.emplace(key);
    if (!is_new) repeated_key(key);
    return *at;
  }

 private:
  std::unordered_set<std::string> seen_;
};

// Copies any JSON value in compact form, checking grammar, depth and repeated keys.
void copy_json(std::string& out, ondemand::value value, int depth) {
  if (depth > kMaxJsonDepth) malformed(simdjson::DEPTH_ERROR);
  switch (checked(value.type())) {
    case JsonType::object: {
      out += '{';
      Keys seen;
      bool first = true;
      for (auto entry : checked(value.get_object())) {
        const std::string& key = seen.add(checked(entry.unescaped_key()));
        if (!first) out += ',';
        first = false;
        write_json_string(out, key);
        out += ':';
        copy_json(out, checked(entry.value()), depth + 1);
      }
      out += '}';
      return;
    }
    case JsonType::array: {
      out += '[';
      bool first = true;
      for (auto element : checked(value.get_array())) {
        if (!first) out += ',';
        first = false;
        copy_json(out, checked(std::move(element)), depth + 1);
      }
      out += ']';
      return;
    }
    case JsonType::string: {
      const std::string_view text = checked(value.get_string());
      if (text.find('\0') != std::string_view::npos) malformed("a string contains the character U+0000");
      return write_json_string(out, text);
    }
    case JsonType::number:
      out += number_text(value);
      return;
    case JsonType::boolean:
      out += checked(value.get_bool()) ? "true" : "false";
      return;
    case JsonType::null:
      expect_null(value);
      out += "null";
      return;
  }
}

void skip(ondemand::value value, int depth) {
  std::string ignored;
  copy_json(ignored, value, depth);
}

// Reads a JSON value into a described one.
class Walk {
 public:
  explicit Walk(Reader& reader) : reader_(reader) {}

  void value(const Path& path, const TypeInfo& type, ondemand::value json, void* out, int depth) {
    if (depth > kMaxJsonDepth) malformed(simdjson::DEPTH_ERROR);
    const JsonType came = checked(json.type());
    if (wire::may_be_absent(type)) {
      if (came != JsonType::null) return value(path, *type.element, json, type.emplace(out), depth);
      expect_null(json);
      if (type.clear != nullptr) type.clear(out);
      return;
    }
    if (came != expected_json(type, came)) {
      reader_.refuse(path.text(), "wrong_type",
                     fmt::format("must be {}, got {}", wire::expected(type), kind_name(came)));
      return skip(json, depth);
    }
    accept(path, type, json, out, depth);
  }

  void object(const Path& path, const TypeInfo& type, ondemand::object json, void* out, int depth) {
    FieldSet seen;
    for (auto entry : json) {
      const std::string key(checked(entry.unescaped_key()));
      const Path at{.up = &path, .key = key};
      std::size_t index = 0;
      const Field* field = wire::find_field(type, key, index);
      if (field == nullptr) {
        if (reader_.unknown() == UnknownKeys::refuse) {
          reader_.refuse(at.text(), "unknown_field", "is not a field of this object");
        }
        skip(checked(entry.value()), depth + 1);
        continue;
      }
      if (seen.test(index)) repeated_key(key);
      seen.set(index);
      if (path.is_root()) reader_.mark(index);
      value(at, *field->type, checked(entry.value()), field->at(out), depth + 1);
    }
    if (!path.is_root()) refuse_missing(path, type, seen);  // the root's may still come from the path or the query
  }

 private:
  static JsonType expected_json(const TypeInfo& type, JsonType came) {
    switch (type.kind) {
      case Kind::boolean:
        return JsonType::boolean;
      case Kind::integer:
      case Kind::real:
        return JsonType::number;
      case Kind::list:
        return JsonType::array;
      case Kind::json:
        return came == JsonType::array ? JsonType::array : JsonType::object;
      case Kind::object:
      case Kind::map:
        return JsonType::object;
      default:
        return JsonType::string;
    }
  }

  void accept(const Path& path, const TypeInfo& type, ondemand::value json, void* out, int depth) {
    switch (type.kind) {
      case Kind::boolean:
        *static_cast<bool*>(out) = checked(json.get_bool());
        return;
      case Kind::integer:
        return integer(path, type, number_text(json), out);
      case Kind::real:
        *static_cast<double*>(out) = checked(json.get_double());
        return;
      case Kind::json:
        type.string(out)->clear();
        return copy_json(*type.string(out), json, depth);
      case Kind::object:
        return object(path, type, checked(json.get_object()), out, depth);
      case Kind::list:
        return list(path, type, checked(json.get_array()), out, depth);
      case Kind::map:
        return map(path, type, checked(json.get_object()), out, depth);
      default:
        return string(path, type, checked(json.get_string()), out);
    }
  }

  void integer(const Path& path, const TypeInfo& type, std::string_view text, void* out) {
    const auto number = wire::whole_number(text);
    if (number) return took(path, wire::set_integer(type, *number, out));
    if (text.find_first_of(".eE") != std::string_view::npos) {
      return reader_.refuse(path.text(), "wrong_type", fmt::format("must be an integer, got {}", shown(text)));
    }
    reader_.refuse(path.text(), "out_of_range", fmt::format("must be {}..{}, got {}", type.min, type.max, shown(text)));
  }

  void string(const Path& path, const TypeInfo& type, std::string_view text, void* out) {
    took(path, wire::set_string(type, text, out));
  }

  void took(const Path& path, std::optional<wire::Refusal> refusal) {
    if (refusal) reader_.refuse(path.text(), std::move(refusal->code), std::move(refusal->message));
  }

  void refuse_missing(const Path& path, const TypeInfo& type, const FieldSet& seen) {
    for (std::size_t i = 0; i < type.fields.size(); ++i) {
      if (seen.test(i) || wire::may_be_absent(*type.fields[i].type)) continue;
      const Path at{.up = &path, .key = type.fields[i].name};
      reader_.refuse(at.text(), "required", "is required");
    }
  }

  void check_count(const Path& path, const TypeInfo& type, std::size_t count) {
    took(path, wire::check_count(type, count));
  }

  void list(const Path& path, const TypeInfo& type, ondemand::array json, void* out, int depth) {
    type.clear(out);
    std::size_t count = 0;
    for (auto element : json) {
      const Path at{.up = &path, .index = count};
      if (static_cast<std::int64_t>(count) < type.max) {
        value(at, *type.element, checked(std::move(element)), type.emplace(out), depth + 1);
      } else {
        skip(checked(std::move(element)), depth + 1);
      }
      ++count;
    }
    check_count(path, type, count);
  }

  void map(const Path& path, const TypeInfo& type, ondemand::object json, void* out, int depth) {
    type.clear(out);
    Keys seen;
    std::size_t count = 0;
    for (auto entry : json) {
      const std::string& key = seen.add(checked(entry.unescaped_key()));
      const Path at{.up = &path, .key = key};
      value(at, *type.element, checked(entry.value()), type.emplace_key(out, key), depth + 1);
      ++count;
    }
    check_count(path, type, count);
  }

  Reader& reader_;
};

// What a thread reads documents with. It does not keep the room of a large one.
class Workspace {
 public:
  // simdjson reads a few bytes past the end, so the text goes into a padded buffer.
  ondemand::document open(std::string_view json) {
    buffer_.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    buffer_.assign(json);
    return checked(parser_.iterate(simdjson::padded_string_view(buffer_.data(), buffer_.size(), buffer_.capacity())));
  }
  void close() {
    constexpr std::size_t kKeep = 1 << 16;
    if (buffer_.capacity() <= kKeep) return;
    std::string().swap(buffer_);
    parser_ = ondemand::parser();
  }

 private:
  ondemand::parser parser_;
  std::string buffer_;
};

// Calls use(document).
template <class Use>
void with_document(std::string_view json, Use&& use) {
  thread_local Workspace workspace;
  struct Closing {
    ~Closing() { workspace.close(); }
  } closing;
  ondemand::document document = workspace.open(json);
  use(document);
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) malformed("there is text after its end");
}

}  // namespace

void Reader::read(std::string_view json, const TypeInfo& type, void* out) {
  if (json.find_first_not_of(" \t\r\n") == std::string_view::npos) json = "{}";
  with_document(json, [&](ondemand::document& document) {
    const JsonType came = checked(document.type());
    if (came == JsonType::null && wire::may_be_absent(type)) {
      if (!checked(document.is_null())) malformed(simdjson::N_ATOM_ERROR);
      return;
    }
    if (came != JsonType::object && came != JsonType::array) {
      malformed(fmt::format("it must be {}, not {}", wire::expected(type), kind_name(came)));
    }
    Walk walk(*this);
    const Path root;
    if (type.kind == Kind::object && came == JsonType::object) {
      return walk.object(root, type, checked(document.get_object()), out, 1);
    }
    walk.value(root, type, checked(document.get_value()), out, 1);
  });
}

Json compact_json(std::string_view json) {
  Json out;
  out.text.clear();
  with_document(json, [&out](ondemand::document& document) { copy_json(out.text, checked(document.get_value()), 1); });
  return out;
}

}  // namespace ignition
