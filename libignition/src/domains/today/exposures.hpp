// What Today showed and what became of it (rules E6, T4, T5). Ids, enums and numbers only: never words of the user.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "ignition/context.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/today.hpp"

namespace ignition::today {

// A decision as it is remembered.
struct Exposure {
  rules::EntryMode entry_mode = rules::EntryMode::standard;
  rules::ResolvedState resolved_state = rules::ResolvedState::default_;
  bool reduced_mode = false;
  bool soft_landing = false;
  rules::PartOfDay time_of_day = rules::PartOfDay::morning;
  std::string candidates;                          // JSON
  mutable std::atomic<std::int64_t> remembered{};  // see is_due
};
std::shared_ptr<const Exposure> exposure_of(const rules::TodayPayload& payload);

// One decision, answered again and again from the cache, is remembered so often in such a time, so that a program that
// asks all the time fills no table. A showing beyond is not known when its outcome is told.
inline constexpr Micros kRememberedWithin = std::chrono::seconds(10);
inline constexpr int kMostRemembered = 4;

// Whether the decision is to be remembered now. Counts.
bool is_due(const Exposure& exposure, Instant now);

// Remembers, after the answer, that the caller was shown this.
void remember(Context& ctx, const Uuid& exposure_id, std::shared_ptr<const Exposure> exposure);

// How long a showing is credited with what it suggested.
inline constexpr Micros kCredited = std::chrono::minutes(60);

// What the event of a deed does to the showing that suggested it: the newest of the last hour that did (rule T5).
void credit(Context& ctx, rules::EventKind kind, const rules::Deed& deed, const std::optional<std::string>& entity_type,
            const std::optional<std::string>& entity_id);

}  // namespace ignition::today
