// Writes that no answer waits for.
#include "engine/backlog.hpp"

#include <latch>
#include <random>
#include <thread>

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// A table in which each observation may stand once, so that one stored twice is a failure that is told.
struct Observed {
  explicit Observed(const std::string& store) : world(store) {
    world.sql(
        "CREATE TABLE observations (user_id UUID NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (user_id, number))");
  }

  std::unique_ptr<Backlog> backlog() {
    return std::make_unique<Backlog>(world.engine->store(), [this](const std::string& line) {
      const std::lock_guard lock(mutex);
      told.push_back(line);
    });
  }
  static Backlog::Work observation(const Uuid& user, std::int64_t number) {
    return [user, number](Transaction& db) {
      db.execute(Sql{"INSERT INTO observations (user_id, number) VALUES ($1, $2)"}, user, number);
    };
  }
  std::int64_t stored() { return world.count("SELECT COUNT(*) FROM observations"); }

  World world;
  std::mutex mutex;
  std::vector<std::string> told;
};

Uuid user(std::uint64_t number) { return SequentialIds(number + 1).next(Instant{}); }

constexpr Instant kNoon{1'767'000'000'000'000};

// Keeps the worker of a backlog busy until it is let go.
class Busy {
 public:
  explicit Busy(Backlog& backlog) {
    backlog.add(user(1'000'000), kNoon, [this](Transaction&) {
      begun_.count_down();
      over_.wait();
    });
    begun_.wait();
  }
  void let_go() { over_.count_down(); }

 private:
  std::latch begun_{1};
  std::latch over_{1};
};

}  // namespace

STORE_TEST("what waits is taken once and by its user") {
  Observed observed(store);
  const auto backlog = observed.backlog();
  Busy busy(*backlog);
  for (const std::int64_t number : {1, 2}) backlog->add(user(1), kNoon, Observed::observation(user(1), number));
  CHECK(backlog->take(user(2)).empty());
  auto taken = backlog->take(user(1));
  CHECK(taken.size() == 2);
  CHECK(backlog->take(user(1)).empty());
  backlog->give_back(user(1), std::move(taken));
  CHECK(backlog->take(user(1)).size() == 2);
  busy.let_go();
}

STORE_TEST("no more waits of one user, or of all, than may") {
  Observed observed(store);
  const auto backlog = observed.backlog();
  Busy busy(*backlog);
  for (std::size_t i = 0; i < Backlog::kMostPerUser + 5; ++i) backlog->add(user(1), kNoon, [](Transaction&) {});
  CHECK(backlog->size() == Backlog::kMostPerUser + 1);
  for (std::size_t i = 0; i < Backlog::kMost; ++i) backlog->add(user(2 + i), kNoon, [](Transaction&) {});
  CHECK(backlog->size() == Backlog::kMost);
  CHECK(backlog->take(user(1)).size() == Backlog::kMostPerUser);
  busy.let_go();
}

STORE_TEST("what waits is stored when the backlog ends") {
  Observed observed(store);
  auto backlog = observed.backlog();
  for (std::int64_t number = 0; number < 1'000; ++number) {
    const Uuid theirs = user(static_cast<std::uint64_t>(number % 300));
    backlog->add(theirs, kNoon, Observed::observation(theirs, number));
  }
  backlog.reset();
  CHECK(observed.stored() == 1'000);
  CHECK(observed.told.empty());
}

STORE_TEST("whoever settles finds stored what was asked for until then") {
  Observed observed(store);
  const auto backlog = observed.backlog();
  for (std::int64_t number = 0; number < 50; ++number) {
    backlog->add(user(1), kNoon + Micros(number), Observed::observation(user(1), number));
    backlog->settle(user(1), kNoon + Micros(number));
    REQUIRE(observed.stored() == number + 1);
  }
  Busy busy(*backlog);
  backlog->add(user(1), kNoon + Micros(100), Observed::observation(user(1), 100));
  backlog->settle(user(1), kNoon + Micros(99));  // asks for nothing that waits
  backlog->settle(user(2), kNoon + Micros(100));
  CHECK(backlog->size() == 2);  // with what the worker is busy with
  busy.let_go();
}

STORE_TEST("work that fails is told and the rest is stored") {
  Observed observed(store);
  auto backlog = observed.backlog();
  for (const std::int64_t number : {1, 1, 2}) backlog->add(user(1), kNoon, Observed::observation(user(1), number));
  backlog->add(user(2), kNoon, [](Transaction&) { throw std::runtime_error("no more paper"); });
  backlog.reset();
  CHECK(observed.stored() == 2);
  REQUIRE(observed.told.size() == 2);
  CHECK((observed.told[0].ends_with("no more paper") || observed.told[1].ends_with("no more paper")));
}

STORE_TEST("whoever adds, takes and settles at the same time, everything is stored once") {
  Observed observed(store);
  auto backlog = observed.backlog();
  constexpr int kThreads = 6;
  constexpr int kRounds = 60;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::minstd_rand random(static_cast<unsigned>(thread) + 1);
      for (int round = 0; round < kRounds; ++round) {
        const Uuid theirs = user(random() % 4);
        const std::int64_t number = thread * kRounds + round;
        backlog->add(theirs, kNoon, Observed::observation(theirs, number));
        switch (random() % 3) {
          case 0:
            backlog->settle(theirs, kNoon);
            break;
          case 1:
            backlog->give_back(theirs, backlog->take(theirs));
            break;
          default: {
            const auto taken = backlog->take(theirs);
            if (taken.empty()) break;
            const auto db = observed.world.engine->store().begin(Mode::write);
            backlog->perform(taken, *db);
            db->commit();
          }
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  backlog.reset();
  CHECK(observed.stored() == kThreads * kRounds);
  CHECK(observed.told.empty());
}
