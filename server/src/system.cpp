#include "system.hpp"

#include <algorithm>

#include "ignition/openapi.hpp"
#include "ignition/sha256.hpp"
#include "ignition/version.hpp"
#include "ignition/wire.hpp"

namespace ignition::server {
namespace {

enum class Health : std::uint8_t { healthy, degraded, unhealthy };
BOOST_DESCRIBE_ENUM(Health, healthy, degraded, unhealthy)
enum class Service : std::uint8_t { ok, degraded, down, disabled };
BOOST_DESCRIBE_ENUM(Service, ok, degraded, down, disabled)

struct Services {
  Service database;
  // Object storage, mail and Redis are not configured in this server.
  Service storage = Service::disabled;
  Service mail = Service::disabled;
  Service redis = Service::disabled;
};
BOOST_DESCRIBE_STRUCT(Services, (), (database, storage, mail, redis))

struct HealthBody {
  Health status;
  std::string version;
  std::int64_t schema_version;
  Instant timestamp;
  Services services;
};
BOOST_DESCRIBE_STRUCT(HealthBody, (), (status, version, schema_version, timestamp, services))

struct VersionBody {
  std::string api_version;
  std::int64_t schema_version;
  std::string build_timestamp;
  std::string compiler;
};
BOOST_DESCRIBE_STRUCT(VersionBody, (), (api_version, schema_version, build_timestamp, compiler))

}  // namespace

std::optional<DatabaseState> DatabaseProbe::recent() const {
  if (engine_ == nullptr) return DatabaseState{};
  const std::lock_guard lock(mutex_);
  if (std::chrono::steady_clock::now() >= until_) return {};
  return state_;
}

DatabaseState DatabaseProbe::ask() {
  if (const auto state = recent()) return *state;
  DatabaseState state;
  try {
    engine_->store().ping();
    state.answer = DatabaseState::Answer::ok;
    state.pending_migrations = engine_->pending_migrations();
    for (const Migration& migration : engine_->store().migrations()) {
      if (migration.applied) state.schema_version = std::max<std::int64_t>(state.schema_version, migration.version);
    }
  } catch (const std::exception&) {
    state.answer = DatabaseState::Answer::down;
  }
  const std::lock_guard lock(mutex_);
  if (state.answer == DatabaseState::Answer::down) state.schema_version = state_.schema_version;
  state_ = state;
  until_ = std::chrono::steady_clock::now() + lifetime_;
  return state;
}

DatabaseState DatabaseProbe::give_up() const {
  const std::lock_guard lock(mutex_);
  DatabaseState state = state_;
  state.answer = DatabaseState::Answer::down;
  return state;
}

SystemReply health_reply(const DatabaseState& database, Instant now) {
  const bool down = database.answer == DatabaseState::Answer::down;
  const bool healthy = !down && database.pending_migrations == 0;
  Services services{down ? Service::down : Service::ok};
  if (database.answer == DatabaseState::Answer::disabled) services.database = Service::disabled;
  const HealthBody body{.status = healthy ? Health::healthy : Health::unhealthy,
                        .version = kVersion,
                        .schema_version = database.schema_version,
                        .timestamp = now,
                        .services = services};
  return {healthy ? 200 : 503, to_json(body)};
}

SystemReply ready_reply(const DatabaseState& database, bool stopping) {
  const bool down = database.answer == DatabaseState::Answer::down;
  const bool pending = database.pending_migrations > 0;
  std::string_view word = down ? "down" : "ok";
  if (database.answer == DatabaseState::Answer::disabled) word = "disabled";
  const bool ready = !down && !pending && !stopping;
  std::string json = ready ? R"({"status":"ready","database":")" : R"({"status":"not_ready","database":")";
  json += word;
  json += pending ? R"(","schema":"pending"})" : R"("})";
  return {ready ? 200 : 503, std::move(json)};
}

std::string version_json(std::int64_t schema_version) {
  return to_json(VersionBody{.api_version = "v1",
                             .schema_version = schema_version,
                             .build_timestamp = IGNITION_BUILD_TIMESTAMP,
                             .compiler = IGNITION_COMPILER});
}

const Answer& ApiDocument::get() {
  std::call_once(once_, [this] {
    answer_.body = openapi_document(catalogue_, kVersion, "/api/v1");
    const Sha256 hash = sha256(answer_.body);
    answer_.etag = hex_text(std::span(hash).first(16));
  });
  return answer_;
}

}  // namespace ignition::server
