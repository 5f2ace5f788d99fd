#include "engine/declarations.hpp"

#include <algorithm>

namespace ignition::declarations {
namespace {

bool contains(const std::vector<const TypeInfo*>& types, const TypeInfo& type) {
  return std::find(types.begin(), types.end(), &type) != types.end();
}

bool remember(std::vector<const TypeInfo*>& types, const TypeInfo& type) {
  if (contains(types, type)) return false;
  types.push_back(&type);
  return true;
}

}  // namespace

std::string class_name(std::string_view name) {
  std::string out;
  bool first = true;
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    if (lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      out += first && lower ? static_cast<char>(c - 'a' + 'A') : c;
      first = false;
    } else {
      first = true;
    }
  }
  return out;
}

NamedTypes::NamedTypes(const Catalogue& catalogue, WholeInputs whole_inputs) {
  for (const Operation& operation : catalogue.operations()) collect(*operation.output, Side::output);
  for (const Operation& operation : catalogue.operations()) {
    if (whole_inputs == WholeInputs::named) collect(*operation.input, Side::input);
    for (const Field& field : operation.input->fields) collect(*field.type, Side::input);
  }
}

void NamedTypes::collect(const TypeInfo& type, Side side) {
  if (type.element != nullptr) collect(*type.element, side);
  if (type.kind == Kind::enumeration) remember(enumerations_, type);
  if (type.kind != Kind::object || !remember(side == Side::input ? inputs_ : outputs_, type)) return;
  for (const Field& field : type.fields) collect(*field.type, side);
}

std::string NamedTypes::name(const TypeInfo& object, Side side) const {
  return class_name(object.name) + (side == Side::input && contains(outputs_, object) ? "Input" : "");
}

Node tree_of(const Catalogue& catalogue) {
  Node root;
  for (const Operation& operation : catalogue.operations()) {
    Node* node = &root;
    std::string_view rest = operation.name;
    while (!rest.empty()) {
      const auto dot = rest.find('.');
      node = &node->children[std::string(rest.substr(0, dot))];
      rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
    }
    node->operation = &operation;
  }
  return root;
}

}  // namespace ignition::declarations
