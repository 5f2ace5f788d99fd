// Loss and gradient of a batch of items, and the descent along it. Rules O6 to O9.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rules/fsrs_items.hpp"
#include "rules/fsrs_lanes.hpp"
#include "rules/team.hpp"

namespace ignition::rules::fsrs {

struct WeightedItem {
  Item item;
  double weight = 1;
};

struct BatchLoss {
  double loss = 0;  // weighted, without regularisation
  Parameters gradient{};
};

// Works out batches with a team of threads. The sums do not depend on how many there are.
class BatchGradient {
 public:
  // No item is longer than `longest`.
  BatchGradient(const Histories& histories, std::uint32_t longest, Team& team);
  ~BatchGradient();
  BatchGradient(const BatchGradient&) = delete;
  BatchGradient& operator=(const BatchGradient&) = delete;

  BatchLoss operator()(const Parameters& w, std::span<const WeightedItem> batch);

 private:
  struct Workspace;

  BatchLoss lanes_loss(const SmoothTerms& terms, std::span<const WeightedItem> items, Workspace& space) const;

  const Histories& histories_;
  Team& team_;
  std::vector<std::unique_ptr<Workspace>> spaces_;
  std::vector<BatchLoss> parts_;
};

// The parameters after the descent (rule O8) from `start`; none when it was stopped.
std::optional<Parameters> descend(const Histories& histories, std::span<const Item> training, const Parameters& start,
                                  const TrainingOptions& options);

}  // namespace ignition::rules::fsrs
