// A server that is killed at any moment loses no write that it acknowledged, and repeating the others with their
// idempotency keys does each of them once.
#include <algorithm>
#include <random>

#include "process/load.hpp"

namespace ignition::process_test {
namespace {

int rounds() {
  const char* text = std::getenv("IGNITION_CRASH_ROUNDS");
  return text != nullptr ? std::max(1, std::atoi(text)) : 10;
}

std::unique_ptr<Engine> reopened(const std::string& store) {
  return Engine::open({.store_url = store,
                       .store = {.pool_min_idle = 0},
                       .clock = std::make_shared<ManualClock>(*Instant::parse(kLoadNow))});
}

bool holds(const Facts& all, const Facts& part) {
  return std::includes(all.begin(), all.end(), part.begin(), part.end());
}

std::string difference(const Facts& a, const Facts& b) {
  std::vector<std::string> only;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(only));
  return fmt::format("{}", fmt::join(only, ", "));
}

// Asks again as a program that embeds the library does.
void repeat(Engine& engine, Deed& deed) {
  const bool was_done = deed.done();
  try {
    const Answer answer =
        engine.call(Caller::local(), {.operation = deed.operation, .body = deed.input, .idempotency_key = deed.key});
    if (was_done) {
      CHECK(answer.replayed);
      CHECK(answer.body == Answered(deed.answer)["data"].json());
    }
    deed.status = answer.status;
  } catch (const Error& error) {
    CHECK_MESSAGE(error.code() == Code::CONFLICT, error.json());
    CHECK_FALSE(was_done);
    deed.status = 409;
  }
}

// Asks again over HTTP.
void repeat(Client& client, Deed& deed) {
  const auto answer = client.post("/api/v1" + deed.target, deed.body, "Idempotency-Key: " + deed.key + "\r\n");
  if (deed.done()) {
    CHECK(answer.status == deed.status);
    CHECK(answer.body == deed.answer);
    CHECK(answer.field("Idempotency-Replayed") == "true");
  } else {
    CHECK_MESSAGE((answer.status == 200 || answer.status == 201 || answer.status == 409), answer.body);
  }
  deed.status = answer.status;
}

void crash_and_recover(const Folder& folder, const std::string& store, std::chrono::milliseconds lifetime) {
  const std::vector<std::string> options{"--local", "--now", kLoadNow};
  const Surroundings surroundings{.environment = {"DATABASE_URL=" + store}};
  auto server = std::make_unique<Serving>(folder, options, surroundings);
  Load load(server->port());
  load.begin();
  std::this_thread::sleep_for(lifetime);
  server->kill();
  load.join();
  for (const std::string& fault : load.faults()) CHECK_MESSAGE(fault.ends_with("broken off"), fault);

  const Facts acknowledged = load.acknowledged();
  const Facts asked = load.asked();
  std::size_t half = load.deeds().size() / 2;
  {
    const auto engine = reopened(store);
    check_sound(*engine);
    const Facts stored = load.stored(*engine);
    CHECK_MESSAGE(holds(stored, acknowledged), difference(acknowledged, stored));
    CHECK_MESSAGE(holds(asked, stored), difference(stored, asked));
    for (std::size_t i = 0; i < half; ++i) repeat(*engine, load.deeds()[i]);
  }
  {
    Serving again(folder, options, surroundings);
    Client client = again.client();
    CHECK(client.get("/health/ready").status == 200);
    for (std::size_t i = half; i < load.deeds().size(); ++i) repeat(client, load.deeds()[i]);
    CHECK(client.get("/api/v1/today").status == 200);
    CHECK(again.stop() == 0);
    CHECK_MESSAGE(again.child().err().find("\"level\":\"error\"") == std::string::npos, again.child().err());
  }
  const auto engine = reopened(store);
  check_sound(*engine);
  const Facts stored = load.stored(*engine);
  CHECK_MESSAGE(stored == load.acknowledged(), "missing: " << difference(load.acknowledged(), stored) << "; too much: "
                                                           << difference(stored, load.acknowledged()));
  // Each habit of its own paid once, whenever and however often it was asked for.
  const auto paid = std::count_if(stored.begin(), stored.end(), [](const auto& f) { return f.starts_with("done "); });
  CHECK(call(*engine, "ledger.list", R"({"event_type":"habit_complete"})")["total"] == paid);
}

}  // namespace

TEST_CASE("a server killed under load loses nothing that it acknowledged and does nothing twice") {
  std::mt19937 random(static_cast<unsigned>(std::time(nullptr)));
  for (int round = 0; round < rounds(); ++round) {
    const std::chrono::milliseconds lifetime(std::uniform_int_distribution(1, 400)(random));
    CAPTURE(round);
    CAPTURE(lifetime.count());
    const Folder folder;
    crash_and_recover(folder, folder.store(), lifetime);
  }
}

TEST_CASE("a server on PostgreSQL killed under load loses nothing that it acknowledged and does nothing twice") {
  std::mt19937 random(static_cast<unsigned>(std::time(nullptr)));
  for (int round = 0; round < (rounds() + 4) / 5; ++round) {
    const std::chrono::milliseconds lifetime(std::uniform_int_distribution(50, 400)(random));
    CAPTURE(round);
    CAPTURE(lifetime.count());
    const Folder folder;
    const test::MigratedDatabase database;
    crash_and_recover(folder, database.address(), lifetime);
  }
}

}  // namespace ignition::process_test
