#include "ignition/rules/ordering.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace ignition::rules {

namespace {

constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min() / 2;
constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max() / 2;

using Iterator = std::vector<Sibling>::iterator;

Iterator find(std::vector<Sibling>& siblings, const Uuid& id) { return std::ranges::find(siblings, id, &Sibling::id); }

// The position between the neighbours at `place` of a list without the moved item; nothing when there is no room.
std::optional<std::int64_t> position_at(const std::vector<Sibling>& others, std::size_t place) {
  const bool has_previous = place > 0;
  const bool has_next = place < others.size();
  if (!has_previous && !has_next) return kPositionGap;
  if (!has_previous) {
    const std::int64_t next = others[place].position;
    return next > kLowest ? std::optional(next - kPositionGap) : std::nullopt;
  }
  const std::int64_t previous = others[place - 1].position;
  if (!has_next) return previous < kHighest ? std::optional(previous + kPositionGap) : std::nullopt;
  const std::int64_t next = others[place].position;
  // Neighbours further apart than an integer can tell have been written by nobody of us; a fresh list mends them.
  if (previous < kLowest || next > kHighest || next - previous < 2) return {};
  return previous + (next - previous) / 2;
}

void number(std::vector<Sibling>& siblings, const Numbering& numbering) {
  std::int64_t position = numbering.first;
  for (Sibling& s : siblings) {
    s.position = position;
    position += numbering.step;
  }
}

}  // namespace

void sort_siblings(std::vector<Sibling>& siblings) {
  std::ranges::sort(siblings, {}, [](const Sibling& s) { return std::tie(s.position, s.id); });
}

std::int64_t append_position(std::span<const Sibling> siblings) {
  if (siblings.empty()) return kPositionGap;
  const std::int64_t last = std::ranges::max(siblings, {}, &Sibling::position).position;
  return std::min(last, std::numeric_limits<std::int64_t>::max() - kPositionGap) + kPositionGap;
}

std::optional<Place> place_of(std::optional<Uuid> before_id, std::optional<Uuid> after_id, std::optional<ListEnd> to) {
  if (before_id.has_value() + after_id.has_value() + to.has_value() != 1) return {};
  if (before_id) return Place{Place::Kind::before, *before_id};
  if (after_id) return Place{Place::Kind::after, *after_id};
  return Place{*to == ListEnd::top ? Place::Kind::top : Place::Kind::bottom, {}};
}

Move move(std::vector<Sibling> siblings, const Uuid& id, const Place& place) {
  sort_siblings(siblings);
  const auto item = find(siblings, id);
  if (item == siblings.end()) return {.outcome = MoveOutcome::unknown};
  const bool beside = place.kind == Place::Kind::before || place.kind == Place::Kind::after;
  if (beside && place.neighbour == id) return {.outcome = MoveOutcome::itself};

  const auto present = static_cast<std::size_t>(item - siblings.begin());
  std::vector<Sibling> others = siblings;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(present));
  std::size_t target = place.kind == Place::Kind::bottom ? others.size() : 0;
  if (beside) {
    const auto neighbour = find(others, place.neighbour);
    if (neighbour == others.end()) return {.outcome = MoveOutcome::unknown};
    target = static_cast<std::size_t>(neighbour - others.begin()) + (place.kind == Place::Kind::after ? 1 : 0);
  }
  if (target == present) return {};

  if (const auto position = position_at(others, target)) {
    return {.outcome = MoveOutcome::moved, .changes = {{id, *position}}};
  }
  number(siblings, kPositions);
  others = siblings;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(present));
  siblings[present].position = position_at(others, target).value();
  return {.outcome = MoveOutcome::rebalanced, .changes = std::move(siblings)};
}

Reorder reorder(std::vector<Sibling> siblings, std::span<const Uuid> ids, const Numbering& numbering) {
  sort_siblings(siblings);
  std::vector<Uuid> given(ids.begin(), ids.end());
  std::ranges::sort(given);
  if (std::ranges::adjacent_find(given) != given.end()) return {.outcome = ReorderOutcome::repeated};

  std::vector<Sibling> by_id = siblings;
  std::ranges::sort(by_id, {}, &Sibling::id);
  Reorder result;
  for (const Sibling& s : siblings) {
    if (!std::ranges::binary_search(given, s.id)) result.missing.push_back(s.id);
  }
  for (const Uuid& id : ids) {
    if (!std::ranges::binary_search(by_id, id, {}, &Sibling::id)) result.unknown.push_back(id);
  }
  if (!result.missing.empty() || !result.unknown.empty()) {
    result.outcome = ReorderOutcome::differs;
    return result;
  }
  if (std::ranges::equal(siblings, ids, {}, &Sibling::id)) return result;

  result.outcome = ReorderOutcome::reordered;
  std::int64_t position = numbering.first;
  for (const Uuid& id : ids) {
    if (std::ranges::lower_bound(by_id, id, {}, &Sibling::id)->position != position) {
      result.changes.push_back({id, position});
    }
    position += numbering.step;
  }
  return result;
}

}  // namespace ignition::rules
