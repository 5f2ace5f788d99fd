// Several servers on one PostgreSQL database: what one has acknowledged, every one answers from; and an operation whose
// connection is lost is run again, once.
#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// Ids as usual, and now and then a surprise before one is given.
class SurprisingIds final : public IdSource {
 public:
  Uuid next(Instant now) override {
    if (surprise) std::exchange(surprise, nullptr)();
    return ids_.next(now);
  }
  std::function<void()> surprise;

 private:
  RandomIds ids_;
};

// A database with any number of servers, which share a clock.
struct Cluster {
  std::unique_ptr<Engine> server(std::shared_ptr<IdSource> ids = std::make_shared<RandomIds>()) const {
    return Engine::open({.store_url = database.address(),
                         .store = {.pool_min_idle = 0, .log = [](std::string_view) {}},
                         .clock = clock,
                         .ids = std::move(ids)});
  }
  static Caller person(Engine& engine) {
    const Answer made =
        engine.call(Caller::system(), {.operation = "users.create", .body = R"({"email":"ann@example.com"})"});
    return Caller::host(Answered(made.body)["user"]["id"].id());
  }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value());
  MigratedDatabase database;
};

Answered call(Engine& engine, const Caller& caller, std::string_view operation, std::string_view body = "{}") {
  return Answered(engine.call(caller, {.operation = operation, .body = body}).body);
}

// What Today and a poll of the other devices say, from memory if they can.
std::string answers(Engine& engine, const Caller& caller) {
  const Call today{.operation = "today.get"};
  const Call poll{.operation = "sync.poll"};
  std::array reads{KeptRead{&caller, &today}, KeptRead{&caller, &poll}};
  engine.answer_kept(reads);
  std::string out;
  for (const KeptRead& read : reads) {
    const Answer answer = read.answer ? *read.answer : engine.call(caller, *read.call);
    out += answer.etag + ' ' + answer.body + '\n';
  }
  return out;
}

void end_connections() {
  postgres_server().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ignition'");
}

}  // namespace

TEST_CASE("whichever server writes, every server answers Today and polls as one that has just started would") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    std::minstd_rand random(seed);
    const Cluster cluster;
    const std::unique_ptr<Engine> servers[] = {cluster.server(), cluster.server()};
    const Caller ann = Cluster::person(*servers[0]);
    std::vector<std::string> habits;
    for (int step = 0; step < 25; ++step) {
      Engine& writer = *servers[random() % 2];
      switch (random() % 5) {
        case 0: {
          const auto made = call(writer, ann, "habits.create", fmt::format(R"({{"name":"habit {}"}})", step));
          habits.push_back(made["habit"]["id"].text());
          break;
        }
        case 1:
          if (!habits.empty()) {
            const std::string& habit = habits[random() % habits.size()];
            call(writer, ann, "habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
          }
          break;
        case 2:
          call(writer, ann, "focus.start");
          break;
        case 3:
          call(writer, ann, "plan.generate");
          break;
        default:
          cluster.clock->advance(std::chrono::minutes(random() % 400));
      }
      const std::string expected = answers(*cluster.server(), ann);
      CHECK(answers(*servers[0], ann) == expected);
      CHECK(answers(*servers[1], ann) == expected);
    }
  }
}

TEST_CASE("no server answers Today or a poll from before a write that another has acknowledged") {
  const Cluster cluster;
  const auto writer = cluster.server();
  const auto reader = cluster.server();
  const Caller ann = Cluster::person(*writer);
  std::atomic<std::int64_t> acknowledged = 0;
  std::atomic<int> stale = 0;
  std::atomic<int> reads = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&] {
      while (acknowledged < 40) {
        const std::int64_t before = acknowledged;
        const Call today{.operation = "today.get"};
        const Call poll{.operation = "sync.poll"};
        std::array asked{KeptRead{&ann, &today}, KeptRead{&ann, &poll}};
        reader->answer_kept(asked);
        for (KeptRead& read : asked) {
          if (!read.answer) read.answer = reader->call(ann, *read.call);
          simdjson::dom::parser parser;
          const auto answer = parser.parse(read.answer->body);
          const auto counts = read.call == &today ? answer["counts"] : answer["badges"];
          if (counts["pending_habits"].get_int64().value() < before) ++stale;
        }
        ++reads;
      }
    });
  }
  for (int i = 0; i < 40; ++i) {
    writer->call(ann, {.operation = "habits.create", .body = fmt::format(R"({{"name":"habit {}"}})", i)});
    ++acknowledged;
  }
  for (auto& thread : readers) thread.join();
  CHECK(stale == 0);
  CHECK(reads > 0);
}

