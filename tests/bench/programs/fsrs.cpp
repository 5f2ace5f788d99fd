// What FSRS costs, one review and many, and what fitting its parameters costs.
//   measure_fsrs speed TRACE              TRACE: a file of ratings, answered one after another when the card is due
//   measure_fsrs generate FILE            writes a collection of 1,000,000 reviews
//   measure_fsrs optimize FILE            fits parameters to all of it
//   measure_fsrs evaluate FILE W0 ...     log loss of given parameters on all of it
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ignition/rules/fsrs_batch.hpp"
#include "ignition/rules/fsrs_optimizer.hpp"
#include "measure.hpp"

namespace {

using namespace ignition;
using namespace ignition::rules;

constexpr std::int64_t kDay = 86'400'000'000;
const Instant kStart = Instant::parse("2026-01-10T00:00:00Z").value();
constexpr std::size_t kEverything = std::numeric_limits<std::size_t>::max();

int cores() { return static_cast<int>(std::max(1U, std::thread::hardware_concurrency())); }

// The same numbers on every machine.
class Chance {
 public:
  double share() { return fsrs::fuzz_factor(Uuid{}, count_++); }
  double between(double low, double high) { return low + (high - low) * share(); }

 private:
  std::uint64_t count_ = 0;
};

void measure_single(const std::vector<fsrs::Rating>& trace) {
  const fsrs::Scheduler scheduler(fsrs::Settings{.fuzz = false});
  constexpr int kCards = 1000;
  int reps = 0;
  const double us = bench::median_us(21, [&] {
    for (int i = 0; i < kCards; ++i) {
      fsrs::Card card{.due_at = kStart};
      for (const fsrs::Rating rating : trace) card = scheduler.review(card, rating, *card.due_at).card;
      reps += card.reps;
    }
  });
  if (reps == 0) throw std::runtime_error("no card was reviewed");
  bench::print("rules.fsrs.single_ns", us * 1000 / (kCards * static_cast<double>(trace.size())), "ns");
}

void measure_batch() {
  constexpr std::size_t kCount = 1'000'000;
  std::vector<std::uint8_t> state(kCount, 2), ratings(kCount);
  std::vector<std::int32_t> step(kCount), day(kCount), lapses(kCount), reps(kCount, 5), scheduled(kCount);
  std::vector<double> s(kCount), d(kCount), out_s(kCount), out_d(kCount);
  std::vector<std::int64_t> last(kCount), due(kCount);
  Chance chance;
  for (std::size_t i = 0; i < kCount; ++i) {
    s[i] = std::exp(chance.between(0, 6));
    d[i] = chance.between(1, 10);
    last[i] = kStart.us - static_cast<std::int64_t>(chance.between(1, 100)) * kDay;
    day[i] = static_cast<std::int32_t>(last[i] / kDay);
    const double draw = chance.share();
    ratings[i] = static_cast<std::uint8_t>(draw < 0.1 ? 1 : draw < 0.2 ? 2 : draw < 0.9 ? 3 : 4);
  }
  const fsrs::Scheduler scheduler(fsrs::Settings{.fuzz = false});
  for (const int threads : {1, cores()}) {
    const double us = bench::median_us(11, [&] {
      fsrs::review(scheduler, {state, step, s, d, last, day, lapses, reps, {}}, {ratings, std::span(&kStart.us, 1), {}},
                   {.stability = out_s, .difficulty = out_d, .due_at = due, .scheduled_days = scheduled}, threads);
    });
    bench::print(threads == 1 ? "rules.fsrs.batch_ns" : "rules.fsrs.batch_threads_ns",
                 us * 1000 / static_cast<double>(kCount), "ns");
  }
}

struct Collection {
  std::vector<std::int64_t> offsets{0}, reviewed_at;
  std::vector<std::int32_t> elapsed_days;
  std::vector<std::uint8_t> ratings;

