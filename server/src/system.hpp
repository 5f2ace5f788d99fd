// What the server says about itself: health, readiness and version (rules 2.6 and R53).
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "ignition/engine.hpp"

namespace ignition::server {

struct DatabaseState {
  enum class Answer : std::uint8_t { disabled, ok, down };
  Answer answer = Answer::disabled;
  std::int64_t schema_version = 0;
  int pending_migrations = 0;
};

// The probe's newest result. Thread-safe.
class DatabaseProbe {
 public:
  DatabaseProbe(Engine* engine, std::chrono::milliseconds lifetime) : engine_(engine), lifetime_(lifetime) {}

  // The state, when it was asked for not long ago.
  std::optional<DatabaseState> recent() const;
  // Asks the database; as slow as the database is.
  DatabaseState ask();
  // To be called when an answer did not come in time.
  DatabaseState give_up() const;

 private:
  Engine* engine_;
  std::chrono::milliseconds lifetime_;
  mutable std::mutex mutex_;
  DatabaseState state_;
  std::chrono::steady_clock::time_point until_{};
};

struct SystemReply {
  int status = 200;
  std::string json;
};

SystemReply health_reply(const DatabaseState& database, Instant now);
SystemReply ready_reply(const DatabaseState& database, bool stopping);
std::string version_json(std::int64_t schema_version);

// The OpenAPI document, made when somebody first asks for it. Thread-safe.
class ApiDocument {
 public:
  explicit ApiDocument(const Catalogue& catalogue) : catalogue_(catalogue) {}
  const Answer& get();  // with its entity tag

 private:
  const Catalogue& catalogue_;
  std::once_flag once_;
  Answer answer_;
};

}  // namespace ignition::server
