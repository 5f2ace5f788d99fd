// The library's jobs on a thread of their own, beside a server:
//
//   ignition::server::JobThread jobs(*engine, settings);
#pragma once

#include <memory>

#include "ignition/jobs.hpp"
#include "ignition/server.hpp"

namespace ignition::server {

class JobThread {
 public:
  // Of the settings, those of the log count. The engine must outlive the object. `options.on_report` is told, too.
  JobThread(Engine& engine, const Settings& settings, Jobs::Options options = {});
  // Waits until the batch in hand is stored.
  ~JobThread();
  JobThread(const JobThread&) = delete;
  JobThread& operator=(const JobThread&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ignition::server
