#include "loop.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

namespace ignition::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLinger{2'000};
// A client that has just connected is about to ask.
constexpr std::chrono::milliseconds kFirstRequestWhileStopping{250};
constexpr std::size_t kMostDiscarded = 4'194'304;
constexpr std::size_t kLargestKept = 65'536;

// How often deadlines are looked at: often enough for the shortest.
std::chrono::milliseconds sweep_interval(const Settings& s) {
  const auto shortest =
      std::min({s.header_timeout, s.body_timeout, s.request_timeout, s.idle_timeout, s.health_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

}  // namespace

Loop::Loop(Site& site, Workers& workers)
    : site_(site),
      workers_(workers),
      guard_(asio::make_work_guard(io_)),
      timer_(io_),
      interval_(sweep_interval(site.settings)) {}

Loop::~Loop() { stop(); }

void Loop::start() {
  thread_ = std::thread([this] {
    while (true) {
      try {
        io_.run();
        return;
      } catch (const std::exception& exception) {
        // Out of memory, for example: the connection that it happened to is gone, the others go on.
        site_.log.event(spdlog::level::err, std::string("a connection was dropped: ") + exception.what());
      }
    }
  });
}

void Loop::adopt(Socket socket, const Peer& peer) {
  load_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, peer, socket = std::move(socket)]() mutable {
    const auto connection = std::make_shared<Connection>(*this, std::move(socket), peer);
    connection->start();
    if (!sweeping_) sweep();
  });
}

void Loop::sweep() {
  const auto now = steady_clock::now();
  for (auto next = connections_.begin(); next != connections_.end();) {
    Connection* const connection = *next++;  // it may leave the list
    connection->check_time(now);
  }
  workers_.shared_reads.hurry();
  site_.log.flush();
  sweeping_ = !connections_.empty();
  if (!sweeping_) return;
  timer_.expires_at(now + interval_);
  timer_.async_wait([this](const error_code& ec) {
    if (!ec) sweep();
  });
}

void Loop::drain() {
  asio::post(io_, [this] {
    for (auto next = connections_.begin(); next != connections_.end();) {
      Connection* const connection = *next++;
      connection->drain();
    }
  });
}

void Loop::stop() {
  guard_.reset();
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

Connection::Connection(Loop& loop, Socket socket, const Peer& peer)
    : loop_(loop),
      socket_(std::move(socket)),
      place_(loop.connections_.insert(loop.connections_.end(), this)),
      conversation_(loop.site_, peer) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  if (!peer.unix_socket) socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (peer.tls) tls_ = std::make_unique<TlsStream>(loop.site_.certificates->current());
  deadline_ = steady_clock::now() + loop.site_.settings.header_timeout;
}

Connection::~Connection() {
  loop_.connections_.erase(place_);
  loop_.load_.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::pump() {
  while (socket_.is_open()) {
    const Wants wants = conversation_.advance(plain());
    if (tls_ && wants == Wants::close) {
      seal();
      tls_->close(out_);
    }
    seal();
    set_deadline();
    switch (wants) {
      case Wants::work:
        work();
        return;
      case Wants::flush:
        if (!flush()) return;
        break;
      case Wants::input:
        if (flush()) read();
        return;
      case Wants::close:
        if (flush()) linger();
        return;
    }
  }
}

void Connection::set_deadline() {
  if (conversation_.turn() == turn_) return;
  turn_ = conversation_.turn();
  const Settings& settings = loop_.site_.settings;
  std::chrono::milliseconds allowed{};
  switch (conversation_.phase()) {
    case Phase::fresh:
    case Phase::header:
      allowed = settings.header_timeout;
      break;
    case Phase::idle:
      allowed = settings.idle_timeout;
      break;
    case Phase::body:
    case Phase::sending:
    case Phase::ended:
      allowed = settings.body_timeout;
      break;
    case Phase::work:
      allowed = settings.request_timeout;
      break;
    case Phase::probe:
      allowed = settings.health_timeout;
      break;
  }
  deadline_ = steady_clock::now() + allowed;
}

void Connection::seal() {
  if (!tls_) return;
  tls_->seal(plain_, out_);
  if (plain_.capacity() > kLargestKept) plain_ = {};
  plain_.clear();
}

// Waits without a buffer, of which idle connections would hold many.
void Connection::read_sealed() {
  if (tls_->ended() || tls_->is_broken()) return close();
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& ec) {
    if (ec) return self->close();
    self->sealed_arrived();
  });
}

void Connection::sealed_arrived() {
  static thread_local std::array<char, 16'384> wire;
  error_code ec;
  const std::size_t n = socket_.read_some(asio::buffer(wire), ec);
  if (ec == asio::error::would_block) return read_sealed();
  if (ec) return close();
  tls_->arrived({wire.data(), n});
  while (true) {
    const std::size_t opened = tls_->open(conversation_.room());
    if (opened == 0) break;
    conversation_.received(opened);
  }
  if (!tls_->is_broken()) return pump();
  seal();
  if (flush()) close();
}

