// What jobs are made of. The jobs themselves, and what is kept how long: jobs.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "ignition/engine.hpp"
#include "ignition/jobs.hpp"

namespace ignition::jobs {

inline constexpr int kBatch = 1000;                          // rows of one transaction
inline constexpr std::chrono::seconds kTimePerTable{10};     // of one run
inline constexpr std::chrono::milliseconds kBatchTakes{40};  // longer ones get smaller: writes of users wait for them

class Lease;

// A running job.
class Run {
 public:
  Run(Engine& engine_, const JobSettings& settings_, Lease& lease, std::stop_token stop, JobReport& report);

  Engine& engine;
  const JobSettings& settings;
  const Instant now;  // when the run began

  // Whether there may be another batch. Renews the lease; false when it is lost or the program ends.
  bool goes_on();
  // Counts rows, for the report.
  void count(std::string_view what, std::int64_t number);
  // What went wrong without ending the run; the last complaint stays, for the operator.
  void complain(std::string why) { report_.error = std::move(why); }
  const std::stop_token& stop_token() const { return stop_; }
  // More is left than this run may do.
  void falls_behind() { behind_ = true; }

  bool is_behind() const { return behind_; }
  bool is_stopped() const { return stopped_; }

 private:
  Lease& lease_;
  const std::stop_token stop_;
  JobReport& report_;
  bool behind_ = false;
  bool stopped_ = false;
};

struct Job {
  std::string_view name;
  std::string_view summary;
  std::chrono::seconds period;
  void (*work)(Run&);
  // How long another program waits for a sign of life: longer than any batch.
  std::chrono::seconds lease{60};
  // Whether there is something to do; without, there always may be. Spares a lease that is for nothing.
  bool (*wanted)(Engine&, const JobSettings&) = nullptr;
};

std::span<const Job> all();

// Rows of a table that go some time after the instant in a column. The column needs an index.
struct Retention {
  std::string_view table;
  std::string_view key;     // its columns
  std::string_view column;  // rows where it is null stay
  std::chrono::seconds kept{0};
  // Instead of `kept`; nothing = for ever.
  std::optional<std::chrono::seconds> (*configured)(const JobSettings&) = nullptr;
};

std::span<const Retention> retentions();
// `DELETE` of at most $2 rows from before $1.
std::string delete_statement(const Retention& retention);
// The job: what time has decided about accounts, one transaction for each of them.
void end_due_accounts(Run& run);
// The job: removes what is kept long enough, in batches, at most kTimePerTable for each table.
void remove_old_rows(Run& run);

}  // namespace ignition::jobs
