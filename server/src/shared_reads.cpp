#include "shared_reads.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "loop.hpp"

namespace ignition::server {
namespace {

// When the store keeps a run waiting for longer, another one begins.
constexpr std::chrono::milliseconds kPatience{2};

}  // namespace

void SharedReads::add(std::shared_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(connection));
  begin_run_if_due();
}

void SharedReads::hurry() {
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty()) begin_run_if_due();
}

void SharedReads::begin_run_if_due() {
  const auto now = std::chrono::steady_clock::now();
  if (runs_ > 0 && now - taken_ < kPatience) return;
  ++runs_;
  taken_ = now;
  boost::asio::post(pool_, [this] { run(); });
}

void SharedReads::run() {
  while (true) {
    Connections connections;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        --runs_;
        return;
      }
      connections.swap(waiting_);
      taken_ = std::chrono::steady_clock::now();
    }
    answer(std::move(connections));
  }
}

void SharedReads::answer(Connections connections) {
  // Whoever gave up meanwhile only goes back to its loop.
  const auto begun = std::stable_partition(connections.begin(), connections.end(), [](const auto& connection) {
    return !connection->conversation().begin_together();
  });
  Connections done(std::make_move_iterator(connections.begin()), std::make_move_iterator(begun));
  connections.erase(connections.begin(), begun);
  std::vector<KeptRead> reads;
  reads.reserve(connections.size());
  for (const auto& connection : connections) reads.push_back(connection->conversation().asks());
  std::optional<Error> failure;
  try {
    engine_->answer_kept(reads);
  } catch (const Error& error) {
    failure = error;
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): each call meets it again, and tells
  }
  for (std::size_t i = 0; i < connections.size(); ++i) {
    Conversation& conversation = connections[i]->conversation();
    if (failure && !reads[i].answer) {
      conversation.fail_together(*failure);
    } else if (!conversation.end_together(std::move(reads[i]))) {
      connections[i]->work_alone();
      continue;
    }
    done.push_back(std::move(connections[i]));
  }
  Connection::tell(std::move(done));
}

}  // namespace ignition::server
