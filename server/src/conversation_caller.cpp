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
  shown_ = by_access_token();
  if (exchange_.identity == Identity::local_user) {
    exchange_.caller = {.credential = Credential::local, .user = kLocalUser, .session = {}};
    site_.log.event_each_minute(site_.local_user_told, spdlog::level::info,
                                "the local user is signed in without password");
    return true;
  }
  if (exchange_.identity == Identity::api_key || exchange_.identity == Identity::access_token) return true;
  if (site_.settings.local_user) {
    site_.log.event_each_minute(site_.local_refusal_told, spdlog::level::warn, "local_mode_refused");
    site_.refusals.note({.event_type = "local_mode_refused", .why = {}, .route = {}}, exchange_.client_ip, origin());
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
  return !drawn || allows(out, rate_class, *drawn);
}

bool Conversation::allows(std::string& out, RateClass rate_class, const rules::Draw& drawn) {
  const int limit = site_.rates.rate(rate_class).limit;
  RateHeaders& shown = exchange_.frame.rate;
  if (shown.limit == 0 || drawn.remaining <= shown.remaining) {
    shown = {.limit = limit, .remaining = drawn.remaining, .reset = (drawn.reset.us + 999'999) / 1'000'000};
  }
  if (drawn.allowed) return true;
  refuse(out, rate_limited(
                  {.rate_class = std::string(name_of(rate_class)), .limit = limit, .retry_after = drawn.retry_after}));
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
  return is_for_probes(system) || draw(out, RateClass::ip_ceiling, key_of(exchange_.client_ip));
}

Conversation::Known Conversation::known_caller() const {
  if (exchange_.identity == Identity::api_key) {
    const auto key = bearer_token(header(Header::authorization)).value_or("");
    return {.caller = site_.callers.remembered(Credential::api_key, key), .token = key};
  }
  const auto tokens = site_.callers.session_tokens(cookies());
  for (const std::string_view token : tokens) {
    if (auto caller = site_.callers.remembered(Credential::session, token)) {
      return {.caller = std::move(caller), .token = token, .first = token.data() == tokens.front().data()};
    }
  }
  if (shown_) return {.caller = shown_, .first = tokens.empty()};
  if (exchange_.identity == Identity::local_user) return {.caller = Caller::local(), .first = tokens.empty()};
  return {.first = tokens.empty()};
}

std::optional<Caller> Conversation::by_access_token() const {
  if (exchange_.identity == Identity::access_token) {
    return site_.callers.by_access_token(bearer_token(header(Header::authorization)).value_or(""));
  }
  const auto token = cookie_value(cookies(), "access_token");
  return token ? site_.callers.by_access_token(*token) : std::nullopt;
}

std::string_view Conversation::cookies() const {
  return reader_->has(Header::authorization) || is_native() ? std::string_view{} : header(Header::cookie);
}

std::string_view Conversation::refresh_cookie() const {
  const Operation* operation = exchange_.endpoint != nullptr ? exchange_.endpoint->operation : nullptr;
  if (operation == nullptr || !operation->refresh_cookie) return {};
  return cookie_value(cookies(), "refresh_token").value_or("");
}

bool Conversation::is_native() const { return equal_ignoring_case(header(Header::client_type), "native"); }

std::array<std::optional<Conversation::RateShare>, 2> Conversation::rate_shares() const {
  const auto& known = known_.caller;
  const OperationRates rates = exchange_.endpoint != nullptr ? exchange_.endpoint->rates : OperationRates{};
  const RateClass of_caller = !known ? RateClass::anonymous : known->api_key_id ? RateClass::api_key : RateClass::user;
  const auto share = [&](RateClass rate_class) -> RateShare {
    const RateOwner owner = rate_row(rate_class).owner;
    if (rate_class == RateClass::api_key && known) {
      return {rate_class, RateKey::of(known->api_key_id.value_or(known->user))};
    }
    if (owner == RateOwner::user && known) return {rate_class, RateKey::of(known->user)};
    if (owner == RateOwner::instance) return {rate_class, {}};
    return {rate_class, key_of(exchange_.client_ip)};
  };
  std::array<std::optional<RateShare>, 2> out{share(rates.instead.value_or(of_caller))};
  if (rates.besides) out[1] = share(*rates.besides);
  return out;
}

bool Conversation::within_rates(std::string& out) {
  for (const auto& share : rate_shares()) {
    if (share && !draw(out, share->rate_class, share->key)) return false;
  }
  return true;
}

void Conversation::draw_shared() {
  try {
    std::vector<RateShare> shares{{RateClass::ip_ceiling, key_of(exchange_.client_ip)}};
    for (const auto& share : rate_shares()) {
      if (share) shares.push_back(*share);
    }
    for (const RateShare& share : shares) {
      const auto drawn = site_.rates.draw(share.rate_class, share.key, site_.now(), site_.shared_rates);
      if (!drawn) continue;
      shared_draws_.emplace_back(share.rate_class, *drawn);
      if (!drawn->allowed) return;
    }
  } catch (const Error& error) {
    outcome_ = error;
  } catch (const std::exception& exception) {
    outcome_ = Error(Code::INTERNAL, exception.what());
  }
}

Conversation::Step Conversation::after_shared_draws(std::string& out) {
  const Outcome outcome = std::exchange(outcome_, std::monostate{});
  work_state_.store(WorkState::none, std::memory_order_relaxed);
  if (const auto* error = std::get_if<Error>(&outcome)) return refuse(out, *error);
  for (const auto& [rate_class, drawn] : shared_draws_) {
    if (!allows(out, rate_class, drawn)) return Step::answered;
  }
  return dispatch_call(out);
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
  if (exchange_.identity == Identity::api_key) {
    const auto key = bearer_token(header(Header::authorization)).value_or("");
    const auto caller = site_.callers.by_key(key);
    if (!caller) throw Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential");
    return run_as(*caller, key);
  }
  if (exchange_.identity == Identity::access_token) return run_by_bearer();
  std::optional<Error> dead;
  for (const std::string_view token : site_.callers.session_tokens(cookies())) {
    const auto caller = site_.callers.by_session(token);
    if (!caller) continue;
    if (auto answer = run_by_cookie(*caller, token, dead)) return std::move(*answer);
  }
  if (shown_) {
    if (auto answer = run_by_cookie(*shown_, {}, dead)) return std::move(*answer);
  }
  if (exchange_.identity == Identity::local_user) {
    site_.ensure_local_user();
    return run_as(Caller::local(), {});
  }
  if (dead && exchange_.endpoint->operation->access != Access::public_) throw Error(*dead);
  if (const auto token = refresh_cookie(); !token.empty()) {
    const auto session = site_.callers.session_of_refresh(token);
    const auto why = session ? forged(*session) : std::nullopt;
    if (why) throw Error(*why);
  }
  return run_as(Caller::anonymous(), {});
}

Answer Conversation::run_by_bearer() {
  const bool may_be_dead = exchange_.endpoint->operation->for_dead_credentials;
  if (!shown_ && !may_be_dead) {
    throw Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential");
  }
  try {
    if (shown_) return run_as(*shown_, {});
  } catch (const Error& error) {
    if (!may_be_dead || !is_of_dead_session(error)) throw;
  }
  return run_as(Caller::anonymous(), {});
}

std::optional<Answer> Conversation::run_by_cookie(const Caller& caller, std::string_view token,
                                                  std::optional<Error>& dead) {
  if (const auto why = forged(*caller.session_id)) {
    if (!is_live(caller)) return {};
    throw Error(*why);
  }
  try {
    return run_as(caller, token);
  } catch (const Error& error) {
    if (!is_of_dead_session(error)) throw;
    dead = error;
    return {};
  }
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
  const bool is_stored = caller.session_id || caller.api_key_id;
  // A read leaves no trace, unless its credential does.
  if (exchange_.endpoint->operation->effect == Effect::write || is_stored) caller.origin = origin();
  caller_ = std::move(caller);
  Answer answer = run();
  if (is_stored) site_.callers.used(caller_, token, answer);
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

Origin Conversation::origin() const {
  return {.ip_address = peer_.unix_socket ? std::string() : exchange_.client_ip.to_string(),
          .user_agent = std::string(told_program(header(Header::user_agent))),
          .request_id = std::string(exchange_.id.text()),
          .native = is_native(),
          .refresh_cookie = std::string(refresh_cookie())};
}

}  // namespace ignition::server
