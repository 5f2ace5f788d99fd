// What the product's main jobs cost in the process: Today on a demo store, and durable writes of many threads.
//
//   measure_product today NAME STORE_URL INSTANT     the local user's Today as of INSTANT
//   measure_product cheapest                         the operation that costs least, what bindings are measured against
//   measure_product writes FOLDER                    writes per second with and without group commit
#include <atomic>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "../measure.hpp"
#include "ignition/domains/auth.hpp"
#include "ignition/domains/today.hpp"
#include "ignition/ignition.hpp"

namespace {

using namespace ignition;

constexpr Sql kUser{"SELECT id FROM users LIMIT 1"};
constexpr Sql kRaise{"UPDATE users SET revision = revision + 1 WHERE id = $1"};

void measure_today(const std::string& name, const std::string& store, std::string_view instant) {
  auto clock = std::make_shared<ManualClock>(Instant::parse(instant).value());
  const auto engine = Engine::open({.store_url = store, .clock = clock});
  const Caller me = Caller::local();
  // From a page, Today is decided anew over facts that are kept as long as nothing changes; without one, the whole
  // answer is kept; after a write, everything is read again.
  const today::GetToday from_page{.current_route = Text<0, 512>{"/today"}};
  bench::print(name.c_str(), bench::median_us(3000, [&] { engine->call(me, &today::get, from_page); }), "us");
  const auto get = [&] { engine->call(me, Call{.operation = "today.get"}); };
  const auto again = [&] {
    clock->advance(Micros(1));
    get();
  };
  bench::print((name + "_cached").c_str(), bench::median_us(3000, again), "us");
  bool on = false;
  const auto write = [&] { engine->call(me, &today::show_full, {.on = on = !on}); };
  bench::print((name + "_after_write").c_str(), bench::median_us(300, write, get), "us");
}

void measure_cheapest() {
  const auto engine = Engine::open({.store_url = "sqlite::memory:"});
  bench::print("cheapest", bench::median_us(20'000, [&] { engine->call(Caller::system(), &auth::session); }), "us");
}

double writes_per_second(const std::string& path, bool group_commit) {
  const auto store = Store::open("sqlite:" + path, {.group_commit = group_commit, .busy_timeout_ms = 60'000});
  const Uuid user = store->begin(Mode::read)->one<Uuid>(kUser);
  constexpr int kThreads = 16;
  constexpr auto kLength = std::chrono::seconds(2);
  std::atomic<int> done = 0;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (std::chrono::steady_clock::now() - begin < kLength) {
        const auto db = store->begin(Mode::write);
        db->lock_user(user);
        db->execute(kRaise, user);
        db->commit();
        ++done;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return done / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void measure_writes(const std::string& folder) {
  const std::string path = folder + "/writes.db";
  {
    const auto engine = Engine::open({.store_url = "sqlite:" + path});
    engine->call(Caller::system(), Call{.operation = "users.ensure_local"});
  }
  bench::print("sqlite.fsync_each_wps", writes_per_second(path, false), "1/s");
  bench::print("sqlite.group_commit_wps", writes_per_second(path, true), "1/s");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5 && std::strcmp(argv[1], "today") == 0) {
    measure_today(argv[2], argv[3], argv[4]);
  } else if (argc == 2 && std::strcmp(argv[1], "cheapest") == 0) {
    measure_cheapest();
  } else if (argc == 3 && std::strcmp(argv[1], "writes") == 0) {
    measure_writes(argv[2]);
  } else {
    std::fputs("usage: measure_product today NAME STORE_URL INSTANT | cheapest | writes FOLDER\n", stderr);
    return 64;
  }
  return 0;
}
