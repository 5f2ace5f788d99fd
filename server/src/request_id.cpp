#include "request_id.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace ignition::server {
namespace {

constexpr char kCrockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Ids need to be unlikely to meet, not unpredictable: nothing is granted for knowing one.
std::mt19937_64& generator() {
  thread_local std::mt19937_64 engine = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return engine;
}

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

RequestId RequestId::fresh(Instant now) {
  RequestId id;
  constexpr std::string_view prefix = "req_";
  std::copy(prefix.begin(), prefix.end(), id.text_.begin());
  const auto at = [&id](std::size_t i) -> char& { return id.text_[4 + i]; };
  // 48 bits of milliseconds in 10 digits, then 80 random bits in 16.
  auto milliseconds = static_cast<std::uint64_t>(now.us / 1000);
  for (std::size_t i = 10; i-- > 0; milliseconds >>= 5) at(i) = kCrockford[milliseconds & 31];
  std::uint64_t high = generator()();
  std::uint64_t low = generator()();
  for (std::size_t i = 10; i < 18; ++i, high >>= 5) at(i) = kCrockford[high & 31];
  for (std::size_t i = 18; i < 26; ++i, low >>= 5) at(i) = kCrockford[low & 31];
  id.size_ = 30;
  return id;
}

RequestId RequestId::kept(std::string_view text, Instant now) {
  if (text.size() < 8 || text.size() > 64 || !std::all_of(text.begin(), text.end(), is_plain)) return fresh(now);
  RequestId id;
  std::copy(text.begin(), text.end(), id.text_.begin());
  id.size_ = text.size();
  return id;
}

}  // namespace ignition::server
