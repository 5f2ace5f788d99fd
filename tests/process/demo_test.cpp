// `ignition demo` tells the same story to everybody who asks with the same seed, and `ignition today` shows it.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>

#include "process/child.hpp"

namespace ignition::process_test {
namespace {

constexpr const char* kEvening = "2026-03-10T19:00:00Z";  // a Tuesday, 20:00 in Berlin

void tell(const Folder& folder, const std::string& seed, const std::string& days = "30") {
  const Finished done = ignition(
      folder, {"demo", "--days", days, "--seed", seed, "--now", kEvening, "--timezone", "Europe/Berlin", "--json"});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  CHECK(done.err.empty());
  CHECK(Answered(done.out)["operations"].integer() > 100);
}

std::string shown(const Folder& folder, const std::string& operation, const std::string& input = "{}") {
  const Finished done = ignition(folder, {"call", operation, input, "--now", kEvening, "--json"});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  return done.out;
}

// Everything that the demonstration is there to show.
std::string story(const Folder& folder) {
  return shown(folder, "today.get") + shown(folder, "plan.get") + shown(folder, "ledger.list", R"({"page_size":100})") +
         shown(folder, "habits.list") + shown(folder, "focus.list") + shown(folder, "progress.summary") +
         shown(folder, "streaks.list");
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What a program writes to a terminal.
std::string on_terminal(const Folder& folder, const std::vector<std::string>& arguments,
                        std::vector<std::string> environment = {}) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  REQUIRE(::grantpt(terminal) == 0);
  REQUIRE(::unlockpt(terminal) == 0);
  const int end = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(end >= 0);
  std::string text;
  {
    Child child(folder, program(), arguments, {.environment = std::move(environment), .output = end});
    char chunk[4096];
    const auto drain = [&](int patience) {
      for (pollfd waiting{terminal, POLLIN, 0}; ::poll(&waiting, 1, patience) > 0;) {
        const ssize_t got = ::read(terminal, chunk, sizeof chunk);
        if (got <= 0) return;
        text.append(chunk, static_cast<std::size_t>(got));
      }
    };
    while (child.runs()) drain(10);
    drain(0);
    CHECK_MESSAGE(child.wait(std::chrono::seconds(1)) == 0, child.err());
  }
  ::close(end);
  ::close(terminal);
  return text;
}

}  // namespace

TEST_CASE("the same seed, instant and zone give the same bytes, another seed another story") {
  const Folder first;
  const Folder again;
  const Folder other;
  tell(first, "7");
  tell(again, "7");
  tell(other, "8");
  CHECK(story(first) == story(again));
  for (const char* operation : {"today.get", "plan.get", "ledger.list", "habits.list"}) {
    CAPTURE(operation);
    CHECK(shown(first, operation) == shown(again, operation));
    CHECK(shown(first, operation) != shown(other, operation));
  }
}

TEST_CASE("the demonstration's store is sound and rich") {
  const Folder folder;
  tell(folder, "1", "90");
  const Answered verified(shown(folder, "ledger.verify"));
  CHECK(verified["ok"] == true);
  CHECK(verified["entries"].integer() > 200);
  CHECK(Answered(shown(folder, "habits.list"))["total"] == 5);
  CHECK(Answered(shown(folder, "focus.list"))["total"].integer() > 50);
  CHECK(Answered(shown(folder, "progress.summary"))["level"].integer() > 3);
  CHECK(Answered(shown(folder, "plan.get"))["plan"]["date"] == "2026-03-10");
  const Answered today(shown(folder, "today.get"));
  CHECK(today["timezone"] == "Europe/Berlin");
  CHECK(today["degraded"].size() == 0);
}

TEST_CASE("a user who has data is not told another story unless --force says so") {
  const Folder folder;
  tell(folder, "1", "20");
  const std::string before = story(folder);
  const Finished refused = ignition(folder, {"demo", "--days", "5", "--now", kEvening});
  CHECK(refused.status == 73);
  CHECK(contains(refused.err, "--force"));
  CHECK(story(folder) == before);
  const Finished forced = ignition(folder, {"demo", "--days", "5", "--now", kEvening, "--force"});
  CHECK_MESSAGE(forced.status == 0, forced.err);
  CHECK(Answered(shown(folder, "habits.list"))["total"] == 10);
  CHECK(Answered(shown(folder, "ledger.verify"))["ok"] == true);
}

TEST_CASE("a demonstration for somebody else makes the account and leaves the local user alone") {
  const Folder folder;
  const Finished done =
      ignition(folder, {"--user", "ann@example.com", "demo", "--days", "5", "--now", kEvening, "--json"});
  REQUIRE_MESSAGE(done.status == 0, done.err);
  CHECK(Answered(done.out)["email"] == "ann@example.com");
  CHECK(output(folder, {"--user", "ann@example.com", "call", "habits.list"})["total"] == 5);
  CHECK(output(folder, {"call", "habits.list"})["total"] == 0);
}

TEST_CASE("today shows the step, the plan, the habits and the progress, without colour in a pipe") {
  const Folder folder;
  tell(folder, "3");
  const Finished page = ignition(folder, {"today", "--now", kEvening});
  REQUIRE_MESSAGE(page.status == 0, page.err);
  CHECK_FALSE(contains(page.out, "\x1b"));
  CHECK(contains(page.out, "Tuesday 10 March 2026 · Europe/Berlin"));

  const Answered today(shown(folder, "today.get"));
  CHECK(contains(page.out, today["greeting"].text()));
  CHECK(contains(page.out, "▶ " + today["starter_block"]["primary"]["label"].text()));
  const Answered plan = Answered(shown(folder, "plan.get"))["plan"];
  CHECK(contains(page.out, fmt::format("{} of {} · {} %", plan["completed_count"].json(), plan["total_count"].json(),
                                       plan["percent_complete"].json())));
  for (int i = 0; i < static_cast<int>(plan["items"].size()); ++i) {
    const Answered item = plan["items"][i];
    CHECK(contains(page.out, (item["completed"] == true ? "✓ " : "○ ") + item["title"].text()));
  }
  const Answered habits = Answered(shown(folder, "habits.list"))["habits"];
  for (int i = 0; i < static_cast<int>(habits.size()); ++i) CHECK(contains(page.out, habits[i]["name"].text()));
  const Answered progress(shown(folder, "progress.summary"));
  CHECK(contains(page.out, fmt::format("Level {}", progress["level"].json())));
  CHECK(contains(page.out, progress["coins"].json() + " coins"));
  CHECK(Answered(ignition(folder, {"today", "--now", kEvening, "--json"}).out) == today);
}

TEST_CASE("today on a fresh store offers one step") {
  const Folder folder;
  const Finished page = ignition(folder, {"today"});
  CHECK_MESSAGE(page.status == 0, page.err);
  CHECK(contains(page.out, "▶ Start Focus"));
}

TEST_CASE("a terminal gets colour and indented JSON, unless NO_COLOR asks for none") {
  const Folder folder;
  tell(folder, "3");
  const std::vector<std::string> today{"today", "--now", kEvening};
  const std::string colourful = on_terminal(folder, today, {"TERM=xterm"});
  CHECK(contains(colourful, "\x1b[1m"));
  CHECK(contains(colourful, "▶ "));
  const std::string plain = on_terminal(folder, today, {"TERM=xterm", "NO_COLOR=1"});
  CHECK_FALSE(contains(plain, "\x1b"));
  CHECK(contains(plain, "▶ "));
  const std::string dumb = on_terminal(folder, today, {"TERM=dumb"});
  CHECK_FALSE(contains(dumb, "\x1b"));

  const std::string pretty = on_terminal(folder, {"call", "habits.list", "--now", kEvening});
  CHECK(contains(pretty, "{\r\n  \"habits\": [\r\n    {\r\n"));
  CHECK(Answered(pretty) == Answered(shown(folder, "habits.list")));
  CHECK_FALSE(contains(on_terminal(folder, {"call", "habits.list", "--json"}), "\r\n  "));
}

}  // namespace ignition::process_test
