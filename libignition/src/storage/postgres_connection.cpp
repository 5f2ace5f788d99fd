#include "storage/postgres_connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <pqxx/result>
#include <pqxx/tablewriter>

#include "storage/postgres_error.hpp"
#include "storage/statement_text.hpp"

namespace ignition::storage {
namespace {

// Object identifiers of types, fixed in PostgreSQL's catalogue (pg_type.dat).
enum Oid : pqxx::oid {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kFloat4 = 700,
  kFloat8 = 701,
  kNumeric = 1700,
};

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// `\x0a1b`, as bytea_output = hex writes it.
void read_hex(std::string_view hex, std::string& out) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  out.clear();
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
}

// A letter and the SQL name of the type of a parameter. Texts have none: PostgreSQL infers whether the statement wants
// a text or a document there.
struct TypeOf {
  char operator()(bool) const { return 'b'; }
  char operator()(std::int64_t) const { return 'i'; }
  char operator()(double) const { return 'r'; }
  char operator()(std::string_view) const { return 't'; }
  char operator()(BytesView) const { return 'y'; }
  char operator()(const Uuid&) const { return 'u'; }
  char operator()(Instant) const { return 'z'; }
  char operator()(LocalDate) const { return 'd'; }
  char operator()(Null null) const {
    switch (null.kind) {
      case Kind::boolean:
        return (*this)(bool{});
      case Kind::integer:
        return (*this)(std::int64_t{});
      case Kind::real:
        return (*this)(double{});
      case Kind::bytes:
        return (*this)(BytesView{});
      case Kind::uuid:
        return (*this)(Uuid{});
      case Kind::instant:
        return (*this)(Instant{});
      case Kind::date:
        return (*this)(LocalDate{});
      default:
        return (*this)(std::string_view{});
    }
  }
};

std::string_view type_name(char letter) {
  switch (letter) {
    case 'b':
      return "bool";
    case 'i':
      return "int8";
    case 'r':
      return "float8";
    case 'y':
      return "bytea";
    case 'u':
      return "uuid";
    case 'z':
      return "timestamptz";
    case 'd':
      return "date";
    default:
      return {};
  }
}

// The text form of a parameter; nothing for null.
struct TextOf {
  std::optional<std::string> operator()(Null) const { return {}; }
  std::optional<std::string> operator()(bool value) const { return value ? "t" : "f"; }
  std::optional<std::string> operator()(std::int64_t value) const { return fmt::format_int(value).str(); }
  std::optional<std::string> operator()(double value) const { return fmt::format("{}", value); }
  std::optional<std::string> operator()(std::string_view value) const {
    // libpq would cut the text there.
    if (value.find('\0') != std::string_view::npos) throw Error(Code::INTERNAL, "A text to store holds a NUL.");
    return std::string(value);
  }
  std::optional<std::string> operator()(BytesView value) const {
    std::string out;
    append_hex(out, value.bytes);
    return out;
  }
  std::optional<std::string> operator()(const Uuid& value) const { return value.text(); }
  std::optional<std::string> operator()(Instant value) const { return value.text(); }
  std::optional<std::string> operator()(LocalDate value) const { return value.text(); }
};

class ResultRow final : public RowView {
 public:
  explicit ResultRow(const pqxx::result& result) : row_(result.empty() ? pqxx::row{} : result.front()) {
    for (pqxx::row::size_type column = 0; column < result.columns(); ++column) {
      types_.push_back(result.column_type(column));
    }
  }
  void move_to(const pqxx::row& row) { row_ = row; }
  int size() const override { return static_cast<int>(types_.size()); }
  Cell cell(int column) const override {
    const pqxx::field field = row_[static_cast<pqxx::row::size_type>(column)];
    if (field.is_null()) return {};
    const std::string_view text{field.c_str(), field.size()};
    switch (types_[static_cast<std::size_t>(column)]) {
      case kBool:
        return {.type = Cell::Type::integer, .integer = text == "t"};
      case kInt2:
      case kInt4:
      case kInt8:
      case kNumeric:
        return number(text);
      case kFloat4:
      case kFloat8:
        return real(text);
      case kBytea:
        read_hex(text, bytes_);
        return {.type = Cell::Type::blob, .text = bytes_};
      default:
        return {.type = Cell::Type::text, .text = text};
    }
  }

 private:
  static Cell number(std::string_view text) {
    Cell cell{.type = Cell::Type::integer};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cell.integer);
    return error == std::errc{} && end == text.data() + text.size() ? cell : real(text);
  }
  static Cell real(std::string_view text) {
    Cell cell{.type = Cell::Type::real};
    std::from_chars(text.data(), text.data() + text.size(), cell.real);
    return cell;
  }

  pqxx::row row_;
  std::vector<pqxx::oid> types_;
  mutable std::string bytes_;
};

void read_rows(const pqxx::result& result, void* target, PostgresConnection::OnRow on_row) {
  if (on_row == nullptr) return;
  ResultRow view(result);
  for (const pqxx::row& row : result) {
    view.move_to(row);
    on_row(target, view);
  }
}

