// Answers to onboarding steps: their accepted spellings (rule O6), and what they do.
#pragma once

#include "ignition/domains/onboarding.hpp"

namespace ignition::onboarding {

// Checks the answer of a step, lets it take effect and returns it as it is stored. `former`: the answer stored before.
// VALIDATION_ERROR for an answer that the step does not take.
Json take_answer(Context& ctx, const Step& step, const std::optional<Json>& response,
                 const std::optional<Json>& former);

}  // namespace ignition::onboarding
