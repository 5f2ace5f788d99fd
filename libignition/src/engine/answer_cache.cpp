#include "ignition/answer_cache.hpp"

namespace ignition {

std::shared_ptr<const CachedAnswer> AnswerCache::find(const Uuid& user, std::string_view view, std::int64_t revision,
                                                      std::int64_t flags_version, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(Key{user, std::string(view)});
  if (found == index_.end()) return nullptr;
  const auto& answer = *found->second->answer;
  const bool holds =
      answer.revision == revision && answer.flags_version == flags_version && answer.from <= now && now < answer.until;
  if (!holds) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->answer;
}

bool AnswerCache::knows(const Uuid& user, std::string_view view) {
  const std::lock_guard lock(mutex_);
  return index_.contains(Key{user, std::string(view)});
}

void AnswerCache::put(const Uuid& user, std::string_view view, std::shared_ptr<const CachedAnswer> answer) {
  const std::lock_guard lock(mutex_);
  Key key{user, std::string(view)};
  if (const auto found = index_.find(key); found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    found->second->answer = std::move(answer);
    return;
  }
  entries_.push_front({key, std::move(answer)});
  index_.emplace(std::move(key), entries_.begin());
  if (entries_.size() <= capacity_) return;
  index_.erase(entries_.back().key);
  entries_.pop_back();
}

}  // namespace ignition
