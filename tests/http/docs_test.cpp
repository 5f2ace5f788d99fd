// The examples of docs/http.md are run as they stand there.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

struct Example {
  std::string command;
  std::string expected;
};

// All commands of one console block share a shell, so that variables set by one are there for the next.
std::vector<std::vector<Example>> console_blocks(const std::string& path) {
  std::vector<std::vector<Example>> blocks;
  std::ifstream file(path);
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```console") {
      blocks.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside && line.starts_with("$ ")) {
      blocks.back().push_back({line.substr(2), {}});
    } else if (inside) {
      blocks.back().back().expected += line + "\n";
    }
  }
  return blocks;
}

std::string with_port(std::string command, std::uint16_t port) {
  const std::string written = "localhost:8080";
  for (auto at = command.find(written); at != std::string::npos; at = command.find(written, at + 1)) {
    command.replace(at, written.size(), fmt::format("localhost:{}", port));
  }
  return command;
}

std::string output_of(const std::string& script) {
  FILE* pipe = ::popen(script.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  std::array<char, 4096> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe)) out.append(chunk.data(), n);
  CHECK(::pclose(pipe) == 0);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

// Whether the text is the pattern, in which `...` stands for anything.
bool matches(std::string_view text, std::string_view pattern) {
  const auto dots = pattern.find("...");
  if (dots == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, dots))) return false;
  text.remove_prefix(dots);
  pattern.remove_prefix(dots + 3);
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (matches(text.substr(skip), pattern)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the examples of docs/http.md answer as written") {
  if (std::system("curl --version >/dev/null 2>&1") != 0) {
    MESSAGE("curl is not installed: the examples were not run");
    return;
  }
  const auto engine = Engine::open({.store_url = "sqlite::memory:"});
  auto settings = Stage::local();
  settings.log = std::make_shared<LogLines>();
  server::Server server(engine.get(), settings);
  server.start();
  int examples = 0;
  for (const auto& block : console_blocks(IGNITION_DOCS "/http.md")) {
    std::string before;
    for (const Example& example : block) {
      const std::string command = with_port(example.command, server.port());
      if (example.expected.empty()) {
        before += command + "\n";
        continue;
      }
      const std::string out = output_of(before + command);
      std::string expected = example.expected;
      while (expected.ends_with('\n')) expected.pop_back();
      CAPTURE(example.command);
      CAPTURE(out);
      CHECK(matches(out, expected));
      ++examples;
    }
  }
  CHECK(examples >= 15);
}
