// Answers that servers on one store keep for each other (SharedView), besides those that each keeps in memory: a server
// that is new, or forgot, reads one row of what another one worked out from many.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ignition/answer_cache.hpp"
#include "ignition/context.hpp"

namespace ignition {

// Thread-safe. A stored answer holds as one in memory does: for one revision, one version of the flags, a span of time;
// and for servers of one build that are configured alike. It is an observation, not an acknowledged write: it is stored
// when the user has been quiet for a moment, and when the engine is closed; otherwise it is lost, and worked out again.
class StoredAnswers {
 public:
  using Log = std::function<void(const std::string&)>;

  StoredAnswers(Store& store, const Config& config, Log log);
  ~StoredAnswers();
  StoredAnswers(const StoredAnswers&) = delete;
  StoredAnswers& operator=(const StoredAnswers&) = delete;

  // Instead of the user's earlier one, if that still waits.
  void store(const Uuid& user, std::string_view view, std::shared_ptr<const CachedAnswer> answer) noexcept;
  // Puts what is stored for those accounts of whose views `memory` knows nothing into it, with one statement.
  // `accounts`: by ascending user, at most OfUsers::kMost.
  void recall(Transaction& db, std::span<const Principal* const> accounts, AnswerCache& memory) const;

 private:
  struct Key {
    Uuid user;
    std::size_t view;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept { return std::hash<Uuid>()(key.user) + key.view; }
  };
  struct Waiting {
    std::shared_ptr<const CachedAnswer> answer;
    std::chrono::steady_clock::time_point due;
  };
  using Batch = std::vector<std::pair<Key, std::shared_ptr<const CachedAnswer>>>;

  void run();
  // What is due, or everything, as far as one transaction goes.
  Batch gather(bool everything);
  // False when the store did not take it.
  bool write(const Batch& batch) noexcept;

  Store& store_;
  const Log log_;
  std::vector<std::string> makers_;  // by view: who understands its bytes
  std::mutex mutex_;
  std::condition_variable called_;
  std::unordered_map<Key, Waiting, KeyHash> waiting_;
  bool ends_ = false;
  std::thread worker_;  // started with the first answer
};

}  // namespace ignition
