#include "ignition/domains/ordering.hpp"

#include "ignition/wire.hpp"

namespace ignition::ordering {

void check(std::string_view field, const rules::Reorder& reorder) {
  if (reorder.outcome == rules::ReorderOutcome::repeated) {
    throw invalid(std::string(field), "repeated", "must name every object once");
  }
  if (reorder.outcome == rules::ReorderOutcome::differs) {
    throw conflict("order_changed", "The list has changed meanwhile; read it again.")
        .with_json("missing", to_json(reorder.missing))
        .with_json("unknown", to_json(reorder.unknown));
  }
}

}  // namespace ignition::ordering
