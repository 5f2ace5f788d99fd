#include "ignition/variables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "ignition/rules/flags.hpp"
#include "wire/fields.hpp"

extern "C" char** environ;

namespace ignition {
namespace {

constexpr auto kPrefixes = std::to_array<std::string_view>(
    {"AUTH_", "SERVER_", "DB_", "RATE_LIMIT_", "MAIL_", "SMTP_", "TOS_", "STORAGE_", "MEDIA_", "FLAG_", "IGNITION_"});

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// A tool that fills a template without a value leaves this word.
bool is_unset(std::string_view text) { return text.empty() || text == "undefined"; }

const std::string* find(const VariableReader::Values& values, std::string_view name) {
  const auto found = std::ranges::find(values, name, &VariableReader::Values::value_type::first);
  return found == values.end() ? nullptr : &found->second;
}

FieldError problem(std::string code, std::string message) { return {{}, std::move(code), std::move(message)}; }

const TypeInfo& inner(const TypeInfo& type) { return type.kind == Kind::optional ? inner(*type.element) : type; }

// Reads a value in quotes that begins at text[0]; nothing when the quote does not end.
std::optional<std::string> quoted(std::string_view text) {
  const char quote = text.front();
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return out;
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      out += text[i] == 'n' ? '\n' : text[i] == 't' ? '\t' : text[i] == 'r' ? '\r' : text[i];
    } else {
      out += text[i];
    }
  }
  return {};
}

std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t')) return trimmed(text.substr(0, i));
  }
  return text;
}

}  // namespace

namespace detail {

std::optional<FieldError> set_variable(const TypeInfo& type, const VariableLimits& limits, std::string_view text,
                                       void* out) {
  const auto refused = [](const wire::Refusal& refusal) { return problem(refusal.code, refusal.message); };
  switch (type.kind) {
    case Kind::optional:
      if (auto why = set_variable(*type.element, limits, text, type.emplace(out))) {
        type.clear(out);
        return why;
      }
      return {};
    case Kind::boolean:
      if (const auto value = rules::boolean_of(text)) {
        *static_cast<bool*>(out) = *value;
        return {};
      }
      return problem("wrong_type", fmt::format("must be {}", variable_expects(type, limits)));
    case Kind::integer: {
      const auto value = wire::whole_number(trimmed(text));
      if (!value) return problem("wrong_type", fmt::format("must be {}", variable_expects(type, limits)));
      if (*value < limits.min.value_or(type.min) || *value > limits.max.value_or(type.max)) {
        return problem("out_of_range", fmt::format("must be {}, got {}", variable_expects(type, limits), *value));
      }
      type.set_integer(out, *value);
      return {};
    }
    case Kind::list: {
      type.clear(out);
      std::optional<FieldError> first;
      while (!text.empty()) {
        const auto comma = text.find(',');
        const auto element = trimmed(text.substr(0, comma));
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        if (element.empty()) continue;
        auto why = set_variable(*type.element, limits, element, type.emplace(out));
        if (why && !first) first = std::move(why);
      }
      return first;
    }
    default:
      if (!simdjson::validate_utf8(text.data(), text.size())) return problem("invalid_text", "must be valid UTF-8");
      if (limits.accepts != nullptr && !limits.accepts(text)) {
        return problem("invalid_format", fmt::format("must be {}", limits.format));
      }
      if (const auto refusal = wire::set_string(type, text, out)) return refused(*refusal);
      return {};
  }
}

std::string variable_text(const TypeInfo& type, const void* value) {
  switch (type.kind) {
    case Kind::optional: {
      const void* inside = type.inside(value);
      return inside == nullptr ? std::string() : variable_text(*type.element, inside);
    }
    case Kind::boolean:
      return *static_cast<const bool*>(value) ? "true" : "false";
    case Kind::integer:
      return std::to_string(type.get_integer(value));
    case Kind::enumeration:
      return std::string(type.enumerators[static_cast<std::size_t>(type.get_integer(value))]);
    case Kind::list: {
      std::string out;
      for (std::size_t i = 0; i < type.count(value); ++i) {
        if (i > 0) out += ',';
        out += variable_text(*type.element, type.item(value, i));
      }
      return out;
    }
    default:
      return type.get_string(value);
  }
}

std::string variable_expects(const TypeInfo& given, const VariableLimits& limits) {
  const TypeInfo& type = inner(given);
  switch (type.kind) {
    case Kind::boolean:
      return "true or false (1, yes, on, 0, no, off)";
    case Kind::integer: {
      const std::int64_t min = limits.min.value_or(type.min);
      const std::int64_t max = limits.max.value_or(type.max);
      if (max == std::numeric_limits<std::int64_t>::max()) {
        return min == std::numeric_limits<std::int64_t>::min() ? "an integer"
                                                               : fmt::format("an integer, at least {}", min);
      }
      return fmt::format("an integer {}..{}", min, max);
    }
    case Kind::enumeration:
      return fmt::format("one of {}", fmt::join(type.enumerators, ", "));
    case Kind::list:
      return fmt::format("a comma-separated list, each {}", variable_expects(*type.element, limits));
    default:
      if (limits.accepts != nullptr) return std::string(limits.format);
      if (type.accepts != nullptr) return std::string(type.format);
      return "a text";
  }
}

}  // namespace detail

