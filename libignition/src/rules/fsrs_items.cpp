#include "rules/fsrs_items.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rules/checks.hpp"

namespace ignition::rules::fsrs {

namespace {

bool passed(const Histories& h, const Item& item) { return h.ratings[item.last()] >= 2; }

// The first rating and the days to the first review on a later day.
struct FirstInterval {
  std::uint8_t rating = 1;
  std::int32_t days = 0;
  bool is_last = false;  // that review is the item's last
};

FirstInterval first_interval(const Histories& h, const Item& item) {
  std::size_t i = item.begin + 1;
  while (h.elapsed_days[i] == 0) ++i;  // ends: the last review of an item is on a later day
  return {h.ratings[item.begin], h.elapsed_days[i], i == item.last()};
}

// The first intervals of one first rating that are too rare to learn from.
std::set<std::int32_t> rare_intervals(const std::map<std::int32_t, std::size_t>& sizes, std::size_t rating) {
  std::vector<std::pair<std::size_t, std::int32_t>> groups;  // size, days
  std::size_t total = 0;
  for (const auto& [days, size] : sizes) {
    groups.emplace_back(size, days);
    total += size;
  }
  std::ranges::sort(groups);
  const std::size_t removable = std::max<std::size_t>(20, total / 20);
  const std::int32_t longest = rating == 4 ? 365 : 100;
  std::set<std::int32_t> rare;
  std::size_t removed = 0;
  for (const auto& [size, days] : groups) {
    if (removed + size < removable) {
      removed += size;
      rare.insert(days);
    } else if (size < 6 || days > longest) {
      rare.insert(days);
    }
  }
  return rare;
}

struct Point {
  double days, count, recall;
};

// The stability whose forgetting curve fits the points best, drawn towards `expected` (rule O4).
double fitted_stability(const std::vector<Point>& points, double expected) {
  const double decay = -kDefaultParameters[20];
  const double factor = std::pow(0.9, 1.0 / decay) - 1.0;
  const auto loss = [&](double s) {
    double sum = std::abs(s - expected) / 16.0;
    for (const Point& p : points) {
      const double recall = std::pow(1.0 + factor * p.days / s, decay);
      sum -= p.count * (p.recall * std::log(recall) + (1.0 - p.recall) * std::log1p(-recall));
    }
    return sum;
  };
  double low = 0.001;
  double high = 100;
  for (int round = 0; round < 1000 && high - low >= 1e-12; ++round) {
    const double a = low + (high - low) / 3;
    const double b = high - (high - low) / 3;
    if (loss(a) < loss(b)) {
      high = b;
    } else {
      low = a;
    }
  }
  return (low + high) / 2;
}

// Where two ratings contradict each other, the one with more items decides for both.
void make_monotone(FirstStabilities& first) {
  constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kPairs{{{0, 1}, {1, 2}, {2, 3}, {0, 2}, {1, 3}, {0, 3}}};
  for (const auto& [low, high] : kPairs) {
    auto& s = first.stability;
    if (!s[low] || !s[high] || *s[low] <= *s[high]) continue;
    if (first.items[low] <= first.items[high]) {
      s[low] = s[high];
    } else {
      s[high] = s[low];
    }
  }
}

// ln s2 = a ln s1 + (1 - a) ln s3 and ln s3 = b ln s2 + (1 - b) ln s4 with a = 0.41, b = 0.46.
constexpr double kInner2 = 0.41;
constexpr double kInner3 = 0.46;

double mixed(double x, double share, double y) { return std::exp(share * std::log(x) + (1.0 - share) * std::log(y)); }
// The x for which mixed(x, share, y) is m, and the y for which it is.
double left_of(double m, double share, double y) { return mixed(m, 1.0 / share, y); }
double right_of(double x, double share, double m) { return mixed(m, 1.0 / (1.0 - share), x); }

void fill_inner(std::array<std::optional<double>, 4>& s) {
  if (!s[1] && !s[2] && s[0] && s[3]) {
    const double other = 1.0 - kInner3;
    const double q = kInner2 + other - kInner2 * other;
    s[1] = mixed(*s[0], kInner2 / q, *s[3]);
    s[2] = mixed(*s[0], 1.0 - other / q, *s[3]);
  }
  if (!s[1] && s[0] && s[2]) s[1] = mixed(*s[0], kInner2, *s[2]);
  if (!s[2] && s[1] && s[3]) s[2] = mixed(*s[1], kInner3, *s[3]);
  if (!s[1] && s[2] && s[3]) s[1] = left_of(*s[2], kInner3, *s[3]);
  if (!s[2] && s[0] && s[1]) s[2] = right_of(*s[0], kInner2, *s[1]);
}

}  // namespace

void check(const Histories& h, bool timed) {
  if (h.offsets.empty())
    checks::refuse("offsets", "length", "offsets must have one element more than there are cards.");
  if (h.offsets.front() != 0) checks::refuse_at("offsets", 0, h.offsets.front(), 0, 0);
  const auto reviews = static_cast<std::int64_t>(h.reviews());
  for (std::size_t i = 1; i < h.offsets.size(); ++i) {
    if (h.offsets[i] < h.offsets[i - 1] || reviews < h.offsets[i]) {
      checks::refuse_at("offsets", i, h.offsets[i], h.offsets[i - 1], reviews);
    }
  }
  if (h.offsets.back() != reviews) checks::refuse_at("offsets", h.cards(), h.offsets.back(), reviews, reviews);
  if (h.cards() > std::numeric_limits<std::uint32_t>::max()) {
    checks::refuse("offsets", "length", "There may be at most 2^32 - 1 cards.");
  }
  if (h.elapsed_days.size() != h.reviews()) checks::refuse_size("elapsed_days", h.elapsed_days.size(), h.reviews());
  if (timed && h.reviewed_at.size() != h.reviews()) {
    checks::refuse_size("reviewed_at", h.reviewed_at.size(), h.reviews());
  }
  for (std::size_t i = 0; i < h.reviews(); ++i) {
    if (h.ratings[i] < 1 || h.ratings[i] > 4) checks::refuse_at("ratings", i, std::int64_t{h.ratings[i]}, 1, 4);
    if (h.elapsed_days[i] < 0) {
      checks::refuse_at("elapsed_days", i, std::int64_t{h.elapsed_days[i]}, 0,
                        std::numeric_limits<std::int32_t>::max());
    }
  }
  for (std::size_t card = 0; card < h.cards(); ++card) {
    const auto begin = static_cast<std::size_t>(h.offsets[card]);
    const auto end = static_cast<std::size_t>(h.offsets[card + 1]);
    if (begin < end && h.elapsed_days[begin] != 0) {
      checks::refuse_at("elapsed_days", begin, "out_of_range", "The first review of a card has 0 elapsed days.");
    }
    if (end - begin > std::numeric_limits<std::uint32_t>::max()) {
      checks::refuse_at("offsets", card + 1, "out_of_range", "A card may have at most 2^32 - 1 reviews.");
    }
    for (std::size_t i = begin + 1; timed && i < end; ++i) {
      if (h.reviewed_at[i] < h.reviewed_at[i - 1]) {
        checks::refuse_at("reviewed_at", i, "before_last_review", "Time goes backwards within a card.");
      }
    }
  }
}

std::vector<Item> items_of(const Histories& h, std::size_t max_items) {
  struct Timed {
    std::int64_t at;
    Item item;
  };
  std::vector<Timed> timed;
  for (std::size_t card = 0; card < h.cards(); ++card) {
    const auto begin = static_cast<std::size_t>(h.offsets[card]);
    const auto end = static_cast<std::size_t>(h.offsets[card + 1]);
    for (std::size_t i = begin + 1; i < end; ++i) {
      if (h.elapsed_days[i] == 0) continue;
      timed.push_back({h.reviewed_at[i],
                       {.begin = begin,
                        .length = static_cast<std::uint32_t>(i - begin + 1),
                        .card = static_cast<std::uint32_t>(card)}});
    }
  }
  // They stand by card and position, which decide among equal times.
  std::ranges::stable_sort(timed, {}, &Timed::at);
  const std::size_t skipped = timed.size() > max_items ? timed.size() - max_items : 0;
  std::vector<Item> items;
  items.reserve(timed.size() - skipped);
  for (std::size_t i = skipped; i < timed.size(); ++i) items.push_back(timed[i].item);
  return items;
}

double weight_of(std::size_t i, std::size_t n) {
  const double age = static_cast<double>(i) / static_cast<double>(std::max<std::size_t>(n, 2) - 1);
  return 0.25 + 0.75 * age * age * age;
}

Filtered filtered(const Histories& h, std::span<const Item> items) {
  std::array<std::map<std::int32_t, std::size_t>, 4> sizes;
  for (const Item& item : items) {
    const FirstInterval first = first_interval(h, item);
    if (first.is_last) ++sizes[first.rating - 1U][first.days];
  }
  Filtered out;
  for (std::size_t i = 0; i < 4; ++i) out.removed[i] = rare_intervals(sizes[i], i + 1);
  for (const Item& item : items) {
    const FirstInterval first = first_interval(h, item);
    if (out.removed[first.rating - 1U].contains(first.days)) continue;
    out.training.push_back(item);
    if (first.is_last) out.initial.push_back(item);
  }
  return out;
}

double average_recall(const Histories& h, std::span<const Item> items) {
  const auto passes = std::ranges::count_if(items, [&](const Item& item) { return passed(h, item); });
  return static_cast<double>(passes) / static_cast<double>(items.size());
}

FirstStabilities fitted_first(const Histories& h, const Filtered& items) {
  struct Tally {
    double count = 0;
    double passes = 0;
  };
  std::array<std::map<std::int32_t, Tally>, 4> tallies;
  FirstStabilities first;
  for (const Item& item : items.initial) {
    const FirstInterval interval = first_interval(h, item);
    Tally& tally = tallies[interval.rating - 1U][interval.days];
    tally.count += 1;
    tally.passes += passed(h, item) ? 1 : 0;
    ++first.items[interval.rating - 1U];
  }
  const double average = average_recall(h, items.training);
  for (std::size_t i = 0; i < 4; ++i) {
    if (tallies[i].empty()) continue;
    std::vector<Point> points;
    for (const auto& [days, tally] : tallies[i]) {
      points.push_back({static_cast<double>(days), tally.count, (tally.passes + average) / (tally.count + 1)});
    }
    first.stability[i] = fitted_stability(points, kDefaultParameters[i]);
  }
  return first;
}

std::array<double, 4> completed(FirstStabilities first) {
  make_monotone(first);
  auto& s = first.stability;
  const auto known = std::ranges::count_if(s, [](const auto& x) { return x.has_value(); });
  if (known == 1) {
    const auto only =
        static_cast<std::size_t>(std::ranges::find_if(s, [](const auto& x) { return x.has_value(); }) - s.begin());
    const double ratio = *s[only] / kDefaultParameters[only];
    for (std::size_t i = 0; i < 4; ++i) s[i] = kDefaultParameters[i] * ratio;
  } else {
    fill_inner(s);
    if (!s[0]) s[0] = left_of(*s[1], kInner2, *s[2]);
    if (!s[3]) s[3] = right_of(*s[1], kInner3, *s[2]);
  }
  std::array<double, 4> all{};
  for (std::size_t i = 0; i < 4; ++i) all[i] = std::clamp(s[i].value_or(kDefaultParameters[i]), 0.001, 100.0);
  return all;
}

}  // namespace ignition::rules::fsrs
