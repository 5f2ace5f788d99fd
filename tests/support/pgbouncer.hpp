// A pooler in transaction mode before the server of the tests, gone with the object and with the program.
#pragma once

#include <csignal>
#include <filesystem>

#include "support/postgres.hpp"

namespace ignition::test {

class PgBouncer {
 public:
  // Every transaction gets any of `connections` sessions of the server.
  explicit PgBouncer(PostgresServer& server, int connections) : server_(server), folder_(server.folder() + "/pooler") {
    // The server's user owns the folder of the server.
    server_.run("mkdir -p " + folder_);
    std::ofstream(folder_ + "/pgbouncer.ini")
        << "[databases]\n* = host=" << server.folder() << " user=ignition pool_size=" << connections
        << "\n[pgbouncer]\npool_mode = transaction\nauth_type = any\nlisten_addr =\nlisten_port = 6432\n"
        << "unix_socket_dir = " << folder_ << "\nmax_client_conn = 200\nlogfile = " << folder_
        << "/log\npidfile = " << folder_ << "/pid\n";
    server_.run("/usr/sbin/pgbouncer -d " + folder_ + "/pgbouncer.ini");
  }
  ~PgBouncer() {
    pid_t pid = 0;
    if (std::ifstream(folder_ + "/pid") >> pid) ::kill(pid, SIGKILL);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PgBouncer(const PgBouncer&) = delete;
  PgBouncer& operator=(const PgBouncer&) = delete;

  std::string address(std::string_view database) const {
    return fmt::format("host={} port=6432 user=ignition dbname={}", folder_, database);
  }

 private:
  PostgresServer& server_;
  std::string folder_;
};

}  // namespace ignition::test
