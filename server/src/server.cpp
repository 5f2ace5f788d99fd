#include "ignition/server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

#include "loop.hpp"
#include "site.hpp"

namespace ignition::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using unix_protocol = asio::local::stream_protocol;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

// Of the clients of each listener, what does not depend on their address.
const Peer kLocalPeer{.unix_socket = true};
const Peer kMetricsPeer{.metrics = true};

// A socket file that nobody listens on any more stands in the way of binding.
void remove_dead_socket(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  asio::io_context io;
  unix_protocol::socket probe(io);
  error_code ec;
  probe.connect(unix_protocol::endpoint(path), ec);
  if (ec == asio::error::connection_refused) ::unlink(path.c_str());
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> problems)
    : std::runtime_error(joined(problems)), problems_(std::move(problems)) {}

struct Server::State {
  State(Engine* engine, Settings settings) : site(engine, std::move(settings)) {}

  void start();
  void make_local_user();
  void listen_unix(const std::string& path);
  void listen_tcp();
  void listen_for_metrics();
  tcp::acceptor bound(const tcp::endpoint& endpoint);
  // Clients are like `like` but for their address.
  template <class Acceptor>
  void accept(Acceptor& acceptor, const Peer& like);
  template <class Protocol>
  void welcome(asio::basic_stream_socket<Protocol, asio::io_context::executor_type> socket, Loop& loop, Peer peer);
  template <class Acceptor>
  void accept_waiting(Acceptor& acceptor, const Peer& like);
  Loop& least_loaded();
  int connections() const;
  void close_acceptors();
  bool stop(std::chrono::milliseconds grace);
  void forget();

  Site site;
  std::unique_ptr<Workers> workers;
  std::vector<std::unique_ptr<Loop>> loops;
  std::optional<tcp::acceptor> tcp_acceptor;
  std::optional<unix_protocol::acceptor> unix_acceptor;
  std::optional<tcp::acceptor> metrics_acceptor;
  std::optional<asio::steady_timer> accept_pause;
  std::string socket_path;
  std::string address;
  std::uint16_t port = 0;
};

void Server::State::start() {
  const Settings& settings = site.settings;
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const int threads = settings.io_threads > 0 ? settings.io_threads : static_cast<int>(cores);
  workers = std::make_unique<Workers>(site.engine, settings.workers);
  for (int i = 0; i < threads; ++i) loops.push_back(std::make_unique<Loop>(site, *workers));
  accept_pause.emplace(loops.front()->io());
  try {
    make_local_user();
    if (const auto path = unix_path(settings.host)) {
      listen_unix(*path);
    } else {
      listen_tcp();
    }
    if (settings.metrics && !settings.metrics_bind.empty()) listen_for_metrics();
  } catch (...) {
    forget();
    throw;
  }
  for (const auto& loop : loops) loop->start();
  site.log.event(spdlog::level::info, "listening on " + address);
  if (settings.local_user) {
    site.log.event(spdlog::level::warn, "local user mode: whoever reaches this address from this machine is signed in");
  }
  site.log.flush();
}

void Server::State::make_local_user() {
  if (!site.settings.local_user) return;
  try {
    site.ensure_local_user();
  } catch (const Error& error) {
    // The database is down or lacks migrations: readiness says so, and the first request tries again.
    if (error.code() != Code::UNAVAILABLE) throw;
    site.log.event(spdlog::level::warn, "the local user could not be made yet: " + error.message());
  }
}

void Server::State::listen_unix(const std::string& path) {
  remove_dead_socket(path);
  const mode_t before = ::umask(0177);  // for the owner alone
  unix_acceptor.emplace(loops.front()->io());
  unix_acceptor->open(unix_protocol());
  error_code ec;
  unix_acceptor->bind(unix_protocol::endpoint(path), ec);
  ::umask(before);
  if (ec) throw std::system_error(ec.value(), std::system_category(), "unix:" + path);
  unix_acceptor->listen();
  socket_path = path;
  address = "unix:" + path;
  accept(*unix_acceptor, kLocalPeer);
}

// Throws std::system_error when the address cannot be bound.
tcp::acceptor Server::State::bound(const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(loops.front()->io());
  acceptor.open(endpoint.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  error_code ec;
  acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) {
    throw std::system_error(ec.value(), std::system_category(),
                            fmt::format("{} port {}", endpoint.address().to_string(), endpoint.port()));
  }
  return acceptor;
}

void Server::State::listen_tcp() {
  const tcp::endpoint endpoint(asio::ip::make_address(site.settings.host), site.settings.port);
  tcp_acceptor = bound(endpoint);
  port = tcp_acceptor->local_endpoint().port();
  const bool v6 = endpoint.address().is_v6();
  address = fmt::format("{}://{}{}{}:{}", site.certificates ? "https" : "http", v6 ? "[" : "",
                        endpoint.address().to_string(), v6 ? "]" : "", port);
  accept(*tcp_acceptor, {.tls = site.certificates != nullptr});
}

Loop& Server::State::least_loaded() {
  Loop* best = loops.front().get();
  for (const auto& loop : loops) {
    if (loop->load() < best->load()) best = loop.get();
  }
  return *best;
}

void Server::State::listen_for_metrics() {
  const Place place = place_of(site.settings.metrics_bind).value();
  metrics_acceptor = bound({place.address, place.port});
  accept(*metrics_acceptor, kMetricsPeer);
}

