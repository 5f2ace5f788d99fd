// The parts of the product that Today can point to, and the types of plan items: names, pages, labels. Rules N6 and P5.
#pragma once

#include <array>
#include <bitset>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ignition::rules {

// In canonical order: every tie between modules is broken by this order.
enum class Module : std::uint8_t {
  focus,
  quests,
  learn,
  ignitions,
  ideas,
  wins,
  plan,
  habits,
  exercise,
  review,
  goals,
  books,
  journal,
  inbox,
  projects,
};
BOOST_DESCRIBE_ENUM(Module, focus, quests, learn, ignitions, ideas, wins, plan, habits, exercise, review, goals, books,
                    journal, inbox, projects)

inline constexpr std::size_t kModules = 15;

// What a plan item is about.
enum class ItemType : std::uint8_t { focus, quest, workout, learning, habit, task, reading, journal, goal, custom };
BOOST_DESCRIBE_ENUM(ItemType, focus, quest, workout, learning, habit, task, reading, journal, goal, custom)

inline constexpr std::size_t kItemTypes = 10;

// The action that leads to a module (table of rule N6). `key` is the module's name on the wire.
struct ModuleAction {
  std::string_view key;
  std::string_view href;
  std::string_view label;
  ItemType type;
};
const ModuleAction& action_of(Module module);

inline std::string_view key_of(Module module) { return action_of(module).key; }
// The module of a wire name; nothing for other texts.
std::optional<Module> module_of(std::string_view key);
// The module a user weighs or disables for a name used by quick picks, resume entries and activity events: `planner` is
// governed by module plan, all other names by the module of the same name.
std::optional<Module> governing_module(std::string_view name);

// `module:<key>`, the action_key of a suggestion that opens a module.
std::string action_key_of(Module module);

// Page and module of a plan item without an action_url of its own (rule P5). Items of type task and custom have pages
// that depend on their ids: see default_action_url in daily_plan.hpp.
struct ItemPage {
  std::string_view key;
  std::string_view href;
  Module module;
};
const ItemPage& page_of(ItemType type);
std::optional<ItemType> item_type_of(std::string_view key);

// A set of modules, for example those the user disabled.
class ModuleSet {
 public:
  bool contains(Module m) const { return bits_[static_cast<std::size_t>(m)]; }
  void insert(Module m) { bits_.set(static_cast<std::size_t>(m)); }
  void erase(Module m) { bits_.reset(static_cast<std::size_t>(m)); }
  bool empty() const { return bits_.none(); }
  std::size_t size() const { return bits_.count(); }
  friend bool operator==(const ModuleSet&, const ModuleSet&) = default;

 private:
  std::bitset<kModules> bits_;
};

}  // namespace ignition::rules