// One line of COPY's text format.
std::string copy_line(std::span<const Param> params) {
  std::string out;
  for (const Param& param : params) {
    if (&param != params.data()) out += '\t';
    const auto text = std::visit(TextOf{}, param);
    if (!text) {
      out += "\\N";
      continue;
    }
    for (const char c : *text) {
      switch (c) {
        case '\\':
          out += "\\\\";
          break;
        case '\t':
          out += "\\t";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        default:
          out += c;
      }
    }
  }
  return out;
}

// How much longer than the server's limit of a statement its answer may take.
constexpr std::chrono::milliseconds kGrace{2000};

// What a pooler that gives every transaction another session follows from one to the next.
constexpr std::string_view kFollowed =
    "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD'; SET client_encoding = 'UTF8'; "
    "SET standard_conforming_strings = on";

}  // namespace

// Every statement asks for rows of one user by an index, so one plan fits all parameters: planning Today's facts anew
// costs more than reading them.
std::string settings(std::string_view set, const StoreOptions& options) {
  return fmt::format(
      "{0} extra_float_digits = 1; {0} bytea_output = 'hex'; {0} client_min_messages = warning; "
      "{0} plan_cache_mode = force_generic_plan; {0} jit = off; {0} statement_timeout = {1}; {0} lock_timeout = {2}; "
      "{0} idle_in_transaction_session_timeout = {1}",
      set, options.statement_timeout_ms, options.lock_timeout_ms);
}

template <class Work>
auto PostgresConnection::guarded(std::string_view sql, Work work) {
  // The time of this call, over before anything is made of its failure.
  struct Watched {
    Watched(std::atomic<Clock::rep>& due_, std::chrono::milliseconds limit) : due(due_) {
      if (limit.count() > 0) due = (Clock::now() + limit).time_since_epoch().count();
    }
    ~Watched() { due = kNever; }
    std::atomic<Clock::rep>& due;
  };
  try {
    const Watched watched(due_, limit_);
    return work();
  } catch (const pqxx::sql_error& error) {
    refused_ = true;
    const Error meant = alive() ? failure(error, sql) : connection_lost();
    const bool expected = meant.code() == Code::CONFLICT || meant.code() == Code::NOT_FOUND;
    if (!expected) report(log_, error.sqlstate(), error.what(), sql);
    // What was prepared before a table was changed stays unfit.
    if (meant.reason() == "write_conflict") connection_.disconnect();
    throw meant;
  } catch (const pqxx::statement_completion_unknown& error) {
    refused_ = true;
    report(log_, "40003", error.what(), sql);
    throw outcome_unknown();
  } catch (const pqxx::transaction_rollback& error) {
    refused_ = true;
    report(log_, "40", error.what(), sql);
    throw alive() ? write_conflict() : connection_lost();
  } catch (const pqxx::broken_connection& error) {
    refused_ = true;
    report(log_, "connection", error.what(), sql);
    throw cut_ ? too_slow() : connection_lost();
  } catch (const pqxx::failure& error) {
    refused_ = true;
    report(log_, "client", error.what(), sql);
    if (!alive()) throw cut_ ? too_slow() : connection_lost();
    throw Error(Code::INTERNAL, "The database refused a statement.");
  }
}

PostgresConnection::PostgresConnection(const std::string& connection_string, const StoreOptions& options) try
    : connection_(connection_string),
      quiet_(connection_),
      limit_(options.statement_timeout_ms > 0 ? options.statement_timeout_ms + kGrace.count() : 0),
      socket_(connection_.sock()),
      prepares_(!options.transaction_pooler),
      log_(options.log) {
  // A lost connection must not come back by itself in the middle of a transaction. Later versions of libpqxx do not
  // reconnect at all and lack this function.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  session_ = std::make_unique<pqxx::nontransaction>(connection_);
} catch (const pqxx::failure& error) {
  report(options.log, "connection", error.what(), "");
  throw Error(Code::UNAVAILABLE, "The database cannot be reached.").because("cannot_open");
}

void PostgresConnection::set_up(const StoreOptions& options) {
  std::string text(kFollowed);
  if (!options.transaction_pooler) text += "; " + settings("SET", options);
  command(text);
}

PostgresConnection::Descriptor::Descriptor(int of) : number(::fcntl(of, F_DUPFD_CLOEXEC, 0)) {}

PostgresConnection::Descriptor::~Descriptor() {
  if (number >= 0) ::close(number);
}

void PostgresConnection::cut_when_due(Clock::time_point now) {
  if (now.time_since_epoch().count() < due_) return;
  cut_ = true;
  ::shutdown(socket_.number, SHUT_RDWR);
}

bool PostgresConnection::silent() const {
  pollfd socket{.fd = connection_.sock(), .events = POLLIN, .revents = 0};
  return socket.fd >= 0 && ::poll(&socket, 1, 0) == 0;
}

