#include "oauth_callback.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "ignition/secrets.hpp"
#include "ignition/wire.hpp"
#include "outgoing.hpp"

namespace ignition::server {
namespace {

using rules::OAuthError;
using rules::OAuthProvider;

constexpr std::chrono::seconds kKeysLive{3'600};
constexpr std::chrono::seconds kAskedAgainEvery{30};

// Why a sign-in ends on the error page. `why` is for the log; it holds nothing of a person and no secret.
struct Refused {
  OAuthError error = OAuthError::OAuthCallback;
  std::string why;
};

struct Tokens {
  std::string id_token;
  std::string access_token;
  std::string scope;
};

std::string text_at(const simdjson::dom::element& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::string form_of(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, rules::query_text(value));
  }
  return out;
}

Tokens tokens_for(const Config& config, OAuthProvider provider, const std::string& code, const std::string& verifier) {
  const auto client = oauth::client_of(config, provider);
  std::string why;
  const auto reply = ask({.url = rules::oauth_endpoints(provider, client).token,
                          .form = form_of({{"grant_type", "authorization_code"},
                                           {"code", code},
                                           {"redirect_uri", oauth::callback_url(config, provider)},
                                           {"client_id", client.id},
                                           {"client_secret", client.secret},
                                           {"code_verifier", verifier}})},
                         why);
  if (!reply) throw Refused{.why = "the provider gives no tokens: " + why};
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (reply->status != 200 || parser.parse(reply->body).get(root) != simdjson::SUCCESS) {
    throw Refused{.why = fmt::format("the provider gives no tokens: status {}", reply->status)};
  }
  return {.id_token = text_at(root, "id_token"),
          .access_token = text_at(root, "access_token"),
          .scope = text_at(root, "scope")};
}

// What an account of Microsoft tells where its ID token has no address.
rules::UserInfo info_of(const std::string& url, const std::string& access_token) {
  std::string why;
  const auto reply = ask({.url = url, .bearer = access_token}, why);
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (!reply || reply->status != 200 || parser.parse(reply->body).get(root) != simdjson::SUCCESS) return {};
  return {.mail = text_at(root, "mail"), .user_principal_name = text_at(root, "userPrincipalName")};
}

OAuthError page_of(const Error& error) {
  const std::string& why = error.reason();
  if (why == "account_not_linked") return OAuthError::OAuthAccountNotLinked;
  if (why == "account_disabled" || why == "registration_closed" || why == "other_account") {
    return OAuthError::AccessDenied;
  }
  return error.code() == Code::FORBIDDEN ? OAuthError::OAuthCallback : OAuthError::OAuthCreateAccount;
}

// A failure of the store, of which no page should speak as if the person had done something.
bool is_failure(const Error& error) { return error.code() == Code::UNAVAILABLE || error.code() == Code::INTERNAL; }

}  // namespace

std::optional<PublishedKeys> KeyCache::get(const std::string& url, std::string_view key_id, Instant now,
                                           std::string& why) {
  const std::lock_guard lock(mutex_);  // one asks, the others wait for the answer
  const bool kept = keys_ && now - fetched_ < kKeysLive && now >= fetched_;
  if (kept && keys_->has(key_id)) return keys_;
  if (kept) {
    if (now - asked_again_ < kAskedAgainEvery && now >= asked_again_) return keys_;
    asked_again_ = now;
  }
  const auto reply = ask({.url = url}, why);
  auto fresh = reply && reply->status == 200 ? PublishedKeys::parse(reply->body) : std::nullopt;
  if (!fresh) return kept ? keys_ : std::nullopt;
  keys_ = std::move(fresh);
  fetched_ = now;
  return keys_;
}

std::optional<oauth::State> OAuthCallback::take_state(const Request& request) {
  if (request.state.empty() || request.state.size() > 200) return {};
  return engine_->call(Caller::system(), &oauth::take_state, {.state = {request.state}, .provider = request.provider})
      .state;
}

Answer OAuthCallback::answer(const Request& request) {
  if (engine_ == nullptr) throw Error(Code::UNAVAILABLE, "There is no database.").because("storage_disabled");
  if (request.code.empty() && request.error.empty()) throw invalid("code", "required", "is needed");
  const auto state = take_state(request);
  Refused refused;
  try {
    if (!request.error.empty()) {
      const bool denied = request.error == "access_denied";
      throw Refused{.error = denied ? OAuthError::AccessDenied : OAuthError::OAuthCallback,
                    .why = denied ? "the person said no" : "the provider refused"};
    }
    if (!state) throw Refused{.why = "there is no such sign-in"};
    return sign_in(request, *state);
  } catch (const Refused& why) {
    refused = why;
  } catch (const Error& error) {
    if (is_failure(error)) throw;
    refused = {.error = page_of(error), .why = error.reason()};
  }
  log_.event(spdlog::level::info, fmt::format("a sign-in with {} failed: {}", name_of(request.provider), refused.why));
  Answer out{.status = 302};
  const bool native = state && state->client_challenge;
  out.location = native ? rules::with_parameter(state->redirect_uri, "error", name_of(refused.error))
                        : rules::error_page(engine_->config().frontend_url, refused.error, request.provider,
                                            request.origin.request_id);
  out.cookies.push_back({.jar = CookieOrder::Jar::oauth});
  return out;
}

Answer OAuthCallback::sign_in(const Request& request, const oauth::State& state) {
  if (!same_secret(token_hash(request.browser), state.browser_hash)) {
    throw Refused{.why = "it was begun in another browser"};
  }
  const auto client = oauth::client_of(engine_->config(), request.provider);
  if (!request.iss.empty() && !rules::is_issuer(request.provider, client, request.iss, "")) {
    throw Refused{.why = "it comes from another provider"};
  }
  Answer out = act(request, state, person(request, state));
  out.status = 302;
  out.cookies.push_back({.jar = CookieOrder::Jar::oauth});
  return out;
}

oauth::Person OAuthCallback::person(const Request& request, const oauth::State& state) {
  const Config& config = engine_->config();
  const auto client = oauth::client_of(config, request.provider);
  const auto endpoints = rules::oauth_endpoints(request.provider, client);
  const Tokens tokens = tokens_for(config, request.provider, request.code, state.pkce_verifier);
  const auto token = parse_token(tokens.id_token);
  if (!token) throw Refused{.why = "there is no ID token, or it is signed in another way"};
  const Instant now = engine_->clock().now();
  std::string why;
  const auto keys = keys_[static_cast<std::size_t>(request.provider)].get(endpoints.keys, token->key_id, now, why);
  if (!keys) throw Refused{.why = "the provider gives no keys: " + why};
  if (!keys->have_signed(*token)) throw Refused{.why = "the ID token is not signed by a key of the provider"};
  const auto claims = claims_of(token->payload);
  if (!claims) throw Refused{.why = "the ID token cannot be read"};
  rules::ExpectedToken expected{.nonce = state.nonce, .now = now};
  if (state.purpose == oauth::Purpose::reauth) expected.signed_in_since = state.created_at;
  if (const auto fault = rules::id_token_fault(request.provider, client, *claims, expected)) {
    throw Refused{.why = fmt::format("the ID token does not count: {}", name_of(*fault))};
  }
  const bool tells_more = request.provider == OAuthProvider::azure && claims->email.empty();
  const auto found =
      rules::oauth_person(request.provider, client, *claims,
                          tells_more ? info_of(endpoints.user_info, tokens.access_token) : rules::UserInfo{});
  return {.provider = request.provider,
          .issuer = claims->iss,
          .account_id = found.account_id,
          .email = found.email,
          .email_verified = found.email_verified,
          .name = found.name,
          .image = found.image,
          .scope = tokens.scope};
}

Answer OAuthCallback::act(const Request& request, const oauth::State& state, const oauth::Person& person) {
  const auto run = [&](Caller caller, std::string_view operation, const std::string& body) {
    caller.origin = request.origin;
    Answer answer = engine_->call(caller, {.operation = operation, .body = body});
    answer.location = state.redirect_uri;
    return answer;
  };
  if (state.purpose != oauth::Purpose::signin) {
    const auto caller = request.session_of(state.user_id.value_or(Uuid{}));
    if (!caller) throw Refused{.why = "the session that wanted it has ended"};
    return run(*caller, state.purpose == oauth::Purpose::link ? "oauth.link" : "oauth.confirm", to_json(person));
  }
  Answer answer = run(Caller::system(), "oauth.sign_in",
                      to_json(oauth::SignInAs{.person = person, .client_challenge = state.client_challenge}));
  const auto out = from_json<oauth::SignedInAs>(answer.body);
  if (out.code) answer.location = rules::with_parameter(state.redirect_uri, "code", *out.code);
  return answer;
}

}  // namespace ignition::server
