// Stores for tests: a migrated file in a folder of its own or a database of its own, gone with the fixture.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "ignition/storage.hpp"
#include "storage/schema.hpp"
#include "storage/sqlite_store.hpp"
#include "support/postgres.hpp"

namespace ignition::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ignition-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline const Instant kNow = Instant::parse("2026-03-01T12:00:00Z").value();

inline Uuid id_of(int n) {
  Uuid id;
  id.bytes[0] = 0x10;
  id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

// Options for tests: no waiting for the disk, short waits for others, and no lines on standard error.
inline StoreOptions quick() {
  StoreOptions options;
  options.durability = StoreOptions::Durability::off;
  options.busy_timeout_ms = 20000;
  options.pool_min_idle = 0;
  options.log = [](std::string_view) {};
  return options;
}

inline void add_user(Transaction& db, const Uuid& user) {
  constexpr Sql kInsert{"INSERT INTO users (id, email, created_at, updated_at) VALUES ($1, $2, $3, $3)"};
  db.execute(kInsert, user, user.text() + "@example.org", kNow);
}

// Where a store of a test lies.
enum class Place : std::uint8_t { file, memory, server };
using InFile = std::integral_constant<Place, Place::file>;
using InMemory = std::integral_constant<Place, Place::memory>;
using OnServer = std::integral_constant<Place, Place::server>;

// A migrated store with users 1 and 2.
struct Fixture {
  explicit Fixture(StoreOptions options = quick(), Place place = Place::file) {
    if (place == Place::server) database.emplace();
    store = Store::open(place == Place::server   ? database->address()
                        : place == Place::memory ? "sqlite::memory:"
                                                 : "sqlite:" + folder.file("test.db"),
                        options);
    store->migrate_up(kNow);
    const auto db = store->begin(Mode::write);
    add_user(*db, id_of(1));
    add_user(*db, id_of(2));
    db->commit();
  }

  TemporaryFolder folder;
  std::optional<MigratedDatabase> database;
  std::unique_ptr<Store> store;
};

// The error that `work` throws; none is a failure of the test.
template <class Work>
Error error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  FAIL("nothing was thrown");
  return {Code::INTERNAL, ""};
}

}  // namespace ignition::test
