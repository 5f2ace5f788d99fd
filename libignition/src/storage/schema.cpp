#include "storage/schema.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ignition/sha256.hpp"
#include "ignition/version.hpp"

namespace ignition::storage {
namespace {

constexpr std::string_view kDown = "\n-- down\n";
constexpr std::string_view kOnly = "-- only: ";

}  // namespace

MigrationRow record_of(const SchemaFile& file, Instant now, std::chrono::steady_clock::duration took) {
  return {.version = file.version,
          .name = std::string(file.name),
          .checksum = checksum(file),
          .applied_at = now,
          .duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count(),
          .library_version = kVersion};
}

std::string checksum(const SchemaFile& file) { return hex_text(sha256(file.text)); }

std::string script(const SchemaFile& file, Direction direction, std::string_view backend) {
  const std::size_t split = file.text.find(kDown);
  if (split == std::string_view::npos) throw Error(Code::INTERNAL, "A migration has no down part.");
  std::string_view part =
      direction == Direction::up ? file.text.substr(0, split + 1) : file.text.substr(split + kDown.size());
  std::string out;
  bool ours = true;
  while (!part.empty()) {
    const std::size_t end = std::min(part.find('\n'), part.size() - 1) + 1;
    const std::string_view line = part.substr(0, end);
    part.remove_prefix(end);
    if (line.starts_with(kOnly)) {
      const std::string_view who = trimmed(line.substr(kOnly.size()));
      ours = who == "all" || who == backend;
    } else if (ours) {
      out += line;
    }
  }
  return out;
}

std::vector<Migration> reconcile(std::span<const SchemaFile> known, std::span<const AppliedMigration> applied) {
  std::vector<Migration> all;
  for (const SchemaFile& file : known) {
    all.push_back({.version = file.version, .name = std::string(file.name), .applied = false, .applied_at = {}});
  }
  for (const AppliedMigration& row : applied) {
    const auto file = std::find_if(known.begin(), known.end(), [&](const auto& f) { return f.version == row.version; });
    if (file == known.end()) {
      throw conflict("newer_schema",
                     fmt::format("The database has migration {}, which this program does not know.", row.version))
          .with("version", row.version);
    }
    if (checksum(*file) != row.checksum) {
      throw conflict("changed_migration",
                     fmt::format("The text of migration {} has changed since it was applied.", row.version))
          .with("version", row.version);
    }
    Migration& migration = all[static_cast<std::size_t>(file - known.begin())];
    migration.applied = true;
    migration.applied_at = row.applied_at;
  }
  return all;
}

}  // namespace ignition::storage
