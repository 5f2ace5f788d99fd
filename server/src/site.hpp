// What all connections of a server share.
#pragma once

#include <atomic>
#include <cstdint>

#include "credentials.hpp"
#include "csrf.hpp"
#include "headcount.hpp"
#include "ignition/engine.hpp"
#include "ignition/server.hpp"
#include "log.hpp"
#include "metrics.hpp"
#include "oauth_callback.hpp"
#include "protection.hpp"
#include "rates.hpp"
#include "refusals.hpp"
#include "router.hpp"
#include "system.hpp"
#include "tls.hpp"

namespace ignition::server {

struct Site {
  Site(Engine* engine_, Settings settings_)
      : settings(std::move(settings_)),
        protection(settings),
        csrf(settings.auth_secret.empty() ? random_secret() : settings.auth_secret),
        rates(settings),
        callers(engine_, settings),
        refusals(engine_, callers),
        headcount(engine_, callers),
        shared_rates(engine_ != nullptr && engine_->rates().waits() ? &engine_->rates() : nullptr),
        engine(engine_),
        catalogue(engine != nullptr ? engine->catalogue() : ignition::catalogue()),
        router(catalogue, settings.metrics),
        document(catalogue),
        log(settings),
        oauth_callback(engine, log),
        probe(engine, settings.health_lifetime),
        inline_reads(settings.inline_reads.value_or(default_inline_reads())) {
    if (settings.metrics) metrics = std::make_unique<Metrics>(router);
    if (!settings.tls_certificate.empty()) {
      certificates = std::make_unique<Certificates>(settings.tls_certificate, settings.tls_key);
    }
  }

  // Makes the local user unless it exists (rule R44). Throws what the engine throws, for example while migrations are
  // pending.
  void ensure_local_user() {
    constexpr std::string_view kEnsure = "users.ensure_local";
    if (local_user_exists.load(std::memory_order_relaxed) || engine == nullptr) return;
    if (catalogue.find(kEnsure) != nullptr) engine->call(Caller::system(), {.operation = kEnsure});
    local_user_exists.store(true, std::memory_order_relaxed);
  }

  Instant now() const { return engine != nullptr ? engine->clock().now() : Instant::system_now(); }

  std::chrono::microseconds default_inline_reads() const {
    const bool embedded = engine == nullptr || engine->store().backend() == "sqlite";
    return std::chrono::microseconds(embedded ? 1'000 : 0);
  }

  const Settings settings;
  const Protection protection;
  const CsrfTokens csrf;
  RateLimiter rates;
  Callers callers;
  RefusalLog refusals;
  Headcount headcount;
  RateStore* const shared_rates;  // where all servers count together; null = each counts for itself
  Engine* const engine;
  const Catalogue& catalogue;
  const Router router;
  ApiDocument document;
  Log log;
  OAuthCallback oauth_callback;
  DatabaseProbe probe;
  const std::chrono::microseconds inline_reads;
  std::unique_ptr<Certificates> certificates;  // null = no TLS
  std::unique_ptr<Metrics> metrics;            // null = nobody wants to know

  std::atomic<int> running = 0;        // requests that hold one of max_concurrent_requests
  std::atomic<bool> stopping = false;  // no new requests on idle connections
  std::atomic<bool> local_user_exists = false;
  std::atomic<std::int64_t> local_user_told{0};
  std::atomic<std::int64_t> local_refusal_told{0};
};

}  // namespace ignition::server