VariableReader::VariableReader(Values values) { add_source(std::move(values)); }

VariableReader VariableReader::of_process(const std::filesystem::path& file) {
  Values values;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) values.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  VariableReader reader(std::move(values));
  if (std::ifstream in(file, std::ios::binary); in) {
    reader.add_file(std::string(std::istreambuf_iterator<char>(in), {}), file.string());
  }
  return reader;
}

void VariableReader::add_source(Values values) { sources_.push_back(std::move(values)); }

void VariableReader::add_file(std::string_view text, std::string_view name) {
  Values values;
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const auto equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    std::optional<std::string> value;
    if (equals != std::string_view::npos && is_name(key)) {
      const std::string_view rest = trimmed(line.substr(equals + 1));
      const bool in_quotes = !rest.empty() && (rest.front() == '"' || rest.front() == '\'');
      value = in_quotes ? quoted(rest) : std::string(without_comment(rest));
    }
    if (value) {
      values.emplace_back(key, std::move(*value));
    } else {
      refuse(fmt::format("{}:{}", name, number), "malformed_line", "must be NAME=value");
    }
  }
  // As in a shell, the last of equal names holds.
  std::ranges::reverse(values);
  add_source(std::move(values));
}

std::vector<VariableReader::Found> VariableReader::given(const Variable& variable) {
  std::vector<std::string> names{variable.name};
  if (variable.secret) names.push_back(variable.name + "_FILE");
  names.insert(names.end(), variable.aliases.begin(), variable.aliases.end());
  known_.insert(names.begin(), names.end());
  std::vector<Found> found;
  for (const Values& source : sources_) {
    for (const auto& name : names) {
      const std::string* text = find(source, name);
      const bool empty_counts = variable.may_be_empty && text != nullptr && text->empty();
      if (text == nullptr || (is_unset(*text) && !empty_counts)) continue;
      std::optional<std::string> value = *text;
      if (variable.secret && name.ends_with("_FILE")) value = content_of(name, *text);
      if (!value) continue;
      found.push_back({.name = name,
                       .text = variable.normal != nullptr ? variable.normal(*value) : std::move(*value),
                       .source = &source == &sources_.front() ? VariableSource::env : VariableSource::file});
    }
  }
  return found;
}

std::optional<std::string> VariableReader::content_of(const std::string& variable, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    refuse(variable, "unreadable_file", "names a file that cannot be read");
    return {};
  }
  std::string content(std::istreambuf_iterator<char>(in), {});
  while (content.ends_with('\n') || content.ends_with('\r')) content.pop_back();
  return content;
}

void VariableReader::read(const Variable& variable, void* settings) {
  const auto found = given(variable);
  if (found.empty()) return;
  if (variable.unanimous) {
    const auto other = std::ranges::find_if(found, [&](const Found& f) { return f.text != found.front().text; });
    if (other != found.end()) {
      return refuse(other->name, "conflict",
                    fmt::format("says {}, but {} says {}", other->text, found.front().name, found.front().text));
    }
  }
  shown_.push_back(
      {.name = variable.name, .value = variable.secret ? "set" : found.front().text, .source = found.front().source});
  auto why = variable.set(found.front().text, settings);
  if (!why) return;
  if (variable.secret) why->message = fmt::format("must be {}", variable.expects);
  refuse(found.front().name, std::move(why->code), std::move(why->message));
}

VariableReader::Values VariableReader::with_prefix(std::string_view prefix) {
  Values out;
  for (const Values& source : sources_) {
    for (const auto& [name, text] : source) {
      if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
      known_.insert(name);
      const std::string rest = name.substr(prefix.size());
      if (is_unset(text) || find(out, rest) != nullptr) continue;
      out.emplace_back(rest, text);
      shown_.push_back({.name = name,
                        .value = text,
                        .source = &source == &sources_.front() ? VariableSource::env : VariableSource::file});
    }
  }
  return out;
}

std::vector<ShownVariable> shown_variables(const std::vector<Variable>& all, const std::vector<ShownVariable>& given) {
  std::vector<ShownVariable> out;
  for (const Variable& variable : all) {
    const auto found = std::ranges::find(given, variable.name, &ShownVariable::name);
    if (found != given.end()) {
      out.push_back(*found);
    } else {
      out.push_back({.name = variable.name, .value = {}});
      if (!variable.secret && !variable.fallback.empty()) out.back().value = variable.fallback;
    }
  }
  for (const ShownVariable& variable : given) {  // those that are named by what they are for, such as FLAG_<name>
    if (std::ranges::find(out, variable.name, &ShownVariable::name) == out.end()) out.push_back(variable);
  }
  return out;
}

void VariableReader::refuse(std::string name, std::string code, std::string message) {
  problems_.push_back({std::move(name), std::move(code), std::move(message)});
}

std::vector<std::string> VariableReader::warnings() const {
  std::set<std::string> names;
  for (const Values& source : sources_) {
    for (const auto& [name, text] : source) {
      const bool ours =
          std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
      if (ours && !known_.contains(name)) names.insert(name);
    }
  }
  std::vector<std::string> out;
  out.reserve(names.size());
  for (const auto& name : names) out.push_back(fmt::format("{} is set, but no such variable is known.", name));
  return out;
}

void VariableReader::finish() const {
  if (!problems_.empty()) throw invalid(problems_);
}

}  // namespace ignition
