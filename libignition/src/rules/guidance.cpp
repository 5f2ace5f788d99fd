#include "ignition/rules/guidance.hpp"

#include <algorithm>
#include <array>
#include <boost/describe/enum_to_string.hpp>

namespace ignition::rules {

namespace {

constexpr int kFinalDismissal = 2;
constexpr int kFullInbox = 10;

bool is_triggered(GuidanceStep step, const GuidanceFacts& facts) {
  switch (step) {
    case GuidanceStep::intro_start:
      return !facts.started;
    case GuidanceStep::intro_capture:
      return facts.started && !facts.captured;
    case GuidanceStep::intro_return:
      return facts.returning_after_gap;
    case GuidanceStep::intro_rules:
      return facts.frequent_pair && !facts.has_rule_or_routine &&
             2 * facts.bounced_of_last_10 < facts.exposures_of_last_10;
    case GuidanceStep::intro_review:
      return facts.unread_inbox >= kFullInbox;
  }
  return false;
}

}  // namespace

bool is_open(const GuidanceProgress& progress, Instant now) {
  return !progress.done_at && progress.dismiss_count < kFinalDismissal &&
         (!progress.cooldown_until || *progress.cooldown_until <= now);
}

GuidanceProgress dismissed(GuidanceProgress progress, Instant now, int cooldown_hours) {
  // Two is final; counting on would only grow a number that nothing reads.
  progress.dismiss_count = std::min(progress.dismiss_count + 1, kFinalDismissal);
  progress.cooldown_until = now + std::chrono::hours(cooldown_hours);
  return progress;
}

GuidanceProgress finished(GuidanceProgress progress, Instant now) {
  if (!progress.done_at) progress.done_at = now;
  return progress;
}

std::optional<GuidanceStep> guidance(const GuidanceFacts& facts) {
  constexpr std::array kOrder{GuidanceStep::intro_return, GuidanceStep::intro_start, GuidanceStep::intro_capture,
                              GuidanceStep::intro_rules, GuidanceStep::intro_review};
  const auto shown = std::ranges::find_if(kOrder, [&](GuidanceStep step) {
    return is_triggered(step, facts) && std::ranges::find(facts.closed, step) == facts.closed.end();
  });
  if (shown == kOrder.end()) return {};
  return *shown;
}

bool ends(GuidanceStep step, GuidanceExit what) {
  switch (step) {
    case GuidanceStep::intro_start:
      return what == GuidanceExit::started;
    case GuidanceStep::intro_capture:
      return what == GuidanceExit::captured;
    case GuidanceStep::intro_return:
      return what == GuidanceExit::active_again;
    case GuidanceStep::intro_rules:
      return what == GuidanceExit::rule_or_routine_created;
    case GuidanceStep::intro_review:
      return what == GuidanceExit::inbox_processed;
  }
  return false;
}

GuidanceView guidance_view(GuidanceStep step) {
  return {.step = step,
          .message_key = std::string("guidance.") + boost::describe::enum_to_string(step, ""),
          .dismissible = true};
}

}  // namespace ignition::rules
