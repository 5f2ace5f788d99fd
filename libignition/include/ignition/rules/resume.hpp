// Picking up where one left off: the last used module, and what past use or interests suggest. Rules U1, U2.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ignition/rules/next_action.hpp"
#include "ignition/rules/preferences.hpp"

namespace ignition::rules {

// The newest event of a kind that can be resumed.
struct LastUse {
  ActionModule module = ActionModule::focus;
  Instant at;
};
BOOST_DESCRIBE_STRUCT(LastUse, (), (module, at))

struct ResumeLast {
  ActionModule module = ActionModule::focus;
  std::string action_key;
  std::string route;
  std::string label;
  Instant last_used;
};
BOOST_DESCRIBE_STRUCT(ResumeLast, (), (module, action_key, route, label, last_used))

// "Focus": what the module is called in "Resume Focus"; nothing for modules that are not resumed.
std::optional<std::string_view> resume_name(ActionModule module);

// The entry for a use that is older than the configured minutes and not older than the configured hours. None for a
// disabled module or the starter's own page.
std::optional<ResumeLast> resume_last(const std::optional<LastUse>& use, Instant now, std::string_view starter_href,
                                      const ModuleSet& disabled, const TodayConfig& config);

enum class PrimerType : std::uint8_t { learn, hub };
BOOST_DESCRIBE_ENUM(PrimerType, learn, hub)

struct InterestPrimer {
  PrimerType type = PrimerType::learn;
  std::string route;
  std::string label;
};
BOOST_DESCRIBE_STRUCT(InterestPrimer, (), (type, route, label))

// Activity events within the usage window.
struct UsageCounts {
  std::int64_t learn_events = 0;  // lesson_start, lesson_complete, review_session, drill_complete
  std::int64_t focus_events = 0;  // focus_start, focus_complete
  std::int64_t total_events = 0;
};
BOOST_DESCRIBE_STRUCT(UsageCounts, (), (learn_events, focus_events, total_events))

// What past use suggests, or, for somebody who has hardly begun, their interests in their order.
std::optional<InterestPrimer> interest_primer(const UsageCounts& usage, std::span<const InterestKey> interests,
                                              std::string_view starter_href, const ModuleSet& disabled,
                                              const TodayConfig& config);

}  // namespace ignition::rules
