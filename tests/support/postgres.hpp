// PostgreSQL for tests: a server of the test program's own, on a socket in a temporary folder, gone with the program
// however it ends. It is started when the first test asks for it, by a user without rights when root runs the tests.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ignition/storage.hpp"

namespace ignition::test {

class PostgresServer {
 public:
  PostgresServer() {
    binaries_ = find_binaries();
    std::string name = (std::filesystem::temp_directory_path() / "ignition-pg-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("PostgreSQL for tests: no temporary folder");
    folder_ = name;
    if (geteuid() == 0) give_away();
    guard();
    run(fmt::format("{}/initdb -D {}/data -U ignition --auth=trust --encoding=UTF8 --locale=C --no-sync", binaries_,
                    folder_));
    // Tests that pull the plug ask for durable commits by themselves.
    std::ofstream(folder_ + "/data/postgresql.auto.conf", std::ios::app)
        << "listen_addresses = ''\nunix_socket_directories = '" << folder_
        << "'\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\nmax_connections = 200\n"
           "shared_buffers = 64MB\nautovacuum = off\nwal_level = minimal\nmax_wal_senders = 0\nmax_wal_size = 4GB\n"
           "checkpoint_timeout = 1h\nlog_min_messages = fatal\nlc_messages = 'C'\n";
    start();
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start() { run(fmt::format("{}/pg_ctl -D {}/data -w -t 60 -l {}/log start", binaries_, folder_, folder_)); }
  // `mode`: smart, fast, or immediate, which pulls the plug.
  void stop(std::string_view mode) {
    quiet_.reset();
    admin_.reset();
    run(fmt::format("{}/pg_ctl -D {}/data -w -m {} stop", binaries_, folder_, mode));
  }

  // Keywords for a database of this server.
  std::string address(std::string_view database) const {
    return fmt::format("host={} user=ignition dbname={}", folder_, database);
  }
  const std::string& folder() const { return folder_; }
  const std::string& binaries() const { return binaries_; }

  // Runs SQL in the database `postgres`.
  void sql(const std::string& text) {
    if (!admin_ || !admin_->is_open()) {
      admin_.emplace(address("postgres"));
      quiet_.emplace(*admin_);
    }
    pqxx::nontransaction(*admin_).exec(text);
  }
  // A new database, a copy of `base`; its name.
  std::string create(std::string_view base = "template0") {
    static std::atomic<int> count = 0;
    const std::string name = fmt::format("t{}", ++count);
    sql(fmt::format("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' LOCALE 'C' STRATEGY {}", name, base,
                    base == "template0" ? "wal_log" : "file_copy"));
    return name;
  }
  void drop(std::string_view name) { sql(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)); }

  // Runs a program as the server's user; throws with what it printed when it fails.
  void run(const std::string& command) const {
    const std::string file = folder_ + "/output";
    const std::string as = geteuid() == 0 ? "setpriv --reuid=" + std::to_string(owner_) +
                                                " --regid=" + std::to_string(group_) + " --clear-groups -- "
                                          : "";
    if (std::system(("cd / && " + as + command + " >" + file + " 2>&1 </dev/null").c_str()) == 0) return;
    std::stringstream printed;
    printed << std::ifstream(file).rdbuf();
    throw std::runtime_error("PostgreSQL for tests: this failed: " + command + "\n" + printed.str());
  }

 private:
  // The newest server that Debian, or the PATH, has.
  static std::string find_binaries() {
    const auto holds_server = [](const std::filesystem::path& folder) {
      return std::filesystem::exists(folder / "initdb") && std::filesystem::exists(folder / "pg_ctl");
    };
    int newest = 0;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
      if (!holds_server(version.path() / "bin")) continue;
      newest = std::max(newest, std::atoi(version.path().filename().c_str()));
    }
    if (newest >= 15) return fmt::format("/usr/lib/postgresql/{}/bin", newest);
    std::stringstream path(std::getenv("PATH") == nullptr ? "" : std::getenv("PATH"));
    for (std::string folder; std::getline(path, folder, ':');) {
      if (holds_server(folder)) return folder;
    }
    throw std::runtime_error("The tests need a PostgreSQL server of version 15 or newer; scripts/setup installs it.");
  }

