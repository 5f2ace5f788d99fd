#include "jobs.hpp"

#include <iostream>

#include "configuration.hpp"
#include "ignition/jobs.hpp"

namespace ignition::cli {
namespace {

std::string period_text(std::int64_t seconds) {
  if (seconds % 3600 == 0) return fmt::format("{} h", seconds / 3600);
  return seconds % 60 == 0 ? fmt::format("{} min", seconds / 60) : fmt::format("{} s", seconds);
}

void list(const GlobalOptions& global) {
  Session session(global);
  const auto standings = Jobs(session.engine()).list();
  if (global.json) {
    std::cout << to_json(standings) << '\n';
    return;
  }
  const Instant now = session.engine().clock().now();
  std::vector<std::vector<std::string>> rows{{"JOB", "EVERY", "STATE", "DOES"}};
  for (const JobStanding& job : standings) {
    std::string state = "due";
    if (job.due_at && *job.due_at > now) {
      state = job.holder ? "running on " + *job.holder : "due at " + job.due_at->text();
    }
    rows.push_back({job.job, period_text(job.period_seconds), state, job.summary});
  }
  std::cout << table(rows);
}

void print(const GlobalOptions& global, const std::vector<JobReport>& reports) {
  if (global.json) {
    std::cout << to_json(reports) << '\n';
    return;
  }
  std::vector<std::vector<std::string>> rows{{"JOB", "OUTCOME", "MS", "DID"}};
  for (const JobReport& report : reports) {
    std::string did = report.error;
    for (const auto& [what, number] : report.counts.entries)
      did += fmt::format("{}{} {}", did.empty() ? "" : ", ", number, what);
    rows.push_back({report.job, std::string(name_of(report.outcome)), std::to_string(report.milliseconds), did});
  }
  std::cout << table(rows);
}

}  // namespace

void add_jobs(CLI::App& app, GlobalOptions& global) {
  auto* command = app.add_subcommand("jobs", "Look at the work that comes due with time, and run it");
  command->require_subcommand(1);
  command->add_subcommand("list", "Show every job and when it is due")->callback([&global] { list(global); });
  auto name = std::make_shared<std::string>();
  auto* run = command->add_subcommand("run", "Run a job now, or all that are due");
  run->add_option("NAME", *name, "Job, as `ignition jobs list` shows it");
  run->callback([name, &global] {
    Session session(global);
    Jobs jobs(session.engine(), {.settings = configuration(global).jobs});
    const auto reports = name->empty() ? jobs.run_due() : std::vector{jobs.run(*name)};
    print(global, reports);
    for (const JobReport& report : reports) {
      if (report.outcome == JobOutcome::failed) throw CLI::RuntimeError(kInternal);
    }
    if (!name->empty() && reports.front().outcome == JobOutcome::elsewhere) throw CLI::RuntimeError(kTemporary);
  });
}

}  // namespace ignition::cli
