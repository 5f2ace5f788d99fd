// What training learns from: items, their filter, and the first stabilities. Rules O1, O2, O4, O5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "ignition/rules/fsrs_optimizer.hpp"

namespace ignition::rules::fsrs {

// The first `length` reviews of a card, of which the last is to be predicted.
struct Item {
  std::size_t begin = 0;     // index of the card's first review
  std::uint32_t length = 0;  // at least 2
  std::uint32_t card = 0;
  std::size_t last() const { return begin + length - 1; }
  friend bool operator==(const Item&, const Item&) = default;
};

// The newest `max_items` items in the order in which their last reviews happened (rule O1).
std::vector<Item> items_of(const Histories& histories, std::size_t max_items);

// Recency: the weight of item i of n (rule O7).
double weight_of(std::size_t i, std::size_t n);

struct Filtered {
  std::vector<Item> training;
  std::vector<Item> initial;                        // of them, those with one review on a later day
  std::array<std::set<std::int32_t>, 4> removed{};  // by first rating - 1: first intervals
};
Filtered filtered(const Histories& histories, std::span<const Item> items);

// Share of passes among the items' last reviews.
double average_recall(const Histories& histories, std::span<const Item> items);

// Stabilities after the first review, by rating - 1, with the number of items behind them.
struct FirstStabilities {
  std::array<std::optional<double>, 4> stability{};
  std::array<std::size_t, 4> items{};
};
FirstStabilities fitted_first(const Histories& histories, const Filtered& items);
// Made to rise with the rating, and the missing ones filled in (rule O5). At least one is known.
std::array<double, 4> completed(FirstStabilities first);

}  // namespace ignition::rules::fsrs
