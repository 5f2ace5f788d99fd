// One connection to a PostgreSQL server: session settings, prepared statements, typed parameters, rows, COPY, and
// errors in the library's words.
#pragma once

#include <pqxx/connection>
#include <pqxx/errorhandler>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ignition/storage.hpp"
#include "storage/rights.hpp"

namespace ignition::storage {

// The settings of data-model rule 11.4 that hold for a session (`SET`) or for a transaction (`SET LOCAL`).
std::string settings(std::string_view set, const StoreOptions& options);

// For one thread at a time.
class PostgresConnection {
 public:
  using Clock = std::chrono::steady_clock;
  using OnRow = void (*)(void* target, const RowView& row);

  // Connects. Throws UNAVAILABLE `cannot_open`.
  PostgresConnection(const std::string& connection_string, const StoreOptions& options);
  // Sets the session up as data-model rule 11.4 says, before anything else. Behind a pooler that gives every
  // transaction another session, each transaction does the rest: a setting would outlive it in a session that is
  // others' next.
  void set_up(const StoreOptions& options);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Runs one statement of the program, prepared once. Returns the number of rows it changed.
  std::int64_t run(Sql sql, std::span<const Param> params, void* target, OnRow on_row, Rights rights);

  // A reading statement with its parameters and what it answered, to be asked again.
  struct Asked {
    std::string name;  // of the prepared statement
    std::vector<std::optional<std::string>> values;
    pqxx::result result;
  };
  Asked ask(Sql sql, std::span<const Param> params, void* target, OnRow on_row);
  // Runs `first` (for example BEGIN) and the statement again in one round trip; whether it answers the same.
  bool still_answers(const Asked& asked, const std::string& first);
  // Runs statements without parameters, for example BEGIN, in one round trip.
  void command(const std::string& sql);
  // COMMIT. When the connection is lost under it, nobody knows whether it was done: UNAVAILABLE `outcome_unknown`.
  void commit();
  // Inserts described rows by COPY.
  void copy(const TypeInfo& row, std::string_view table, std::span<const void* const> rows);

  // True when a statement was refused: in a transaction the server takes nothing more until it is rolled back, wholly
  // or to a savepoint.
  bool refused() const { return refused_; }
  // Rolls back by `how`; "" when no transaction is open.
  void roll_back(const std::string& how);

  // False once the connection is lost; it never comes back.
  bool alive() const { return connection_.is_open(); }
  // Looks at the socket of an idle connection, without a round trip: a server that went away has said so there.
  bool silent() const;
  // How long the server may leave a call without an answer; 0 = for ever. At first a little longer than the server's
  // own limit of a statement, so that only a network that was cut reaches it.
  void limit(std::chrono::milliseconds time) { limit_ = time; }
  std::chrono::milliseconds limit() const { return limit_; }
  // From any thread: ends the call that has reached its limit as UNAVAILABLE `too_slow`, and the connection with it.
  void cut_when_due(Clock::time_point now);
  int server_version() const { return connection_.server_version(); }
  Clock::time_point made_at() const { return made_at_; }

  template <class Row, class... Args>
  std::vector<Row> query(Sql sql, const Args&... args) {
    const std::array<Param, sizeof...(Args)> params{detail::to_param(args)...};
    std::vector<Row> rows;
    const OnRow append = [](void* target, const RowView& view) {
      read_row(view, type_info<Row>, &static_cast<std::vector<Row>*>(target)->emplace_back());
    };
    run(sql, params, &rows, append, Rights::read);
    return rows;
  }

 private:
  static constexpr Clock::rep kNever = std::numeric_limits<Clock::rep>::max();
  using Values = std::vector<std::optional<std::string>>;
  struct Statement {
    std::string text;   // the program's
    std::string types;  // one letter per parameter
    std::string typed;  // the text with the types of its parameters
    std::string name;   // of the prepared statement; "" = not prepared
    bool writes = false;
  };

  Statement make(std::string_view text, std::string types);
  Statement& prepared(Sql sql, std::string types);
  // The statement that fits the parameters, whose texts go to `values`.
  const Statement& bound(Sql sql, std::span<const Param> params, Rights rights, Values& values);
  pqxx::result execute(const Statement& statement, const Values& values);
  // Runs `work` and turns what libpqxx throws into Errors.
  template <class Work>
  auto guarded(std::string_view sql, Work work);

  pqxx::connection connection_;
  pqxx::quiet_errorhandler quiet_;
  std::unique_ptr<pqxx::nontransaction> session_;
  std::unordered_map<const char*, std::vector<Statement>> statements_;  // by the address of the program's text
  Statement once_;  // the last one that is not kept
  int named_ = 0;
  std::chrono::milliseconds limit_;
  std::atomic<Clock::rep> due_ = kNever;  // when the running call has reached its limit
  std::atomic<bool> cut_ = false;
  // A second descriptor of the socket, which libpq does not close behind the back of cut_when_due.
  struct Descriptor {
    explicit Descriptor(int of);
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    const int number;
  } socket_;
  bool refused_ = false;
  const bool prepares_;
  const std::function<void(std::string_view)> log_;
  const Clock::time_point made_at_ = Clock::now();
};

}  // namespace ignition::storage
