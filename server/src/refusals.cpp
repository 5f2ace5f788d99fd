#include "refusals.hpp"

#include "csrf.hpp"
#include "ignition/domains/refusals.hpp"
#include "rates.hpp"

namespace ignition::server {

std::string_view RefusalLog::event_of(const Error& error) {
  if (error.code() == Code::RATE_LIMITED) return "rate_limited";
  if (error.code() == Code::FORBIDDEN && is_forgery(error.reason())) return "csrf_violation";
  if (error.code() == Code::FORBIDDEN && error.reason() == "entitlement_required") return "unauthorized_access";
  return {};
}

void RefusalLog::note(const Refusal& refusal, const boost::asio::ip::address& client, Origin origin) {
  if (engine_ == nullptr || engine_->catalogue().find("refusals.record") == nullptr) return;
  const Instant now = engine_->clock().now();
  const RateKey key = key_of(client);
  if (!rates_.draw(refusal.event_type, key, kOfOneClient, now).allowed) return;
  if (!rates_.draw("all", {}, kOfAll, now).allowed) return;
  callers_.later([engine = engine_, refusal, key, now, origin = std::move(origin)] {
    RateStore& shared = engine->rates();
    if (shared.waits() && !shared.draw(refusal.event_type, key, kOfOneClient, now).allowed) return;
    Caller caller = Caller::system();
    caller.origin = origin;
    engine->call(caller, &refusals::record,
                 {.event_type = {std::string(refusal.event_type)},
                  .why = {refusal.why},
                  .route = {refusal.route},
                  .user_id = refusal.user});
  });
}

}  // namespace ignition::server
