// The document of everything that is stored about a user.
#include "ignition/domains/export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "ignition/domains/audit.hpp"
#include "ignition/wire.hpp"

namespace ignition::exports {
namespace {

constexpr std::size_t kPiece = 65'536;
// A page of rows is read at once: some of them for a start, then as many as such rows have made a page so far.
constexpr std::size_t kPageBytes = 262'144;
constexpr std::int64_t kFewestRows = 16;
constexpr std::int64_t kMostRows = 512;

constexpr Sql kSubject{R"sql(
  SELECT u.email, s.timezone FROM users u LEFT JOIN user_settings s ON s.user_id = u.id WHERE u.id = $1)sql"};

struct Subject {
  std::string email;
  std::optional<std::string> timezone;
};
BOOST_DESCRIBE_STRUCT(Subject, (), (email, timezone))

struct Reason {
  std::string_view of;
  std::string_view why;
};

constexpr std::string_view kSecretsOfSigningIn = "secrets of signing in, which live for minutes to days";

constexpr std::array kTablesLeftOut{
    Reason{"directory", "finds the account by hashes, and by the e-mail address and user name that users shows"},
    Reason{"mail_outbox", "mails on their way, with links that only their reader may see"},
    Reason{"oauth_exchange_codes", kSecretsOfSigningIn},
    Reason{"oauth_states", kSecretsOfSigningIn},
    Reason{"refresh_tokens", kSecretsOfSigningIn},
    Reason{"revoked_tokens", kSecretsOfSigningIn},
    Reason{"verification_tokens", kSecretsOfSigningIn},
    Reason{"webauthn_challenges", kSecretsOfSigningIn},
};

// What an entry of the log says about another person who acted on the account stays theirs.
constexpr std::array<std::string_view, 6> kOfTheActor{"actor_user_id", "session_id", "api_key_id",
                                                      "ip_address",    "user_agent", "request_id"};

std::string selected(const Table& table, const Table::Column& column) {
  if (table.name != "audit_log" || std::ranges::find(kOfTheActor, column.name) == kOfTheActor.end()) return column.name;
  return fmt::format("CASE WHEN actor_user_id IS NULL OR actor_user_id = subject_user_id THEN {} END", column.name);
}

// The columns by which the rows of one user are ordered, each row apart from the others.
std::vector<std::string> order_of(const Table& table) {
  if (table.name == "audit_log") return {"created_at", "id"};  // as its index has them
  std::vector<std::string> names = table.key;
  std::erase(names, owner_column(table));
  return names;
}

// Collects what is written into pieces.
class Pieces {
 public:
  explicit Pieces(const Sink& sink) : sink_(sink) { text_.reserve(kPiece + kPiece / 4); }
  std::string& text() { return text_; }
  void give(std::size_t from = kPiece) {
    if (text_.size() < from || text_.empty()) return;
    sink_(text_);
    text_.clear();
  }

 private:
  const Sink& sink_;
  std::string text_;
};

[[noreturn]] void mismatch() { throw Error(Code::INTERNAL, "A stored value is not of the type of its column."); }

void write_value(std::string& out, std::string_view type, const Cell& cell) {
  using Type = Cell::Type;
  if (cell.type == Type::null) {
    out += "null";
  } else if (cell.type == Type::integer) {
    if (type == "BOOLEAN") {
      out += cell.integer != 0 ? "true" : "false";
    } else {
      write_json(out, cell.integer);
    }
  } else if (cell.type == Type::real) {
    write_json(out, cell.real);
  } else if (cell.type == Type::blob) {
    mismatch();
  } else if (type == "JSONB") {
    out += cell.text;
  } else if (type == "TIMESTAMPTZ") {
    const auto instant = Instant::parse(cell.text);
    if (!instant) mismatch();
    write_json(out, *instant);
  } else {
    write_json_string(out, cell.text);
  }
}

// A value of a key, to go on behind it.
class KeyValue {
 public:
  explicit KeyValue(std::string_view type) : type_(type) {}
  void keep(const Cell& cell) {
    number_ = cell.integer;
    text_ = cell.text;
  }
  Param param() const {
    if (type_ == "UUID") return Uuid::parse(text_).value();
    if (type_ == "TIMESTAMPTZ") return Instant::parse(text_).value();
    if (type_ == "DATE") return LocalDate::parse(text_).value();
    if (type_ == "INT" || type_ == "BIGINT") return number_;
    if (type_ == "TEXT") return std::string_view(text_);
    throw Error(Code::INTERNAL, "A key has a type that rows cannot be ordered by.");
  }

 private:
  std::string_view type_;
  std::int64_t number_ = 0;
  std::string text_;
};

// Writes the rows of one user in one table, a page at a time.
class TableWriter {
 public:
  TableWriter(const Table& table, const Uuid& user, Pieces& out) : user_(user), out_(out) {
    for (const auto& column : table.columns) {
      if (!why_left_out(table, column)) columns_.push_back(&column);
    }
    const std::string_view owner = owner_column(table);
    std::vector<std::string> names;
    for (const auto* column : columns_) names.push_back(selected(table, *column));
    const auto keys = order_of(table);
    for (const auto& name : keys) {
      names.push_back(name);  // also where the row does not show it
      keys_.emplace_back(table.column(name).type);
    }
    const std::string from = fmt::format("SELECT {} FROM {} WHERE {} = $1", fmt::join(names, ", "), table.name, owner);
    if (keys.empty()) {
      first_ = from;
      return;
    }
    const std::string order = fmt::format(" ORDER BY {} LIMIT", fmt::join(keys, ", "));
    first_ = fmt::format("{}{} $2", from, order);
    std::vector<std::string> values;
    for (std::size_t i = 0; i < keys.size(); ++i) values.push_back(fmt::format("${}", i + 2));
    next_ = fmt::format("{} AND ({}) > ({}){} ${}", from, fmt::join(keys, ", "), fmt::join(values, ", "), order,
                        keys.size() + 2);
  }

