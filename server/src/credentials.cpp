#include "credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "ignition/domains/api_keys.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/domains/tokens.hpp"
#include "ignition/rules/sessions.hpp"
#include "ignition/secrets.hpp"
#include "text.hpp"

namespace ignition::server {
namespace {

constexpr std::chrono::seconds kKept{60};     // data-model rule 3.1
constexpr std::size_t kMostPlaces = 100'000;  // some 20 MB
constexpr std::size_t kMostTokens = 3;
constexpr std::size_t kTokenLength = 43;

template <class Located>
std::optional<std::pair<Uuid, Uuid>> both(const Located& located) {
  if (!located.user_id || !located.id) return {};
  return std::pair(*located.user_id, *located.id);
}

std::string_view same_site_text(SameSite same_site) {
  switch (same_site) {
    case SameSite::strict:
      return "Strict";
    case SameSite::none:
      return "None";
    default:
      return "Lax";
  }
}

// Whether the catalogue has what this file asks for: the stage of a test may not.
bool knows_sessions(const Engine& engine) { return engine.catalogue().find("sessions.locate") != nullptr; }

}  // namespace

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.size() <= kBearer.size()) return {};
  if (!equal_ignoring_case(authorization.substr(0, kBearer.size()), kBearer)) return {};
  return without_spaces(authorization.substr(kBearer.size()));
}

bool is_api_key(std::string_view token) { return token.starts_with(kApiKeyPrefix); }

Callers::Callers(Engine* engine, const Settings& settings)
    : engine_(engine != nullptr && knows_sessions(*engine) ? engine : nullptr), settings_(settings) {
  if (engine_ != nullptr) access_tokens_.emplace(engine_->config());
}

Callers::~Callers() { notes_.join(); }

std::optional<Caller> Callers::by_key(std::string_view key) { return found(Credential::api_key, key); }

std::optional<Caller> Callers::by_session(std::string_view token) { return found(Credential::session, token); }

std::optional<Caller> Callers::by_access_token(std::string_view token) const {
  if (!access_tokens_) return {};
  const auto claims = access_tokens_->verify(token, engine_->clock().now());
  if (!claims) return {};
  return Caller{.credential = Credential::jwt,
                .user = claims->user,
                .session_id = claims->session,
                .access_token = ShownToken{.id = claims->id, .expires_at = claims->expires_at}};
}

std::optional<Uuid> Callers::session_of_refresh(std::string_view token) {
  if (engine_ == nullptr) return {};
  return engine_->call(Caller::system(), &tokens::locate, {.token_hash = {token_hash(token)}}).session_id;
}

std::optional<Caller> Callers::found(Credential kind, std::string_view token) {
  if (engine_ == nullptr) return {};
  std::string hash = token_hash(token);
  const auto place = place_of(kind, hash);
  if (!place) return {};
  return caller_at(*place, kind, std::move(hash));
}

std::optional<Caller> Callers::remembered(Credential kind, std::string_view token) {
  std::string hash = token_hash(token);
  const auto place = remembered_place(hash);
  if (!place) return {};
  return caller_at(*place, kind, std::move(hash));
}

Caller Callers::caller_at(const Place& place, Credential kind, std::string hash) {
  Caller caller{.credential = kind, .user = place.user};
  (kind == Credential::api_key ? caller.api_key_id : caller.session_id) = place.id;
  caller.token_hash = std::move(hash);
  return caller;
}

std::optional<Callers::Place> Callers::remembered_place(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  const auto at = places_.find(hash);
  if (at == places_.end() || std::chrono::steady_clock::now() - at->second.found >= kKept) return {};
  return at->second;
}

std::optional<Callers::Place> Callers::place_of(Credential kind, const std::string& hash) {
  if (auto place = remembered_place(hash)) return place;
  const auto owner = kind == Credential::api_key
                         ? both(engine_->call(Caller::system(), &api_keys::locate, {.key_hash = {hash}}))
                         : both(engine_->call(Caller::system(), &sessions::locate, {.token_hash = {hash}}));
  const std::lock_guard lock(mutex_);
  if (!owner) {
    places_.erase(hash);
    return {};
  }
  if (places_.size() >= kMostPlaces) places_.clear();
  Place& place = places_[hash];
  place.user = owner->first;
  place.id = owner->second;
  place.found = std::chrono::steady_clock::now();
  return place;
}

