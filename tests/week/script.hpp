// A week in somebody's life: calls with their instants, and what every way to the library must answer to them.
//
// A line of tests/week/week.calls is one call: {"at": instant, "call": operation, "input"?: object, "as"?: {name: path
// in the output}, "gives"?: {path in the output: value}, "see"?: {path in Today: value}, "refused"?: "CODE reason"}.
// "$name" in an input is what an earlier line named so. Lines that begin with # tell the story. After each call Today is
// asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/world.hpp"

namespace ignition::week_test {

// A call as it is made, with everything in its place.
struct Made {
  Instant at;
  std::string user;  // the caller's id; "" = the host program itself
  std::string operation;
  std::string input;
};

struct Replay {
  std::vector<Made> calls;
  std::vector<std::string> answers;  // the output of each call, or the error object of its refusal
};

// Lives the week in C++ on one of test::stores(), and checks everything that the script says is seen.
Replay live(std::string_view store);

// The output of the call, or the error object of its refusal.
std::string answer(Engine& engine, const Made& call);

// The calls, a line each, as `ignition replay` reads them.
std::string lines_of(const std::vector<Made>& calls);
// The SHA-256 of each answer of today.get, a line each.
std::string digests_of(const Replay& replay);
// Checks that the week was answered so by another way; shows the first call that was not.
void check_same(const Replay& expected, const std::vector<std::string>& answers);

// The lines of a text.
std::vector<std::string> split(std::string_view text);
std::string read_file(const std::string& path);

}  // namespace ignition::week_test