  // The number of rows.
  std::int64_t write(Transaction& db) {
    std::int64_t wanted = kFewestRows;
    while (true) {
      const std::int64_t before = rows_;
      const std::uint64_t bytes_before = bytes_;
      page(db, wanted);
      const std::int64_t came = rows_ - before;
      if (keys_.empty() || came < wanted) return rows_;
      const auto of_row = static_cast<std::int64_t>((bytes_ - bytes_before) / static_cast<std::uint64_t>(came) + 1);
      wanted = std::clamp(static_cast<std::int64_t>(kPageBytes) / of_row, kFewestRows, kMostRows);
    }
  }

 private:
  void page(Transaction& db, std::int64_t wanted) {
    std::vector<Param> params{user_};
    if (rows_ > 0) {
      for (const KeyValue& key : keys_) params.push_back(key.param());
    }
    if (!keys_.empty()) params.emplace_back(wanted);
    // The texts of the parameters are in keys_, which the rows change: kept until the statement is done.
    std::vector<KeyValue> last = keys_;
    const Sql sql{.text = rows_ > 0 ? next_ : first_, .once = true};
    db.each_view(sql, params, [&](const RowView& row) {
      write_row(row);
      for (std::size_t i = 0; i < last.size(); ++i) last[i].keep(row.cell(static_cast<int>(columns_.size() + i)));
    });
    keys_ = std::move(last);
  }

  void write_row(const RowView& row) {
    std::string& text = out_.text();
    const std::size_t before = text.size();
    if (rows_++ > 0) text += ',';
    char separator = '{';
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      text += separator;
      separator = ',';
      write_json_string(text, columns_[i]->name);
      text += ':';
      write_value(text, columns_[i]->type, row.cell(static_cast<int>(i)));
    }
    text += '}';
    bytes_ += text.size() - before;
    out_.give();
  }

  const Uuid user_;
  Pieces& out_;
  std::vector<const Table::Column*> columns_;
  std::vector<KeyValue> keys_;  // of the last row, once there is one
  std::string first_;
  std::string next_;
  std::int64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
};

void write_data(Context& ctx, const Uuid& user, const std::vector<Table>& tables, Pieces& out, Manifest& manifest) {
  const auto leave_out = [&](const Table& table, std::optional<std::string> column, std::string_view why) {
    manifest.left_out.push_back({table.name, std::move(column), std::string(why)});
  };
  for (const Table& table : tables) {
    if (owner_column(table).empty()) continue;
    if (const auto why = why_left_out(table)) {
      leave_out(table, {}, *why);
      continue;
    }
    for (const auto& column : table.columns) {
      if (const auto why = why_left_out(table, column)) leave_out(table, column.name, *why);
    }
    std::string& text = out.text();
    if (!manifest.tables.entries.empty()) text += ',';
    write_json_string(text, table.name);
    text += ":[";
    manifest.tables.entries.emplace_back(table.name, TableWriter(table, user, out).write(ctx.db));
    text += ']';
    out.give();
  }
}

void own(Context& ctx, const Nothing&, const Sink& sink) { write(ctx, ctx.user, prepared_tables(ctx), sink); }

void note_own(Context& ctx, const Nothing&) { note(ctx, ctx.user); }

}  // namespace

std::optional<std::string_view> why_left_out(const Table& table) {
  const auto found = std::ranges::find(kTablesLeftOut, table.name, &Reason::of);
  if (found == kTablesLeftOut.end()) return {};
  return found->why;
}

std::optional<std::string_view> why_left_out(const Table&, const Table::Column& column) {
  const std::string_view name = column.name;
  if (name == "hash" || name.ends_with("_hash")) return "a hash";
  if (name.ends_with("_enc")) return "an encrypted secret";
  if (name.ends_with("_by") && column.type == "UUID") return "another person";
  if (column.type == "BYTEA") return "bytes that only the program reads";
  return {};
}

std::string_view owner_column(const Table& table) {
  if (table.name == "users") return "id";
  if (table.name == "audit_log") return "subject_user_id";
  return table.has("user_id") ? "user_id" : "";
}

void write(Context& ctx, const Uuid& user, const std::vector<Table>& tables, const Sink& sink) {
  const auto subject = ctx.db.maybe<Subject>(kSubject, user);
  if (!subject) throw not_found("user");
  ctx.reply.content_type = "application/json";
  ctx.reply.file_name =
      fmt::format("ignition-export-{}.json", TimeZone::or_utc(subject->timezone).wall(ctx.now).date().text());
  Pieces out(sink);
  std::string& text = out.text();
  text += fmt::format(R"({{"exported_at":"{}","format_version":{},"user_id":"{}","email":)", ctx.now.text(),
                      Document{}.format_version, user.text());
  write_json_string(text, subject->email);
  text += R"(,"data":{)";
  Manifest manifest;
  write_data(ctx, user, tables, out, manifest);
  text += R"(},"manifest":)";
  write_json(text, manifest);
  text += '}';
  out.give(0);
}

void note(Context& ctx, const Uuid& user) {
  audit::record(ctx, {.event_type = "data_export", .action = audit::Action::access, .subject = user});
}

void add_operations(Catalogue& c) {
  c.stream<Document>("user.export", Get("/user/export"), Access::any_recent, &own,
                     "Everything that is stored about the caller, as one document.")
      .notes_first(&note_own)
      .before(&tables_for<Nothing>);
}

}  // namespace ignition::exports
