#include "ignition/rules/ordering.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

// Names of the vectors as ids that sort like them.
Uuid id_of(std::string_view name) {
  Uuid id;
  std::ranges::copy(name, id.bytes.begin());
  return id;
}

std::vector<Sibling> siblings_of(test::Value list) {
  std::vector<Sibling> siblings;
  for (const test::Value s : list.get_array()) {
    siblings.push_back({id_of(test::text(s, "id")), test::integer(s, "position")});
  }
  return siblings;
}

void apply(std::vector<Sibling>& siblings, const std::vector<Sibling>& changes) {
  for (const Sibling& change : changes) {
    const auto row = std::ranges::find(siblings, change.id, &Sibling::id);
    REQUIRE(row != siblings.end());
    row->position = change.position;
  }
  sort_siblings(siblings);
}

std::optional<Uuid> maybe_id(test::Value v, std::string_view key) {
  if (!test::has(v, key)) return {};
  return id_of(test::text(v, key));
}

// The result or error that the vectors name.
std::string run_move(std::vector<Sibling>& siblings, test::Value operation) {
  std::optional<ListEnd> to;
  if (const auto end = test::maybe_text(operation, "to")) {
    if (*end != "top" && *end != "bottom") return "VALIDATION_ERROR";  // refused by the input's type
    to = *end == "top" ? ListEnd::top : ListEnd::bottom;
  }
  const auto place = place_of(maybe_id(operation, "before_id"), maybe_id(operation, "after_id"), to);
  if (!place) return "VALIDATION_ERROR";
  const Move result = move(siblings, id_of(test::text(operation, "id")), *place);
  apply(siblings, result.changes);
  switch (result.outcome) {
    case MoveOutcome::unchanged:
      return "unchanged";
    case MoveOutcome::moved:
      CHECK(result.changes.size() == 1);
      return "moved";
    case MoveOutcome::rebalanced:
      CHECK(result.changes.size() == siblings.size());
      return "rebalanced";
    case MoveOutcome::unknown:
      return "NOT_FOUND";
    case MoveOutcome::itself:
      break;
  }
  return "VALIDATION_ERROR";
}

std::string run_reorder(std::vector<Sibling>& siblings, test::Value operation) {
  std::vector<Uuid> ids;
  for (const test::Value id : operation["ids"].get_array()) ids.push_back(id_of(id.get_string().value()));
  const Reorder result = reorder(siblings, ids);
  apply(siblings, result.changes);
  switch (result.outcome) {
    case ReorderOutcome::unchanged:
      CHECK(result.changes.empty());
      return "unchanged";
    case ReorderOutcome::reordered:
      return "reordered";
    case ReorderOutcome::repeated:
      return "VALIDATION_ERROR";
    case ReorderOutcome::differs:
      break;
  }
  return "CONFLICT";
}

std::vector<Uuid> ids_in(std::vector<Sibling> siblings) {
  sort_siblings(siblings);
  std::vector<Uuid> ids;
  for (const Sibling& s : siblings) ids.push_back(s.id);
  return ids;
}

std::vector<Sibling> arbitrary_list(int most_distance) {
  std::vector<Sibling> siblings;
  const int count = *rc::gen::inRange(1, 8);
  for (int i = 0; i < count; ++i) {
    siblings.push_back({id_of(std::string(1, static_cast<char>('a' + i))), *rc::gen::inRange(0, most_distance)});
  }
  return siblings;
}

}  // namespace

TEST_CASE("lists are ordered as in the vectors") {
  const test::Vectors vectors("planning/ordering.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    std::vector<Sibling> siblings = siblings_of(c["before"]);
    int number = 0;
    for (const test::Value step : c["steps"].get_array()) {
      CAPTURE(++number);
      const test::Value operation = step["operation"];
      const std::string op = test::text(operation, "op");
      if (op == "append") {
        siblings.push_back({id_of(test::text(operation, "id")), append_position(siblings)});
      } else {
        const std::string outcome = op == "move" ? run_move(siblings, operation) : run_reorder(siblings, operation);
        CHECK(outcome == test::text(step, test::has(step, "error") ? "error" : "result"));
      }
      CHECK(siblings == siblings_of(step["after"]));
    }
    ++cases;
  }
  CHECK(cases == 17);
}