void Connection::read() {
  if (tls_) return read_sealed();
  const auto room = conversation_.room();
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [self = shared_from_this()](const error_code& ec, std::size_t n) {
                            if (ec) return self->close();
                            self->conversation_.received(n);
                            self->pump();
                          });
}

void Connection::work() {
  error_code ignored;
  // Answers to earlier requests go out before the wait, as far as the client takes them.
  if (out_.size() > sent_) sent_ += socket_.write_some(asio::buffer(out_.data() + sent_, out_.size() - sent_), ignored);
  if (conversation_.works_together()) {
    loop_.workers_.shared_reads.add(shared_from_this());
  } else {
    work_alone();
  }
}

void Connection::work_alone() {
  Workers& workers = loop_.workers_;
  auto& pool = conversation_.works_on_health() ? workers.health
               : conversation_.calls_outside() ? workers.outgoing()
                                               : workers.operations;
  asio::post(pool, [self = shared_from_this()]() mutable {
    self->conversation_.work();
    auto& io = self->loop_.io_;
    asio::post(io, [self = std::move(self)] { self->worked(); });
  });
}

void Connection::tell(std::vector<std::shared_ptr<Connection>> connections) {
  const auto loop_of = [](const auto& connection) { return &connection->loop_; };
  std::ranges::sort(connections, {}, loop_of);
  for (auto first = connections.begin(); first != connections.end();) {
    const auto last = std::ranges::find_if(
        first, connections.end(), [&](const auto& connection) { return loop_of(connection) != loop_of(*first); });
    auto& io = (*first)->loop_.io_;
    asio::post(io, [own = std::vector(std::make_move_iterator(first), std::make_move_iterator(last))] {
      for (const auto& connection : own) connection->worked();
    });
    first = last;
  }
}

void Connection::worked() {
  if (!gave_up_ && socket_.is_open()) pump();
}

bool Connection::flush() {
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    return true;
  }
  error_code ec;
  sent_ += socket_.write_some(asio::buffer(out_.data() + sent_, out_.size() - sent_), ec);
  if (ec && ec != asio::error::would_block) {
    close();
    return false;
  }
  if (sent_ < out_.size()) {
    deadline_ = steady_clock::now() + loop_.site_.settings.body_timeout;
    sending_ = true;
    send_rest();
    return false;
  }
  if (out_.capacity() > kLargestKept) out_ = {};
  out_.clear();
  sent_ = 0;
  return true;
}

void Connection::send_rest() {
  socket_.async_write_some(asio::buffer(out_.data() + sent_, out_.size() - sent_),
                           [self = shared_from_this()](const error_code& ec, std::size_t n) {
                             if (ec) return self->close();
                             self->sent_ += n;
                             if (self->sent_ < self->out_.size()) return self->send_rest();
                             self->sending_ = false;
                             self->turn_ = self->conversation_.turn() - 1;  // what follows gets its own deadline
                             self->pump();
                           });
}

// A socket closed with unread bytes resets the connection, and the client may lose the answer it is about to read. So
// the rest is read and thrown away for a moment (RFC 9112, 9.6).
void Connection::linger() {
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  if (ec) return close();
  lingering_ = true;
  deadline_ = steady_clock::now() + kLinger;
  discard();
}

void Connection::discard() {
  // Work that was given up may still read the conversation's buffer: the bytes go elsewhere.
  static thread_local std::array<char, 16'384> waste;
  socket_.async_read_some(asio::buffer(waste), [self = shared_from_this()](const error_code& ec, std::size_t n) {
    self->discarded_ += n;
    if (ec || self->discarded_ > kMostDiscarded) return self->close();
    self->discard();
  });
}

void Connection::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Connection::drain() {
  const Phase phase = conversation_.phase();
  if (phase == Phase::fresh) deadline_ = std::min(deadline_, steady_clock::now() + kFirstRequestWhileStopping);
  if (sending_ || lingering_ || phase != Phase::idle) return;
  error_code ec;
  const std::size_t waiting = socket_.available(ec);
  if (ec || waiting == 0) close();  // otherwise a request is on its way, and is answered
}

void Connection::check_time(steady_clock::time_point now) {
  if (now < deadline_ || !socket_.is_open()) return;
  const auto self = shared_from_this();
  const Phase phase = conversation_.phase();
  const bool working = phase == Phase::work || phase == Phase::probe;
  if (sending_ || lingering_ || !working) {
    if (!sending_ && !lingering_) {
      error_code ignored;
      conversation_.time_out(plain());
      seal();
      socket_.write_some(asio::buffer(out_), ignored);
      socket_.shutdown(Socket::shutdown_both, ignored);
    }
    return close();
  }
  gave_up_ = true;
  conversation_.give_up(plain());
  seal();
  set_deadline();
  if (flush()) linger();
}

}  // namespace ignition::server
