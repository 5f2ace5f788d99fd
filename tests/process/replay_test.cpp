// `ignition replay` runs calls from a file, and says where it stopped.
#include <sstream>

#include "process/child.hpp"

namespace ignition::process_test {
namespace {

constexpr std::string_view kCalls =
    R"({"operation": "habits.create", "input": {"name": "Stretch"}, "at": "2026-03-10T07:00:00Z"}

{"operation": "habits.get", "input": {"id": "0194f5c0-0000-7000-8000-000000000001"}}
{"operation": "focus.start", "at": "2026-03-10T09:00:00+01:00", "idempotency_key": "one"}
{"operation": "focus.start", "at": "2026-03-10T09:01:00+01:00", "idempotency_key": "one"}
)";

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST_CASE("a replay prints a line for each call and stops at the first refusal") {
  const Folder folder;
  const Finished done = ignition(folder, {"replay"}, {.input = std::string(kCalls)});
  CHECK(done.status == 66);
  const auto out = lines(done.out);
  REQUIRE(out.size() == 2);
  CHECK(Answered(out[0])["habit"]["created_at"] == "2026-03-10T07:00:00.000000Z");
  CHECK(Answered(out[1])["code"] == "NOT_FOUND");
}

TEST_CASE("a replay that keeps going makes the remaining calls, and its exit status still tells of the refusal") {
  const Folder folder;
  const Finished done = ignition(folder, {"replay", "-", "--keep-going"}, {.input = std::string(kCalls)});
  CHECK(done.status == 66);
  const auto out = lines(done.out);
  REQUIRE(out.size() == 4);
  CHECK(Answered(out[2])["started_at"] == "2026-03-10T08:00:00.000000Z");
  CHECK(out[3] == out[2]);
}

TEST_CASE("a replay with a seed makes the same ids again") {
  const std::string call =
      R"({"operation": "habits.create", "input": {"name": "Stretch"}, "at": "2026-03-10T07:00:00Z"})";
  const auto habit_of = [&](const std::vector<std::string>& arguments) {
    const Folder folder;
    return ignition(folder, arguments, {.input = call}).out;
  };
  CHECK(habit_of({"replay", "--seed", "5"}) == habit_of({"replay", "--seed", "5"}));
  CHECK(habit_of({"replay", "--seed", "5"}) != habit_of({"replay", "--seed", "6"}));
  CHECK(habit_of({"replay"}) != habit_of({"replay"}));
}

TEST_CASE("a line that is no call ends a replay with the line's number") {
  const Folder folder;
  for (const std::string bad : {"{", R"({"input": {}})", R"({"operation": "today.get", "when": 1})",
                                R"({"operation": "today.get", "at": "yesterday"})"}) {
    CAPTURE(bad);
    const Finished done = ignition(folder, {"replay"}, {.input = "{\"operation\":\"today.summary\"}\n" + bad + "\n"});
    CHECK(done.status == 65);
    CHECK(lines(done.out).size() == 1);
    CHECK(done.err.find("line 2") != std::string::npos);
  }
  CHECK(ignition(folder, {"replay", "nowhere.jsonl"}).status == 65);
}

TEST_CASE("a replay acts for the user that a line names") {
  const Folder folder;
  const auto ann = output(folder, {"user", "create", "ann@example.com"});
  const Finished done = ignition(folder, {"replay", "--user", "ann@example.com"},
                                 {.input = R"({"operation": "auth.me"})"
                                           "\n"
                                           R"({"operation": "users.create", "input": {"email": "bo@example.com"}})"
                                           "\n"
                                           R"({"operation": "auth.me", "user": "bo@example.com"})"});
  const auto out = lines(done.out);
  REQUIRE(out.size() == 3);
  CHECK(Answered(out[0])["user"]["id"] == ann["user"]["id"]);
  CHECK(Answered(out[2])["user"]["email"] == "bo@example.com");
}

}  // namespace
}  // namespace ignition::process_test
