// docs/security.md names tests that show what it claims: each of them exists.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// All string literals that begin a test, as they are written.
std::string all_tests(const std::filesystem::path& folder) {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".cpp") out += content(entry.path());
  }
  return out;
}

// The last cells of the rows of the last table.
std::vector<std::string> named_tests(const std::string& document) {
  static const std::regex kCell(R"(\| `([^`\n]+)` \|\n)");
  std::vector<std::string> out;
  for (auto it = std::sregex_iterator(document.begin(), document.end(), kCell); it != std::sregex_iterator(); ++it) {
    out.push_back((*it)[1]);
  }
  return out;
}

}  // namespace

TEST_CASE("docs/security.md names tests that exist") {
  const std::filesystem::path docs(IGNITION_DOCS);
  const std::string tests = all_tests(docs.parent_path() / "tests");
  const auto named = named_tests(content(docs / "security.md"));
  CHECK(named.size() > 40);
  for (const auto& name : named) {
    CAPTURE(name);
    CHECK(tests.find('"' + name + '"') != std::string::npos);
  }
}
