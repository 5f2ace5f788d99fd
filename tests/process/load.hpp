// Load on a server of the local user: several connections that write, each remembering what it asked for and what it
// was told. What is asked for leaves facts in the store, made so that a lost or doubled write shows.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "process/child.hpp"

namespace ignition::process_test {

// The clock of servers under load stands, so that no day ends in the middle of a test.
inline constexpr const char* kLoadNow = "2026-03-10T09:00:00Z";

// What stands in a store, in words: "session s-0-17", "done h-3-2"; a repetition of the counting habit each time anew.
using Facts = std::multiset<std::string>;

struct Deed {
  std::string operation;
  std::string target;  // below /api/v1
  std::string body;    // over HTTP
  std::string input;   // by name: the body and what stands in the path
  std::string key;     // Idempotency-Key
  std::string fact;    // what it leaves
  int status = 0;      // as answered; 0 = no answer came
  std::string answer{};

  bool done() const { return status == 200 || status == 201; }
};

class Load {
 public:
  static constexpr int kConnections = 6;

  explicit Load(std::uint16_t port);
  ~Load() { join(); }

  // Sets all connections to work, each until the server no longer answers.
  void begin();
  // Waits until they have ended.
  void join();

  // Of all connections; each one's in the order in which it asked.
  std::vector<Deed>& deeds() { return deeds_; }
  // The facts of deeds that were answered with success, and of all.
  Facts acknowledged() const;
  Facts asked() const;
  // What the store holds of them.
  Facts stored(Engine& engine) const;
  // Answers that broke off, and refusals that nothing explains.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void work(int connection);
  std::vector<Deed> next(int connection, int n) const;
  Deed ask(Client& client, Deed deed);
  void keep(Deed deed);

  std::uint16_t port_;
  std::string counter_;  // id of the habit that counts repetitions
  std::mutex mutex_;
  std::vector<Deed> deeds_;
  std::vector<std::string> faults_;
  std::vector<std::thread> threads_;
};

// Proves that the store is sound: pages, foreign keys, ledger, at most one live session.
void check_sound(Engine& engine);

// An operation of the local user that must succeed.
Answered call(Engine& engine, std::string_view operation, std::string_view input = "{}");

}  // namespace ignition::process_test
