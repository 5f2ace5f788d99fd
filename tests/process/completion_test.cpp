// Completion scripts, tried in the shells that they are for.
#include <sstream>

#include "process/child.hpp"

namespace ignition::process_test {
namespace {

// A shell that finds `ignition` by its name.
Surroundings with_program_in_path() {
  const auto folder = std::filesystem::path(program()).parent_path().string();
  const char* path = std::getenv("PATH");
  return {.environment = {"PATH=" + folder + ":" + (path != nullptr ? path : "/usr/bin:/bin")}};
}

bool is_installed(const Folder& folder, const char* shell) {
  return run(folder, "sh", {"-c", std::string("command -v ") + shell}).status == 0;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What bash offers for the last of these words.
std::vector<std::string> completed(const Folder& folder, const std::vector<std::string>& words) {
  std::string line = "source <(ignition completion bash); COMP_WORDS=(";
  for (const std::string& word : words) line += "'" + word + "' ";
  line += fmt::format("); COMP_CWORD={}; _ignition; printf '%s\\n' \"${{COMPREPLY[@]}}\"", words.size() - 1);
  const Finished done = run(folder, "bash", {"-c", line}, with_program_in_path());
  CHECK(done.status == 0);
  CHECK_MESSAGE(done.err.empty(), done.err);
  return words_of(done.out);
}

}  // namespace

TEST_CASE("bash accepts its completion script, and zsh's which builds on it") {
  const Folder folder;
  for (const char* shell : {"bash", "zsh"}) {
    const Finished script = ignition(folder, {"completion", shell});
    REQUIRE(script.status == 0);
    folder.write("script", script.out);
    const Finished checked = run(folder, "bash", {"-n", "script"});
    CHECK_MESSAGE(checked.status == 0, checked.err);
    CHECK((script.out.find("bashcompinit") != std::string::npos) == (std::string_view(shell) == "zsh"));
    if (is_installed(folder, shell)) CHECK(run(folder, shell, {"-n", "script"}).status == 0);
  }
  const Finished registered =
      run(folder, "bash", {"-c", "source <(ignition completion bash); complete -p ignition"}, with_program_in_path());
  CHECK(registered.out == "complete -o default -F _ignition ignition\n");
}

TEST_CASE("bash completes commands, their options and the operations") {
  const Folder folder;
  CHECK(completed(folder, {"ignition", "com"}) == std::vector<std::string>{"completion"});
  CHECK(completed(folder, {"ignition", "--ver"}) == std::vector<std::string>{"--version"});
  CHECK(completed(folder, {"ignition", "migrate", "do"}) == std::vector<std::string>{"down"});
  CHECK(completed(folder, {"ignition", "serve", "--po"}) == std::vector<std::string>{"--port"});
  CHECK(completed(folder, {"ignition", "user", "create", "--st"}) == std::vector<std::string>{"--store"});
  CHECK(completed(folder, {"ignition", "call", "focus.st"}) == std::vector<std::string>{"focus.start", "focus.stats"});
  CHECK(completed(folder, {"ignition", "call", "focus.start", "--id"}) ==
        std::vector<std::string>{"--idempotency-key"});
  CHECK(contains(completed(folder, {"ignition", ""}), "today"));
  CHECK(completed(folder, {"ignition", "nonsense", ""}).empty());
  CHECK_FALSE(std::filesystem::exists(folder.path("ignition.db")));
}

TEST_CASE("an option before the command does not hide it from completion") {
  const Folder folder;
  CHECK(completed(folder, {"ignition", "--user", "ann@example.com", "call", "auth.m"}) ==
        std::vector<std::string>{"auth.me"});
  CHECK(completed(folder, {"ignition", "--json", "migrate", "st"}) == std::vector<std::string>{"status"});
  CHECK(completed(folder, {"ignition", "--now", "2026-03-10T09:00:00Z", "--store", "sqlite:a.db", "tod"}) ==
        std::vector<std::string>{"today"});
}

TEST_CASE("fish accepts its completion script and completes with it") {
  const Folder folder;
  const Finished script = ignition(folder, {"completion", "fish"});
  REQUIRE(script.status == 0);
  for (const char* line :
       {"complete -c ignition -f\n", "-a today -d", "-n '__fish_seen_subcommand_from serve' -l port\n"}) {
    CHECK_MESSAGE(script.out.find(line) != std::string::npos, line);
  }
  if (!is_installed(folder, "fish")) {
    MESSAGE("fish is not installed: its script is only read, not run");
    return;
  }
  folder.write("script", script.out);
  const auto offered = [&](const std::string& line) {
    const Finished done = run(folder, "fish", {"-c", "source script; complete -C '" + line + "'"}, [] {
      Surroundings all = with_program_in_path();
      all.environment.emplace_back("HOME=/nonexistent");
      return all;
    }());
    CHECK(done.status == 0);
    return words_of(done.out);
  };
  CHECK(contains(offered("ignition comp"), "completion"));
  CHECK(contains(offered("ignition migrate st"), "status"));
  CHECK(contains(offered("ignition serve --po"), "--port"));
  CHECK(offered("ignition call focus.sta") == std::vector<std::string>{"focus.start", "focus.stats"});
}

}  // namespace ignition::process_test
