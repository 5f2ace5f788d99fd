// Hashes of passwords: Argon2id version 1.3 (RFC 9106), kept as PHC texts (rule R3).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace ignition {

class Counts;

// What one hash costs.
struct PasswordCost {
  std::uint32_t memory_kib = 19'456;
  std::uint32_t time = 2;
  std::uint32_t parallelism = 1;
  friend bool operator==(const PasswordCost&, const PasswordCost&) = default;
};

// `$argon2id$v=19$m=...,t=...,p=...$salt$tag` with a tag of 32 bytes.
std::string hash_password(std::string_view password, std::span<const std::uint8_t, 16> salt, const PasswordCost& cost);

// Whether the hash was made of this password; false also for a text that is no such hash.
bool is_password(std::string_view password, const std::string& hash);

// Whether the hash was made at another cost than this one, and should be made anew when the password is known.
bool is_outdated(std::string_view hash, const PasswordCost& cost);

// Lets few hashes run at once, for each takes a core and its memory. The others wait in turn; when too many wait
// already, run() throws UNAVAILABLE `overloaded`. Thread-safe.
class HashQueue {
 public:
  // `counts`: how long hashes take is counted there; null = nowhere.
  explicit HashQueue(int at_once, int longest = 64, Counts* counts = nullptr)
      : at_once_(at_once), longest_(longest), counts_(counts) {}
  void run(const std::function<void()>& work);

 private:
  void leave();

  const int at_once_;
  const int longest_;
  Counts* const counts_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int running_ = 0;
  int waiting_ = 0;
};

}  // namespace ignition
