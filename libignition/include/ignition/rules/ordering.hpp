// The order of siblings in a list: positions, moves, whole orders. Rules O1 to O3 and O5.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ignition/uuid.hpp"

namespace ignition::rules {

// Distance of neighbours in a fresh list.
inline constexpr std::int64_t kPositionGap = 1024;

struct Sibling {
  Uuid id;
  std::int64_t position = 0;
  friend bool operator==(const Sibling&, const Sibling&) = default;
};

// By position, then id (rule O1).
void sort_siblings(std::vector<Sibling>& siblings);

// The position of an item put behind all others (rule O2).
std::int64_t append_position(std::span<const Sibling> siblings);

// Where an item is to go.
struct Place {
  enum class Kind : std::uint8_t { before, after, top, bottom };
  Kind kind = Kind::bottom;
  Uuid neighbour;  // with before and after
};
enum class ListEnd : std::uint8_t { top, bottom };
BOOST_DESCRIBE_ENUM(ListEnd, top, bottom)
// The place named by exactly one of the three; nothing (VALIDATION_ERROR) for none or several.
std::optional<Place> place_of(std::optional<Uuid> before_id, std::optional<Uuid> after_id, std::optional<ListEnd> to);

enum class MoveOutcome : std::uint8_t {
  unchanged,
  moved,
  rebalanced,  // all siblings got new positions first
  unknown,     // the item or the neighbour is not in the list: NOT_FOUND
  itself,      // the item is its own neighbour: VALIDATION_ERROR
};
BOOST_DESCRIBE_ENUM(MoveOutcome, unchanged, moved, rebalanced, unknown, itself)
struct Move {
  MoveOutcome outcome = MoveOutcome::unchanged;
  std::vector<Sibling> changes;  // rows to write, with their new positions
};
// Rule O3. `siblings` need not be sorted.
Move move(std::vector<Sibling> siblings, const Uuid& id, const Place& place);

// The numbers that a whole order gives: positions, or 0, 1, 2 ... where a list has a plain sort_order.
struct Numbering {
  std::int64_t first = kPositionGap;
  std::int64_t step = kPositionGap;
};
inline constexpr Numbering kPositions{};
inline constexpr Numbering kSortOrder{.first = 0, .step = 1};

enum class ReorderOutcome : std::uint8_t {
  unchanged,
  reordered,
  repeated,  // an id stands twice: VALIDATION_ERROR
  differs,   // ids are not the present siblings: CONFLICT order_changed with missing and unknown
};
BOOST_DESCRIBE_ENUM(ReorderOutcome, unchanged, reordered, repeated, differs)
struct Reorder {
  ReorderOutcome outcome = ReorderOutcome::unchanged;
  std::vector<Sibling> changes;
  std::vector<Uuid> missing;  // in their present order
  std::vector<Uuid> unknown;  // in the order given
};
// Rule O5.
Reorder reorder(std::vector<Sibling> siblings, std::span<const Uuid> ids, const Numbering& numbering = kPositions);

}  // namespace ignition::rules
