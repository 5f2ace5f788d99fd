// The OpenAPI document keeps the rules of the specification that a program can check without its schema.
#include "ignition/openapi.hpp"

#include <algorithm>
#include <set>

#include "ignition/engine.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

Answered document() { return Answered(openapi_document(catalogue(), "1.2.3", "/api/v1")); }

bool is_component_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

std::set<std::string> templates_of(std::string_view path) {
  std::set<std::string> names;
  for (std::size_t at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
    names.emplace(path.substr(at + 1, path.find('}', at) - at - 1));
  }
  return names;
}

// Calls use(path, method, operation).
template <class Use>
void for_each_operation(const Answered& doc, Use&& use) {
  for (const auto& path : doc["paths"].keys()) {
    for (const auto& method : doc["paths"][path].keys()) use(path, method, doc["paths"][path][method]);
  }
}

}  // namespace

TEST_CASE("every operation with a route stands in the document, once") {
  const auto doc = document();
  CHECK(doc["openapi"] == "3.1.0");
  std::set<std::string> ids;
  for_each_operation(doc, [&](const std::string& path, const std::string& method, const Answered& operation) {
    CAPTURE(path);
    CAPTURE(method);
    CHECK(ids.insert(operation["operationId"].text()).second);
    CHECK(operation["summary"].text().size() > 5);
  });
  std::size_t routes = 0;
  for (const Operation& operation : catalogue().operations()) {
    if (operation.route.path.empty()) continue;
    CHECK(ids.contains(operation.name));
    routes += 1 + operation.aliases.size();
  }
  CHECK(ids.size() == routes);
}

TEST_CASE("the parameters of a path are those in its braces, and no two paths differ in their names alone") {
  const auto doc = document();
  for_each_operation(doc, [&](const std::string& path, const std::string&, const Answered& operation) {
    CAPTURE(path);
    std::set<std::string> in_path;
    for (std::size_t i = 0; operation["parameters"].exists() && i < operation["parameters"].size(); ++i) {
      const auto parameter = operation["parameters"][static_cast<int>(i)];
      if (parameter["in"] == "path") {
        CHECK(parameter["required"] == true);
        in_path.insert(parameter["name"].text());
      }
    }
    CHECK(in_path == templates_of(path));
  });
  std::set<std::string> shapes;
  for (std::string path : doc["paths"].keys()) {
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
      path.replace(at, path.find('}', at) - at + 1, "{}");
    }
    CAPTURE(path);
    CHECK(shapes.insert(path).second);
  }
}

TEST_CASE("every reference leads to a component with a valid name, and every component is referred to") {
  const auto doc = document();
  const std::string text = doc.json();
  std::set<std::string> meant;
  constexpr std::string_view kHead = "\"#/components/schemas/";
  for (std::size_t at = text.find(kHead); at != std::string::npos; at = text.find(kHead, at + 1)) {
    const std::size_t begin = at + kHead.size();
    meant.insert(text.substr(begin, text.find('"', begin) - begin));
  }
  std::set<std::string> defined;
  for (const auto& name : doc["components"]["schemas"].keys()) {
    CAPTURE(name);
    CHECK(is_component_name(name));
    CHECK(defined.insert(name).second);
  }
  CHECK(meant == defined);
}

TEST_CASE("an input's object may lack what has a default, an answer's has every key") {
  const auto schemas = document()["components"]["schemas"];
  CHECK(schemas["plan.GivenItem.Input"]["required"].json() == R"(["title"])");
  CHECK(schemas["plan.GivenItem.Input"]["additionalProperties"] == false);
  CHECK(schemas["plan.Plan"]["required"].size() == schemas["plan.Plan"]["properties"].size());
}

TEST_CASE("defaults and bounds are those of the types") {
  const auto doc = document();
  const auto add = doc["paths"]["/daily-plan/items"]["post"]["requestBody"]["content"]["application/json"]["schema"];
  CHECK(add["required"].json() == R"(["title"])");
  CHECK(add["properties"]["type"]["default"] == "custom");
  CHECK(add["properties"]["title"].json() == R"({"type":"string","minLength":1,"maxLength":200})");
  const auto list = doc["paths"]["/daily-plans"]["get"]["parameters"];
  CHECK(list[3]["name"] == "page_size");
  CHECK(list[3]["schema"].json() == R"({"type":"integer","format":"int64","minimum":1,"maximum":100,"default":20})");
}
