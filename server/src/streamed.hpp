// Keeps a streamed answer until its client has taken it: a little in memory, the rest in a file without a name, which
// is gone with the program. So the operation ends at its own speed, however slow the client is, and an operation that
// fails late is still refused as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ignition::server {

// For one thread at a time.
class Spool {
 public:
  static constexpr std::size_t kInMemory = 262'144;

  Spool() = default;
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Throws UNAVAILABLE `no_room` when the file cannot be made or written.
  void append(std::string_view piece);
  std::uint64_t size() const { return size_; }
  // Takes the next `most` bytes, or those that are left, to the end of `out`; false when the file cannot be read.
  bool take(std::size_t most, std::string& out);
  bool is_taken() const { return taken_ == size_; }

 private:
  void write(std::string_view bytes);

  std::string memory_;  // everything, as long as there is no file
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace ignition::server
