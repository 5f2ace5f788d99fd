// What the operator configured.
#include "ignition/config.hpp"

#include "domains/admin/parts.hpp"
#include "ignition/context.hpp"
#include "ignition/variables.hpp"

namespace ignition::admin {

struct Configured {
  std::vector<ShownVariable> variables;
};
BOOST_DESCRIBE_STRUCT(Configured, (), (variables))

Configured configured(Context& ctx, const Nothing&) {
  const auto& variables = ctx.config.variables;
  return {variables ? variables() : shown_variables(config_variables().rows(), {})};
}

void add_config_operations(Catalogue& c) {
  c.add("admin.config", Get("/admin/config"), Access::admin, Effect::read, &configured,
        "Every variable of the configuration; of secrets, only whether they are set.")
      .needs("system:config");
}

}  // namespace ignition::admin
