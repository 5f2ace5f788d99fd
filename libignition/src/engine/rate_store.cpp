#include "ignition/rate_store.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "ignition/sha256.hpp"

namespace ignition {
namespace {

constexpr std::size_t kShards = 16;

RateKey hashed(std::string_view bytes) {
  RateKey out;
  const Sha256 hash = sha256(bytes);
  std::copy_n(hash.begin(), out.bytes.size(), out.bytes.begin());
  return out;
}

std::string_view text_of(const RateKey& key) {
  return {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()};
}

}  // namespace

RateKey RateKey::of_address(std::span<const std::uint8_t> bytes) {
  RateKey out;
  if (bytes.size() == 4) {
    std::ranges::copy(bytes, out.bytes.end() - 4);
    out.bytes[10] = out.bytes[11] = 0xFF;  // as an IPv4-mapped IPv6 address, which no network of IPv6 is
  } else {
    std::copy_n(bytes.begin(), std::min<std::size_t>(8, bytes.size()), out.bytes.begin());
  }
  return out;
}

RateKey RateKey::of_address(std::string_view text) {
  const std::string address(text);
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return of_address(std::span(bytes).first(4));
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return of_address(std::span(bytes));
  return of_text(text);
}

RateKey RateKey::of_text(std::string_view text) { return hashed(text); }

RateKey RateKey::with(const RateKey& other) const {
  std::string both(text_of(*this));
  both += text_of(other);
  return hashed(both);
}

namespace {

struct Owner {
  std::string_view rate_class;
  RateKey key;
  friend bool operator==(const Owner&, const Owner&) = default;
};

struct OwnerHash {
  std::size_t operator()(const Owner& owner) const {
    std::uint64_t words[2];
    std::memcpy(words, owner.key.bytes.data(), sizeof words);
    const std::uint64_t name = std::hash<std::string_view>()(owner.rate_class);
    std::uint64_t h = (words[0] ^ (words[1] + name)) * 0x9E3779B97F4A7C15U;
    h = (h ^ (h >> 32U) ^ words[1]) * 0xD6E8FEB86659FD93U;
    return h ^ (h >> 32U);
  }
};

}  // namespace

struct MemoryRates::Shard {
  struct Entry {
    Owner owner;
    rules::RateState state;
  };
  std::mutex mutex;
  std::list<Entry> entries;  // who asked last comes first
  std::unordered_map<Owner, std::list<Entry>::iterator, OwnerHash> by_owner;
};

MemoryRates::MemoryRates(std::size_t most_keys)
    : most_in_shard_(std::max<std::size_t>(1, most_keys / kShards)), shards_(std::make_unique<Shard[]>(kShards)) {}

MemoryRates::~MemoryRates() = default;

MemoryRates::Shard& MemoryRates::shard_of(std::string_view rate_class, const RateKey& key) const {
  return shards_[OwnerHash()({rate_class, key}) % kShards];
}

rules::Draw MemoryRates::draw(std::string_view rate_class, const RateKey& key, const rules::Rate& rate, Instant now) {
  Shard& shard = shard_of(rate_class, key);
  const Owner owner{rate_class, key};
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_owner.find(owner);
  if (found == shard.by_owner.end()) {
    shard.entries.push_front({owner, {}});
    shard.by_owner.emplace(owner, shard.entries.begin());
    if (shard.entries.size() > most_in_shard_) {
      shard.by_owner.erase(shard.entries.back().owner);
      shard.entries.pop_back();
    }
  } else {
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  }
  return rules::draw(rate, shard.entries.front().state, now);
}

void MemoryRates::take_back(std::string_view rate_class, const RateKey& key, Instant drawn) {
  Shard& shard = shard_of(rate_class, key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_owner.find({rate_class, key});
  if (found == shard.by_owner.end()) return;
  auto& hits = found->second->state.hits;
  if (const auto hit = std::ranges::find(hits, drawn); hit != hits.end()) hits.erase(hit);
}

void MemoryRates::forget(std::string_view rate_class, const RateKey& key) {
  Shard& shard = shard_of(rate_class, key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_owner.find({rate_class, key});
  if (found == shard.by_owner.end()) return;
  shard.entries.erase(found->second);
  shard.by_owner.erase(found);
}

std::size_t MemoryRates::keys() const {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    sum += shards_[i].entries.size();
  }
  return sum;
}

}  // namespace ignition
