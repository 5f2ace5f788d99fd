// Who may ask: hosts, origins, client addresses and the local user (rules R22, R30, R31, R35, R44). Pure functions of
// settings and one request.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/server.hpp"

namespace ignition::server {

// The other end of a connection.
struct Peer {
  boost::asio::ip::address address;  // IPv4 also when it came as an IPv4-mapped IPv6 address
  bool unix_socket = false;
  bool tls = false;      // encrypted up to us
  bool metrics = false;  // came to the listener of METRICS_BIND

  static Peer of(const boost::asio::ip::address& address);
  bool is_loopback() const { return unix_socket || address.is_loopback(); }
};

// The header fields that these rules read; "" = the field did not come, where `std::optional` does not say so.
struct Credentials {
  std::string_view host;
  std::optional<std::string_view> origin;
  std::optional<std::string_view> authorization;
  std::string_view sec_fetch_site;
  bool forwarded = false;  // one of X-Forwarded-For, Forwarded, X-Real-IP, CF-Connecting-IP came
};

struct Forwarding {
  std::optional<std::string_view> client_ip;  // the field that CLIENT_IP_HEADER names
  std::optional<std::string_view> forwarded_for;
  std::string_view forwarded_proto;
};

enum class Identity : std::uint8_t {
  anonymous,
  local_user,
  api_key,            // an Authorization field with what looks like a key
  access_token,       // the same with what looks like an access token
  bad_authorization,  // an Authorization field that proves nothing
  foreign,            // a page of another site uses the browser of the local user
};

// What a server refuses of an engine's configuration.
std::vector<std::string> problems_of(const Settings& settings, const Config& config);

class Protection {
 public:
  // Throws ConfigError.
  explicit Protection(const Settings& settings);

  // Rule R35. `host` is the field's value, with or without port.
  bool allows_host(std::string_view host) const;
  // Rule R30. The origin, in memory of this object; "" when it is foreign.
  std::string_view allowed_origin(std::string_view origin) const;
  // Whether a page with this URL, as a Referer field tells it, is of an allowed origin.
  bool allows_page(std::string_view url) const;
  bool trusts(const Peer& peer) const;
  // Rule R31.
  boost::asio::ip::address client_ip(const Peer& peer, const Forwarding& forwarding) const;
  // Whether the client speaks TLS, to us or to the proxy before us.
  bool is_secure(const Peer& peer, const Forwarding& forwarding) const;
  // Whether somebody with this Authorization field may read the metrics: whoever shows METRICS_TOKEN, if there is one.
  bool allows_metrics(std::optional<std::string_view> authorization) const;
  // Rules R22 and R44.
  Identity identify(const Peer& peer, const Credentials& credentials) const;

 private:
  struct Block {
    boost::asio::ip::address network;
    unsigned prefix = 0;
    bool contains(const boost::asio::ip::address& address) const;
  };
  bool is_trusted(const boost::asio::ip::address& address) const;

  bool loopback_listener_ = false;
  bool public_is_secure_ = false;
  bool local_user_ = false;
  std::string local_token_;
  std::string metrics_token_;
  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  std::vector<Block> trusted_;
};

struct Place {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
};
// An `address:port` or `[address]:port`; absent for anything else.
std::optional<Place> place_of(std::string_view text);

// The path of a `unix:path` address; absent for anything else.
std::optional<std::string> unix_path(std::string_view host);

}  // namespace ignition::server
