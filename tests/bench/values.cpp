// The values every operation touches: instants, ids and local days.
#include <benchmark/benchmark.h>

#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace {

using ignition::Instant;

const Instant kNow = Instant::parse("2026-01-14T15:00:00.123456Z").value();

void write_instant(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(kNow.text());
}
BENCHMARK(write_instant);

void read_instant(benchmark::State& state) {
  const std::string text = kNow.text();
  for (auto _ : state) benchmark::DoNotOptimize(Instant::parse(text));
}
BENCHMARK(read_instant);

void find_local_day(benchmark::State& state) {
  const ignition::Calendar calendar{ignition::TimeZone::find("America/New_York").value(), 4};
  for (auto _ : state) benchmark::DoNotOptimize(calendar.date_of(kNow));
}
BENCHMARK(find_local_day);

void find_start_of_day(benchmark::State& state) {
  const ignition::Calendar calendar{ignition::TimeZone::find("America/New_York").value(), 4};
  const ignition::LocalDate day = calendar.date_of(kNow);
  for (auto _ : state) benchmark::DoNotOptimize(calendar.start(day));
}
BENCHMARK(find_start_of_day);

void make_id(benchmark::State& state) {
  ignition::RandomIds ids;
  for (auto _ : state) benchmark::DoNotOptimize(ids.next(kNow));
}
BENCHMARK(make_id);

}  // namespace
