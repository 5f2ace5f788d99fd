// Fields that say who asks and from where: Cookie, Authorization, X-CSRF-Token, Host, Origin, Referer, X-Forwarded-For.
// Nothing but what is allowed passes, whatever surrounds it, and what is found lies within what was given. The first
// byte of an input says which field the rest is.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "credentials.hpp"
#include "csrf.hpp"
#include "protection.hpp"
#include "request_id.hpp"

namespace {

using namespace ignition;
using namespace ignition::server;

void require(bool holds) {
  if (!holds) std::abort();
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

Settings settings() {
  Settings s;
  s.host = "0.0.0.0";
  s.public_url = "https://api.example.com";
  s.frontend_url = "https://app.example.com";
  s.allowed_origins = std::vector<std::string>{"https://other.example.com:8443"};
  s.trusted_proxies = {"10.0.0.0/8", "::1/128"};
  s.metrics_token = "only for the scraper";
  return s;
}

void cookies(const Callers& callers, std::string_view text) {
  const auto tokens = callers.session_tokens(text);
  require(tokens.size() <= 3);
  for (const auto token : tokens) {
    require(token.size() == 43 && lies_in(token, text));
    require(token.data() - text.data() >= 8 && std::string_view(token.data() - 8, 8) == "session=");
  }
  if (const auto value = cookie_value(text, "csrf_token")) require(value->empty() || lies_in(*value, text));
}

void authorization(const Protection& protection, std::string_view text) {
  if (const auto token = bearer_token(text)) {
    require(token->empty() || lies_in(*token, text));
    require(lower(text.substr(0, 7)) == "bearer ");
  }
  const Peer peer = Peer::of(boost::asio::ip::make_address("127.0.0.1"));
  const Identity identity = protection.identify(peer, {.host = "localhost", .authorization = text});
  require(identity == Identity::api_key || identity == Identity::bad_authorization);
  if (protection.allows_metrics(text))
    require(text.ends_with("only for the scraper") || text.back() == ' ' || text.back() == '\t');
}

void host(const Protection& protection, std::string_view text) {
  if (!protection.allows_host(text)) return;
  const std::string name = lower(text.substr(0, text.find(':')));
  require(name == "api.example.com");
  const auto port = text.substr(name.size());
  require(port.empty() || (port.size() <= 6 && port.find_first_not_of("0123456789", 1) == std::string_view::npos));
}

void origin(const Protection& protection, std::string_view text) {
  const auto allowed = protection.allowed_origin(text);
  require(allowed.empty() || allowed == text);
  if (!protection.allows_page(text)) return;
  const std::string page = lower(text);
  require(page.starts_with("https://app.example.com") || page.starts_with("https://other.example.com:8443") ||
          page.find('@') != std::string::npos);
}

void forwarded(const Protection& protection, std::string_view text) {
  const Peer proxy = Peer::of(boost::asio::ip::make_address("10.0.0.1"));
  const Peer stranger = Peer::of(boost::asio::ip::make_address("8.8.8.8"));
  const Forwarding forwarding{.client_ip = {}, .forwarded_for = text, .forwarded_proto = text};
  require(protection.client_ip(stranger, forwarding) == stranger.address);
  require(protection.is_secure(stranger, forwarding));  // as the public URL says
  const auto found = protection.client_ip(proxy, forwarding);
  require(!found.is_unspecified() || text.find('0') != std::string_view::npos ||
          text.find(':') != std::string_view::npos);
}

void csrf(const CsrfTokens& tokens, std::string_view text) {
  if (tokens.is_valid(text, "a session")) require(text.size() == 97 && text[32] == '.');
  const std::string good = tokens.make("a session");
  require(tokens.is_valid(good, "a session"));
  require(!tokens.is_valid(good + std::string(text), "a session") || text.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Settings kSettings = settings();
  static const Protection protection(kSettings);
  static const Callers callers(nullptr, kSettings);
  static const CsrfTokens tokens("0123456789abcdef0123456789abcdef");
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  switch (bytes[0] % 7) {
    case 0:
      cookies(callers, text);
      break;
    case 1:
      if (!text.empty()) authorization(protection, text);
      break;
    case 2:
      host(protection, text);
      break;
    case 3:
      origin(protection, text);
      break;
    case 4:
      forwarded(protection, text);
      break;
    case 5:
      csrf(tokens, text);
      break;
    default:
      require(RequestId::kept(text, Instant{}).text().size() <= 64);
  }
  return 0;
}
