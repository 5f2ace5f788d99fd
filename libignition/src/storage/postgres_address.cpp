#include "storage/postgres_address.hpp"

#include <algorithm>

#include "ignition/types.hpp"

namespace ignition::storage {
namespace {

// Names of libpq (PostgreSQL documentation, 34.1.2). A network that was cut is noticed within 15 seconds.
constexpr std::string_view kDefaults[] = {"fallback_application_name=ignition",
                                          "connect_timeout=2",
                                          "keepalives_idle=5",
                                          "keepalives_interval=5",
                                          "keepalives_count=2",
                                          "tcp_user_timeout=15000"};

std::string defaults(std::string_view between) {
  std::string out;
  for (const std::string_view setting : kDefaults) out.append(out.empty() ? "" : between).append(setting);
  return out;
}

// `postgresql` of `postgresql+asyncpg://...`; empty when the text has no scheme.
std::string_view scheme_of(std::string_view url) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return {};
  const std::string_view scheme = url.substr(0, end);
  // Not that of a password in `host=db password=a://b`.
  if (scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+.-") != std::string_view::npos) return {};
  return scheme.substr(0, scheme.find('+'));
}

bool is_keyword(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

bool is_postgres_address(std::string_view url) {
  const std::string_view scheme = scheme_of(url);
  if (scheme == "postgres" || scheme == "postgresql") return true;
  const std::size_t equals = url.find('=');
  return equals != std::string_view::npos && is_keyword(trimmed(url.substr(0, equals)));
}

// Of a setting given twice libpq takes the last, so ours stand first.
std::string connection_string(std::string_view url) {
  if (scheme_of(url).empty()) return defaults(" ") + " " + std::string(url);
  std::string out = "postgresql" + std::string(url.substr(url.find("://")));
  const std::size_t query = out.find('?');
  if (query == std::string::npos) return out + "?" + defaults("&");
  const bool more = query + 1 < out.size();
  return out.insert(query + 1, defaults("&") + (more ? "&" : ""));
}

}  // namespace ignition::storage
