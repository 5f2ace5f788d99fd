#include "compat/steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace ignition::server::compat {
namespace {

std::string said(const std::vector<Step>& steps) {
  std::vector<std::string_view> all;
  for (const Step& step : steps) {
    if (!step.says.empty()) all.push_back(step.says);
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

constexpr std::int64_t kWholeList = 500;
constexpr std::int64_t kLargestPage = 100;

bool knows(const Operation& operation, std::string_view parameter, std::string_view word) {
  for (const Field& field : operation.input->fields) {
    if (field.name != parameter) continue;
    const TypeInfo* type = field.type;
    while (type->kind == Kind::optional || type->kind == Kind::defaulted) type = type->element;
    if (type->kind != Kind::enumeration) return true;
    return std::ranges::find(type->enumerators, word) != type->enumerators.end();
  }
  return true;
}

Answer gathered(Operations& operations, std::string_view operation, std::string_view key, Request request) {
  Answer answer;
  Value whole = Value::object();
  whole.set(key, Value::list());
  const auto asked = request.query;
  for (std::int64_t page = 1; page <= kWholeList / kLargestPage; ++page) {
    request.query = asked;
    request.query.emplace_back("page", std::to_string(page));
    request.query.emplace_back("page_size", std::to_string(kLargestPage));
    Value part = operations.output(operation, request);
    const auto total = part.get("total").as_number().value_or(0);
    for (Value& element : part.find(key)->elements()) whole.find(key)->append(std::move(element));
    whole.set("total", Value::number(total));
    if (page * kLargestPage >= total) break;
  }
  answer.body = whole.to_json();
  return answer;
}

void apply(const std::vector<Step>& steps, Value& value, Scene& scene) {
  for (const Step& step : steps) step.apply(value, scene);
}

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return n;
}

Step rename(std::string_view from, std::string_view to) {
  return {fmt::format("`{}` → `{}`", from, to), [from, to](Value& value, Scene&) {
            auto taken = value.take(from);
            if (taken && value.find(to) == nullptr) value.set(to, std::move(*taken));
          }};
}

Step copy(std::string_view from, std::string_view to) { return copies({{to, from}}); }

Step copies(std::initializer_list<std::pair<std::string_view, std::string_view>> to_from) {
  std::vector<std::pair<std::string_view, std::string_view>> all(to_from);
  std::vector<std::string> says;
  says.reserve(all.size());
  for (const auto& [to, from] : all) says.push_back(fmt::format("`{}` = `{}`", to, from));
  return {fmt::format("{}", fmt::join(says, ", ")), [all](Value& value, Scene&) {
            for (const auto& [to, from] : all) value.set(to, value.get(from));
          }};
}

Step constant(std::string_view key, std::string_view json) {
  return {fmt::format("`{}`: `{}`", key, json),
          [key, json](Value& value, Scene&) { value.set(key, Value::json(std::string(json))); }};
}

Step only(std::initializer_list<std::string_view> keys) {
  std::vector<std::string_view> all(keys);
  return {fmt::format("{{`{}`}}", fmt::join(all, "`, `")), [all](Value& value, Scene&) {
            Value kept = Value::object();
            for (const auto key : all) kept.set(key, value.take(key).value_or(Value()));
            value = std::move(kept);
          }};
}

Step without(std::initializer_list<std::string_view> keys) {
  std::vector<std::string_view> all(keys);
  return {fmt::format("without `{}`", fmt::join(all, "`, `")), [all](Value& value, Scene&) {
            for (const auto key : all) value.take(key);
          }};
}

Step note(std::string_view says) {
  return {std::string(says), [](Value&, Scene&) {}};
}

Step at(std::string_view path, std::vector<Step> steps) {
  const std::string says = said(steps);
  return {says.empty() ? says : fmt::format("in `{}`: {}", path, says),
          [path, steps = std::move(steps)](Value& value, Scene& scene) {
            Value* found = value.find(path);
            if (found != nullptr && found->is_object()) apply(steps, *found, scene);
          }};
}

Step each(std::string_view path, std::vector<Step> steps) {
  const std::string says = said(steps);
  return {says.empty() ? says : fmt::format("each: {}", says),
          [path, steps = std::move(steps)](Value& value, Scene& scene) {
            Value* found = path.empty() ? &value : value.find(path);
            if (found == nullptr) return;
            for (Value& element : found->elements()) apply(steps, element, scene);
          }};
}

Step under(std::string_view key) {
  return {fmt::format("{{`{}`}}", key), [key](Value& value, Scene&) {
            Value whole = Value::object();
            whole.set(key, std::move(value));
            value = std::move(whole);
          }};
}

Step inside(std::string_view key) {
  return {fmt::format("the content of `{}`", key), [key](Value& value, Scene&) {
            Value content = value.get(key);
            value = std::move(content);
          }};
}

Step spread(std::string_view path) {
  return {fmt::format("the keys of `{}` at top level, too", path), [path](Value& value, Scene&) {
            Value content = value.get(path);
            for (auto& [key, member] : content.members()) {
              if (value.find(key) == nullptr) value.set(key, std::move(member));
            }
          }};
}

Step data() {
  Step step = under("data");
  return {"{`data`: ...}", std::move(step.apply)};
}

Step envelope() {
  return {"in the envelope of the versioned surface", [](Value& value, Scene&) {
            Value whole = Value::json(R"({"success":true})");
            whole.set("data", std::move(value));
            whole.set("error", Value());
            value = std::move(whole);
          }};
}

Step success() {
  return {"`success`: `true`", [](Value& value, Scene&) {
            Value whole = Value::json(R"({"success":true})");
            for (auto& [key, member] : value.members()) whole.set(key, std::move(member));
            value = std::move(whole);
          }};
}

std::function<Answer(Operations&, Scene&)> whole_list(std::string_view operation, std::string_view key,
                                                      std::string_view filter) {
  return [operation, key, filter](Operations& operations, Scene& scene) {
    Request& request = scene.request;
    const std::string* word = request.parameter(filter);
    if (word != nullptr && !knows(operations.find(operation), filter, *word)) {
      Answer none;
      none.body = fmt::format(R"({{"{}":[],"total":0}})", key);
      return none;
    }
    const bool by_pages = request.parameter("page") != nullptr || request.parameter("page_size") != nullptr;
    return by_pages ? operations.call(operation, request) : gathered(operations, operation, key, request);
  };
}

// No list is longer.
constexpr std::int64_t kLargestOffset = 1'000'000'000;

Step limit_and_offset() {
  return {"`limit`, `offset` → `page_size`, `page`", [](Value&, Scene& scene) {
            const auto limit = scene.request.take_parameter("limit");
            const auto offset = scene.request.take_parameter("offset");
            if (limit && scene.request.parameter("page_size") == nullptr) {
              scene.request.query.emplace_back("page_size", *limit);
            }
            if (!offset || scene.request.parameter("page") != nullptr) return;
            const std::string* size = scene.request.parameter("page_size");
            const std::int64_t per_page = size == nullptr ? 20 : whole_number(*size).value_or(-1);
            const std::int64_t from = whole_number(*offset).value_or(-1);
            if (from < 0 || from > kLargestOffset) {
              throw invalid("offset", "out_of_range",
                            fmt::format("must be a whole number from 0 to {}", kLargestOffset));
            }
            if (per_page > 0) scene.request.query.emplace_back("page", std::to_string(from / per_page + 1));
          }};
}

Step page_size(int n) {
  return {fmt::format("`page_size` = {} when absent", n), [n](Value&, Scene& scene) {
            if (scene.request.parameter("page_size") == nullptr) {
              scene.request.query.emplace_back("page_size", std::to_string(n));
            }
          }};
}

Step largest_page(int n) {
  return {fmt::format("`page_size` at most {}", n), [n](Value&, Scene& scene) {
            const std::string* size = scene.request.parameter("page_size");
            if (size == nullptr || whole_number(*size).value_or(0) <= n) return;
            scene.request.take_parameter("page_size");
            scene.request.query.emplace_back("page_size", std::to_string(n));
          }};
}

}  // namespace ignition::server::compat
