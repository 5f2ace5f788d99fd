// A browser that a provider sends back to us (rule R7).
#include <algorithm>

#include "conversation.hpp"
#include "credentials.hpp"

namespace ignition::server {

bool Conversation::calls_outside() const {
  return exchange_.endpoint != nullptr && exchange_.endpoint->system == System::oauth_callback;
}

Conversation::Step Conversation::dispatch_callback(std::string& out) {
  if (!draw(out, RateClass::auth_start, key_of(exchange_.client_ip))) return Step::answered;
  texts_.clear();
  query_pairs_.clear();
  if (!read_pairs(query_)) {
    return refuse(out, Error(Code::VALIDATION_ERROR, "The query is not valid UTF-8.").because("malformed_target"));
  }
  const auto provider = rules::oauth_provider(match_.values[0]);
  if (!provider) return refuse(out, not_found("provider"));
  if (!take_slot(out)) return Step::answered;
  const auto told = [this](std::string_view name) {
    const auto found = std::ranges::find(query_pairs_, name, &Pairs::value_type::first);
    return found == query_pairs_.end() ? std::string() : std::string(found->second);
  };
  callback_ = OAuthCallback::Request{
      .provider = *provider,
      .code = told("code"),
      .state = told("state"),
      .iss = told("iss"),
      .error = told("error"),
      .browser = std::string(cookie_value(header(Header::cookie), Callers::kOAuthCookie).value_or("")),
      .session_of = [this](const Uuid& user) { return session_of(user); }};
  caller_ = Caller::anonymous();
  caller_.origin = origin();
  callback_.origin = caller_.origin;
  work_state_.store(WorkState::waiting, std::memory_order_relaxed);
  enter(Phase::work);
  return Step::work;
}

std::optional<Caller> Conversation::session_of(const Uuid& user) const {
  const auto is_theirs = [&](const std::optional<Caller>& caller) {
    return caller && caller->user == user && is_live(*caller);
  };
  for (const std::string_view token : site_.callers.session_tokens(cookies())) {
    if (auto caller = site_.callers.by_session(token); is_theirs(caller)) return caller;
  }
  if (auto caller = by_access_token(); is_theirs(caller)) return caller;
  return {};
}

}  // namespace ignition::server
