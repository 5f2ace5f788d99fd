// Work that comes due with time and that nobody asks for: removing what is kept too long, sending mails. Of all
// programs on one store exactly one runs a job at a time, by a lease in the table `locks` (rule R49).
//
//   ignition::Jobs jobs(*engine);
//   jobs.run_due();  // now and then; or, on a thread of its own:
//   std::jthread thread([&](const std::stop_token& stop) { jobs.serve(stop); });
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/describe.hpp"
#include "ignition/mail.hpp"
#include "ignition/time.hpp"
#include "ignition/types.hpp"

namespace ignition {

class Engine;
template <class Settings>
class VariableTable;

// What an operator decides about jobs.
struct JobSettings {
  int audit_retention_days = 365;  // of the security log; 0 = for ever
  MailSettings mail{};             // without a transport, mails wait
};

// The variables that JobSettings are read from, those of mail aside.
const VariableTable<JobSettings>& job_variables();

enum class JobOutcome : std::uint8_t {
  done,
  behind,     // more is left than one run may do; it is due again soon
  not_due,    // not looked at
  elsewhere,  // another program runs it
  failed,     // `error` says why; it is due again soon
  stopped,    // the lease was lost, or the program ends
};
BOOST_DESCRIBE_ENUM(JobOutcome, done, behind, not_due, elsewhere, failed, stopped)

// What became of a job.
struct JobReport {
  std::string job;
  JobOutcome outcome = JobOutcome::not_due;
  Map<std::int64_t> counts;  // rows removed, by table, or whatever the job counts; zeros are left out
  std::int64_t milliseconds = 0;
  std::string error;  // for the operator
};
BOOST_DESCRIBE_STRUCT(JobReport, (), (job, outcome, counts, milliseconds, error))

// Where a job stands for all programs on the store.
struct JobStanding {
  std::string job;
  std::string summary;
  std::int64_t period_seconds = 0;
  std::optional<std::string> holder;  // the program that runs it now
  std::optional<Instant> due_at;      // null: it has never run, and is due; of a running job when its lease ends
};
BOOST_DESCRIBE_STRUCT(JobStanding, (), (job, summary, period_seconds, holder, due_at))

// Runs the jobs of the library. Thread-safe; one job at a time.
class Jobs {
 public:
  struct Options {
    JobSettings settings{};
    std::string holder{};                               // who we are, for people; "" = machine and process
    std::function<void(const JobReport&)> on_report{};  // told of every run of serve()
  };

  // The engine must outlive the object.
  explicit Jobs(Engine& engine) : Jobs(engine, Options{}) {}
  Jobs(Engine& engine, Options options);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // Runs what is due, in the order of list(). Throws what says that the store cannot be reached.
  std::vector<JobReport> run_due(const std::stop_token& stop = {});
  // Runs a job now, due or not, unless somebody else is at it. Throws NOT_FOUND for an unknown name.
  JobReport run(std::string_view job, const std::stop_token& stop = {});
  std::vector<JobStanding> list();
  // Runs jobs as they come due until it is asked to stop.
  void serve(const std::stop_token& stop);
  // Lets serve() run this job at once.
  void wake(std::string_view job);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ignition
