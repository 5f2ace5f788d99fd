#include "ignition/python_stubs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/declarations.hpp"
#include "wire/fields.hpp"

namespace ignition {
namespace {

using declarations::class_name;
using declarations::Side;
using wire::may_be_absent;

// The Python Language Reference, 2.3.1.
constexpr std::array<std::string_view, 35> kKeywords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

bool is_keyword(std::string_view name) {
  return std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end();
}

// A name as Python can say it: keywords carry a trailing underscore (PEP 8).
std::string said(std::string_view name) { return fmt::format("{}{}", name, is_keyword(name) ? "_" : ""); }

// How annotations speak of a catalogue's types. In inputs, ids and times may be Python's own. An operation's whole
// input has no name: its fields are the method's arguments.
class Types {
 public:
  explicit Types(const Catalogue& catalogue) : named_(catalogue, declarations::WholeInputs::unnamed) {}

  // `prefix` stands before names of this module, for example "types.".
  // Names of fields and operations such as `list` and `date` must not hide a type: hence List and _datetime.
  std::string annotation(const TypeInfo& type, Side side, std::string_view prefix) const {
    const auto element = [&] { return annotation(*type.element, side, prefix); };
    const bool in = side == Side::input;
    switch (type.kind) {
      case Kind::boolean:
        return "bool";
      case Kind::integer:
        return "int";
      case Kind::real:
        return "float";
      case Kind::text:
      case Kind::bytes:
        return "str";
      case Kind::uuid:
        return in ? "UUID | str" : "str";
      case Kind::instant:
        return in ? "_datetime.datetime | str" : "str";
      case Kind::date:
        return in ? "_datetime.date | str" : "str";
      case Kind::json:
        return in ? "Mapping[str, Any] | Sequence[Any]" : "Any";
      case Kind::optional:
      case Kind::update:
        return element() + " | None";
      case Kind::defaulted:
      case Kind::rendered:
        return element();
      case Kind::list:
        return fmt::format("{}[{}]", in ? "Sequence" : "List", element());
      case Kind::map:
        return fmt::format("{}[str, {}]", in ? "Mapping" : "Dict", element());
      case Kind::enumeration:
        return fmt::format("{}{}", prefix, class_name(type.name));
      case Kind::object:
        return fmt::format("{}{}", prefix, named_.name(type, side));
    }
    return "Any";
  }

  std::string definitions() const {
    std::string out;
    for (const TypeInfo* type : named_.enumerations()) {
      out += fmt::format("{} = Literal[\"{}\"]\n", class_name(type->name), fmt::join(type->enumerators, "\", \""));
    }
    for (const TypeInfo* type : named_.outputs()) out += definition(*type, Side::output);
    for (const TypeInfo* type : named_.inputs()) out += definition(*type, Side::input);
    return out;
  }

 private:
  std::string definition(const TypeInfo& type, Side side) const {
    const auto annotated = [&](const Field& field) {
      const std::string inner = annotation(*field.type, side, "");
      return side == Side::input && may_be_absent(*field.type) ? fmt::format("NotRequired[{}]", inner) : inner;
    };
    // A class cannot have a field that is a keyword; the functional form can.
    const bool functional =
        std::any_of(type.fields.begin(), type.fields.end(), [](const Field& field) { return is_keyword(field.name); });
    const std::string named = named_.name(type, side);
    std::string out = functional ? fmt::format("\n\n{0} = TypedDict(\n    \"{0}\",\n    {{\n", named)
                                 : fmt::format("\n\nclass {}(TypedDict):\n", named);
    for (const Field& field : type.fields) {
      const std::string type_text = annotated(field);
      out += functional ? fmt::format("        \"{}\": \"{}\",\n", field.name, type_text)
                        : fmt::format("    {}: {}\n", field.name, type_text);
    }
    if (functional) return out + "    },\n)\n";
    return type.fields.empty() ? out + "    pass\n" : out;
  }

  declarations::NamedTypes named_;
};

// A text between triple quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"\"\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"\"\"";
}

class Operations {
 public:
  explicit Operations(const Catalogue& catalogue) : types_(catalogue) {
    write_class("Operations", "Every operation of the product.", declarations::tree_of(catalogue), "");
  }
  std::string text;

 private:
  // Writes the classes of the children first: `path` is the node's name with dots.
  void write_class(const std::string& name, std::string_view doc, const declarations::Node& node,
                   const std::string& path) {
    std::string body;
    for (const auto& [child_name, child] : node.children) {
      const std::string child_path = path.empty() ? child_name : path + "." + child_name;
      if (child.children.empty()) {
        body += method(said(child_name), *child.operation);
      } else {
        const std::string child_class = class_name(child_path) + "Operations";
        write_class(child_class, fmt::format("Operations whose names begin with `{}.`.", child_path), child,
                    child_path);
        body += fmt::format("    @property\n    def {}(self) -> {}: ...\n", said(child_name), child_class);
      }
    }
    if (node.operation != nullptr) body += method("__call__", *node.operation);
    text += fmt::format("\n\nclass {}:\n    {}\n\n{}", name, quoted(doc), body);
  }

  std::string method(const std::string& name, const Operation& operation) const {
    std::string required;
    std::string absent;
    for (const Field& field : operation.input->fields) {
      const std::string type = types_.annotation(*field.type, Side::input, "types.");
      const bool optional = may_be_absent(*field.type);
      (optional ? absent : required) += fmt::format(", {}: {}{}", said(field.name), type, optional ? " = ..." : "");
    }
    if (operation.effect == Effect::write) absent += ", idempotency_key: str | None = None";
    const bool any = !required.empty() || !absent.empty();
    return fmt::format("    def {}(self{}{}{}) -> {}:\n        {}\n", name, any ? ", *" : "", required, absent,
                       types_.annotation(*operation.output, Side::output, "types."), quoted(operation.summary));
  }

  Types types_;
};

constexpr std::string_view kNotice = "# Generated from the catalogue of operations; do not edit.\n";

}  // namespace

std::string python_types(const Catalogue& catalogue) {
  return fmt::format(
      "\"\"\"What operations take and answer.\"\"\"\n\n{}from __future__ import annotations\n\n"
      "import datetime as _datetime\nfrom collections.abc import Mapping, Sequence\n"
      "from typing import Any, Dict, List, Literal, NotRequired, TypedDict\nfrom uuid import UUID\n\n{}",
      kNotice, Types(catalogue).definitions());
}

std::string python_operations(const Catalogue& catalogue) {
  return fmt::format(
      "{}import datetime as _datetime\nfrom collections.abc import Mapping, Sequence\n"
      "from typing import Any, Dict, List\nfrom uuid import UUID\n\nfrom . import types\n{}",
      kNotice, Operations(catalogue).text);
}

}  // namespace ignition
