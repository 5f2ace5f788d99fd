#include "ignition/rules/modules.hpp"

#include <algorithm>

namespace ignition::rules {

namespace {

constexpr std::array<ModuleAction, kModules> kActions{{
    {"focus", "/focus", "Start Focus", ItemType::focus},
    {"quests", "/quests", "One small quest", ItemType::quest},
    {"learn", "/learn", "Quick learn", ItemType::learning},
    {"ignitions", "/ignitions", "Pick a spark", ItemType::focus},
    {"ideas", "/ideas", "Capture an idea", ItemType::focus},
    {"wins", "/wins", "See your wins", ItemType::focus},
    {"plan", "/planner", "Plan your day", ItemType::focus},
    {"habits", "/habits", "Check a habit", ItemType::habit},
    {"exercise", "/exercise", "Move a little", ItemType::workout},
    {"review", "/learn/review", "Review a few cards", ItemType::learning},
    {"goals", "/goals", "Look at a goal", ItemType::focus},
    {"books", "/books", "Read a page", ItemType::learning},
    {"journal", "/learn/journal", "Write a line", ItemType::learning},
    {"inbox", "/inbox", "Clear one inbox item", ItemType::focus},
    {"projects", "/projects", "Do one task", ItemType::focus},
}};

constexpr std::array<ItemPage, kItemTypes> kPages{{
    {"focus", "/focus", Module::focus},
    {"quest", "/quests", Module::quests},
    {"workout", "/exercise", Module::exercise},
    {"learning", "/learn", Module::learn},
    {"habit", "/habits", Module::habits},
    {"task", "/projects", Module::projects},
    {"reading", "/books", Module::books},
    {"journal", "/learn/journal", Module::journal},
    {"goal", "/goals", Module::goals},
    {"custom", "/focus", Module::plan},
}};

// Index of the row with this key as an enumerator of E; the rows stand in the enumerators' order.
template <class E, class Rows>
std::optional<E> find(const Rows& rows, std::string_view key) {
  const auto row = std::ranges::find(rows, key, [](const auto& r) { return r.key; });
  if (row == rows.end()) return {};
  return static_cast<E>(row - rows.begin());
}

}  // namespace

const ModuleAction& action_of(Module module) { return kActions[static_cast<std::size_t>(module)]; }

std::optional<Module> module_of(std::string_view key) { return find<Module>(kActions, key); }

std::optional<Module> governing_module(std::string_view name) {
  if (name == "planner") return Module::plan;
  return module_of(name);
}

std::string action_key_of(Module module) { return "module:" + std::string(key_of(module)); }

const ItemPage& page_of(ItemType type) { return kPages[static_cast<std::size_t>(type)]; }

std::optional<ItemType> item_type_of(std::string_view key) { return find<ItemType>(kPages, key); }

}  // namespace ignition::rules
