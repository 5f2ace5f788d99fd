#include "ignition/storage.hpp"
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

std::unique_ptr<Store> Store::open(std::string_view url, const StoreOptions& options) {
  if (url.starts_with(kSqlite)) return storage::open_sqlite(sqlite_file(url), options);
  throw invalid("store_url", "invalid_format", "must begin with sqlite:");
}

}  // namespace ignition
