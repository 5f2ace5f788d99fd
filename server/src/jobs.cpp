#include <fmt/format.h>

#include <thread>

#include "ignition/job_thread.hpp"
#include "log.hpp"

namespace ignition::server {
namespace {

// Nothing about a run that found nothing to do.
void tell(Log& log, const JobReport& report) {
  std::string counts;
  for (const auto& [what, number] : report.counts.entries) counts += fmt::format(" {} {}", number, what);
  if (report.outcome == JobOutcome::failed) {
    log.event(spdlog::level::err, fmt::format("job {} failed: {}", report.job, report.error));
  } else if (report.outcome == JobOutcome::behind) {
    log.event(spdlog::level::warn, fmt::format("job {} is behind after{}", report.job, counts));
  } else if (!counts.empty()) {
    log.event(spdlog::level::info, fmt::format("job {}:{}", report.job, counts));
  }
  if (report.outcome == JobOutcome::done && !report.error.empty()) {
    log.event(spdlog::level::warn, fmt::format("job {}: {}", report.job, report.error));
  }
  log.flush();
}

}  // namespace

struct JobThread::State {
  State(Engine& engine, const Settings& settings, Jobs::Options options)
      : log(settings),
        jobs(engine, with_log(std::move(options))),
        thread([this](const std::stop_token& stop) { jobs.serve(stop); }) {}

  Jobs::Options with_log(Jobs::Options options) {
    options.on_report = [this, next = std::move(options.on_report)](const JobReport& report) {
      tell(log, report);
      if (next) next(report);
    };
    return options;
  }

  Log log;
  Jobs jobs;
  std::jthread thread;  // ends first
};

JobThread::JobThread(Engine& engine, const Settings& settings, Jobs::Options options)
    : state_(std::make_unique<State>(engine, settings, std::move(options))) {}

JobThread::~JobThread() = default;

}  // namespace ignition::server
