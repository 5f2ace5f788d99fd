// `ignition replay`: many calls from a file, one JSON object a line, at instants of the past if the lines tell them.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <ostream>

#include "shell.hpp"

namespace ignition::cli {

struct ReplayOptions {
  std::optional<std::uint64_t> seed{};  // deterministic ids; absent = random
  bool keep_going = false;              // go on after a refusal
  std::function<void(std::int64_t calls)> progress = [](std::int64_t) {};
};

struct ReplaySummary {
  std::int64_t calls = 0;
  std::int64_t refused = 0;
  int status = kOk;  // the exit status of the first refusal
};

// Runs one call after the other and writes a line for each: its output, or the error object of its refusal, at which it
// stops unless told otherwise. A line that is no call is an error that names the line; nothing after it runs.
//
// A line: {"operation": name, "input"?: object, "user"?: id or e-mail address instead of the global options' user,
// "at"?: RFC 3339 instant at which the clock then stands, "idempotency_key"?: text}.
ReplaySummary replay(const GlobalOptions& global, const ReplayOptions& options, std::istream& in, std::ostream& out);

}  // namespace ignition::cli
