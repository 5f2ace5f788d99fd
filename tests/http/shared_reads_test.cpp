// Reads that wait for the store together.
#include <doctest/doctest.h>

#include <thread>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;
using namespace std::chrono_literals;

namespace {

// No read is quick enough for the I/O threads.
server::Settings remote() {
  auto settings = Stage::local();
  settings.inline_reads = 0us;
  settings.workers = 2;
  return settings;
}

std::vector<Client> ask_all(const Stage& stage, int n) {
  std::vector<Client> clients;
  for (int i = 0; i < n; ++i) {
    clients.push_back(stage.client());
    clients.back().send(get_request("/api/v1/kept/" + std::to_string(i)));
  }
  return clients;
}

// The first request makes the local user, and is answered alone.
void warm_up(Stage& stage) {
  CHECK(stage.client().get("/api/v1/things/1").status == 200);
  stage.engine.calls = 0;
}

}  // namespace

TEST_CASE("reads that came while others waited for the store are answered together") {
  Stage stage(remote());
  warm_up(stage);
  Gate slow;
  stage.engine.slow_memory = &slow;
  auto first = ask_all(stage, 1);
  slow.await_waiting(1);
  auto others = ask_all(stage, 12);
  std::this_thread::sleep_for(20ms);
  slow.open();
  for (auto* clients : {&first, &others}) {
    for (Client& client : *clients) CHECK(client.receive()->at("data.kept") == "true");
  }
  CHECK(stage.engine.batches < 13);
  CHECK(stage.engine.calls == 0);
}

TEST_CASE("what is not in memory is answered alone") {
  Stage stage(remote());
  warm_up(stage);
  stage.engine.remembers = false;
  auto clients = ask_all(stage, 5);
  for (int i = 0; i < 5; ++i) {
    CHECK(clients[static_cast<std::size_t>(i)].receive()->at("data.path.id") == std::to_string(i));
  }
  CHECK(stage.engine.calls == 5);
}

TEST_CASE("a store that is away is told once to all who wait for it") {
  Stage stage(remote());
  warm_up(stage);
  stage.engine.database.down = true;
  auto clients = ask_all(stage, 5);
  for (Client& client : clients) {
    const auto answer = client.receive();
    CHECK(answer->status == 503);
    CHECK(answer->field("retry-after") == "1");
  }
  CHECK(stage.engine.calls == 0);
  stage.engine.database.down = false;
  CHECK(clients.front().get("/api/v1/kept/1").status == 200);
}

TEST_CASE("a store that keeps one batch waiting does not keep the others, and who waits too long is told so") {
  auto settings = remote();
  settings.request_timeout = 300ms;
  Stage stage(settings);
  warm_up(stage);
  Gate slow;
  stage.engine.slow_memory = &slow;
  auto stuck = ask_all(stage, 1);
  slow.await_waiting(1);
  stage.engine.slow_memory = nullptr;
  std::this_thread::sleep_for(20ms);
  Client quick = stage.client();
  CHECK(quick.get("/api/v1/kept/1").status == 200);
  const auto answer = stuck.front().receive();
  CHECK(answer->status == 503);
  CHECK(answer->at("error.details.reason") == "timeout");
  slow.open();
  CHECK(quick.get("/api/v1/kept/1").status == 200);
}

TEST_CASE("who waits alone behind a batch that the store keeps is answered, too") {
  Stage stage(remote());
  warm_up(stage);
  Gate slow;
  stage.engine.slow_memory = &slow;
  auto stuck = ask_all(stage, 1);
  slow.await_waiting(1);
  stage.engine.slow_memory = nullptr;
  auto next = ask_all(stage, 1);  // within the patience
  CHECK(next.front().receive()->status == 200);
  slow.open();
  CHECK(stuck.front().receive()->status == 200);
}
