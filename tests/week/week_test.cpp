// The week is answered alike, byte for byte, by every store and through every way into the library.
#include <cstdlib>
#include <fstream>

#include "http/client.hpp"
#include "ignition/ignition.h"
#include "ignition/server.hpp"
#include "process/child.hpp"
#include "week/script.hpp"

namespace ignition::week_test {
namespace {

// Ids of the first engine of a World are made from this seed.
constexpr std::uint64_t kSeed = 1;

// The week as C++ on SQLite in memory lives it.
const Replay& expected() {
  static const Replay replay = live("memory");
  return replay;
}

// Answers of the C interface.
std::string through_c(ignition_engine* handle, const Made& call) {
  ignition_set_now(handle, call.at.text().c_str());
  char* out = nullptr;
  ignition_call(handle, call.user.empty() ? nullptr : call.user.c_str(), call.operation.c_str(), call.input.c_str(),
                nullptr, &out);
  REQUIRE(out != nullptr);
  std::string answer = out;
  ignition_free(out);
  return answer;
}

// A value of the input as it stands in a target: percent-encoded, a text without its quotes.
std::string in_target(const test::Answered& value) {
  std::string text = value.json();
  if (text.starts_with('"')) text = value.text();
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out +=
        std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return out;
}

// The request of an operation: the input's fields stand in the path, in the query of a GET, or in the body.
std::string request_of(const Made& call) {
  const Operation& operation = *catalogue().find(call.operation);
  const test::Answered input(call.input);
  std::string path(operation.route.path);
  std::string query;
  std::string body;
  for (const std::string& key : input.keys()) {
    const std::string place = "{" + key + "}";
    if (const std::size_t at = path.find(place); at != std::string::npos) {
      path.replace(at, place.size(), in_target(input[key]));
    } else if (operation.route.method == Method::GET) {
      query += (query.empty() ? "?" : "&") + key + "=" + in_target(input[key]);
    } else {
      body += fmt::format(R"({}"{}":{})", body.empty() ? "" : ",", key, input[key].json());
    }
  }
  return http_test::request(name_of(operation.route.method), "/api/v1" + path + query,
                            operation.route.method == Method::GET ? "" : "{" + body + "}");
}

// What the envelope holds.
std::string inside(const std::string& body) {
  for (const auto& [before, after] :
       {std::pair<std::string_view, std::string_view>{R"({"success":true,"data":)", R"(,"error":null})"},
        {R"({"success":false,"data":null,"error":)", "}"}}) {
    if (body.starts_with(before) && body.ends_with(after)) {
      return body.substr(before.size(), body.size() - before.size() - after.size());
    }
  }
  return body;
}

STORE_TEST("the week is the same on every store") {
  const Replay replay = live(store);
  check_same(expected(), replay.answers);
}

TEST_CASE("the week is the same as it was when it was written down") {
  const std::string digests = digests_of(expected());
  const std::string golden = IGNITION_WEEK "/today.sha256";
  if (std::getenv("IGNITION_WRITE_GOLDEN") != nullptr) std::ofstream(golden) << digests;
  CHECK(digests == read_file(golden));
}

TEST_CASE("the week is the same through the C interface") {
  ignition_engine* handle = nullptr;
  char* error = nullptr;
  const std::string options = fmt::format(R"({{"now":"{}","seed":{}}})", expected().calls.front().at.text(), kSeed);
  REQUIRE(ignition_open("sqlite::memory:", options.c_str(), &handle, &error) == 0);
  std::vector<std::string> answers;
  for (const Made& call : expected().calls) answers.push_back(through_c(handle, call));
  ignition_close(handle);
  check_same(expected(), answers);
}

STORE_TEST("the week is the same over HTTP") {
  test::World world(store, Config{}, expected().calls.front().at);
  world.with_shipped_rewards();
  server::Settings settings{.port = 0, .local_user = true};
  settings.log_level = spdlog::level::off;
  server::Server server(world.engine.get(), settings);
  server.start();
  http_test::Client client(server.port());
  std::vector<std::string> answers;
  for (const Made& call : expected().calls) {
    world.clock->set(call.at);
    answers.push_back(call.user.empty() ? answer(*world.engine, call) : inside(client.ask(request_of(call)).body));
  }
  check_same(expected(), answers);
}

TEST_CASE("the week is the same through the command line") {
  const process_test::Folder folder;
  folder.write("week.jsonl", lines_of(expected().calls));
  const auto done = process_test::ignition(
      folder, {"replay", folder.path("week.jsonl"), "--seed", std::to_string(kSeed), "--keep-going"});
  CHECK(done.err == "");
  check_same(expected(), split(done.out));
}

// For the bindings, whose own tests live it again: they find the files by IGNITION_WEEK_FOLDER.
TEST_CASE("the week is written down for other languages") {
  const char* folder = std::getenv("IGNITION_WEEK_FOLDER");
  if (folder == nullptr) return;
  std::filesystem::create_directories(folder);
  std::ofstream(std::string(folder) + "/calls.jsonl") << lines_of(expected().calls);
  std::ofstream answers(std::string(folder) + "/answers.jsonl");
  for (const std::string& answer : expected().answers) answers << answer << '\n';
}

}  // namespace
}  // namespace ignition::week_test
