// Every statement that an operation ran in this program so far, collected while other tests run it.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace ignition::test {

class StatementLog {
 public:
  void note(std::string_view operation, std::string_view statement) {
    const std::scoped_lock lock(mutex_);
    auto known = all_.find(statement);
    if (known == all_.end()) known = all_.emplace(std::string(statement), std::set<std::string, std::less<>>()).first;
    if (known->second.find(operation) == known->second.end()) known->second.emplace(operation);
  }
  // The operations that ran it, by its text.
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> all() const {
    const std::scoped_lock lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> all_;
};

inline StatementLog& statement_log() {
  static StatementLog log;
  return log;
}

}  // namespace ignition::test
