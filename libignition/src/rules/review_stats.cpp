#include "ignition/rules/review_stats.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "rules/checks.hpp"

namespace ignition::rules {

namespace {

bool is_graded(const ReviewRecord& r) { return r.kind != ReviewKind::reset && r.kind != ReviewKind::reschedule; }
bool is_pass(const ReviewRecord& r) { return r.rating != fsrs::Rating::again; }

void count(PassRate& rate, bool pass) {
  ++rate.count;
  rate.passes += pass ? 1 : 0;
}

void check_finite(std::string_view name, std::span<const double> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) checks::refuse_at(name, i, values[i], 0.0, 0.0);
  }
}

template <std::size_t kBins>
std::array<int, kBins> histogram(std::string_view name, std::span<const double> values, double from, double width) {
  check_finite(name, values);
  std::array<int, kBins> bins{};
  for (const double value : values) {
    // 0.15 / 0.05 falls short of 3 by rounding; values have at most eight decimals.
    const double bin = std::clamp(std::floor((value - from) / width + 1e-9), 0.0, static_cast<double>(kBins - 1));
    ++bins[static_cast<std::size_t>(bin)];
  }
  return bins;
}

// The smallest value that at least this share of the sorted values does not exceed.
double nearest_rank(const std::vector<double>& sorted, int percent) {
  const std::size_t rank = (sorted.size() * static_cast<std::size_t>(percent) + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

std::optional<double> PassRate::rate() const {
  if (count == 0) return {};
  return static_cast<double>(passes) / count;
}

Retention true_retention(std::span<const ReviewRecord> reviews, const DateRange& window) {
  Retention retention;
  double predicted = 0;
  int predictions = 0;
  // Reviews come in the order of time, so a card's day is not seen again once a later one is.
  std::unordered_map<Uuid, LocalDate> last_counted;
  for (const ReviewRecord& r : reviews) {
    if (r.kind != ReviewKind::review || r.elapsed_days < 1 || !window.contains(r.study_day)) continue;
    const auto [seen, fresh] = last_counted.try_emplace(r.card_id, r.study_day);
    if (!fresh && seen->second == r.study_day) continue;
    seen->second = r.study_day;
    count(r.scheduled_days_before >= kMatureDays ? retention.mature : retention.young, is_pass(r));
    count(retention.all, is_pass(r));
    if (r.retrievability) {
      predicted += *r.retrievability;
      ++predictions;
    }
  }
  if (predictions > 0) retention.predicted = predicted / predictions;
  return retention;
}

std::optional<Spread> spread_of(std::span<const double> values) {
  check_finite("values", values);
  if (values.empty()) return {};
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  double sum = 0;
  for (const double value : sorted) sum += value;
  return Spread{.min = sorted.front(),
                .mean = sum / static_cast<double>(sorted.size()),
                .median = nearest_rank(sorted, 50),
                .p90 = nearest_rank(sorted, 90),
                .max = sorted.back()};
}

std::array<int, 10> difficulty_histogram(std::span<const double> difficulties) {
  return histogram<10>("difficulties", difficulties, 1.0, 0.9);
}

std::array<int, 20> retrievability_histogram(std::span<const double> retrievabilities) {
  return histogram<20>("retrievabilities", retrievabilities, 0.0, 0.05);
}

Work work(std::span<const ReviewRecord> reviews, const DateRange& window) {
  constexpr int kMostDays = 3650;
  constexpr int kMostMs = 60'000;
  const std::int64_t length = std::int64_t{window.last.days} - window.first.days + 1;
  checks::within("window", length, std::int64_t{1}, std::int64_t{kMostDays});
  Work work;
  work.days.resize(static_cast<std::size_t>(length));
  for (std::size_t i = 0; i < work.days.size(); ++i) work.days[i].date = window.first + static_cast<int>(i);
  int total = 0;
  for (const ReviewRecord& r : reviews) {
    if (!is_graded(r) || !window.contains(r.study_day)) continue;
    checks::within("local_hour", r.local_hour, 0, 23);
    DayOfWork& day = work.days[static_cast<std::size_t>(r.study_day - window.first)];
    if (day.reviews == 0) ++work.active_days;
    ++day.reviews;
    ++total;
    day.passes += is_pass(r) ? 1 : 0;
    day.milliseconds += std::clamp(r.taken_ms.value_or(0), 0, kMostMs);
    day.introduced += r.introduces ? 1 : 0;
    count(work.by_hour[static_cast<std::size_t>(r.local_hour)], is_pass(r));
  }
  work.reviews_per_day = static_cast<double>(total) / static_cast<double>(length);
  if (work.active_days > 0) work.reviews_per_active_day = static_cast<double>(total) / work.active_days;
  return work;
}

std::vector<ForecastDay> forecast(std::span<const ForecastCard> cards, LocalDate today, int days) {
  checks::within("days", days, 1, 365);
  std::vector<ForecastDay> out(static_cast<std::size_t>(days));
  for (int i = 0; i < days; ++i) out[static_cast<std::size_t>(i)].date = today + i;
  for (const ForecastCard& card : cards) {
    if (card.state == fsrs::State::new_) continue;
    const bool review = card.state == fsrs::State::review;
    const LocalDate earliest = review && card.buried ? today + 1 : today;
    const LocalDate day = std::max(card.due, earliest);
    if (day > out.back().date) continue;
    ForecastDay& place = out[static_cast<std::size_t>(day - today)];
    ++(review ? place.review : place.learning);
  }
  int cumulative = 0;
  for (ForecastDay& day : out) day.cumulative = cumulative += day.review + day.learning;
  return out;
}

}  // namespace ignition::rules
