#include "ignition/storage.hpp"
#include "storage/postgres_address.hpp"
#include "storage/postgres_store.hpp"
#include "storage/sqlite_store.hpp"

namespace ignition {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// `sqlite:path` and `sqlite:///absolute/path`.
storage::SqliteFile sqlite_file(std::string_view url) {
  std::string_view path = url.substr(kSqlite.size());
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty() || (path.starts_with(':') && path != ":memory:")) {
    throw invalid("store_url", "invalid_format", "must name a file, for example sqlite:ignition.db");
  }
  return {std::string(path)};
}

}  // namespace

Error write_conflict() {
  return Error(Code::UNAVAILABLE, "Another write came in between. Try again.").because("write_conflict");
}

bool may_run_again(const Error& error) {
  return error.code() == Code::UNAVAILABLE &&
         (error.reason() == "write_conflict" || error.reason() == "connection_lost");
}

std::int64_t Transaction::run_timed(Sql sql, std::span<const Param> params, void* target, OnRow on_row) {
  const auto began = std::chrono::steady_clock::now();
  const std::int64_t changed = run_statement(sql, params, target, on_row);
  durations_->push_back(std::chrono::steady_clock::now() - began);
  return changed;
}

std::unique_ptr<Store> Store::open(std::string_view url, const StoreOptions& options) {
  if (url.starts_with(kSqlite)) return storage::open_sqlite(sqlite_file(url), options);
  if (storage::is_postgres_address(url)) return storage::open_postgres(url, options);
  throw invalid("store_url", "invalid_format", "must begin with sqlite:, postgres:// or postgresql://");
}

}  // namespace ignition