PostgresConnection::Statement PostgresConnection::make(std::string_view text, std::string types) {
  const std::string_view does = verb(text);
  if (does.empty()) throw Error(Code::INTERNAL, "A statement is not exactly one.");
  if (types.size() != parameter_count(text)) {
    throw Error(Code::INTERNAL, "A statement was given another number of parameters than it has.");
  }
  std::vector<std::string_view> names;
  names.reserve(types.size());
  for (const char letter : types) names.push_back(type_name(letter));
  return {.text = std::string(text),
          .types = std::move(types),
          .typed = with_types(text, names),
          .name = {},
          .writes = does != "SELECT" && does != "VALUES" && does != "SHOW" && does != "EXPLAIN"};
}

PostgresConnection::Statement& PostgresConnection::prepared(Sql sql, std::string types) {
  if (sql.once) return once_ = make(sql.text, std::move(types));
  std::vector<Statement>& all = statements_[sql.text.data()];
  for (Statement& statement : all) {
    if (statement.types == types && statement.text == sql.text) return statement;
  }
  Statement statement = make(sql.text, std::move(types));
  if (prepares_) {
    statement.name = fmt::format("s{}", ++named_);
    guarded(sql.text, [&] { connection_.prepare(statement.name, statement.typed); });
  }
  // A text that is not the program's own may lie where another lay before.
  if (!all.empty() && all.front().text != sql.text) {
    for (const Statement& old : all) {
      if (!old.name.empty()) guarded(old.text, [&] { connection_.unprepare(old.name); });
    }
    all.clear();
  }
  return all.emplace_back(std::move(statement));
}

const PostgresConnection::Statement& PostgresConnection::bound(Sql sql, std::span<const Param> params, Rights rights,
                                                               Values& values) {
  std::string types;
  values.reserve(params.size());
  for (const Param& param : params) {
    types += std::visit(TypeOf{}, param);
    values.push_back(std::visit(TextOf{}, param));
  }
  const Statement& statement = prepared(sql, std::move(types));
  if (statement.writes && rights == Rights::read) throw Error(Code::INTERNAL, "A read transaction tried to write.");
  return statement;
}

pqxx::result PostgresConnection::execute(const Statement& statement, const Values& values) {
  std::vector<const char*> texts;
  texts.reserve(values.size());
  for (const auto& value : values) texts.push_back(value ? value->c_str() : nullptr);
  return guarded(statement.text, [&] {
    const auto list = pqxx::prepare::make_dynamic_params(texts);
    return statement.name.empty() ? session_->exec_params(statement.typed, list)
                                  : session_->exec_prepared(statement.name, list);
  });
}

std::int64_t PostgresConnection::run(Sql sql, std::span<const Param> params, void* target, OnRow on_row,
                                     Rights rights) {
  Values values;
  const Statement& statement = bound(sql, params, rights, values);
  const bool writes = statement.writes;
  const pqxx::result result = execute(statement, values);
  read_rows(result, target, on_row);
  return writes ? static_cast<std::int64_t>(result.affected_rows()) : 0;
}

PostgresConnection::Asked PostgresConnection::ask(Sql sql, std::span<const Param> params, void* target, OnRow on_row) {
  Asked asked;
  const Statement& statement = bound(sql, params, Rights::read, asked.values);
  asked.name = statement.name;
  asked.result = execute(statement, asked.values);
  read_rows(asked.result, target, on_row);
  return asked;
}

bool PostgresConnection::still_answers(const Asked& asked, const std::string& first) {
  std::string text = fmt::format("{}; EXECUTE {}", first, asked.name);
  for (std::size_t i = 0; i < asked.values.size(); ++i) {
    const auto& value = asked.values[i];
    text += fmt::format("{}{}", i == 0 ? "(" : ", ", value ? connection_.quote(*value) : "NULL");
  }
  if (!asked.values.empty()) text += ")";
  return guarded(text, [&] { return session_->exec(text); }) == asked.result;
}

void PostgresConnection::command(const std::string& sql) {
  guarded(sql, [&] { session_->exec(sql); });
}

void PostgresConnection::roll_back(const std::string& how) {
  if (!how.empty()) command(how);
  refused_ = false;
}

void PostgresConnection::commit() {
  try {
    command("COMMIT");
  } catch (const Error&) {
    if (alive()) throw;
    throw outcome_unknown();
  }
}

void PostgresConnection::copy(const TypeInfo& row, std::string_view table, std::span<const void* const> rows) {
  std::vector<std::string> columns;
  columns.reserve(row.fields.size());
  for (const Field& field : row.fields) columns.emplace_back(field.name);
  const std::string name(table);
  // Made first, for the writer completes what it has when a later row cannot be written.
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  std::vector<std::string> texts;
  for (const void* object : rows) lines.push_back(copy_line(params_of(row, object, texts)));
  guarded(name, [&] {
  // stream_to, which follows, takes only as many columns as are known when the program is compiled.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    pqxx::tablewriter writer(*session_, name, columns.begin(), columns.end());
#pragma GCC diagnostic pop
    for (const std::string& line : lines) writer.write_raw_line(line);
    writer.complete();
  });
}

}  // namespace ignition::storage
