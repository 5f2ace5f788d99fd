// A server that is asked to end answers what it has begun.
#include <csignal>
#include <thread>

#include "process/load.hpp"

namespace ignition::process_test {

TEST_CASE("SIGTERM under load: every request that was begun is answered whole, and what was answered is stored") {
  for (const int lifetime : {30, 150, 300}) {
    CAPTURE(lifetime);
    const Folder folder;
    Serving server(folder, {"--local", "--now", kLoadNow});
    Load load(server.port());
    load.begin();
    std::this_thread::sleep_for(std::chrono::milliseconds(lifetime));
    CHECK(server.stop() == 0);
    load.join();
    for (const std::string& fault : load.faults()) CHECK_MESSAGE(fault.empty(), fault);
    const auto engine =
        Engine::open({.store_url = folder.store(), .clock = std::make_shared<ManualClock>(*Instant::parse(kLoadNow))});
    check_sound(*engine);
    CHECK(load.stored(*engine) == load.acknowledged());
    CHECK(load.acknowledged().size() > 0);
    CHECK_MESSAGE(server.child().err().find("\"level\":\"error\"") == std::string::npos, server.child().err());
  }
}

TEST_CASE("what Today showed before SIGTERM is stored by the time the server has ended") {
  const Folder folder;
  Serving server(folder, {"--local", "--now", kLoadNow});
  CHECK(server.client().get("/api/v1/today").status == 200);
  CHECK(server.stop() == 0);
  const auto store = Store::open(folder.store());
  CHECK(store->begin(Mode::read)->query<std::int64_t>(Sql{"SELECT COUNT(*) FROM decision_exposures"}) ==
        std::vector<std::int64_t>{1});
}

TEST_CASE("SIGINT ends an idle server at once with status 0, keep-alive connections or not") {
  const Folder folder;
  Serving server(folder);
  Client idle = server.client();
  CHECK(idle.get("/health/live").status == 200);
  const auto before = std::chrono::steady_clock::now();
  server.child().signal(SIGINT);
  CHECK(server.child().wait(std::chrono::seconds(20)) == 0);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(15));
  CHECK(idle.closes_within(std::chrono::seconds(1)));
}

}  // namespace ignition::process_test
