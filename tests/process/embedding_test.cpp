// The example of docs/embedding.md: it is the program that is built, and it does what the guide says.
#include <fstream>
#include <iterator>

#include "process/child.hpp"

namespace ignition::process_test {

namespace {

std::string file(const std::string& path) {
  std::ifstream in(std::string(IGNITION_SOURCE) + "/" + path, std::ios::binary);
  REQUIRE_MESSAGE(in.good(), path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the guide shows the example as it is built") {
  std::string program = file("docs/examples/embedding.cpp");
  program.erase(0, program.find('\n') + 1);  // the comment that names the guide
  CHECK(file("docs/embedding.md").find("```cpp\n" + program + "```\n") != std::string::npos);
}

TEST_CASE("the example starts a session and prints Today, again and again") {
  const Folder folder;
  for (int times = 0; times < 2; ++times) {
    const Finished done = run(folder, IGNITION_EMBEDDING, {});
    REQUIRE_MESSAGE(done.status == 0, done.err);
    const auto end = done.out.find('\n');
    CHECK(done.out.starts_with("running until 2"));
    const Answered today(done.out.substr(end + 1));
    CHECK(today["resolved_state"] == "focus_active");
    CHECK(today["starter_block"]["primary"]["label"] == "Return to Focus");
  }
  const auto store = Engine::open({.store_url = folder.store("life.db")});
  CHECK(Answered(store->call(Caller::local(), Call{.operation = "focus.list"}).body)["total"] == 2);
}

}  // namespace ignition::process_test