TEST_CASE("an operation whose connection is lost in the middle is run again and stored once") {
  const Cluster cluster;
  const auto ids = std::make_shared<SurprisingIds>();
  const auto server = cluster.server(ids);
  const Caller ann = Cluster::person(*server);
  int told = 0;
  server->subscribe([&](std::string_view, std::string_view) { ++told; });
  ids->surprise = end_connections;
  call(*server, ann, "habits.create", R"({"name":"walk"})");
  CHECK(ids->surprise == nullptr);
  CHECK(call(*server, ann, "habits.list")["habits"].size() == 1);
  const int once = told;
  call(*server, ann, "habits.create", R"({"name":"swim"})");
  CHECK(told == 2 * once);
}

TEST_CASE("an operation that loses its connection again and again is unavailable, and nothing is stored") {
  const Cluster cluster;
  const auto ids = std::make_shared<SurprisingIds>();
  const auto server = cluster.server(ids);
  const Caller ann = Cluster::person(*server);
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    end_connections();
    ids->surprise = again;
  };
  ids->surprise = again;
  try {
    call(*server, ann, "habits.create", R"({"name":"walk"})");
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(refused(error) == "UNAVAILABLE connection_lost");
  }
  CHECK(runs == 4);
  ids->surprise = nullptr;
  CHECK(call(*server, ann, "habits.list")["habits"].size() == 0);
}

// A copy of the store, made while nobody is connected to it, whose sessions say that they are the replica's.
struct Replica {
  explicit Replica(const std::string& store_url)
      : database(store_url.substr(store_url.find("dbname=") + std::string_view("dbname=").size())) {
    pqxx::connection connection(database.address());
    pqxx::nontransaction(connection).exec("UPDATE focus_sessions SET task_title = 'replica'");
  }
  PostgresDatabase database;
};

TEST_CASE("a replica answers a costly read once it knows all that the caller wrote, else the store does") {
  const Cluster cluster;
  Caller ann;
  {
    const auto server = cluster.server();
    ann = Cluster::person(*server);
    call(*server, ann, "focus.start", R"({"task_title":"store"})");
  }
  std::optional<Replica> replica(cluster.database.address());
  const auto server = Engine::open({.store_url = cluster.database.address(),
                                    .store = {.pool_min_idle = 0, .log = [](std::string_view) {}},
                                    .replica_url = replica->database.address(),
                                    .clock = cluster.clock});
  const auto from = [&] { return call(*server, ann, "focus.list")["sessions"][0]["task_title"].text(); };
  for (int i = 0; i < 500 && from() != "replica"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(from() == "replica");
  // Not an operation for replicas.
  CHECK(call(*server, ann, "focus.active")["session"]["task_title"] == "store");

  SUBCASE("it lags") {
    call(*server, ann, "habits.create", R"({"name":"walk"})");
    CHECK(from() == "store");
    {
      pqxx::connection connection(replica->database.address());
      pqxx::nontransaction(connection).exec("UPDATE users SET revision = revision + 1");
    }
    CHECK(from() == "replica");
  }
  SUBCASE("it lacks a change of the flags that all share") {
    const auto db = server->store().begin(Mode::write);
    db->execute(Sql{"UPDATE catalog_versions SET version = version + 1 WHERE name = 'feature_flags'"});
    db->commit();
    CHECK(from() == "store");
  }
  SUBCASE("it goes away") {
    replica.reset();
    CHECK(from() == "store");
    CHECK(from() == "store");
  }
}

TEST_CASE("a server whose replica cannot be reached works without it") {
  const Cluster cluster;
  const auto server = Engine::open({.store_url = cluster.database.address(),
                                    .store = {.pool_min_idle = 0, .log = [](std::string_view) {}},
                                    .replica_url = "host=/nowhere dbname=d",
                                    .clock = cluster.clock});
  const Caller ann = Cluster::person(*server);
  CHECK(call(*server, ann, "focus.list")["total"] == 0);
}

TEST_CASE("servers that start at once on an empty database all start, and ship their content once") {
  const PostgresDatabase database;
  std::atomic<int> failed = 0;
  std::vector<std::thread> starting;
  for (int i = 0; i < 6; ++i) {
    starting.emplace_back([&] {
      try {
        Engine::open({.store_url = database.address(), .store = {.pool_min_idle = 0, .log = [](std::string_view) {}}});
      } catch (const Error&) {
        ++failed;
      }
    });
  }
  for (auto& thread : starting) thread.join();
  CHECK(failed == 0);
  const auto server = Engine::open({.store_url = database.address(), .store = {.pool_min_idle = 0}});
  const auto skills = server->store().begin(Mode::read)->query<std::string>(Sql{"SELECT key FROM skill_definitions"});
  CHECK_FALSE(skills.empty());
}
