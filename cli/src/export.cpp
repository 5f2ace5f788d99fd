#include "export.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace ignition::cli {
namespace {

constexpr Call kExport{.operation = "user.export"};
constexpr std::uint64_t kToldEvery = 1'048'576;  // bytes

// Tells on a terminal how far it got.
class Progress {
 public:
  void add(std::size_t bytes) {
    bytes_ += bytes;
    if (!shown_ || bytes_ < told_ + kToldEvery) return;
    told_ = bytes_;
    std::cerr << fmt::format("\r{:.1f} MB", static_cast<double>(bytes_) / 1e6) << std::flush;
  }
  void end(const std::string& where) {
    if (shown_) std::cerr << fmt::format("\r{:.1f} MB{}\n", static_cast<double>(bytes_) / 1e6, where);
  }

 private:
  const bool shown_ = isatty(STDERR_FILENO) == 1;
  std::uint64_t bytes_ = 0;
  std::uint64_t told_ = 0;
};

Error unwritable() { return Error(Code::UNAVAILABLE, "The export cannot be written.").because("output_lost"); }

void write(Session& session, const Caller& caller, std::ostream& out, Progress& progress) {
  session.engine().stream(caller, kExport, [&](std::string_view piece) {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!out) throw unwritable();
    progress.add(piece.size());
  });
  if (!out.flush()) throw unwritable();
}

// The file appears when it is whole; nobody else may read it.
void write_file(Session& session, const Caller& caller, const std::string& path, Progress& progress) {
  const std::string part = path + ".part";
  try {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    if (!file) throw invalid("FILE", "cannot_write", fmt::format("cannot write {}", path));
    std::filesystem::permissions(part, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    write(session, caller, file, progress);
    file.close();
    std::filesystem::rename(part, path);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    throw;
  }
}

}  // namespace

void add_export(CLI::App& app, GlobalOptions& global) {
  auto file = std::make_shared<std::string>();
  auto* command = app.add_subcommand("export", "Write everything that is stored about the user as JSON");
  command->add_option("-o,--output", *file, "File (default: standard output)");
  command->callback([file, &global] {
    Session session(global);
    const Caller& caller = session.caller(global.user);
    Progress progress;
    if (file->empty() || *file == "-") {
      write(session, caller, std::cout, progress);
      progress.end("");
    } else {
      write_file(session, caller, *file, progress);
      progress.end(" in " + *file);
    }
  });
}

}  // namespace ignition::cli
