#include "ignition/rules/resume.hpp"

#include "ignition/describe.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

std::optional<PrimerType> primer(const UsageCounts& usage, std::vector<InterestKey> interests,
                                 std::string_view starter = "/focus", const ModuleSet& disabled = {}) {
  const auto found = interest_primer(usage, interests, starter, disabled, {});
  if (!found) return {};
  return found->type;
}

}  // namespace

TEST_CASE("the last used module is offered after more than an hour and within a day") {
  const LastUse lesson{ActionModule::learn, at("2026-01-14T10:30:00Z")};
  const auto found = resume_last(lesson, at("2026-01-14T14:00:00Z"), "/focus", {}, {});
  REQUIRE(found.has_value());
  CHECK(found->module == ActionModule::learn);
  CHECK(found->action_key == "module:learn");
  CHECK(found->route == "/learn");
  CHECK(found->label == "Resume Learn");
  CHECK(found->last_used == lesson.at);

  CHECK_FALSE(resume_last(lesson, at("2026-01-14T11:30:00Z"), "/focus", {}, {}).has_value());
  CHECK(resume_last(lesson, at("2026-01-14T11:30:00.000001Z"), "/focus", {}, {}).has_value());
  CHECK(resume_last(lesson, at("2026-01-15T10:30:00Z"), "/focus", {}, {}).has_value());
  CHECK_FALSE(resume_last(lesson, at("2026-01-15T10:30:00.000001Z"), "/focus", {}, {}).has_value());
  CHECK_FALSE(resume_last({}, at("2026-01-14T14:00:00Z"), "/focus", {}, {}).has_value());
}

TEST_CASE("neither the starter's page nor a disabled module is offered for resuming") {
  const Instant now = at("2026-01-14T14:00:00Z");
  const LastUse planner{ActionModule::planner, now - std::chrono::hours(2)};
  CHECK(resume_last(planner, now, "/focus", {}, {})->label == "Resume Planner");
  CHECK_FALSE(resume_last(planner, now, "/planner?x=1", {}, {}).has_value());
  ModuleSet disabled;
  disabled.insert(Module::plan);
  CHECK_FALSE(resume_last(planner, now, "/focus", disabled, {}).has_value());
}

TEST_CASE("ten modules and the planner can be resumed") {
  int resumable = 0;
  for (int i = 0; i < 17; ++i) {
    if (resume_name(static_cast<ActionModule>(i))) ++resumable;
  }
  CHECK(resumable == 11);
  CHECK(resume_name(ActionModule::journal) == "Journal");
  CHECK_FALSE(resume_name(ActionModule::inbox).has_value());
}

TEST_CASE("past use decides the primer before interests do") {
  const UsageCounts learner{.learn_events = 5, .focus_events = 20, .total_events = 30};
  CHECK(primer(learner, {}) == PrimerType::learn);
  CHECK(primer({.learn_events = 4, .focus_events = 20, .total_events = 30}, {}) == std::nullopt);
  CHECK(primer({.learn_events = 2, .focus_events = 10, .total_events = 30}, {}) == PrimerType::hub);
  CHECK(primer({.learn_events = 3, .focus_events = 10, .total_events = 30}, {}) == std::nullopt);
  CHECK(primer({.total_events = 4}, {InterestKey::fitness, InterestKey::music, InterestKey::learning}) ==
        PrimerType::hub);
  CHECK(primer({.total_events = 5}, {InterestKey::learning}) == std::nullopt);
  CHECK(primer({}, {InterestKey::habits}) == std::nullopt);
  CHECK(primer(learner, {}, "/learn/") == std::nullopt);
  ModuleSet disabled;
  disabled.insert(Module::learn);
  CHECK(primer(learner, {}, "/focus", disabled) == std::nullopt);

  const auto hub = interest_primer({}, std::vector{InterestKey::music}, "/focus", {}, {});
  CHECK(hub->route == "/hub");
  CHECK(hub->label == "Explore Shortcuts");
  CHECK(interest_primer(learner, {}, "/focus", {}, {})->label == "Continue Learning");
}

TEST_CASE("interests carry their catalogue labels") {
  CHECK(label_of(InterestKey::music) == "Music/DAW");
  CHECK(label_of(InterestKey::creativity) == "Creativity");
}
