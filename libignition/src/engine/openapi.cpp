#include "ignition/openapi.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "wire/fields.hpp"

namespace ignition {
namespace {

using wire::may_be_absent;

// The type below optionals and defaults.
const TypeInfo& bare(const TypeInfo& type) { return may_be_absent(type) ? bare(*type.element) : type; }

bool is_parameter(const Route& route, std::string_view field) {
  return route.path.find(fmt::format("{{{}}}", field)) != std::string_view::npos;
}

// An object that is sent may lack what has a default; one that is answered has every key.
enum class Use : std::uint8_t { input, output };

// Writes JSON schemas, remembering the named types they refer to.
class Schemas {
 public:
  std::string of(const TypeInfo& type, Use use) {
    switch (type.kind) {
      case Kind::boolean:
        return R"({"type":"boolean"})";
      case Kind::integer:
        return fmt::format(R"({{"type":"integer","format":"int64","minimum":{},"maximum":{}}})", type.min, type.max);
      case Kind::real:
        return R"({"type":"number","format":"double"})";
      case Kind::text:
        return text(type);
      case Kind::bytes:
        return R"({"type":"string","contentEncoding":"base64"})";
      case Kind::uuid:
        return R"({"type":"string","format":"uuid"})";
      case Kind::instant:
        return R"({"type":"string","format":"date-time"})";
      case Kind::date:
        return R"({"type":"string","format":"date"})";
      case Kind::json:
        return R"({"type":["object","array"]})";
      case Kind::optional:
      case Kind::update:
        return nullable(of(*type.element, use));
      case Kind::defaulted:
        return of(*type.element, use);
      case Kind::list:
        return list(type, use);
      case Kind::map:
        return fmt::format(R"({{"type":"object","additionalProperties":{}}})", of(*type.element, use));
      case Kind::rendered:
        return of(*type.element, use);
      case Kind::enumeration:
        return reference(type, Use::output);
      case Kind::object:
        return reference(type, use);
    }
    return "{}";
  }

  // The object's fields for which `take` is true, as a schema in place.
  template <class Take>
  std::string object(const TypeInfo& type, Use use, Take&& take) {
    std::string properties;
    std::string required;
    for (const Field& field : type.fields) {
      if (!take(field)) continue;
      properties +=
          fmt::format("{}\"{}\":{}", properties.empty() ? "" : ",", field.name, with_default(*field.type, use));
      if (use == Use::input && may_be_absent(*field.type)) continue;
      required += fmt::format("{}\"{}\"", required.empty() ? "" : ",", field.name);
    }
    return fmt::format(R"({{"type":"object","properties":{{{}}}{}{}}})", properties,
                       required.empty() ? "" : fmt::format(",\"required\":[{}]", required),
                       use == Use::input ? ",\"additionalProperties\":false" : "");
  }

  // A field's schema with its default, if it has one.
  std::string with_default(const TypeInfo& type, Use use) {
    std::string schema = of(type, use);
    if (type.kind != Kind::defaulted) return schema;
    alignas(std::max_align_t) std::byte memory[256];
    if (type.size > sizeof memory) return schema;
    type.construct(memory);
    std::string value;
    write_json(value, type, memory);
    type.destroy(memory);
    if (schema.starts_with("{\"$ref\"")) return fmt::format(R"({{"allOf":[{}],"default":{}}})", schema, value);
    schema.pop_back();
    return fmt::format("{},\"default\":{}}}", schema, value);
  }

  std::string components() {
    std::string out;
    // Writing one component may name further ones; the map grows while this runs.
    for (std::size_t done = 0; done < order_.size(); ++done) {
      const auto [type, use] = order_[done];
      out += fmt::format("{}\"{}\":{}", done == 0 ? "" : ",", name(*type, use), definition(*type, use));
    }
    return out;
  }

 private:
  static std::string nullable(std::string schema) {
    return fmt::format(R"({{"anyOf":[{},{{"type":"null"}}]}})", schema);
  }

  static std::string text(const TypeInfo& type) {
    std::string out = R"({"type":"string")";
    if (type.min > 0) out += fmt::format(",\"minLength\":{}", type.min);
    if (type.max < std::numeric_limits<std::int32_t>::max()) out += fmt::format(",\"maxLength\":{}", type.max);
    if (!type.format.empty()) {
      out += ",\"description\":";
      write_json_string(out, type.format);
    }
    return out + "}";
  }

  std::string list(const TypeInfo& type, Use use) {
    std::string out = fmt::format(R"({{"type":"array","items":{})", of(*type.element, use));
    if (type.min > 0) out += fmt::format(",\"minItems\":{}", type.min);
    if (type.max < std::numeric_limits<std::int32_t>::max()) out += fmt::format(",\"maxItems\":{}", type.max);
    return out + "}";
  }

  static std::string name(const TypeInfo& type, Use use) {
    return std::string(type.name) + (use == Use::input ? ".Input" : "");
  }

