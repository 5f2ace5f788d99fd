// One thread, its connections, and the time they may take. Connections never leave their loop, so nothing in it is
// locked.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "conversation.hpp"
#include "shared_reads.hpp"
#include "tls.hpp"

namespace ignition::server {

class Connection;

// TCP or Unix.
using Socket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::io_context::executor_type>;

// Threads that may wait for the database.
struct Workers {
  Workers(Engine* engine, int threads)
      : operations(static_cast<std::size_t>(threads)), shared_reads(engine, operations) {}
  boost::asio::thread_pool operations;
  boost::asio::thread_pool health{1};
  // Threads that wait for other servers, made when somebody first calls outside.
  boost::asio::thread_pool& outgoing() {
    std::call_once(outgoing_made_, [this] { outgoing_.emplace(kOutgoing); });
    return *outgoing_;
  }
  // Lets no more work begin, then waits for what runs.
  void stop() {
    for (auto* pool : pools()) pool->stop();
    for (auto* pool : pools()) pool->join();
  }

 private:
  static constexpr std::size_t kOutgoing = 4;
  std::vector<boost::asio::thread_pool*> pools() {
    std::vector<boost::asio::thread_pool*> out{&operations, &health};
    if (outgoing_) out.push_back(&*outgoing_);
    return out;
  }
  std::once_flag outgoing_made_;
  std::optional<boost::asio::thread_pool> outgoing_;

 public:
  SharedReads shared_reads;
};

class Loop {
 public:
  Loop(Site& site, Workers& workers);
  ~Loop();

  void start();
  // Takes a connected socket; from any thread.
  void adopt(Socket socket, const Peer& peer);
  // Closes connections without a request; the others close after theirs. From any thread.
  void drain();
  // Ends the thread and every connection.
  void stop();

  boost::asio::io_context& io() { return io_; }
  int load() const { return load_.load(std::memory_order_relaxed); }

 private:
  friend class Connection;
  void sweep();

  Site& site_;
  Workers& workers_;
  std::atomic<int> load_ = 0;
  std::list<Connection*> connections_;
  // After the list: its destructor ends the connections that are left.
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds interval_;
  bool sweeping_ = false;
  std::thread thread_;
};

// Moves a conversation's bytes through a socket.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Loop& loop, Socket socket, const Peer& peer);
  ~Connection();

  void start() { pump(); }
  void drain();
  void check_time(std::chrono::steady_clock::time_point now);

  // From the threads that do the work of conversations:
  Conversation& conversation() { return conversation_; }
  // Lends the conversation a thread.
  void work_alone();
  // The work of these is done: their loops go on with them.
  static void tell(std::vector<std::shared_ptr<Connection>> connections);

 private:
  void pump();
  void read();
  void read_sealed();
  void sealed_arrived();
  // Where the conversation writes, and what makes bytes for the socket of it.
  std::string& plain() { return tls_ ? plain_ : out_; }
  void seal();
  void work();
  void worked();
  // Sends what there is; false when the rest is being sent behind the scenes, and pump() follows.
  bool flush();
  void send_rest();
  void linger();
  void discard();
  void close();
  void set_deadline();

  Loop& loop_;
  Socket socket_;
  std::list<Connection*>::iterator place_;
  Conversation conversation_;
  std::unique_ptr<TlsStream> tls_;  // null = the socket's bytes are the conversation's
  std::string plain_;               // not sealed yet
  std::string out_;
  std::size_t sent_ = 0;
  bool sending_ = false;
  bool gave_up_ = false;
  bool lingering_ = false;
  std::size_t discarded_ = 0;
  unsigned turn_ = 0;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace ignition::server
