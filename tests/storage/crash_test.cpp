// A process that is killed at any instant loses no write that it acknowledged.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <set>
#include <thread>

#include "fixture.hpp"

namespace ignition::test {
namespace {

constexpr Sql kAdd{"INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, 'h', $2, $2)"};
constexpr Sql kAll{"SELECT name FROM locks"};
constexpr Sql kIntegrity{"SELECT group_concat(integrity_check, ',') FROM pragma_integrity_check"};
constexpr Sql kForeignKeys{"SELECT count(*) FROM pragma_foreign_key_check"};

// Writes with several threads until it is killed; tells the number of every committed row through `acknowledge`.
[[noreturn]] void write_until_killed(const std::string& url, int acknowledge, int first) {
  StoreOptions options = quick();
  options.durability = StoreOptions::Durability::full;
  const auto store = Store::open(url, options);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::int32_t n = first + t;; n += 8) {
        const auto db = store->begin(Mode::write);
        db->execute(kAdd, std::to_string(n), kNow);
        db->commit();
        if (write(acknowledge, &n, sizeof n) != sizeof n) _exit(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  _exit(0);
}

}  // namespace

TEST_CASE("a killed process loses no acknowledged write and leaves a sound database") {
  TemporaryFolder folder;
  const std::string url = "sqlite:" + folder.file("a.db");
  Store::open(url, quick())->migrate_up(kNow);
  std::set<std::string> acknowledged;
  for (int round = 0; round < 4; ++round) {
    int channel[2];
    REQUIRE(pipe(channel) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(channel[0]);
      write_until_killed(url, channel[1], round * 1000000);
    }
    close(channel[1]);
    std::int32_t n = 0;
    for (int i = 0; i < 150 + 37 * round; ++i) {
      REQUIRE(read(channel[0], &n, sizeof n) == sizeof n);
      acknowledged.insert(std::to_string(n));
    }
    kill(child, SIGKILL);
    while (read(channel[0], &n, sizeof n) == sizeof n) acknowledged.insert(std::to_string(n));
    close(channel[0]);
    REQUIRE(waitpid(child, nullptr, 0) == child);

    const auto store = Store::open(url, quick());
    const auto db = store->begin(Mode::read);
    const auto rows = db->query<std::string>(kAll);
    const std::set<std::string> stored(rows.begin(), rows.end());
    CHECK(std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end()));
    CHECK(stored.size() == rows.size());
    CHECK(db->one<std::string>(kIntegrity) == "ok");
    CHECK(db->one<std::int64_t>(kForeignKeys) == 0);
  }
}

TEST_CASE("a process killed while it migrates leaves the schema of some migration, never one between") {
  std::set<std::string> sound{""};
  {
    const auto store = Store::open("sqlite::memory:", quick());
    for (std::size_t i = 0; i <= storage::shipped_schema().size(); ++i) {
      store->migrate_up(kNow, static_cast<int>(i));
      sound.insert(store->describe_schema());
    }
  }
  for (int round = 0; round < 12; ++round) {
    TemporaryFolder folder;
    const std::string url = "sqlite:" + folder.file("a.db");
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        Store::open(url, quick())->migrate_up(kNow);
      } catch (...) {
        _exit(1);
      }
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1500 * round));
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    const auto store = Store::open(url, quick());
    CHECK(sound.count(store->describe_schema()) == 1);
    store->migrate_up(kNow);
    CHECK(sound.count(store->describe_schema()) == 1);
    for (const Migration& migration : store->migrations()) CHECK(migration.applied);
  }
}

TEST_CASE("a file that is no database, or a damaged one, is unavailable without naming its path") {
  TemporaryFolder folder;
  {
    std::FILE* file = std::fopen(folder.file("a.db").c_str(), "wb");
    std::fputs(std::string(8192, 'x').c_str(), file);
    std::fclose(file);
  }
  const Error error = error_of([&] { Store::open("sqlite:" + folder.file("a.db"), quick()); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "damaged");
  CHECK(error.json().find("a.db") == std::string::npos);
}

}  // namespace ignition::test
