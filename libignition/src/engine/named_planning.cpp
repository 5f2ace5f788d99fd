// Planning by name: the focus timer and its statistics, the order of lists.
#include <algorithm>

#include "engine/named_rules.hpp"
#include "ignition/rules/focus_stats.hpp"
#include "ignition/rules/ordering.hpp"
#include "ignition/wire.hpp"

namespace ignition::named {

using rules::FocusMode;

struct FocusStartInput {
  Or<FocusMode, FocusMode::focus> mode;
  std::int64_t duration_seconds = 0;
  Instant now;
};
BOOST_DESCRIBE_STRUCT(FocusStartInput, (), (mode, duration_seconds, now))

struct FocusStepInput {
  rules::FocusSession session;
  Or<std::int64_t, 0> paid_before;
  Instant now;
};
BOOST_DESCRIBE_STRUCT(FocusStepInput, (), (session, paid_before, now))

struct FocusStepOutput {
  rules::FocusSession session;
  bool changed = false;
  std::optional<rules::FocusRefusal> refusal;
  bool reward_capped = false;
};
BOOST_DESCRIBE_STRUCT(FocusStepOutput, (), (session, changed, refusal, reward_capped))

struct EndedFocusInput {
  Or<FocusMode, FocusMode::focus> mode;
  rules::FocusStatus status = rules::FocusStatus::completed;
  std::optional<Instant> ended_at;  // none: it runs, and does not count
  Or<int, 0> focused_seconds;
  Or<bool, false> full_credit;
  Or<int, 0> xp_awarded;
  Or<int, 0> coins_awarded;
};
BOOST_DESCRIBE_STRUCT(EndedFocusInput, (),
                      (mode, status, ended_at, focused_seconds, full_credit, xp_awarded, coins_awarded))

struct FocusStatsInput {
  std::vector<EndedFocusInput> sessions;
  Or<rules::FocusPeriod, rules::FocusPeriod::week> period;
  std::optional<LocalDate> date;  // none: today
  Instant now;
  std::optional<std::string> timezone;
  Or<int, 0> day_start_hour;
  Or<WeekStart, WeekStart::monday> week_start;
};
BOOST_DESCRIBE_STRUCT(FocusStatsInput, (), (sessions, period, date, now, timezone, day_start_hour, week_start))

struct ListItem {
  Uuid id;
  std::int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(ListItem, (), (id, position))

struct AppendInput {
  std::vector<ListItem> siblings;
};
BOOST_DESCRIBE_STRUCT(AppendInput, (), (siblings))

struct MoveInput {
  std::vector<ListItem> siblings;
  Uuid id;
  std::optional<Uuid> before_id;
  std::optional<Uuid> after_id;
  std::optional<rules::ListEnd> to;
};
BOOST_DESCRIBE_STRUCT(MoveInput, (), (siblings, id, before_id, after_id, to))

struct MoveOutput {
  rules::MoveOutcome outcome = rules::MoveOutcome::unchanged;
  std::vector<ListItem> changes;
};
BOOST_DESCRIBE_STRUCT(MoveOutput, (), (outcome, changes))

struct ReorderInput {
  std::vector<ListItem> siblings;
  std::vector<Uuid> ids;
};
BOOST_DESCRIBE_STRUCT(ReorderInput, (), (siblings, ids))

struct ReorderOutput {
  rules::ReorderOutcome outcome = rules::ReorderOutcome::unchanged;
  std::vector<ListItem> changes;
  std::vector<Uuid> missing;
  std::vector<Uuid> unknown;
};
BOOST_DESCRIBE_STRUCT(ReorderOutput, (), (outcome, changes, missing, unknown))

namespace {

// A session as its caller may have made it up: the transitions rely on what belongs together.
const rules::FocusSession& checked(const rules::FocusSession& session) {
  using rules::FocusStatus;
  const auto refuse_session = [](const char* field) {
    throw invalid(fmt::format("session.{}", field), "invalid", "does not go with the session's status");
  };
  if (session.paused_at.has_value() != (session.status == FocusStatus::paused)) refuse_session("paused_at");
  if (session.completed_at.has_value() != (session.status == FocusStatus::completed)) refuse_session("completed_at");
  if (session.abandoned_at.has_value() != (session.status == FocusStatus::abandoned)) refuse_session("abandoned_at");
  if (session.expired_at.has_value() != (session.status == FocusStatus::expired)) refuse_session("expired_at");
  if (!rules::is_allowed_length(session.mode, session.duration_seconds)) refuse_session("duration_seconds");
  if (session.started_at > session.ends_at) refuse_session("ends_at");
  if (session.ends_at > session.expires_at) refuse_session("expires_at");
  return session;
}

std::string answer_of(const rules::FocusStep& step) {
  return to_json(FocusStepOutput{step.session, step.changed, step.refusal, step.reward_capped});
}

std::string focus_start(std::string_view json) {
  const auto input = from_json<FocusStartInput>(json);
  const rules::FocusLengths lengths = rules::lengths_of(input.mode);
  const int seconds = small(input.duration_seconds, lengths.min, lengths.max, "duration_seconds");
  return answer_of(rules::start(input.mode, seconds, input.now));
}

// A transition of a session that is settled first.
template <class Transition>
std::string focus_step(std::string_view json, Transition&& transition) {
  const auto input = from_json<FocusStepInput>(json);
  const rules::FocusStep settled = rules::settle(checked(input.session), input.now);
  rules::FocusStep step = transition(settled.session, small(input.paid_before, 0, kMany, "paid_before"), input.now);
  step.changed = step.changed || settled.changed;
  return answer_of(step);
}

std::string focus_settle(std::string_view json) {
  const auto input = from_json<FocusStepInput>(json);
  return answer_of(rules::settle(checked(input.session), input.now));
}
std::string focus_pause(std::string_view json) {
  return focus_step(json, [](const auto& session, int, Instant now) { return rules::pause(session, now); });
}
std::string focus_resume(std::string_view json) {
  return focus_step(json, [](const auto& session, int, Instant now) { return rules::resume(session, now); });
}
std::string focus_complete(std::string_view json) {
  return focus_step(json,
                    [](const auto& session, int paid, Instant now) { return rules::complete(session, paid, now); });
}
std::string focus_abandon(std::string_view json) {
  return focus_step(json, [](const auto& session, int, Instant now) { return rules::abandon(session, now); });
}

std::string focus_stats(std::string_view json) {
  const auto input = from_json<FocusStatsInput>(json);
  const Calendar calendar{.zone = zone_of(input.timezone),
                          .day_start_hour = small(input.day_start_hour, 0, 23, "day_start_hour"),
                          .week_start = input.week_start};
  std::vector<rules::EndedFocus> sessions;
  std::vector<LocalDate> full_dates;
  for (std::size_t i = 0; i < input.sessions.size(); ++i) {
    const EndedFocusInput& one = input.sessions[i];
    if (!one.ended_at) continue;
    const auto number = [&](int value, const char* field) {
      return small(value, 0, 10 * kMany, fmt::format("sessions[{}].{}", i, field));
    };
    sessions.push_back({.mode = one.mode,
                        .status = one.status,
                        .date = calendar.date_of(*one.ended_at),
                        .focused_seconds = number(one.focused_seconds, "focused_seconds"),
                        .full_credit = one.full_credit,
                        .xp_awarded = number(one.xp_awarded, "xp_awarded"),
                        .coins_awarded = number(one.coins_awarded, "coins_awarded")});
    const bool full = one.mode == FocusMode::focus && one.status == rules::FocusStatus::completed && one.full_credit;
    if (full) full_dates.push_back(sessions.back().date);
  }
  std::ranges::sort(full_dates);
  const LocalDate today = calendar.date_of(input.now);
  return to_json(
      rules::focus_stats(input.period, input.date.value_or(today), today, calendar.week_start, sessions, full_dates));
}

std::vector<rules::Sibling> siblings_of(const std::vector<ListItem>& items) {
  std::vector<rules::Sibling> siblings;
  for (const ListItem& item : items) siblings.push_back({item.id, item.position});
  return siblings;
}
std::vector<ListItem> items_of(const std::vector<rules::Sibling>& siblings) {
  std::vector<ListItem> items;
  for (const rules::Sibling& sibling : siblings) items.push_back({sibling.id, sibling.position});
  return items;
}

std::string append(std::string_view json) {
  return to_json(rules::append_position(siblings_of(from_json<AppendInput>(json).siblings)));
}

std::string move(std::string_view json) {
  const auto input = from_json<MoveInput>(json);
  const auto place = rules::place_of(input.before_id, input.after_id, input.to);
  if (!place) throw invalid("to", "one_required", "must be given, or before_id, or after_id, and only one of them");
  const rules::Move found = rules::move(siblings_of(input.siblings), input.id, *place);
  return to_json(MoveOutput{found.outcome, items_of(found.changes)});
}

std::string reorder(std::string_view json) {
  const auto input = from_json<ReorderInput>(json);
  const rules::Reorder found = rules::reorder(siblings_of(input.siblings), input.ids);
  return to_json(ReorderOutput{found.outcome, items_of(found.changes), found.missing, found.unknown});
}

}  // namespace

void add_planning(Rules& rules) {
  rules["focus.start"] = focus_start;
  rules["focus.settle"] = focus_settle;
  rules["focus.pause"] = focus_pause;
  rules["focus.resume"] = focus_resume;
  rules["focus.complete"] = focus_complete;
  rules["focus.abandon"] = focus_abandon;
  rules["focus.stats"] = focus_stats;
  rules["lists.append"] = append;
  rules["lists.move"] = move;
  rules["lists.reorder"] = reorder;
}

}  // namespace ignition::named