  fsrs::Histories view() const { return {offsets, ratings, elapsed_days, reviewed_at}; }
};

// A learner whose memory differs from the default parameters, asked about when they say.
Collection generated(std::size_t reviews) {
  fsrs::Parameters w = fsrs::kDefaultParameters;
  w[0] = 0.6;
  w[2] = 4.1;
  w[8] = 1.55;
  w[11] = 1.9;
  w[20] = 0.25;
  const fsrs::Model learner(w);
  const fsrs::Scheduler scheduler;
  Collection out;
  Chance chance;
  while (out.ratings.size() < reviews) {
    auto at =
        static_cast<std::int64_t>(chance.between(0, 1500)) * kDay + static_cast<std::int64_t>(chance.between(0, 1e9));
    const double draw = chance.share();
    auto rating = static_cast<std::uint8_t>(draw < 0.25 ? 1 : draw < 0.35 ? 2 : draw < 0.9 ? 3 : 4);
    fsrs::Memory truth = learner.first(static_cast<fsrs::Rating>(rating));
    fsrs::Memory belief = scheduler.model().first(static_cast<fsrs::Rating>(rating));
    const auto length = static_cast<int>(chance.between(3, 18));
    std::int32_t elapsed = 0;
    for (int i = 0; i < length && out.ratings.size() < reviews; ++i) {
      if (i > 0) {
        const bool soon = rating == 1 && chance.share() < 0.8;
        elapsed =
            soon ? 0 : std::max(1, static_cast<int>(scheduler.interval(belief.stability) * chance.between(0.7, 1.6)));
        const bool recalled = chance.share() < learner.retrievability(truth.stability, elapsed);
        const double how = chance.share();
        rating = static_cast<std::uint8_t>(!recalled ? 1 : how < 0.12 ? 2 : how < 0.92 ? 3 : 4);
        truth = learner.next(truth, elapsed, static_cast<fsrs::Rating>(rating));
        belief = scheduler.model().next(belief, elapsed, static_cast<fsrs::Rating>(rating));
        at += elapsed * kDay + 600'000'000;
      }
      out.ratings.push_back(rating);
      out.elapsed_days.push_back(elapsed);
      out.reviewed_at.push_back(at);
    }
    out.offsets.push_back(static_cast<std::int64_t>(out.ratings.size()));
  }
  return out;
}

// Little-endian: the numbers of cards and reviews, then the arrays.
template <class T>
void write(std::ofstream& file, const std::vector<T>& values) {
  static_assert(std::endian::native == std::endian::little);
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
}
template <class T>
std::vector<T> read(std::ifstream& file, std::size_t count) {
  std::vector<T> values(count);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(T)));
  if (!file) throw std::runtime_error("the collection ends too early");
  return values;
}

void save(const Collection& c, const char* path) {
  std::ofstream file(path, std::ios::binary);
  write(file,
        std::vector{static_cast<std::int64_t>(c.offsets.size() - 1), static_cast<std::int64_t>(c.ratings.size())});
  write(file, c.offsets);
  write(file, c.reviewed_at);
  write(file, c.elapsed_days);
  write(file, c.ratings);
  if (!file.flush()) throw std::runtime_error("the collection cannot be written");
}

Collection load(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const auto sizes = read<std::int64_t>(file, 2);
  Collection c;
  const auto reviews = static_cast<std::size_t>(sizes[1]);
  c.offsets = read<std::int64_t>(file, static_cast<std::size_t>(sizes[0]) + 1);
  c.reviewed_at = read<std::int64_t>(file, reviews);
  c.elapsed_days = read<std::int32_t>(file, reviews);
  c.ratings = read<std::uint8_t>(file, reviews);
  return c;
}

void measure_optimizer(const char* path) {
  const Collection c = load(path);
  fsrs::Parameters fitted{};
  for (const int threads : {1, cores()}) {
    const double us = bench::median_us(
        3, [&] { fitted = fsrs::optimize(c.view(), {.max_items = kEverything, .threads = threads})->parameters; });
    bench::print(threads == 1 ? "rules.fsrs.optimize_s" : "rules.fsrs.optimize_threads_s", us / 1e6, "s");
  }
  bench::print("rules.fsrs.optimize_logloss", fsrs::evaluate(c.view(), fitted, cores(), kEverything).log_loss, "");
}

void evaluate(const char* path, std::span<char*> numbers) {
  std::vector<double> given;
  for (const char* number : numbers) given.push_back(std::stod(number));
  const Collection c = load(path);
  const fsrs::Evaluation found = fsrs::evaluate(c.view(), fsrs::parameters_from(given), cores(), kEverything);
  bench::print("rules.fsrs.crate_optimize_logloss", found.log_loss, "");
}

std::vector<fsrs::Rating> trace_of(const char* path) {
  std::ifstream file(path);
  std::vector<fsrs::Rating> trace;
  for (int rating = 0; file >> rating;) trace.push_back(static_cast<fsrs::Rating>(rating));
  if (trace.empty()) throw std::runtime_error("the trace is empty");
  return trace;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const std::string_view what = words[1];
  if (what == "speed") {
    measure_single(trace_of(words[2]));
    measure_batch();
  } else if (what == "generate") {
    save(generated(1'000'000), words[2]);
  } else if (what == "optimize") {
    measure_optimizer(words[2]);
  } else if (what == "evaluate") {
    evaluate(words[2], std::span(words + 3, static_cast<std::size_t>(count - 3)));
  } else {
    return 2;
  }
}
