#include "ignition/catalogue.hpp"

#include <algorithm>
#include <stdexcept>

namespace ignition {

const Operation* Catalogue::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const Operation& Catalogue::of(Operation::Function function) const {
  const auto found = std::find_if(operations_.begin(), operations_.end(),
                                  [function](const Operation& operation) { return operation.function == function; });
  if (found == operations_.end()) throw Error(Code::INTERNAL, "The function is not in the catalogue.");
  return *found;
}

Operation& Catalogue::add(Operation operation) {
  if (by_name_.contains(operation.name)) throw std::logic_error("operation added twice: " + operation.name);
  Operation& added = operations_.emplace_back(std::move(operation));
  by_name_.emplace(added.name, &added);
  return added;
}

}  // namespace ignition
