#include "ignition/rules/modules.hpp"

#include <doctest/doctest.h>

#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

using namespace ignition::rules;

TEST_CASE("module tables stand in the order of their enumerators") {
  std::size_t count = 0;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Module>>([&](auto d) {
    CHECK(key_of(d.value) == d.name);
    CHECK(module_of(d.name) == d.value);
    CHECK(static_cast<std::size_t>(d.value) == count++);
  });
  CHECK(count == kModules);

  count = 0;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<ItemType>>([&](auto d) {
    CHECK(page_of(d.value).key == d.name);
    CHECK(item_type_of(d.name) == d.value);
    ++count;
  });
  CHECK(count == kItemTypes);
}

TEST_CASE("planner is the name of events, plan the module that governs them") {
  CHECK_FALSE(module_of("planner").has_value());
  CHECK(governing_module("planner") == Module::plan);
  CHECK(governing_module("habits") == Module::habits);
  CHECK_FALSE(governing_module("onboarding").has_value());
  CHECK(action_of(Module::plan).href == "/planner");
  CHECK(action_key_of(Module::plan) == "module:plan");
}

TEST_CASE("items without a page of their own lead to the page of their type") {
  CHECK(page_of(ItemType::reading).href == "/books");
  CHECK(page_of(ItemType::journal).href == "/learn/journal");
  CHECK(page_of(ItemType::custom).module == Module::plan);
  CHECK(page_of(ItemType::task).module == Module::projects);
}

TEST_CASE("a set of modules holds what was put in") {
  ModuleSet set;
  CHECK(set.empty());
  set.insert(Module::projects);
  set.insert(Module::focus);
  set.erase(Module::focus);
  CHECK(set.contains(Module::projects));
  CHECK_FALSE(set.contains(Module::focus));
  CHECK(set.size() == 1);
}