  std::string reference(const TypeInfo& type, Use use) {
    const std::pair entry{&type, use};
    if (std::find(order_.begin(), order_.end(), entry) == order_.end()) order_.push_back(entry);
    return fmt::format(R"({{"$ref":"#/components/schemas/{}"}})", name(type, use));
  }

  std::string definition(const TypeInfo& type, Use use) {
    if (type.kind == Kind::enumeration) {
      return fmt::format(R"({{"type":"string","enum":["{}"]}})", fmt::join(type.enumerators, "\",\""));
    }
    return object(type, use, [](const Field&) { return true; });
  }

  std::vector<std::pair<const TypeInfo*, Use>> order_;
};

std::string parameter(Schemas& schemas, const Field& field, bool in_path) {
  const bool required = in_path || !may_be_absent(*field.type);
  const TypeInfo& type = bare(*field.type);
  const std::string schema = field.type->kind == Kind::defaulted ? schemas.with_default(*field.type, Use::input)
                                                                 : schemas.of(type, Use::input);
  const std::string_view style = type.kind == Kind::list ? ",\"style\":\"form\",\"explode\":false" : "";
  return fmt::format(R"({{"name":"{}","in":"{}","required":{},"schema":{}{}}})", field.name, in_path ? "path" : "query",
                     required, schema, style);
}

// `id` names the operation's route: the operation's own name, or that of an alias.
std::string operation_object(Schemas& schemas, const Operation& operation, const Route& route, std::string_view id) {
  const bool has_body = route.method != Method::GET && route.method != Method::DELETE;
  std::vector<std::string> parameters;
  bool body_required = false;
  bool body_fields = false;
  for (const Field& field : operation.input->fields) {
    const bool in_path = is_parameter(route, field.name);
    if (in_path || !has_body) {
      parameters.push_back(parameter(schemas, field, in_path));
    } else {
      body_fields = true;
      body_required = body_required || !may_be_absent(*field.type);
    }
  }
  std::string out = fmt::format(R"({{"operationId":"{}","tags":["{}"],"summary":)", id,
                                operation.name.substr(0, operation.name.find('.')));
  write_json_string(out, operation.summary);
  out += fmt::format(",\"x-access\":\"{}\"", name_of(operation.access));
  if (operation.effect == Effect::write) {
    parameters.emplace_back(R"({"$ref":"#/components/parameters/IdempotencyKey"})");
  }
  if (!parameters.empty()) out += fmt::format(",\"parameters\":[{}]", fmt::join(parameters, ","));
  if (body_fields) {
    out += fmt::format(
        R"(,"requestBody":{{"required":{},"content":{{"application/json":{{"schema":{}}}}}}})", body_required,
        schemas.object(*operation.input, Use::input, [&](const Field& f) { return !is_parameter(route, f.name); }));
  }
  if (operation.is_streamed()) {
    return out +
           fmt::format(
               R"(,"responses":{{"{}":{{"description":"Success","content":{{"application/json":{{"schema":{}}}}}}},"default":{{"$ref":"#/components/responses/Error"}}}}}})",
               operation.route.status, schemas.of(*operation.output, Use::output));
  }
  out += fmt::format(
      R"(,"responses":{{"{}":{{"description":"Success","content":{{"application/json":{{"schema":{{"type":"object","required":["success","data","error"],"properties":{{"success":{{"const":true}},"data":{},"error":{{"type":"null"}}}}}}}}}}}},"default":{{"$ref":"#/components/responses/Error"}}}}}})",
      operation.route.status, schemas.of(*operation.output, Use::output));
  return out;
}

constexpr std::string_view kShared =
    R"("parameters":{"IdempotencyKey":{"name":"Idempotency-Key","in":"header","required":false,"description":"A repeated request with the same key is answered, not run again, for 24 hours.","schema":{"type":"string","minLength":1,"maxLength":128}}},"responses":{"Error":{"description":"Refusal","content":{"application/json":{"schema":{"$ref":"#/components/schemas/ErrorEnvelope"}}}}})";

std::string error_schema() {
  return fmt::format(
      R"("ErrorEnvelope":{{"type":"object","required":["success","data","error"],"properties":{{"success":{{"const":false}},"data":{{"type":"null"}},"error":{{"type":"object","required":["code","message","details"],"properties":{{"code":{{"type":"string","enum":["{}"]}},"message":{{"type":"string"}},"details":{{"type":"object"}}}}}}}}}})",
      fmt::join(type_info<Code>.enumerators, "\",\""));
}

}  // namespace

std::string openapi_document(const Catalogue& catalogue, std::string_view version, std::string_view server) {
  Schemas schemas;
  std::map<std::string_view, std::vector<std::string>> paths;  // methods by path
  for (const Operation& operation : catalogue.operations()) {
    const auto add = [&](const Route& route, const std::string& id) {
      std::string method(name_of(route.method));
      std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
      paths[route.path].push_back(fmt::format("\"{}\":{}", method, operation_object(schemas, operation, route, id)));
    };
    if (operation.route.path.empty()) continue;
    add(operation.route, operation.name);
    int alias = 0;
    for (const Route& route : operation.aliases) add(route, fmt::format("{}.alias{}", operation.name, ++alias));
  }
  std::string body;
  for (const auto& [path, methods] : paths) {
    body += fmt::format("{}\"{}\":{{{}}}", body.empty() ? "" : ",", path, fmt::join(methods, ","));
  }
  const std::string components = schemas.components();
  return fmt::format(
      R"({{"openapi":"3.1.0","info":{{"title":"Ignition","version":"{}","summary":"A personal operating system.","license":{{"name":"MIT","identifier":"MIT"}}}},"servers":[{{"url":"{}"}}],"paths":{{{}}},"components":{{{},"schemas":{{{}{}{}}}}}}})",
      version, server, body, kShared, error_schema(), components.empty() ? "" : ",", components);
}

}  // namespace ignition
