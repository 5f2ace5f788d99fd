// Who asks, and whether they may (rules R22, R28 to R32).
#include "conversation.hpp"

#include <simdjson.h>

#include "compat/surface.hpp"
#include "credentials.hpp"
#include "text.hpp"

namespace ignition::server {
namespace {

using boost::beast::http::verb;

// Whether the refusal says that the session shown is none, so that it counts as absent (rule R22).
bool is_of_dead_session(const Error& error) {
  const std::string& why = error.reason();
  return error.code() == Code::UNAUTHORIZED &&
         (why == "session_ended" || why == "session_rotated" || why == "not_signed_in");
}

// What the client says it is, as much of it as the security log keeps; "" when that is no UTF-8.
std::string_view told_program(std::string_view user_agent) {
  constexpr std::size_t kMost = 512;
  if (!simdjson::validate_utf8(user_agent.data(), user_agent.size())) return {};
  if (user_agent.size() <= kMost) return user_agent;
  std::size_t end = kMost;
  while ((static_cast<unsigned char>(user_agent[end]) & 0xC0U) == 0x80U) --end;  // no half code points
  return user_agent.substr(0, end);
}

}  // namespace

bool Conversation::identify(std::string& out) {
  const Credentials credentials{.host = host_,
                                .origin = header_if(Header::origin),
                                .authorization = header_if(Header::authorization),
                                .sec_fetch_site = header(Header::sec_fetch_site),
                                .forwarded = reader_->has(Header::forwarded) || reader_->has(Header::forwarded_for) ||
                                             reader_->has(Header::real_ip) || reader_->has(Header::connecting_ip)};
  exchange_.identity = site_.protection.identify(peer_, credentials);
  if (exchange_.identity == Identity::local_user) {
    exchange_.caller = {.credential = Credential::local, .user = kLocalUser, .session = {}};
    site_.log.event_each_minute(site_.local_user_told, spdlog::level::info,
                                "the local user is signed in without password");
    return true;
  }
  if (exchange_.identity == Identity::api_key) return true;
  if (site_.settings.local_user) {
    site_.log.event_each_minute(site_.local_refusal_told, spdlog::level::warn, "local_mode_refused");
  }
  if (exchange_.identity == Identity::bad_authorization) {
    refuse(out, Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential"));
    return false;
  }
  if (exchange_.identity == Identity::foreign) {
    refuse(out, forbidden("origin_not_allowed", "Pages of other sites may not use this server."));
    return false;
  }
  return true;
}

bool Conversation::draw(std::string& out, RateClass rate_class, const RateKey& key) {
  if (site_.rates.rate(rate_class).is_off()) return true;
  const auto drawn = site_.rates.draw(rate_class, key, site_.now());
  if (!drawn) return true;
  const int limit = site_.rates.rate(rate_class).limit;
  RateHeaders& shown = exchange_.frame.rate;
  if (shown.limit == 0 || drawn->remaining <= shown.remaining) {
    shown = {.limit = limit, .remaining = drawn->remaining, .reset = (drawn->reset.us + 999'999) / 1'000'000};
  }
  if (drawn->allowed) return true;
  if (site_.metrics) site_.metrics->count_limited(name_of(rate_class));
  refuse(out, Error(Code::RATE_LIMITED, "Too many requests; try again later.")
                  .because("rate_limited")
                  .with("class", name_of(rate_class))
                  .with("limit", static_cast<std::int64_t>(limit))
                  .with("retry_after", drawn->retry_after.count()));
  return false;
}

bool Conversation::is_here() const {
  const System system = exchange_.endpoint != nullptr ? exchange_.endpoint->system : System::none;
  if (peer_.metrics) return is_for_probes(system);
  const bool with_token = !site_.settings.metrics_token.empty();
  return system != System::metrics || with_token || site_.settings.metrics_bind.empty();
}

bool Conversation::within_ceiling(std::string& out) {
  const System system = exchange_.endpoint != nullptr ? exchange_.endpoint->system : System::none;
  return is_for_probes(system) || draw(out, RateClass::ip_ceiling, RateKey::of(exchange_.client_ip));
}

std::optional<Caller> Conversation::known_caller() const {
  if (exchange_.identity == Identity::api_key) {
    return site_.callers.remembered(Credential::api_key, bearer_token(header(Header::authorization)).value_or(""));
  }
  if (!reader_->has(Header::authorization) && !is_native()) {
    for (const std::string_view token : site_.callers.session_tokens(header(Header::cookie))) {
      if (auto caller = site_.callers.remembered(Credential::session, token)) return caller;
    }
  }
  if (exchange_.identity == Identity::local_user) return Caller::local();
  return {};
}

bool Conversation::is_native() const { return equal_ignoring_case(header(Header::client_type), "native"); }

bool Conversation::within_rates(std::string& out) {
  const auto known = known_caller();
  const OperationRates rates = exchange_.endpoint != nullptr ? exchange_.endpoint->rates : OperationRates{};
  const RateClass of_caller = !known ? RateClass::anonymous : known->api_key_id ? RateClass::api_key : RateClass::user;
  for (const auto& rate_class : {std::optional(rates.instead.value_or(of_caller)), rates.besides}) {
    if (!rate_class) continue;
    const RateOwner owner = rate_row(*rate_class).owner;
    RateKey key;
    if (*rate_class == RateClass::api_key && known) {
      key = RateKey::of(known->api_key_id.value_or(known->user));
    } else if (owner == RateOwner::user && known) {
      key = RateKey::of(known->user);
    } else if (owner != RateOwner::instance) {
      key = RateKey::of(exchange_.client_ip);
    }
    if (!draw(out, *rate_class, key)) return false;
  }
  return true;
}

bool Conversation::is_safe() const { return reader_->method() == verb::get || reader_->method() == verb::head; }

ForgeryFacts Conversation::forgery_facts(bool by_cookie) const {
  return {.origin = header_if(Header::origin),
          .referer = header_if(Header::referer),
          .header_token = header_if(Header::csrf_token),
          .cookie_token = cookie_value(header(Header::cookie), CsrfTokens::kCookie),
          .by_cookie = by_cookie,
          .wants_token = exchange_.endpoint == nullptr || exchange_.endpoint->row == nullptr};
}

bool Conversation::is_own(std::string& out) {
  const bool by_browser = !reader_->has(Header::authorization) && !is_native();
  // The local user's requests were looked at by rule R44.
  if (is_safe() || !by_browser || exchange_.identity == Identity::local_user) return true;
  const auto why = forgery(forgery_facts(false), CsrfTokens::kAnonymous, site_.csrf, site_.protection);
  if (why) refuse(out, *why);
  return !why;
}

Answer Conversation::run_as_presented() {
  const auto authorization = bearer_token(header(Header::authorization));
  if (exchange_.identity == Identity::api_key) {
    const auto caller = site_.callers.by_key(authorization.value_or(""));
    if (!caller) throw Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential");
    return run_as(*caller, *authorization);
  }
  std::optional<Error> dead;
  if (!is_native() && !authorization) {
    for (const std::string_view token : site_.callers.session_tokens(header(Header::cookie))) {
      const auto caller = site_.callers.by_session(token);
      if (!caller) continue;
      if (const auto why = forged(*caller->session_id)) {
        if (!is_live(*caller)) continue;
        throw Error(*why);
      }
      try {
        return run_as(*caller, token);
      } catch (const Error& error) {
        if (!is_of_dead_session(error)) throw;
        dead = error;
      }
    }
  }
  if (exchange_.identity == Identity::local_user) {
    site_.ensure_local_user();
    return run_as(Caller::local(), {});
  }
  if (dead && exchange_.endpoint->operation->access != Access::public_) throw Error(*dead);
  return run_as(Caller::anonymous(), {});
}

std::optional<Error> Conversation::forged(const Uuid& session) const {
  if (is_safe()) return {};
  return forgery(forgery_facts(true), session.text(), site_.csrf, site_.protection);
}

bool Conversation::is_live(const Caller& caller) const {
  try {
    site_.engine->call(caller, {.operation = "auth.session"});
    return true;
  } catch (const Error& error) {
    if (!is_of_dead_session(error)) throw;
    return false;
  }
}

Answer Conversation::run_as(Caller caller, std::string_view token) {
  if (exchange_.endpoint->operation->effect == Effect::write || !token.empty()) tell_origin(caller);
  caller_ = std::move(caller);
  Answer answer = run();
  if (!token.empty()) site_.callers.used(caller_, token, answer);
  return answer;
}

Answer Conversation::run() {
  const compat::Row* row = exchange_.endpoint->row;
  if (!exchange_.endpoint->operation->is_streamed()) {
    return row != nullptr ? compat::answer(*row, *site_.engine, caller_, call_) : site_.engine->call(caller_, call_);
  }
  streamed_ = std::make_unique<Spool>();
  const Sink keep = [this](std::string_view piece) { streamed_->append(piece); };
  return row != nullptr ? compat::stream(*row, *site_.engine, caller_, call_, keep)
                        : site_.engine->stream(caller_, call_, keep);
}

// A read leaves no trace, unless its credential does.
void Conversation::tell_origin(Caller& caller) const {
  if (!peer_.unix_socket) caller.origin.ip_address = exchange_.client_ip.to_string();
  caller.origin.user_agent = told_program(header(Header::user_agent));
  caller.origin.request_id = exchange_.id.text();
  caller.origin.native = is_native();
}

}  // namespace ignition::server
