// Arrays of any numbers for the batch forms of FSRS and for its optimiser: they are refused, or what comes out lies
// within its bounds and equals the single forms.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "ignition/error.hpp"
#include "ignition/rules/batch.hpp"
#include "ignition/rules/fsrs_batch.hpp"

namespace {

using namespace ignition;
using namespace ignition::rules;

void expect(bool holds) {
  if (!holds) std::abort();
}

// Reads numbers off the input; zeros when it is used up.
class Source {
 public:
  explicit Source(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    const std::size_t size = std::min(sizeof(T), bytes_.size());
    std::memcpy(&value, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return value;
  }
  // Half of the numbers are likely ones, as any bits are hardly ever.
  double number(double lowest, double highest) {
    const auto kind = take<std::uint8_t>();
    if (kind == 255) return take<double>();
    return lowest + (highest - lowest) * kind / 254.0;
  }
  template <class T>
  T whole(T lowest, T highest) {
    const auto kind = take<std::uint8_t>();
    if (kind == 255) return take<T>();
    return static_cast<T>(lowest + static_cast<T>(kind) % (highest - lowest + 1));
  }
  template <class T, class Make>
  std::vector<T> list(std::size_t size, Make&& make) {
    if (take<std::uint8_t>() == 255) ++size;
    std::vector<T> values(size);
    for (T& value : values) value = make();
    return values;
  }
  std::vector<double> numbers(std::size_t size, double lowest, double highest) {
    return list<double>(size, [&] { return number(lowest, highest); });
  }
  template <class T>
  std::vector<T> wholes(std::size_t size, T lowest, T highest) {
    return list<T>(size, [&] { return whole<T>(lowest, highest); });
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

fsrs::Settings settings_of(Source& source) {
  fsrs::Settings settings;
  if (source.take<std::uint8_t>() % 2 == 0) {
    for (std::size_t i = 0; i < fsrs::kParameterCount; ++i) {
      settings.parameters[i] = source.number(fsrs::kLowestParameters[i], fsrs::kHighestParameters[i]);
    }
  }
  settings.desired_retention = source.number(0.7, 0.99);
  settings.maximum_interval_days = source.whole<int>(1, 200);
  settings.learning_steps = source.wholes<int>(source.take<std::uint8_t>() % 4U, 1, 200);
  settings.relearning_steps = source.wholes<int>(source.take<std::uint8_t>() % 4U, 1, 200);
  settings.fuzz = source.take<std::uint8_t>() % 2 == 0;
  settings.calendar.day_start_hour = source.whole<int>(0, 23);
  return settings;
}

void expect_memory(double stability, double difficulty) {
  expect(fsrs::kLowestStability <= stability && stability <= fsrs::kHighestStability);
  expect(1 <= difficulty && difficulty <= 10);
}

void review(Source& source, const fsrs::Scheduler& scheduler, std::size_t count) {
  const auto state = source.wholes<std::uint8_t>(count, 0, 3);
  const auto step = source.wholes<std::int32_t>(count, 0, 3);
  const auto stability = source.numbers(count, 0, 300);
  const auto difficulty = source.numbers(count, 0, 10);
  const auto last = source.wholes<std::int64_t>(count, 0, 100);
  const auto day = source.wholes<std::int32_t>(count, 0, 100);
  const auto lapses = source.wholes<std::int32_t>(count, 0, 100);
  const auto reps = source.wholes<std::int32_t>(count, 0, 100);
  const auto ids = source.wholes<std::uint8_t>(16 * count, 0, 200);
  const auto ratings = source.wholes<std::uint8_t>(count, 1, 4);
  const auto at = source.wholes<std::int64_t>(count, 100, 200);
  std::vector<double> s(count), d(count);
  std::vector<std::int32_t> days(count);
  fsrs::review(scheduler, {state, step, stability, difficulty, last, day, lapses, reps, ids}, {ratings, at, {}},
               {.stability = s, .difficulty = d, .scheduled_days = days}, 1);
  for (std::size_t i = 0; i < count; ++i) {
    expect_memory(s[i], d[i]);
    expect(0 <= days[i] && days[i] <= scheduler.maximum_interval_days());
  }
}

void next(Source& source, const fsrs::Scheduler& scheduler, std::size_t count) {
  const auto stability = source.numbers(count, 0, 36500);
  const auto difficulty = source.numbers(count, 0, 10);
  const auto days = source.wholes<std::int32_t>(count, 0, 200);
  const auto ratings = source.wholes<std::uint8_t>(count, 1, 4);
  std::vector<double> s(count), d(count), recall(count);
  std::vector<std::int32_t> intervals(count);
  fsrs::next(scheduler.model(), stability, difficulty, days, ratings, s, d);
  fsrs::retrievability(scheduler.model(), stability, days, recall);
  fsrs::intervals(scheduler, stability, intervals);
  for (std::size_t i = 0; i < count; ++i) {
    expect_memory(s[i], d[i]);
    expect(0 <= recall[i] && recall[i] <= 1);
    const auto single = scheduler.model().next({stability[i], difficulty[i]}, days[days.size() == 1 ? 0 : i],
                                               static_cast<fsrs::Rating>(ratings[i]));
    expect(single == fsrs::Memory{s[i], d[i]});
  }
}

void histories(Source& source, const fsrs::Scheduler& scheduler, std::size_t count) {
  const auto lengths = source.wholes<std::int64_t>(count, 0, 20);
  std::vector<std::int64_t> offsets{0};
  for (const std::int64_t length : lengths) {
    offsets.push_back(
        static_cast<std::int64_t>(static_cast<std::uint64_t>(offsets.back()) + static_cast<std::uint64_t>(length)));
  }
  const auto reviews = static_cast<std::size_t>(std::clamp<std::int64_t>(offsets.back(), 0, 1000));
  auto days = source.wholes<std::int32_t>(reviews, 0, 40);
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    const auto first = static_cast<std::size_t>(offsets[i]);
    if (first < days.size() && source.take<std::uint8_t>() != 255) days[first] = 0;
  }
  const auto ratings = source.wholes<std::uint8_t>(reviews, 1, 4);
  const std::vector<std::int64_t> at(reviews, 1);
  const fsrs::Histories h{offsets, ratings, days, at};
  std::vector<double> s(reviews), d(reviews);
  fsrs::replay(scheduler.model(), h, {.review_stability = s, .review_difficulty = d});
  for (std::size_t i = 0; i < reviews; ++i) expect_memory(s[i], d[i]);
  const auto training = fsrs::optimize(h, {.short_term = source.take<std::uint8_t>() % 2 == 0});
  for (std::size_t i = 0; i < fsrs::kParameterCount; ++i) {
    const double w = training->parameters[i];
    expect(fsrs::kLowestParameters[i] <= w && w <= fsrs::kHighestParameters[i]);
  }
  expect(std::isfinite(fsrs::evaluate(h, training->parameters).log_loss));
}

void users(Source& source, std::size_t count) {
  const auto totals = source.wholes<std::int64_t>(count, 0, 200);
  std::vector<std::int32_t> level(count);
  level_states(totals, {.level = level});
  for (const std::int32_t l : level) expect(l >= 1);
}

void sm2_answers(Source& source, std::size_t count) {
  auto interval = source.numbers(count, 0, 36500);
  auto ease = source.numbers(count, 1.3, 4);
  auto lapses = source.wholes<std::int32_t>(count, 0, 9);
  const auto ratings = source.wholes<std::uint8_t>(count, 1, 4);
  sm2::review(interval, ease, lapses, ratings, {});
  for (const double days : interval) expect(0 <= days && days <= sm2::kLongestIntervalDays);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Source source({bytes, size});
  const auto what = source.take<std::uint8_t>();
  const std::size_t count = source.take<std::uint8_t>();
  try {
    const fsrs::Scheduler scheduler(settings_of(source));
    switch (what % 5) {
      case 0:
        review(source, scheduler, count);
        break;
      case 1:
        next(source, scheduler, count);
        break;
      case 2:
        histories(source, scheduler, count);
        break;
      case 3:
        users(source, count);
        break;
      default:
        sm2_answers(source, count);
    }
  } catch (const Error& error) {
    expect(error.code() == Code::VALIDATION_ERROR && !error.fields().empty());
  }
  return 0;
}
