// What the writers of type declarations (Python's, TypeScript's) have in common: which named types a catalogue speaks
// of, what they are called, and the operations' names as a tree.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"

namespace ignition::declarations {

// Inputs are wider than outputs: fields may be left out.
enum class Side : std::uint8_t { input, output };

// "focus.Session" -> "FocusSession", "pause_state" -> "PauseState"
std::string class_name(std::string_view name);

// Whether the object that an operation takes is a named type, or only what its fields are made of.
enum class WholeInputs : std::uint8_t { named, unnamed };

class NamedTypes {
 public:
  NamedTypes(const Catalogue& catalogue, WholeInputs whole_inputs);

  // An object that is an input and an output, too, has two names.
  std::string name(const TypeInfo& object, Side side) const;

  const std::vector<const TypeInfo*>& enumerations() const { return enumerations_; }
  const std::vector<const TypeInfo*>& outputs() const { return outputs_; }
  const std::vector<const TypeInfo*>& inputs() const { return inputs_; }

 private:
  void collect(const TypeInfo& type, Side side);

  std::vector<const TypeInfo*> enumerations_;
  std::vector<const TypeInfo*> outputs_;
  std::vector<const TypeInfo*> inputs_;
};

// Operation names as a tree: `focus.start` is the leaf `start` of the node `focus`.
struct Node {
  const Operation* operation = nullptr;
  std::map<std::string, Node, std::less<>> children;
};
Node tree_of(const Catalogue& catalogue);

}  // namespace ignition::declarations