  // The server refuses to run as root.
  void give_away() {
    const passwd* user = ::getpwnam("postgres");
    if (user == nullptr) user = ::getpwnam("nobody");
    if (user == nullptr) throw std::runtime_error("PostgreSQL for tests: no user to run the server");
    owner_ = user->pw_uid;
    group_ = user->pw_gid;
    if (::chown(folder_.c_str(), owner_, group_) != 0) throw std::runtime_error("PostgreSQL for tests: chown failed");
  }

  // A shell that ends the server and removes its folder once nobody holds the other end of its input: when this program
  // has ended, even if it was killed.
  void guard() const {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("PostgreSQL for tests: no pipe");
    const std::string script = fmt::format(
        "read x; test -f {0}/pooler/pid && kill -KILL $(cat {0}/pooler/pid); test -f {0}/data/postmaster.pid && kill "
        "-QUIT $(head -1 {0}/data/postmaster.pid); "
        "for i in 1 2 3 4 5 6 7 8 9; do test -f {0}/data/postmaster.pid || break; sleep 0.1; done; rm -rf {0}",
        folder_);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("PostgreSQL for tests: no process");
    if (child == 0) {
      ::setsid();
      ::dup2(ends[0], 0);
      const int nowhere = ::open("/dev/null", O_WRONLY);
      ::dup2(nowhere, 1);
      ::dup2(nowhere, 2);
      ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[0]);  // the other end stays open for as long as the program lives
  }

  std::string binaries_;
  std::string folder_;
  uid_t owner_ = 0;
  gid_t group_ = 0;
  std::optional<pqxx::connection> admin_;
  std::optional<pqxx::quiet_errorhandler> quiet_;
};

// The server of this program. It is never destroyed, so that static objects may use it to the end; guard() ends it.
inline PostgresServer& postgres_server() {
  static auto& server = *new PostgresServer();
  return server;
}

// A database of its own, gone with the object. Copies `base`, which nobody may be connected to.
class PostgresDatabase {
 public:
  explicit PostgresDatabase(std::string_view base = "template0") : name_(postgres_server().create(base)) {}
  ~PostgresDatabase() { postgres_server().drop(name_); }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  const std::string& name() const { return name_; }
  std::string address() const { return postgres_server().address(name_); }

 private:
  std::string name_;
};

// Options for stores on it: no connections beside those that a test uses.
inline StoreOptions quick_postgres() {
  StoreOptions options;
  options.pool_min_idle = 0;
  return options;
}

// A migrated, empty database. It is emptied and used again, which costs a hundredth of a new copy, unless the test has
// changed its schema.
class MigratedDatabase {
 public:
  MigratedDatabase() : used_(take()) {}
  ~MigratedDatabase() {
    if (empty() == used_.objects) spare().push_back(std::move(used_));
  }
  MigratedDatabase(const MigratedDatabase&) = delete;
  MigratedDatabase& operator=(const MigratedDatabase&) = delete;

  std::string address() const { return used_.database->address(); }

 private:
  struct Used {
    std::unique_ptr<PostgresDatabase> database;
    std::string objects;  // how many tables, columns, constraints, triggers and functions it has
  };
  static std::vector<Used>& spare() {
    // Never destroyed: they go with the server.
    static auto& all = *new std::vector<Used>();
    return all;
  }

  static Used take() {
    if (!spare().empty()) {
      Used used = std::move(spare().back());
      spare().pop_back();
      return used;
    }
    static const std::string base = [] {
      const std::string name = postgres_server().create();
      Store::open(postgres_server().address(name), quick_postgres())->migrate_up(Instant{});
      return name;
    }();
    Used used{std::make_unique<PostgresDatabase>(base), {}};
    pqxx::connection connection(used.database->address());
    used.objects = objects_in(connection);
    return used;
  }

  static std::string objects_in(pqxx::connection& connection) {
    constexpr const char* kCount = R"sql(
      SELECT concat_ws(' ', (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped),
                       (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger),
                       (SELECT count(*) FROM pg_proc)))sql";
    return pqxx::nontransaction(connection).exec1(kCount)[0].as<std::string>();
  }

  std::string empty() const {
    pqxx::connection connection(used_.database->address());
    pqxx::nontransaction(connection).exec(R"sql(
      SET session_replication_role = replica;  -- neither triggers nor foreign keys
      DO $$
      DECLARE name text; used boolean;
      BEGIN
        FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
          EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', name) INTO used;
          IF used AND name <> 'schema_migrations' THEN EXECUTE format('DELETE FROM %I', name); END IF;
        END LOOP;
      END $$)sql");
    return objects_in(connection);
  }

  Used used_;
};

}  // namespace ignition::test
