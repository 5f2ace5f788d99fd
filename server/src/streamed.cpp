#include "streamed.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "ignition/error.hpp"

namespace ignition::server {
namespace {

Error no_room() { return Error(Code::UNAVAILABLE, "There is no room to prepare the answer.").because("no_room"); }

// A file without a name where large files may lie: /tmp is often memory.
int nameless_file() {
  const char* const chosen = std::getenv("TMPDIR");
  for (const char* const folder : {chosen != nullptr ? chosen : "/var/tmp", "/var/tmp", "/tmp"}) {
    const int file = ::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    // A file system that knows no nameless files.
    std::string name = std::string(folder) + "/ignition-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named < 0) continue;
    ::unlink(name.c_str());
    return named;
  }
  throw no_room();
}

}  // namespace

Spool::~Spool() {
  if (file_ >= 0) ::close(file_);
}

void Spool::append(std::string_view piece) {
  if (file_ < 0 && size_ + piece.size() > kInMemory) {
    file_ = nameless_file();
    write(memory_);
    memory_ = {};
  }
  if (file_ >= 0) {
    write(piece);
  } else {
    memory_ += piece;
  }
  size_ += piece.size();
}

void Spool::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw no_room();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool Spool::take(std::size_t most, std::string& out) {
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(most, size_ - taken_));
  if (file_ < 0) {
    out.append(memory_, static_cast<std::size_t>(taken_), n);
    taken_ += n;
    return true;
  }
  const std::size_t before = out.size();
  out.resize(before + n);
  for (std::size_t done = 0; done < n;) {
    const ssize_t came = ::pread(file_, out.data() + before + done, n - done, static_cast<off_t>(taken_));
    if (came < 0 && errno == EINTR) continue;
    if (came <= 0) {
      out.resize(before + done);
      return false;
    }
    done += static_cast<std::size_t>(came);
    taken_ += static_cast<std::uint64_t>(came);
  }
  return true;
}

}  // namespace ignition::server
