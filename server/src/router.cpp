#include "router.hpp"

#include <algorithm>
#include <boost/url/pct_string_view.hpp>
#include <stdexcept>

#include "compat/surface.hpp"

namespace ignition::server {
namespace {

constexpr std::string_view kPrefix = "/api/v1";

// Splits off the first segment of what follows a slash. `more` tells whether another slash, and so another segment,
// came.
std::string_view next_segment(std::string_view& rest, bool& more) {
  const auto slash = rest.find('/');
  more = slash != std::string_view::npos;
  const std::string_view segment = rest.substr(0, slash);
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return segment;
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

}  // namespace

Router::Router(const Catalogue& catalogue, bool metrics) {
  add(Method::GET, "/", nullptr, System::root);
  add(Method::GET, "/health", nullptr, System::health);
  add(Method::GET, "/health/live", nullptr, System::live);
  add(Method::GET, "/health/ready", nullptr, System::ready);
  add(Method::GET, "/ready", nullptr, System::ready);
  add(Method::GET, "/version", nullptr, System::version);
  add(Method::GET, "/api/openapi.json", nullptr, System::openapi);
  add(Method::GET, "/api/v1/csrf", nullptr, System::csrf);
  for (const auto* path : {"/auth/callback/{provider}", "/auth/{provider}/callback", "/api/auth/callback/{provider}"}) {
    add(Method::GET, path, nullptr, System::oauth_callback);
  }
  if (metrics) add(Method::GET, "/metrics", nullptr, System::metrics);
  for (const Operation& operation : catalogue.operations()) {
    const auto add_route = [&](const Route& route) {
      if (route.path.empty()) return;
      add(route.method, std::string(kPrefix) + std::string(route.path), &operation, System::none);
    };
    add_route(operation.route);
    for (const Route& alias : operation.aliases) add_route(alias);
  }
  for (const compat::Part& part : compat::table()) {
    for (const compat::Row& row : part.rows) {
      const Operation* operation = catalogue.find(row.operation);
      if (operation == nullptr) continue;  // a catalogue with operations of its own
      for (const auto path : row.paths) add(row.method, std::string(path), operation, System::none, &row);
    }
  }
}

void Router::add(Method method, std::string pattern, const Operation* operation, System system,
                 const compat::Row* row) {
  const std::size_t number = endpoints_.size();
  Endpoint& endpoint = endpoints_.emplace_back();
  endpoint.number = number;
  endpoint.method = method;
  endpoint.operation = operation;
  endpoint.system = system;
  endpoint.row = row;
  endpoint.pattern = std::move(pattern);
  if (operation != nullptr) endpoint.rates = rates_of(*operation);

  Node* node = &root_;
  std::string_view rest = std::string_view(endpoint.pattern).substr(1);
  for (bool more = true; more;) {
    const std::string_view segment = next_segment(rest, more);
    if (is_parameter(segment)) {
      endpoint.parameters.emplace_back(segment.substr(1, segment.size() - 2));
      if (!node->parameter) node->parameter = std::make_unique<Node>();
      node = node->parameter.get();
      continue;
    }
    auto at = std::lower_bound(node->literals.begin(), node->literals.end(), segment,
                               [](const auto& literal, std::string_view text) { return literal.first < text; });
    if (at == node->literals.end() || at->first != segment) {
      at = node->literals.emplace(at, std::string(segment), std::make_unique<Node>());
    }
    node = at->second.get();
  }
  if (endpoint.parameters.size() > kMaxParameters) throw std::logic_error("too many parameters: " + endpoint.pattern);
  const Endpoint*& place = node->by_method[static_cast<std::size_t>(method)];
  if (place != nullptr) throw std::logic_error("two operations share the route " + endpoint.pattern);
  place = &endpoint;
}

template <class Arrive>
bool Router::descend(const Node& node, std::string_view rest, std::size_t values, Match& match, const Arrive& arrive) {
  bool more = false;
  const std::string_view segment = next_segment(rest, more);
  const auto step = [&](const Node& next, std::size_t count) {
    return more ? descend(next, rest, count, match, arrive) : arrive(next);
  };
  std::string decoded;
  std::string_view text = segment;
  if (segment.find('%') != std::string_view::npos) {
    decoded = boost::urls::make_pct_string_view({segment.data(), segment.size()})->decode();
    text = decoded;
  }
  const auto literal = std::lower_bound(node.literals.begin(), node.literals.end(), text,
                                        [](const auto& candidate, std::string_view t) { return candidate.first < t; });
  if (literal != node.literals.end() && literal->first == text && step(*literal->second, values)) return true;
  if (!node.parameter || segment.empty() || values == kMaxParameters) return false;
  match.values[values] = segment;
  return step(*node.parameter, values + 1);
}

Match Router::find(Method method, std::string_view path) const {
  Match match;
  if (!path.starts_with('/')) return match;
  descend(root_, path.substr(1), 0, match, [&](const Node& node) {
    match.endpoint = node.by_method[static_cast<std::size_t>(method)];
    return match.endpoint != nullptr;
  });
  return match;
}

unsigned Router::methods(std::string_view path) const {
  unsigned found = 0;
  if (!path.starts_with('/')) return found;
  Match unused;
  descend(root_, path.substr(1), 0, unused, [&found](const Node& node) {
    for (std::size_t i = 0; i < kMethods; ++i) {
      if (node.by_method[i] != nullptr) found |= 1U << i;
    }
    return false;
  });
  return found;
}

}  // namespace ignition::server
