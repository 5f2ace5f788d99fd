#include "rules/fsrs_batch_lanes.hpp"

#include "rules/fsrs_step.hpp"
#include "rules/vector_clones.hpp"

namespace ignition::rules::fsrs {

void clear(ReviewLanes& lanes) {
  lanes.s.fill(1);
  lanes.d.fill(5);
  lanes.t.fill(0);
  lanes.g.fill(0);
}

IGNITION_VECTOR_CLONES
void advance(const Terms& terms, ReviewLanes& __restrict lanes) {
  const Terms at = terms;
  for (std::size_t i = 0; i < kBatchLanes; ++i) {
    const double s = lanes.s[i];
    const double d = lanes.d[i];
    const double g = lanes.g[i];
    const Step step = step_of(at, s, d, lanes.t[i], g == 1.0);
    const double next_s = next_stability(at, step, g);
    const double next_d = next_difficulty(at, d, g);
    lanes.recall[i] = step.retrievability;
    lanes.next_s[i] = g == 0.0 ? s : next_s;
    lanes.next_d[i] = g == 0.0 ? d : next_d;
  }
}

IGNITION_VECTOR_CLONES
void advance_with_buttons(const Terms& terms, ReviewLanes& __restrict lanes) {
  const Terms at = terms;
  for (std::size_t i = 0; i < kBatchLanes; ++i) {
    const double g = lanes.g[i];
    const Step step = step_of(at, lanes.s[i], lanes.d[i], lanes.t[i], g == 1.0);
    lanes.recall[i] = step.retrievability;
    const double hard = math::r8(hard_of(at, step));
    const double good = math::r8(good_of(at, step));
    const double easy = math::r8(easy_of(at, step));
    const double again = math::r8(step.lapse);
    const double good_or_easy = g == 3.0 ? good : easy;
    const double passed = g == 2.0 ? hard : good_or_easy;
    lanes.next_s[i] = g == 1.0 ? again : passed;
    lanes.next_d[i] = next_difficulty(at, lanes.d[i], g);
    lanes.hard[i] = hard;
    lanes.good[i] = good;
    lanes.easy[i] = easy;
  }
}

IGNITION_VECTOR_CLONES
void recall_of(const Terms& terms, ReviewLanes& __restrict lanes) {
  const Terms at = terms;
  for (std::size_t i = 0; i < kBatchLanes; ++i) lanes.recall[i] = recall(at, lanes.s[i], lanes.t[i]);
}

}  // namespace ignition::rules::fsrs
