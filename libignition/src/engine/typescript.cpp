#include "ignition/typescript.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/declarations.hpp"
#include "ignition/error.hpp"
#include "wire/fields.hpp"

namespace ignition {
namespace {

using declarations::class_name;
using declarations::Side;
using wire::may_be_absent;

// A text in a documentation comment.
std::string documented(std::string_view text, std::string_view indent) {
  return fmt::format("{}/** {} */\n", indent, text);
}

class Declarations {
 public:
  explicit Declarations(const Catalogue& catalogue)
      : catalogue_(catalogue), types_(catalogue, declarations::WholeInputs::named) {}

  std::string text() {
    std::string out = alternatives("ErrorCode", type_info<Code>.enumerators);
    for (const TypeInfo* type : types_.enumerations()) out += alternatives(class_name(type->name), type->enumerators);
    for (const TypeInfo* type : types_.outputs()) out += definition(*type, Side::output);
    for (const TypeInfo* type : types_.inputs()) out += definition(*type, Side::input);
    write_namespace("Operations", "Every operation of the product.", declarations::tree_of(catalogue_), "");
    return out + namespaces_ + calls();
  }

 private:
  static std::string alternatives(std::string_view name, std::span<const std::string_view> words) {
    return fmt::format("export type {} = '{}'\n", name, fmt::join(words, "' | '"));
  }

  std::string type_of(const TypeInfo& type, Side side) const {
    const auto element = [&] { return type_of(*type.element, side); };
    const bool in = side == Side::input;
    switch (type.kind) {
      case Kind::boolean:
        return "boolean";
      case Kind::integer:
      case Kind::real:
        return "number";
      case Kind::text:
      case Kind::bytes:
      case Kind::uuid:
      case Kind::date:
        return "string";
      case Kind::instant:
        return in ? "Date | string" : "string";
      case Kind::json:
        return in ? "object" : "any";
      case Kind::optional:
      case Kind::update:
        return element() + " | null";
      case Kind::defaulted:
      case Kind::rendered:
        return element();
      case Kind::list:
        return fmt::format("{}<{}>", in ? "ReadonlyArray" : "Array", element());
      case Kind::map:
        return fmt::format("Record<string, {}>", element());
      case Kind::enumeration:
        return class_name(type.name);
      case Kind::object:
        return types_.name(type, side);
    }
    return "any";
  }

  std::string definition(const TypeInfo& type, Side side) const {
    std::string out = fmt::format("\nexport interface {} {{\n", types_.name(type, side));
    for (const Field& field : type.fields) {
      const bool absent = side == Side::input ? may_be_absent(*field.type) : field.type->kind == Kind::update;
      out += fmt::format("  {}{}: {}\n", field.name, absent ? "?" : "", type_of(*field.type, side));
    }
    return out + "}\n";
  }

  std::string input_of(const Operation& operation) const {
    return operation.input->fields.empty() ? "Record<string, never>" : types_.name(*operation.input, Side::input);
  }

  std::string parameters(const Operation& operation) const {
    bool needed = false;
    for (const Field& field : operation.input->fields) needed = needed || !may_be_absent(*field.type);
    return fmt::format("input{}: {}, options?: CallOptions", needed ? "" : "?", input_of(operation));
  }

  std::string signature(const Operation& operation) const {
    return fmt::format("({}): Promise<{}>", parameters(operation), type_of(*operation.output, Side::output));
  }

  // Writes the namespaces below first: `path` is the node's name with dots.
  void write_namespace(const std::string& name, std::string_view doc, const declarations::Node& node,
                       const std::string& path) {
    std::string body;
    if (node.operation != nullptr) {
      body += documented(node.operation->summary, "  ") + fmt::format("  {}\n", signature(*node.operation));
    }
    for (const auto& [child_name, child] : node.children) {
      const std::string child_path = path.empty() ? child_name : path + "." + child_name;
      if (child.children.empty()) {
        body += documented(child.operation->summary, "  ") +
                fmt::format("  {}{}\n", child_name, signature(*child.operation));
      } else {
        const std::string child_type = class_name(child_path) + "Operations";
        write_namespace(child_type, fmt::format("Operations whose names begin with `{}.`.", child_path), child,
                        child_path);
        body += fmt::format("  readonly {}: {}\n", child_name, child_type);
      }
    }
    namespaces_ += fmt::format("\n{}export interface {} {{\n{}}}\n", documented(doc, ""), name, body);
  }

  std::string calls() const {
    std::string out =
        "\n" + documented("Input and output of every operation by its name.", "") + "export interface Calls {\n";
    for (const Operation& operation : catalogue_.operations()) {
      out += fmt::format("  '{}': {{ input: {}; output: {} }}\n", operation.name, input_of(operation),
                         type_of(*operation.output, Side::output));
    }
    return out + "}\n";
  }

  const Catalogue& catalogue_;
  declarations::NamedTypes types_;
  std::string namespaces_;
};

}  // namespace

std::string typescript(const Catalogue& catalogue) {
  return "// Generated from the catalogue of operations; do not edit.\n\nimport type { CallOptions } from "
         "'./index'\n\n" +
         Declarations(catalogue).text();
}

}  // namespace ignition
