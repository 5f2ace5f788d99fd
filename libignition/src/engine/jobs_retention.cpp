#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "engine/jobs.hpp"

namespace ignition::jobs {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Statements live as long as the program.
const std::deque<std::string>& statements() {
  static const std::deque<std::string> texts = [] {
    std::deque<std::string> out;
    for (const Retention& retention : retentions()) out.push_back(delete_statement(retention));
    return out;
  }();
  return texts;
}

struct Batch {
  std::int64_t removed = 0;
  milliseconds took{0};
};

Batch remove_batch(Store& store, Sql sql, Instant before, int size) {
  const auto db = store.begin(Mode::write);
  const auto began = Steady::now();
  const std::int64_t removed = db->execute(sql, before, size);
  if (removed > 0) db->commit();
  return {removed, std::chrono::duration_cast<milliseconds>(Steady::now() - began)};
}

// Half the size after a batch that took too long, up to twice after one that was quick.
int next_size(int size, const Batch& batch) {
  constexpr int kLeast = 50;
  if (batch.took > kBatchTakes) return std::max(kLeast, size / 2);
  return batch.took < kBatchTakes / 4 ? std::min(kBatch, size * 2) : size;
}

void remove_from(Run& run, const Retention& retention, Sql sql) {
  const auto kept =
      retention.configured == nullptr ? std::optional(retention.kept) : retention.configured(run.settings);
  if (!kept) return;
  const auto end = Steady::now() + kTimePerTable;
  int size = kBatch;
  while (run.goes_on()) {
    if (Steady::now() >= end) return run.falls_behind();
    const Batch batch = remove_batch(run.engine.store(), sql, run.now - *kept, size);
    run.count(retention.table, batch.removed);
    if (batch.removed < size) return;
    size = next_size(size, batch);
    // Programs that write to the same SQLite file look for a free moment every millisecond.
    std::this_thread::sleep_for(std::clamp(batch.took, milliseconds(2), milliseconds(50)));
  }
}

}  // namespace

std::string delete_statement(const Retention& r) {
  return fmt::format("DELETE FROM {0} WHERE ({1}) IN (SELECT {1} FROM {0} WHERE {2} < $1 ORDER BY {2} LIMIT $2)",
                     r.table, r.key, r.column);
}

void remove_old_rows(Run& run) {
  const auto rows = retentions();
  for (std::size_t i = 0; i < rows.size() && run.goes_on(); ++i)
    remove_from(run, rows[i], {.text = statements()[i], .once = true});
}

}  // namespace ignition::jobs