TEST_CASE("a moved item stands where it was put and the others keep their order") {
  CHECK(rc::check([] {
    std::vector<Sibling> siblings = arbitrary_list(*rc::gen::element(2, 10, 5000));
    std::vector<Uuid> order = ids_in(siblings);
    const auto any = [&] { return order[*rc::gen::inRange<std::size_t>(0, order.size())]; };
    const Uuid id = any();
    const Place place{static_cast<Place::Kind>(*rc::gen::inRange(0, 4)), any()};
    const Move result = move(siblings, id, place);
    const bool beside = place.kind == Place::Kind::before || place.kind == Place::Kind::after;
    if (beside && place.neighbour == id) {
      RC_ASSERT(result.outcome == MoveOutcome::itself);
      return;
    }
    std::vector<Uuid> wanted = order;
    std::erase(wanted, id);
    auto at = place.kind == Place::Kind::bottom ? wanted.end() : wanted.begin();
    if (beside) at = std::ranges::find(wanted, place.neighbour) + (place.kind == Place::Kind::after ? 1 : 0);
    wanted.insert(at, id);
    apply(siblings, result.changes);
    RC_ASSERT(ids_in(siblings) == wanted);
    RC_ASSERT((result.outcome == MoveOutcome::unchanged) == (wanted == order));
    if (result.outcome == MoveOutcome::moved) RC_ASSERT(result.changes.size() == 1U);
  }));
}

TEST_CASE("a whole order is taken as given, and only differing rows are written") {
  CHECK(rc::check([] {
    std::vector<Sibling> siblings = arbitrary_list(10);
    std::vector<Uuid> wanted = ids_in(siblings);
    for (std::size_t i = wanted.size() - 1; i > 0; --i) {
      std::swap(wanted[i], wanted[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    }
    const bool same = wanted == ids_in(siblings);
    const Reorder result = reorder(siblings, wanted, kSortOrder);
    RC_ASSERT(result.outcome == (same ? ReorderOutcome::unchanged : ReorderOutcome::reordered));
    for (const Sibling& change : result.changes) {
      RC_ASSERT(std::ranges::find(siblings, change) == siblings.end());
    }
    apply(siblings, result.changes);
    RC_ASSERT(ids_in(siblings) == wanted);
    for (std::size_t i = 0; i < siblings.size() && !same; ++i) {
      RC_ASSERT(siblings[i].position == static_cast<std::int64_t>(i));
    }
  }));
}

TEST_CASE("an order of other items tells which are missing and which unknown") {
  const std::vector<Sibling> siblings{{id_of("a"), 1}, {id_of("b"), 2}, {id_of("c"), 3}};
  const std::vector<Uuid> ids{id_of("x"), id_of("b"), id_of("d")};
  const Reorder result = reorder(siblings, ids);
  CHECK(result.outcome == ReorderOutcome::differs);
  CHECK(result.missing == std::vector{id_of("a"), id_of("c")});
  CHECK(result.unknown == std::vector{id_of("x"), id_of("d")});
}

TEST_CASE("positions at the ends of the integers are mended instead of overflowing") {
  std::vector<Sibling> siblings{{id_of("a"), std::numeric_limits<std::int64_t>::min()},
                                {id_of("b"), 0},
                                {id_of("c"), std::numeric_limits<std::int64_t>::max()}};
  CHECK(move(siblings, id_of("b"), {Place::Kind::top, {}}).outcome == MoveOutcome::rebalanced);
  CHECK(move(siblings, id_of("b"), {Place::Kind::bottom, {}}).outcome == MoveOutcome::rebalanced);
  const Move between = move({{id_of("a"), std::numeric_limits<std::int64_t>::min()},
                             {id_of("b"), std::numeric_limits<std::int64_t>::max()},
                             {id_of("c"), std::numeric_limits<std::int64_t>::max()}},
                            id_of("c"), {Place::Kind::after, id_of("a")});
  CHECK(between.outcome == MoveOutcome::rebalanced);
}
