// Several processes on one store: a server and the command line beside it.
#include <atomic>
#include <optional>
#include <thread>

#include "process/load.hpp"

namespace ignition::process_test {

TEST_CASE("a server shows what the command line writes beside it, and the other way round") {
  const Folder folder;
  Serving server(folder, {"--local", "--now", kLoadNow});
  Client client = server.client();
  // Answered, and kept by the server's cache.
  const auto before = client.get("/api/v1/today");
  CHECK(before.at("data.counts.pending_habits") == "0");
  const std::string known = "If-None-Match: " + before.field("ETag") + "\r\n";
  CHECK(client.get("/api/v1/today", known).status == 304);

  const Answered habit = output(folder, {"call", "habits.create", R"({"name":"Read"})", "--now", kLoadNow})["habit"];
  const auto after = client.get("/api/v1/today", known);
  CHECK(after.status == 200);
  CHECK(after.at("data.counts.pending_habits") == "1");

  CHECK(client.post(fmt::format("/api/v1/habits/{}/complete", habit["id"].text()), "{}").status == 200);
  CHECK(output(folder, {"call", "today.get", "--now", kLoadNow})["counts"]["pending_habits"] == 0);
}

TEST_CASE("commands and a server that write to one store at once lose and double nothing") {
  constexpr int kWriters = 4;
  constexpr int kTimes = 5;
  const Folder folder;
  Serving server(folder, {"--local", "--now", kLoadNow});
  const auto made = server.client().post("/api/v1/habits", R"({"name":"all","target_count":1000})");
  REQUIRE(made.status == 201);
  const std::string id = made.at("data.habit.id");
  const std::string input = fmt::format(R"({{"id":"{}"}})", id);
  std::atomic<int> by_command = 0;
  std::atomic<int> by_server = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([&] {
      for (int n = 0; n < kTimes; ++n) {
        const Finished done = ignition(folder, {"call", "habits.complete", input, "--now", kLoadNow});
        CHECK_MESSAGE(done.status == 0, done.err);
        if (done.status == 0) ++by_command;
      }
    });
  }
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([&] {
      Client client = server.client();
      while (!stop && by_server < 600) {
        const auto answer = client.post(fmt::format("/api/v1/habits/{}/complete", id), "{}");
        CHECK_MESSAGE(answer.status == 200, answer.body);
        if (answer.status == 200) ++by_server;
      }
    });
  }
  for (int t = 0; t < kWriters; ++t) threads[static_cast<std::size_t>(t)].join();
  stop = true;
  for (int t = kWriters; t < 2 * kWriters; ++t) threads[static_cast<std::size_t>(t)].join();
  CHECK(by_command == kWriters * kTimes);
  CHECK(by_server > 0);
  CHECK(server.stop() == 0);
  const auto engine =
      Engine::open({.store_url = folder.store(), .clock = std::make_shared<ManualClock>(*Instant::parse(kLoadNow))});
  CHECK(call(*engine, "habits.get", input)["habit"]["count_today"] == by_command + by_server);
  check_sound(*engine);
}

TEST_CASE("two servers may serve one store") {
  const Folder folder;
  Serving first(folder, {"--local", "--now", kLoadNow});
  Serving second(folder, {"--local", "--now", kLoadNow});
  CHECK(first.client().post("/api/v1/focus", R"({"duration_seconds":1500})").status == 201);
  CHECK(second.client().get("/api/v1/today").at("data.resolved_state") == "focus_active");
  const auto refused = second.client().post("/api/v1/focus", R"({"duration_seconds":900,"on_active":"reject"})");
  CHECK(refused.status == 409);
  CHECK(refused.at("error.details.reason") == "session_active");
  CHECK(first.stop() == 0);
  CHECK(second.client().post("/api/v1/focus/pause", "{}").status == 200);
  CHECK(second.stop() == 0);
}

TEST_CASE("of a hundred requests at once to two servers, a shared limit of five lets exactly five pass (T37)") {
  const Folder folder;
  std::optional<test::MigratedDatabase> database;
  for (const bool postgres : {false, true}) {
    CAPTURE(postgres);
    std::vector<std::string> environment{"RATE_LIMIT_STORE=database", "RATE_LIMIT_ANON=5/3600:5", "RATE_LIMIT_IP=off"};
    if (postgres) environment.push_back("DATABASE_URL=" + database.emplace().address());
    Serving first(folder, {}, {.environment = environment});
    Serving second(folder, {}, {.environment = environment});
    std::atomic<int> passed = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 10; ++t) {
      threads.emplace_back([&, t] {
        Client client = t % 2 == 0 ? first.client() : second.client();
        for (int i = 0; i < 10; ++i) {
          const int status = client.get("/api/v1/auth/session").status;
          if (status == 200) ++passed;
          if (status == 429) ++refused;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(passed == 5);
    CHECK(refused == 95);
    CHECK(first.stop() == 0);
    CHECK(second.stop() == 0);
  }
}

TEST_CASE("a port that is taken is told, and the server that has it goes on") {
  const Folder folder;
  Serving server(folder, {"--local"});
  const Finished refused = ignition(folder, {"serve", "--local", "--port", std::to_string(server.port())});
  CHECK(refused.status != 0);
  CHECK(refused.err.find(std::to_string(server.port())) != std::string::npos);
  CHECK(server.client().get("/health/live").status == 200);
}

}  // namespace ignition::process_test