template <class Protocol>
void Server::State::welcome(asio::basic_stream_socket<Protocol, asio::io_context::executor_type> socket, Loop& loop,
                            Peer peer) {
  if constexpr (std::is_same_v<Protocol, tcp>) {
    error_code gone;
    const auto endpoint = socket.remote_endpoint(gone);
    if (gone) return;
    peer.address = Peer::of(endpoint.address()).address;
  }
  loop.adopt(Socket(std::move(socket)), peer);
}

template <class Acceptor>
void Server::State::accept(Acceptor& acceptor, const Peer& like) {
  using Accepted = asio::basic_stream_socket<typename Acceptor::protocol_type, asio::io_context::executor_type>;
  Loop& loop = least_loaded();
  acceptor.async_accept(loop.io().get_executor(),
                        [this, &acceptor, &loop, like](const error_code& ec, Accepted socket) {
                          if (!ec) welcome(std::move(socket), loop, like);
                          if (ec == asio::error::operation_aborted || !acceptor.is_open()) return;
                          if (!ec) return accept(acceptor, like);
                          // Too many open files, or the client has left already: wait for better times instead of
                          // spinning.
                          accept_pause->expires_after(std::chrono::milliseconds(50));
                          accept_pause->async_wait([this, &acceptor, like](const error_code& stopped) {
                            if (!stopped && acceptor.is_open()) accept(acceptor, like);
                          });
                        });
}

// Clients that connected before the end of accepting are not turned away.
template <class Acceptor>
void Server::State::accept_waiting(Acceptor& acceptor, const Peer& like) {
  error_code ec;
  acceptor.cancel(ec);
  acceptor.non_blocking(true, ec);
  while (true) {
    Loop& loop = least_loaded();
    auto socket = acceptor.accept(loop.io().get_executor(), ec);
    if (ec) break;
    welcome(std::move(socket), loop, like);
  }
  acceptor.close(ec);
}

void Server::State::close_acceptors() {
  std::promise<void> closed;
  asio::post(loops.front()->io(), [this, &closed] {
    accept_pause->cancel();
    if (tcp_acceptor) accept_waiting(*tcp_acceptor, {.tls = site.certificates != nullptr});
    if (unix_acceptor) accept_waiting(*unix_acceptor, kLocalPeer);
    if (metrics_acceptor) accept_waiting(*metrics_acceptor, kMetricsPeer);
    // Behind an accept that had succeeded but was not welcomed yet.
    asio::post(loops.front()->io(), [&closed] { closed.set_value(); });
  });
  closed.get_future().wait();
  if (!socket_path.empty()) ::unlink(socket_path.c_str());
}

int Server::State::connections() const {
  int sum = 0;
  for (const auto& loop : loops) sum += loop->load();
  return sum;
}

bool Server::State::stop(std::chrono::milliseconds grace) {
  if (loops.empty()) return true;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  site.stopping.store(true);
  close_acceptors();
  for (const auto& loop : loops) loop->drain();
  while (connections() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const bool all_answered = connections() == 0;
  for (const auto& loop : loops) loop->stop();
  workers->stop();
  forget();
  site.log.event(all_answered ? spdlog::level::info : spdlog::level::warn,
                 all_answered ? "stopped" : "stopped before every request was answered");
  site.log.flush();
  return all_answered;
}

void Server::State::forget() {
  tcp_acceptor.reset();
  unix_acceptor.reset();
  metrics_acceptor.reset();
  accept_pause.reset();
  workers.reset();  // first: work that never began holds connections of the loops
  loops.clear();
}

Server::Server(Engine* engine, Settings settings) : state_(std::make_unique<State>(engine, std::move(settings))) {
  auto problems = engine != nullptr ? problems_of(state_->site.settings, engine->config()) : std::vector<std::string>{};
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

Server::~Server() {
  try {
    state_->stop(std::chrono::milliseconds(0));
  } catch (const std::exception& exception) {
    state_->site.log.event(spdlog::level::err, exception.what());
  }
}

void Server::start() { state_->start(); }

std::uint16_t Server::port() const { return state_->port; }

std::uint16_t Server::metrics_port() const {
  return state_->metrics_acceptor ? state_->metrics_acceptor->local_endpoint().port() : std::uint16_t{0};
}

std::string Server::address() const { return state_->address; }

bool Server::stop() { return state_->stop(state_->site.settings.shutdown_grace); }

bool Server::reload_certificate() {
  Site& site = state_->site;
  bool read = site.certificates != nullptr;
  try {
    if (read) site.certificates->reload();
  } catch (const ConfigError& error) {
    for (const auto& problem : error.problems()) site.log.event(spdlog::level::err, problem);
    read = false;
  }
  if (read) site.log.event(spdlog::level::info, "read the certificate again");
  site.log.flush();
  return read;
}

int Server::run(const std::function<void()>& started) {
  std::signal(SIGPIPE, SIG_IGN);  // a log reader that went away must not end the server
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  start();
  if (started) started();
  asio::signal_set hangups(io);
  if (state_->site.certificates) hangups.add(SIGHUP);
  std::function<void(const error_code&, int)> reload = [&](const error_code& ec, int) {
    if (ec) return;
    reload_certificate();
    hangups.async_wait(reload);
  };
  if (state_->site.certificates) hangups.async_wait(reload);
  std::thread stopper;
  signals.async_wait([&](const error_code& ec, int) {
    if (ec) return;
    signals.async_wait([](const error_code& cancelled, int) {
      if (!cancelled) std::_Exit(1);
    });
    stopper = std::thread([&] {
      stop();
      io.stop();
    });
  });
  io.run();
  if (stopper.joinable()) stopper.join();
  return 0;
}

int serve(Engine* engine, const Settings& settings) { return Server(engine, settings).run(); }

}  // namespace ignition::server
