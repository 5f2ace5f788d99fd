#include "ignition/rules/next_action.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "ignition/rules/route.hpp"

namespace ignition::rules {
namespace {

constexpr int kNoPriority = 999;
constexpr std::string_view kFocusPage = "/focus";
constexpr std::array kDefaultChain{Module::focus, Module::quests, Module::learn, Module::ignitions};

using Items = std::vector<const TodayPlanItem*>;

Items all_items(const TodayPlan* plan) {
  Items items;
  if (!plan) return items;
  items.reserve(plan->items.size());
  for (const TodayPlanItem& item : plan->items) items.push_back(&item);
  return items;
}

// Rule S2: what of the plan the starter may use.
Items usable_items(const TodayPlan* plan, LocalDate today) {
  Items items;
  if (!plan || !plan->id || plan->id->empty() || plan->date != today) return items;
  for (const TodayPlanItem& item : plan->items) {
    const bool identified = item.id && !item.id->empty();
    const bool linked = item.action_url && is_valid_route(*item.action_url);
    if (identified && linked && item.completed) items.push_back(&item);
  }
  return items;
}

// Equal priorities keep the order of the list.
const TodayPlanItem* first_open(const Items& items) {
  const TodayPlanItem* first = nullptr;
  int lowest = std::numeric_limits<int>::max();
  for (const TodayPlanItem* item : items) {
    const bool open = item->completed == false && item->id && item->action_url && !item->action_url->empty();
    const int priority = item->priority.value_or(kNoPriority);
    if (open && (!first || priority < lowest)) {
      first = item;
      lowest = priority;
    }
  }
  return first;
}

NextAction focus_action(const LiveFocus& focus, std::optional<std::string_view> current_route) {
  std::string label = focus.paused ? "Resume " : "Return to ";
  label += focus.is_break ? "break" : "Focus";
  std::string id = focus.session_id.text();
  return {.href = std::string(kFocusPage),
          .label = std::move(label),
          .reason = current_route == kFocusPage ? ActionReason::noop : ActionReason::active_session,
          .source = ActionSource::active_session,
          .type = "focus",
          .module = ActionModule::focus,
          .entity_id = id,
          .item_title = {},
          .action_key = "focus:" + id};
}

NextAction onboarding_action(const std::string& route) {
  return {.href = route,
          .label = "Continue setup",
          .reason = ActionReason::no_plan_fallback,
          .source = ActionSource::onboarding,
          .type = "focus",
          .module = ActionModule::onboarding,
          .entity_id = {},
          .item_title = {},
          .action_key = "onboarding"};
}

NextAction item_action(const TodayPlanItem& item, std::optional<std::string_view> current_route) {
  const bool there = current_route && !current_route->empty() && *current_route == *item.action_url;
  const bool titled = item.title && !item.title->empty();
  const std::string title = titled ? *item.title : "Task";
  const std::string type = item.type.value_or("focus");
  const auto known = item_type_of(type);
  return {.href = *item.action_url,
          .label = "Continue: " + title,
          .reason = there ? ActionReason::noop : ActionReason::plan_incomplete_item,
          .source = ActionSource::plan,
          .type = type,
          .module = known ? to_action_module(page_of(*known).module) : ActionModule::focus,
          .entity_id = item.id,
          .item_title = item.title,
          .action_key = "plan:" + *item.id};
}

NextAction module_step(Module module, ActionReason reason, ActionSource source) {
  const ModuleAction& to = action_of(module);
  return {.href = std::string(to.href),
          .label = std::string(to.label),
          .reason = reason,
          .source = source,
          .type = std::string(page_of(to.type).key),
          .module = to_action_module(module),
          .entity_id = {},
          .item_title = {},
          .action_key = action_key_of(module)};
}

struct Link {
  Module module;
  ActionSource source;
};

// Rule N6. Never empty.
std::vector<Link> fallback_chain(const ActionPreferences& preferences) {
  std::vector<Link> chain;
  const auto weight = [&](Module m) { return preferences.weights[static_cast<std::size_t>(m)]; };
  for (std::size_t i = 0; i < kModules; ++i) {
    const auto module = static_cast<Module>(i);
    if (weight(module) > 0 && !preferences.disabled.contains(module)) {
      chain.push_back({module, ActionSource::personalised});
    }
  }
  std::ranges::stable_sort(chain, std::ranges::greater{}, [&](const Link& link) { return weight(link.module); });
  for (const Module module : kDefaultChain) {
    const bool present = std::ranges::any_of(chain, [&](const Link& link) { return link.module == module; });
    if (!present && !preferences.disabled.contains(module)) chain.push_back({module, ActionSource::default_});
  }
  if (chain.empty()) chain.push_back({Module::focus, ActionSource::default_});
  return chain;
}

NextAction fallback_action(std::optional<std::string_view> current_route, const ActionPreferences& preferences) {
  const std::vector<Link> chain = fallback_chain(preferences);
  auto link = std::ranges::find_if(chain, [&](const Link& l) { return current_route != action_of(l.module).href; });
  if (link == chain.end()) link = chain.begin();
  return module_step(link->module, ActionReason::no_plan_fallback, link->source);
}

NextAction resolve(const std::optional<LiveFocus>& focus, const Items& items,
                   std::optional<std::string_view> current_route, const ActionPreferences& preferences) {
  if (focus) return focus_action(*focus, current_route);
  const auto& route = preferences.onboarding_route;
  if (preferences.onboarding_active && route && !route->empty()) return onboarding_action(*route);
  if (const TodayPlanItem* item = first_open(items)) return item_action(*item, current_route);
  if (!items.empty() && current_route == kFocusPage) {
    return module_step(Module::focus, ActionReason::noop, ActionSource::default_);
  }
  return fallback_action(current_route, preferences);
}

// Rule S5.
NextAction validated(NextAction action) {
  if (!is_valid_route(action.href)) {
    return module_step(Module::focus, ActionReason::no_plan_fallback, ActionSource::safety_net);
  }
  if (action.label.empty()) action.label = "Continue";
  const bool known_type = item_type_of(action.type) || action.type == "plan_item" || action.type == "noop";
  if (!known_type) action.type = "focus";
  return action;
}

struct CodePoint {
  char32_t value;
  std::size_t length;  // bytes
};

// The code point at `at` of valid UTF-8; a stray byte counts as one.
CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (at + length > text.size()) return {lead, 1};
  char32_t value = length == 1 ? lead : lead & (0x3FU >> (length - 1));
  for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (byte(at + i) & 0x3FU);
  return {value, length};
}

// Unicode property White_Space.
bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace

NextAction resolve_next_action(const std::optional<LiveFocus>& focus, const TodayPlan* plan,
                               std::optional<std::string_view> current_route, const ActionPreferences& preferences) {
  return resolve(focus, all_items(plan), current_route, preferences);
}

Starter starter_of(const std::optional<LiveFocus>& focus, const TodayPlan* plan, LocalDate today,
                   const ActionPreferences& preferences, bool resolver_on) {
  const Items items = usable_items(plan, today);
  Starter starter;
  if (resolver_on) {
    ActionPreferences safe = preferences;
    if (safe.onboarding_route && !is_valid_route(*safe.onboarding_route)) safe.onboarding_route.reset();
    starter.action = validated(resolve(focus, items, {}, safe));
  } else {
    starter.action = validated(resolve({}, items, {}, {}));
  }
  if (starter.action.source == ActionSource::plan) starter.item_minutes = first_open(items)->duration;
  return starter;
}

std::string short_label(std::string_view label) {
  constexpr std::size_t kLongest = 40;
  std::size_t count = 0;
  std::size_t at = 0;
  std::size_t kept = 0;  // end of the last code point worth keeping among the first 39
  while (at < label.size()) {
    const CodePoint c = code_point_at(label, at);
    at += c.length;
    ++count;
    if (count < kLongest && !is_white_space(c.value)) kept = at;
    if (count > kLongest) return std::string(label.substr(0, kept)) + "\u2026";
  }
  return std::string(label);
}

}  // namespace ignition::rules
