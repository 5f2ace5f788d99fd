#include "ignition/domains/refusals.hpp"

#include "ignition/domains/audit.hpp"
#include "ignition/wire.hpp"

namespace ignition::refusals {
namespace {

struct Details {
  std::optional<std::string> why;
  std::optional<std::string> route;
};
BOOST_DESCRIBE_STRUCT(Details, (), (why, route))

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

Recorded record(Context& ctx, const RecordRefusal& in) {
  audit::record(ctx, {.event_type = in.event_type.value,
                      .action = audit::Action::deny,
                      .status = audit::Status::denied,
                      .actor = in.user_id,
                      .details = to_json(Details{unless_empty(in.why.value), unless_empty(in.route.value)})});
  return {};
}

void add_operations(Catalogue& c) {
  c.add("refusals.record", Internal(), Access::system, Effect::write, &record,
        "Keeps in the security log what a shell refused.");
}

}  // namespace ignition::refusals
