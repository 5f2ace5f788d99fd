#include "ignition/rules/personal_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "ignition/error.hpp"
#include "ignition/rules/loads.hpp"

namespace ignition::rules {
namespace {

constexpr std::size_t kTypes = 9;
constexpr std::int64_t kKilometre = 1'000'000;

std::size_t index_of(RecordType type) { return static_cast<std::size_t>(type); }

void check(std::optional<std::int64_t> value, std::int64_t min, std::int64_t max, const char* list, std::size_t index,
           const char* name) {
  if (!value || (*value >= min && *value <= max)) return;
  throw invalid(fmt::format("{}[{}].{}", list, index, name), "out_of_range",
                fmt::format("{} takes {} to {}.", name, min, max));
}

void check_input(std::span<const TrainingSession> sessions, std::span<const TrainingSet> sets) {
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    check(sessions[i].bodyweight_g, 0, 500'000, "sessions", i, "bodyweight_g");
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const TrainingSet& set = sets[i];
    if (set.session >= sessions.size()) {
      throw invalid(fmt::format("sets[{}].session", i), "unknown_session", "There is no such session.");
    }
    check(set.weight_g, kMinLoadGrams, kMaxLoadGrams, "sets", i, "weight_g");
    check(set.reps, 0, 1000, "sets", i, "reps");
    check(set.duration_seconds, 0, 86'400, "sets", i, "duration_seconds");
    check(set.distance_mm, 0, kMaxDistanceMm, "sets", i, "distance_mm");
  }
}

// The most repetitions done with a weight or more: weights with the repetitions at which nothing heavier did as many.
class Frontier {
 public:
  std::optional<int> reps_at(std::int64_t weight) const {
    const auto found = points_.lower_bound(weight);
    if (found == points_.end()) return {};
    return found->second.reps;
  }
  // Expects that no point is as heavy with as many repetitions.
  void add(std::int64_t weight, int reps, std::size_t tag) {
    auto at = points_.insert_or_assign(weight, Point{reps, tag}).first;
    while (at != points_.begin() && std::prev(at)->second.reps <= reps) points_.erase(std::prev(at));
  }
  struct Point {
    int reps = 0;
    std::size_t tag = 0;
  };
  const std::map<std::int64_t, Point>& points() const { return points_; }

 private:
  std::map<std::int64_t, Point> points_;  // heavier ones have fewer repetitions
};

struct Best {
  std::int64_t value = 0;
  std::size_t set = 0;
};
using Marks = std::array<std::optional<Best>, kTypes>;

bool is_better(RecordType type, std::int64_t value, std::int64_t than) {
  return type == RecordType::best_pace ? value < than : value > than;
}

class Replay {
 public:
  Replay(MeasuredBy measured_by, LoadMode load_mode, std::span<const TrainingSession> sessions,
         std::span<const TrainingSet> sets)
      : measured_by_(measured_by), load_mode_(load_mode), sessions_(sessions), sets_(sets) {
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const bool counted = sessions[sets[i].session].status != TrainingStatus::abandoned;
      if (counted && !sets[i].is_warmup) order_.push_back(i);
    }
    std::ranges::sort(order_, {}, [&](std::size_t i) {
      const TrainingSession& session = sessions[sets[i].session];
      return std::tie(session.started_at, session.id, sets[i].position, sets[i].id);
    });
  }

  PersonalRecords run() {
    for (std::size_t begin = 0; begin < order_.size();) {
      std::size_t end = begin;
      while (end < order_.size() && sets_[order_[end]].session == sets_[order_[begin]].session) ++end;
      run_session(begin, end);
      begin = end;
    }
    collect_current();
    return std::move(result_);
  }

 private:
  std::optional<std::int64_t> effective_load(const TrainingSet& set) const {
    if (load_mode_ == LoadMode::external) return set.weight_g;
    const auto body = sessions_[set.session].bodyweight_g;
    if (!body) return {};
    return *body + set.weight_g;
  }

  // The value of a set, where it has one (rule R25). Session volume and repetitions at a weight are apart.
  std::optional<std::int64_t> value_of(RecordType type, const TrainingSet& set) const {
    const int reps = set.reps.value_or(0);
    const auto load = effective_load(set);
    switch (type) {
      case RecordType::max_weight:
        if (measured_by_ != MeasuredBy::weight_reps || reps < 1) return {};
        if (set.weight_g <= 0 && load_mode_ == LoadMode::external) return {};
        return set.weight_g;
      case RecordType::estimated_1rm: {
        if (measured_by_ != MeasuredBy::weight_reps || reps > 10 || !load || *load <= 0) return {};
        const auto estimate = one_rep_max(std::min(*load, kMaxLoadGrams), reps);
        if (!estimate) return {};
        return estimate->one_rep_max_g;
      }
      case RecordType::max_set_volume:
        if (measured_by_ != MeasuredBy::weight_reps || reps < 1 || !load || *load <= 0) return {};
        return *load * reps;
      case RecordType::max_reps:
        if (measured_by_ != MeasuredBy::reps || reps < 1) return {};
        return reps;
      case RecordType::max_distance:
        if (measured_by_ != MeasuredBy::distance_duration || set.distance_mm.value_or(0) <= 0) return {};
        return *set.distance_mm;
      case RecordType::max_duration:
        if (measured_by_ != MeasuredBy::duration && measured_by_ != MeasuredBy::distance_duration) return {};
        if (set.duration_seconds.value_or(0) <= 0) return {};
        return *set.duration_seconds;
      case RecordType::best_pace:
        if (measured_by_ != MeasuredBy::distance_duration || set.distance_mm.value_or(0) < kKilometre) return {};
        if (set.duration_seconds.value_or(0) <= 0) return {};
        return rounded_quotient(*set.duration_seconds * std::int64_t{1'000'000'000}, *set.distance_mm);
      case RecordType::max_reps_at_weight:
      case RecordType::max_session_volume:
        return {};
    }
    return {};
  }

  bool has_reps_at_weight(const TrainingSet& set) const {
    return measured_by_ == MeasuredBy::weight_reps && set.reps.value_or(0) >= 1 &&
           (set.weight_g >= 0 || load_mode_ == LoadMode::bodyweight);
  }

  void add_event(RecordType type, const TrainingSet& set, std::int64_t value, std::optional<std::int64_t> previous,
                 bool is_baseline) {
    const bool in_bucket = type == RecordType::max_reps_at_weight;
    result_.events.push_back({.record_type = type,
                              .bucket_weight_g = in_bucket ? std::optional(set.weight_g) : std::nullopt,
                              .value = value,
                              .set_id = set.id,
                              .session_id = sessions_[set.session].id,
                              .achieved_at = set.performed_at,
                              .previous_value = previous,
                              .is_baseline = is_baseline});
  }

  // A value of `set` against all before it; `before` are the marks of earlier sessions.
  void offer(RecordType type, std::size_t set, std::int64_t value, const Marks& before) {
    std::optional<Best>& best = best_[index_of(type)];
    std::optional<Best>& inside = inside_[index_of(type)];
    if (!inside || is_better(type, value, inside->value)) inside = Best{value, set};
    if (best && !is_better(type, value, best->value)) return;
    const auto previous = best ? std::optional(best->value) : std::nullopt;
    add_event(type, sets_[set], value, previous, !before[index_of(type)].has_value());
    best = Best{value, set};
  }

  void offer_reps(std::size_t i, const Frontier& before) {
    const TrainingSet& set = sets_[i];
    const auto own = session_frontier_.reps_at(set.weight_g);
    if (!own || *set.reps > *own) session_frontier_.add(set.weight_g, *set.reps, i);
    const auto best = frontier_.reps_at(set.weight_g);
    if (best && *best >= *set.reps) return;
    add_event(RecordType::max_reps_at_weight, set, *set.reps, best, !before.reps_at(set.weight_g).has_value());
    frontier_.add(set.weight_g, *set.reps, result_.events.size() - 1);
  }

  // All sets order_[begin] .. order_[end - 1] of one session.
  void run_session(std::size_t begin, std::size_t end) {
    const Marks before = best_;
    const Frontier before_frontier = frontier_;
    inside_ = {};
    session_frontier_ = {};
    std::int64_t volume = 0;
    std::size_t last = end;
    for (std::size_t i = begin; i < end; ++i) {
      if (const auto added = value_of(RecordType::max_set_volume, sets_[order_[i]])) {
        volume += *added;
        last = i;
      }
    }
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t type = 0; type < kTypes; ++type) {
        const auto record = static_cast<RecordType>(type);
        const TrainingSet& set = sets_[order_[i]];
        if (record == RecordType::max_reps_at_weight) {
          if (has_reps_at_weight(set)) offer_reps(order_[i], before_frontier);
        } else if (record == RecordType::max_session_volume) {
          if (i == last && volume > 0) offer(record, order_[i], volume, before);
        } else if (const auto value = value_of(record, set)) {
          offer(record, order_[i], *value, before);
        }
      }
    }
    summarise(sets_[order_[begin]].session, before, before_frontier);
  }

  // Rule R28.
  void summarise(std::size_t session, const Marks& before, const Frontier& before_frontier) {
    if (sessions_[session].status != TrainingStatus::completed) return;
    SessionSummary summary{sessions_[session].id, {}};
    for (std::size_t type = 0; type < kTypes; ++type) {
      const auto record = static_cast<RecordType>(type);
      if (record == RecordType::max_reps_at_weight) {
        for (const auto& [weight, point] : session_frontier_.points()) {
          const auto former = before_frontier.reps_at(weight);
          if (!former || point.reps <= *former) continue;
          summary.records.push_back({record, weight, point.reps, *former, point.reps - *former, sets_[point.tag].id});
        }
        continue;
      }
      const auto& former = before[type];
      const auto& inside = inside_[type];
      if (!former || !inside || !is_better(record, inside->value, former->value)) continue;
      const std::int64_t difference = inside->value - former->value;
      summary.records.push_back(
          {record, {}, inside->value, former->value, difference < 0 ? -difference : difference, sets_[inside->set].id});
    }
    if (!summary.records.empty()) result_.summaries.push_back(std::move(summary));
  }

  // Rule R27.
  void collect_current() {
    std::array<std::optional<std::size_t>, kTypes> last;
    for (std::size_t i = 0; i < result_.events.size(); ++i) last[index_of(result_.events[i].record_type)] = i;
    for (std::size_t type = 0; type < kTypes; ++type) {
      if (static_cast<RecordType>(type) == RecordType::max_reps_at_weight) {
        for (const auto& [weight, point] : frontier_.points()) result_.current.push_back(result_.events[point.tag]);
      } else if (last[type]) {
        result_.current.push_back(result_.events[*last[type]]);
      }
    }
  }

  MeasuredBy measured_by_;
  LoadMode load_mode_;
  std::span<const TrainingSession> sessions_;
  std::span<const TrainingSet> sets_;
  std::vector<std::size_t> order_;
  Marks best_;
  Marks inside_;  // of the session at hand
  Frontier frontier_;
  Frontier session_frontier_;
  PersonalRecords result_;
};

}  // namespace

PersonalRecords personal_records(MeasuredBy measured_by, LoadMode load_mode, std::span<const TrainingSession> sessions,
                                 std::span<const TrainingSet> sets) {
  check_input(sessions, sets);
  return Replay(measured_by, load_mode, sessions, sets).run();
}

}  // namespace ignition::rules
