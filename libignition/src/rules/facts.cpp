#include "ignition/rules/facts.hpp"

#include <algorithm>

#include "ignition/describe.hpp"

namespace ignition::rules {
namespace {

bool is_learning(EventKind kind) {
  return kind == EventKind::lesson_start || kind == EventKind::lesson_complete || kind == EventKind::review_session ||
         kind == EventKind::drill_complete;
}

ModuleUsage& row_of(std::vector<ModuleUsage>& modules, ActionModule module) {
  const auto found = std::ranges::find(modules, module, &ModuleUsage::module);
  return found != modules.end() ? *found : modules.emplace_back(ModuleUsage{.module = module});
}

}  // namespace

ActionModule ranked_module(EventKind kind) {
  if (kind == EventKind::review_session) return ActionModule::review;
  return enum_of<ActionModule>(rule_of(kind).module).value_or(ActionModule::focus);
}

Usage usage_of(std::span<const EventUsage> events) {
  Usage usage;
  for (const EventUsage& e : events) {
    usage.counts.total_events += e.count;
    if (is_learning(e.kind)) usage.counts.learn_events += e.count;
    if (e.kind == EventKind::focus_start || e.kind == EventKind::focus_complete) usage.counts.focus_events += e.count;
    if (e.oldest_at) usage.oldest_at = std::min(usage.oldest_at.value_or(*e.oldest_at), *e.oldest_at);

    if (!e.counted || session_step(e.kind) != SessionStep::complete) continue;
    ModuleUsage& module = row_of(usage.modules, ranked_module(e.kind));
    module.completions += e.count;
    if (e.last_date) module.last_date = std::max(module.last_date.value_or(*e.last_date), *e.last_date);
  }
  return usage;
}

}  // namespace ignition::rules
