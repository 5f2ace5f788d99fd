// Answers that stay right until the user's data changes or time alone changes them.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

struct CachedAnswer {
  std::int64_t revision = 0;       // users.revision that the answer was made from
  std::int64_t flags_version = 0;  // version of the shared feature flags
  Instant from;                    // instant the answer was made for
  Instant until;                   // earliest instant at which time alone may change it
  std::string etag;
  std::string json;
};

// A view whose answers servers on one store keep for each other: what takes one of them many rows to work out is one
// row to the next.
struct SharedView {
  std::string_view name;
  std::string shape;  // of the bytes: those of another shape are not read
  void (*pack)(std::string& out, const CachedAnswer& answer);
  // Null when the bytes are no answer. What CachedAnswer says about it stands beside them.
  std::shared_ptr<CachedAnswer> (*unpack)(const Uuid& user, std::string_view bytes);
};

// Keeps the newest answer per user and view, dropping those used longest ago. Thread-safe.
class AnswerCache {
 public:
  explicit AnswerCache(std::size_t capacity = 20'000) : capacity_(capacity) {}

  // The answer, when it still holds for this revision, these flags and this instant.
  std::shared_ptr<const CachedAnswer> find(const Uuid& user, std::string_view view, std::int64_t revision,
                                           std::int64_t flags_version, Instant now);
  // Whether there is an answer, good or not.
  bool knows(const Uuid& user, std::string_view view);
  void put(const Uuid& user, std::string_view view, std::shared_ptr<const CachedAnswer> answer);

 private:
  struct Key {
    Uuid user;
    std::string view;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<Uuid>()(key.user) ^ std::hash<std::string>()(key.view);
    }
  };
  struct Entry {
    Key key;
    std::shared_ptr<const CachedAnswer> answer;
  };

  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> index_;
};

}  // namespace ignition
