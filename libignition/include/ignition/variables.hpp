// Environment variables: every variable is one row of a table that names it, says what it means and which member of a
// settings struct it sets. Type and default are the member's own.
//
//   const VariableTable<Settings>& variables() {
//     static const auto table = VariableTable<Settings>()
//         .add("SERVER_PORT", &Settings::port, "Port to listen on; 0 = any free one.", {.aliases = {"PORT"}})
//         .add("LOG_FORMAT", &Settings::log_format, "Form of the log.");
//     return table;
//   }
//
//   auto reader = VariableReader::of_process();
//   Settings settings;
//   reader.read(variables(), settings);
//   reader.finish();  // throws, naming every problem at once
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignition/config.hpp"
#include "ignition/describe.hpp"

namespace ignition {

struct Variable {
  std::string name;
  std::vector<std::string> aliases{};  // lose against the name
  std::string meaning{};
  std::string expects{};      // "an integer 0..65535", "one of json, text" ...
  std::string fallback{};     // the default; "" = unset
  bool secret = false;        // never shown; may stand in a file that <name>_FILE names
  bool unanimous = false;     // all names given must say the same
  bool may_be_empty = false;  // an empty text is a value; otherwise it counts as unset
  std::string (*normal)(std::string_view text) = nullptr;
  // Sets the member of a settings object; tells why not.
  std::function<std::optional<FieldError>(std::string_view text, void* settings)> set{};
};

// Narrows what a member's type lets in.
struct VariableLimits {
  std::optional<std::int64_t> min{};  // of numbers
  std::optional<std::int64_t> max{};
  std::string_view format{};  // of texts: what `accepts` asks for, in words
  bool (*accepts)(std::string_view) = nullptr;
};

namespace detail {
std::optional<FieldError> set_variable(const TypeInfo& type, const VariableLimits& limits, std::string_view text,
                                       void* out);
std::string variable_text(const TypeInfo& type, const void* value);
std::string variable_expects(const TypeInfo& type, const VariableLimits& limits);

template <class T>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};
}  // namespace detail

template <class Settings>
class VariableTable {
 public:
  struct Row {
    std::vector<std::string> aliases{};
    VariableLimits limits{};
    bool secret = false;
    bool unanimous = false;
    bool may_be_empty = false;
    std::string (*normal)(std::string_view text) = nullptr;  // applied before the text is read
  };

  // A member of a described type (bool, integer, text, enum, list of texts, optional of one of them) or a duration,
  // which is given in whole seconds.
  template <class T>
  VariableTable& add(std::string_view name, T Settings::*member, std::string_view meaning, Row row = {}) {
    const Settings defaults{};
    Variable variable{.name = std::string(name),
                      .aliases = std::move(row.aliases),
                      .meaning = std::string(meaning),
                      .secret = row.secret,
                      .unanimous = row.unanimous,
                      .may_be_empty = row.may_be_empty,
                      .normal = row.normal};
    if constexpr (detail::IsDuration<T>::value) {
      using Seconds = std::chrono::seconds;
      if (!row.limits.min) row.limits.min = 0;
      variable.expects = detail::variable_expects(type_info<std::int64_t>, row.limits) + " (seconds)";
      variable.fallback = std::to_string(std::chrono::duration_cast<Seconds>(defaults.*member).count());
      variable.set = [member, limits = row.limits](std::string_view text, void* settings) {
        std::int64_t value = 0;
        auto problem = detail::set_variable(type_info<std::int64_t>, limits, text, &value);
        if (!problem) static_cast<Settings*>(settings)->*member = Seconds(value);
        return problem;
      };
    } else {
      variable.expects = detail::variable_expects(type_info<T>, row.limits);
      variable.fallback = detail::variable_text(type_info<T>, &(defaults.*member));
      variable.set = [member, limits = row.limits](std::string_view text, void* settings) {
        return detail::set_variable(type_info<T>, limits, text, &(static_cast<Settings*>(settings)->*member));
      };
    }
    return add(std::move(variable));
  }

  // A row of any other kind.
  VariableTable& add(Variable variable) {
    rows_.push_back(std::move(variable));
    return *this;
  }

  const std::vector<Variable>& rows() const { return rows_; }

 private:
  std::vector<Variable> rows_;
};

// Values by name, and all that is wrong with them.
class VariableReader {
 public:
  using Values = std::vector<std::pair<std::string, std::string>>;

  explicit VariableReader(Values values);
  // The process environment; what it does not set, `file` may (lines NAME=value). A missing file is empty.
  static VariableReader of_process(const std::filesystem::path& file = ".env");

  // Adds values that count where those before are unset.
  void add_source(Values values);
  // Reads the text of a `.env` file: comments with #, `export NAME=value`, 'literal', "with \n escapes".
  void add_file(std::string_view text, std::string_view name);

  // Sets what is given; the rest keeps its default.
  template <class Settings>
  void read(const VariableTable<Settings>& table, Settings& settings) {
    for (const Variable& variable : table.rows()) read(variable, &settings);
  }
  // The variables set whose names begin with `prefix`, without it; first source first.
  Values with_prefix(std::string_view prefix);

  // The variables read so far that were given, first source first; the first source is the environment.
  const std::vector<ShownVariable>& shown() const { return shown_; }

  void refuse(std::string name, std::string code, std::string message);
  const std::vector<FieldError>& problems() const { return problems_; }
  // One sentence for each variable that is given, has a prefix of ours and was not asked for: a misspelt name.
  std::vector<std::string> warnings() const;
  // Throws VALIDATION_ERROR with all problems. Never shows the value of a secret.
  void finish() const;

 private:
  struct Found {
    std::string name;  // under which it was given
    std::string text;
    VariableSource source = VariableSource::env;
  };

  void read(const Variable& variable, void* settings);
  std::vector<Found> given(const Variable& variable);
  std::optional<std::string> content_of(const std::string& variable, const std::string& path);

  std::vector<Values> sources_;
  std::set<std::string, std::less<>> known_;
  std::vector<FieldError> problems_;
  std::vector<ShownVariable> shown_;
};

// All of these variables: as given, else with their defaults.
std::vector<ShownVariable> shown_variables(const std::vector<Variable>& all, const std::vector<ShownVariable>& given);

}  // namespace ignition
