// The parts that look at every deed after it was recorded: quests (step 7 of an award), then achievements (step 8).
#include <array>

#include "ignition/domains/achievements.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/domains/quests.hpp"

namespace ignition::progress {

std::span<const Follower> followers() {
  static constexpr std::array<Follower, 3> kFollowers{&quests::follow, &achievements::follow, &quests::follow_rewards};
  return kFollowers;
}

}  // namespace ignition::progress