std::vector<std::string_view> Callers::session_tokens(std::string_view cookies) const {
  std::vector<std::string_view> tokens;
  const std::string_view name = settings_.session_cookie_name;
  while (!cookies.empty() && tokens.size() < kMostTokens) {
    const auto end = cookies.find(';');
    const auto pair = without_spaces(cookies.substr(0, end));
    cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
    const bool named = pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=';
    if (named && pair.size() == name.size() + 1 + kTokenLength) tokens.push_back(pair.substr(name.size() + 1));
  }
  return tokens;
}

bool Callers::should_note(const Uuid& credential) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (noted_.size() >= kMostPlaces) noted_.clear();
  const auto [at, is_new] = noted_.try_emplace(credential, now);
  if (!is_new && now - at->second < kKept / 2) return false;
  at->second = now;
  return true;
}

void Callers::used(const Caller& caller, std::string_view token, Answer& answer) {
  if (engine_ == nullptr || !answer.use) return;
  const CredentialUse& use = *answer.use;
  const Instant now = engine_->clock().now();
  const bool is_session = use.credential == Credential::session;
  const bool ordered = std::ranges::any_of(
      answer.cookies, [](const CookieOrder& order) { return order.jar == CookieOrder::Jar::session; });
  if (is_session && use.rotates && !ordered) {
    const auto renewed = engine_->call(Caller::system(), &sessions::renew, {.user_id = use.user, .id = use.id});
    if (renewed.token) {
      answer.cookies.push_back({.session = use.id,
                                .value = *renewed.token,
                                .max_age = std::chrono::duration_cast<std::chrono::seconds>(renewed.expires_at - now)});
    }
  } else if (is_session && use.newest && !ordered) {
    const Instant end =
        rules::slid_end(use.expires_at, use.absolute_expires_at, now, engine_->config().auth_session_ttl);
    if (end != use.expires_at) {
      answer.cookies.push_back({.session = use.id,
                                .value = std::string(token),
                                .max_age = std::chrono::duration_cast<std::chrono::seconds>(end - now)});
    }
  }
  const bool stale = !use.used_at || now - *use.used_at >= rules::kUseStoredEvery;
  if (stale && should_note(use.id)) note(use, caller.origin.ip_address, now);
}

void Callers::later(std::function<void()> work) {
  boost::asio::post(notes_, [work = std::move(work)] {
    try {
      work();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): best effort
    }
  });
}

void Callers::note(const CredentialUse& use, const std::string& ip, Instant at) {
  // When it fails, the next use is noted again.
  later([engine = engine_, use, ip, at] {
    std::optional<Text<1, 45>> address;
    if (!ip.empty()) address = Text<1, 45>{ip};
    if (use.credential == Credential::api_key) {
      engine->call(Caller::system(), &api_keys::touch, {.user_id = use.user, .id = use.id, .at = at, .ip = address});
    } else {
      engine->call(Caller::system(), &sessions::touch, {.user_id = use.user, .id = use.id, .at = at, .ip = address});
    }
  });
}

std::string Callers::set_cookie(const CookieOrder& order) const {
  using Jar = CookieOrder::Jar;
  // A provider sends the browser back from its own site: stricter cookies would stay away.
  if (order.jar == Jar::oauth) {
    return fmt::format("{}={}; Path=/; HttpOnly; Max-Age={}{}", kOAuthCookie, order.value, order.max_age.count(),
                       cookie_attributes(SameSite::lax));
  }
  const std::string_view name = order.jar == Jar::session        ? std::string_view(settings_.session_cookie_name)
                                : order.jar == Jar::access_token ? std::string_view("access_token")
                                                                 : std::string_view("refresh_token");
  const std::string_view path = order.jar == Jar::refresh_token ? "/api/v1/auth" : "/";
  return fmt::format("{}={}; Path={}; HttpOnly; Max-Age={}{}", name, order.value, path, order.max_age.count(),
                     cookie_attributes());
}

std::string Callers::cookie_attributes(SameSite same_site) const {
  std::string text = fmt::format("; SameSite={}", same_site_text(same_site));
  if (settings_.has_secure_cookies() || same_site == SameSite::none) text += "; Secure";
  if (!settings_.cookie_domain.empty()) text += "; Domain=" + settings_.cookie_domain;
  return text;
}

}  // namespace ignition::server
