// A large export out of a small server (A47), and the command that writes one.
#include <sys/stat.h>

#include <fstream>

#include "process/child.hpp"
#include "support/filled_tables.hpp"

namespace ignition::process_test {
namespace {

constexpr int kTables = 40;
constexpr int kRows = 30'000;
constexpr int kRowsOfTable = 850;  // where keys other than the primary one leave room

// Tables whose users have many rows.
std::vector<Table> some_tables(Store& store) {
  std::vector<Table> all = tables_of(store);
  std::erase_if(all, [](const Table& table) {
    return !table.leaves_with_user || table.key.size() < 2 || table.key.front() != "user_id";
  });
  REQUIRE(all.size() >= kTables);
  return all;
}

// The greatest memory that the process ever had, in KiB.
int peak_memory(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoi(line.substr(6));
  }
  return 0;
}

void fill(const std::string& url) {
  const auto engine = Engine::open({.store_url = url});
  engine->call(Caller::system(), {.operation = "users.ensure_local"});
  test::BackDoor door(url);
  door.fill(some_tables(engine->store()), kLocalUser, 0, kRowsOfTable);
  // Some rows are as large as rows get.
  const std::string large(5'000, 'y');
  door.run(fmt::format("UPDATE inbox_items SET title = '{}'", large));
}

}  // namespace

TEST_CASE("30 000 rows in 40 tables leave a server that stays below 64 MiB (A47)") {
  const Folder folder;
  test::MigratedDatabase database;
  for (const std::string& url : {folder.store(), database.address()}) {
    CAPTURE(url);
    fill(url);
    Serving server(folder, {"--local"}, {.environment = {"DATABASE_URL=" + url}});
    const auto got = server.client().get("/api/v1/user/export");
    REQUIRE(got.status == 200);
    const Answered document(got.body);
    std::size_t rows = 0;
    int tables = 0;
    for (const std::string& table : document["data"].keys()) {
      const std::size_t n = document["data"][table].size();
      rows += n;
      tables += n > 0 ? 1 : 0;
    }
    CHECK(tables >= kTables);
    CHECK(rows >= kRows);
    const int peak = peak_memory(server.child().pid());
    MESSAGE(got.body.size() << " bytes, " << rows << " rows, peak of the server " << peak << " KiB");
    CHECK(peak > 1000);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
    CHECK(peak < 64 * 1024);
#endif
  }
}

TEST_CASE("ignition export writes the whole document, for its owner alone") {
  const Folder folder;
  ignition(folder, {"user", "create", "ada@example.org"});
  CHECK(ignition(folder, {"--user", "ada@example.org", "call", "habits.create", R"({"name":"walk"})"}).status == 0);
  const auto done = ignition(folder, {"export", "--user", "ada@example.org", "-o", folder.path("ada.json")});
  CHECK(done.status == 0);
  CHECK(done.out.empty());
  const Answered document(folder.read("ada.json"));
  CHECK(document["email"] == "ada@example.org");
  CHECK(document["data"]["habits"][0]["name"] == "walk");
  struct stat facts {};
  REQUIRE(::stat(folder.path("ada.json").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  CHECK(Answered(ignition(folder, {"export", "--user", "ada@example.org"}).out)["email"] == "ada@example.org");
  CHECK(ignition(folder, {"export", "--user", "nobody@example.org"}).status == 66);
  CHECK(ignition(folder, {"export", "--user", "ada@example.org", "-o", "/nowhere/x.json"}).status == 65);
}

}  // namespace ignition::process_test
