// Fills a migrated PostgreSQL database with many users by COPY. Every user gets the history of one of the models:
// stores of a local user, as `ignition demo` tells their stories, each with a weight.
//
//   populate DATABASE USERS MODEL=WEIGHT...      addresses as libpq takes them
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::string_view kModelUser = "00000000-0000-0000-0000-000000000001";
constexpr std::size_t kBuffer = 1 << 16;

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, Finish>;
using Result = std::unique_ptr<PGresult, Clear>;

Connection connected(const std::string& address) {
  Connection connection(PQconnectdb(address.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
  return connection;
}

Result run(const Connection& connection, const std::string& sql) {
  Result result(PQexec(connection.get(), sql.c_str()));
  const auto status = PQresultStatus(result.get());
  if (status == PGRES_BAD_RESPONSE || status == PGRES_FATAL_ERROR) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return result;
}

// Of users, tables by name: their columns, comma between.
std::map<std::string, std::string> user_tables(const Connection& connection) {
  const Result rows = run(connection, R"sql(
    SELECT c.table_name, string_agg(c.column_name, ', ' ORDER BY c.ordinal_position)
      FROM information_schema.columns c WHERE c.table_schema = 'public'
     GROUP BY c.table_name HAVING (bool_or(c.column_name = 'user_id') OR c.table_name = 'users')
                              AND c.table_name <> 'directory')sql");
  std::map<std::string, std::string> out;
  for (int i = 0; i < PQntuples(rows.get()); ++i) out[PQgetvalue(rows.get(), i, 0)] = PQgetvalue(rows.get(), i, 1);
  return out;
}

// A line of COPY around the places of the user's id.
using Line = std::vector<std::string>;

struct Model {
  std::size_t weight = 1;
  std::map<std::string, std::vector<Line>> rows;  // by table
};

Line around_user(std::string_view line) {
  Line parts;
  for (std::size_t at = line.find(kModelUser); at != std::string_view::npos; at = line.find(kModelUser)) {
    parts.emplace_back(line.substr(0, at));
    line.remove_prefix(at + kModelUser.size());
  }
  parts.emplace_back(line);
  return parts;
}

Model read_model(const std::string& address, const std::map<std::string, std::string>& tables, std::size_t weight) {
  const Connection connection = connected(address);
  Model model{.weight = weight, .rows = {}};
  for (const auto& [table, columns] : tables) {
    const std::string owner = table == "users" ? "id" : "user_id";
    run(connection, "COPY (SELECT " + columns + " FROM " + table + " WHERE " + owner + " = '" +
                        std::string(kModelUser) + "') TO STDOUT");
    char* line = nullptr;
    for (int size = 0; (size = PQgetCopyData(connection.get(), &line, 0)) > 0; PQfreemem(line)) {
      model.rows[table].push_back(around_user({line, static_cast<std::size_t>(size)}));
    }
    Result(PQgetResult(connection.get()));
  }
  return model;
}

std::string id_of(std::size_t user) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "018f0000-0000-7000-8000-%012zx", user);
  return text.data();
}

class Copy {
 public:
  Copy(const Connection& connection, const std::string& table, const std::string& columns) : connection_(connection) {
    run(connection_, "COPY " + table + " (" + columns + ") FROM STDIN");
  }
  void line(const Line& line, const std::string& user) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (i > 0) buffer_ += user;
      buffer_ += line[i];
    }
    if (buffer_.size() > kBuffer) flush();
  }
  void end() {
    flush();
    PQputCopyEnd(connection_.get(), nullptr);
    const Result result(PQgetResult(connection_.get()));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_.get()));
    Result(PQgetResult(connection_.get()));
  }

 private:
  void flush() {
    if (PQputCopyData(connection_.get(), buffer_.data(), static_cast<int>(buffer_.size())) != 1) {
      throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
    buffer_.clear();
  }

  const Connection& connection_;
  std::string buffer_;
};

// Gives the table the rows of all users; how many.
template <class Table>
std::size_t fill(const Connection& connection, const Table& table, const std::vector<const Model*>& turns,
                 std::size_t users) {
  const auto& [name, columns] = table;
  Copy copy(connection, name, columns);
  std::size_t rows = 0;
  for (std::size_t user = 0; user < users; ++user) {
    const auto lines = turns[user % turns.size()]->rows.find(name);
    if (lines == turns[user % turns.size()]->rows.end()) continue;
    const std::string id = id_of(user);
    for (const Line& line : lines->second) copy.line(line, id);
    rows += lines->second.size();
  }
  copy.end();
  return rows;
}

void populate(const std::string& address, std::size_t users, const std::vector<std::string>& models) {
  const Connection connection = connected(address);
  const auto tables = user_tables(connection);
  std::vector<Model> all;
  for (const std::string& model : models) {
    const std::size_t equals = model.rfind('=');
    all.push_back(read_model(model.substr(0, equals), tables, std::strtoul(model.c_str() + equals + 1, nullptr, 10)));
  }
  std::vector<const Model*> turns;
  for (const Model& model : all) turns.insert(turns.end(), model.weight, &model);
  // Every core fills the table that comes next.
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<std::size_t>> cores;
  for (unsigned core = 0; core < std::max(1U, std::thread::hardware_concurrency()); ++core) {
    cores.push_back(std::async(std::launch::async, [&] {
      const Connection own = connected(address);
      // Keys were checked by the models' stores.
      run(own, "SET session_replication_role = replica; SET synchronous_commit = off");
      std::size_t rows = 0;
      for (std::size_t i = next++; i < tables.size(); i = next++) {
        rows += fill(own, *std::next(tables.begin(), static_cast<std::ptrdiff_t>(i)), turns, users);
      }
      return rows;
    }));
  }
  std::size_t rows = 0;
  for (auto& core : cores) rows += core.get();
  run(connection, "VACUUM ANALYZE");
  run(connection, "CHECKPOINT");
  const Result size = run(connection, "SELECT pg_database_size(current_database())");
  std::printf("{\"users\":%zu,\"rows\":%zu,\"bytes\":%s}\n", users, rows, PQgetvalue(size.get(), 0, 0));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "populate DATABASE USERS MODEL=WEIGHT...\n");
    return 2;
  }
  try {
    populate(argv[1], std::strtoul(argv[2], nullptr, 10), {argv + 3, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "populate: %s\n", error.what());
    return 1;
  }
}
