#include "storage/sqlite_writer.hpp"

#include <algorithm>
#include <random>

namespace ignition::storage {
namespace {

constexpr Sql kBegin{"BEGIN IMMEDIATE"};
constexpr Sql kCommit{"COMMIT"};
constexpr Sql kRollback{"ROLLBACK"};
constexpr Sql kSavepoint{"SAVEPOINT member"};
constexpr Sql kRelease{"RELEASE member"};
constexpr Sql kUndo{"ROLLBACK TO member"};

constexpr int kMostMembers = 64;
constexpr std::chrono::milliseconds kOldest{20};

// Waits before another try, with up to half as much again by chance (data-model rule 7.3).
constexpr std::array<std::chrono::milliseconds, 3> kRetries{
    std::chrono::milliseconds(10), std::chrono::milliseconds(40), std::chrono::milliseconds(160)};

std::chrono::microseconds with_jitter(std::chrono::microseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return wait + std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(0, wait.count() / 2)(random));
}

Error lost() { return Error(Code::UNAVAILABLE, "The database did not answer.").because("storage_failed"); }

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteConnection> connection, const StoreOptions& options, bool group_commit)
    : connection_(std::move(connection)), patience_(options.busy_timeout_ms), group_commit_(group_commit) {}

void SqliteWriter::take_turn() {
  Lock lock(mutex_);
  const auto me = std::this_thread::get_id();
  if (taken_ && holder_ == me) {
    throw Error(Code::INTERNAL, "A write was begun while another of the same thread was open.");
  }
  if (!taken_) {
    taken_ = true;
    holder_ = me;
    return;
  }
  Waiter waiter;
  waiter.thread = me;
  queue_.push_back(&waiter);
  if (!waiter.granted_signal.wait_for(lock, patience_, [&] { return waiter.granted; })) {
    std::erase(queue_, &waiter);
    throw Error(Code::UNAVAILABLE, "Other writes took too long. Try again.").because("busy");
  }
}

void SqliteWriter::pass_turn(Lock&) {
  if (queue_.empty()) {
    taken_ = false;
    holder_ = {};
    return;
  }
  Waiter* next = queue_.front();
  queue_.pop_front();
  holder_ = next->thread;
  next->granted = true;
  next->granted_signal.notify_one();
}

std::size_t SqliteWriter::waiting() {
  const Lock lock(mutex_);
  return queue_.size();
}

bool SqliteWriter::may_grow(const Lock&) const {
  return group_commit_ && !queue_.empty() && batch_->members < kMostMembers &&
         Clock::now() - batch_->waiting_since < kOldest;
}

void SqliteWriter::begin_immediate() {
  const auto deadline = Clock::now() + patience_;
  for (const auto wait : kRetries) {
    try {
      return connection_->command(kBegin);
    } catch (const Error& error) {
      if (error.reason() != "busy" || Clock::now() >= deadline) throw;
      std::this_thread::sleep_for(with_jitter(wait));
    }
  }
  connection_->command(kBegin);
}

void SqliteWriter::open_batch() {
  if (!batch_) {
    begin_immediate();
    batch_ = std::make_shared<Batch>();
  }
  // The first member needs no savepoint: undoing it undoes the batch.
  if (batch_->members > 0) connection_->command(kSavepoint);
}

void SqliteWriter::enter() {
  take_turn();
  try {
    open_batch();
  } catch (...) {
    if (batch_) lose_batch(lost());
    Lock lock(mutex_);
    pass_turn(lock);
    throw;
  }
}

void SqliteWriter::commit() {
  if (!batch_) {
    roll_back();
    throw lost();
  }
  try {
    if (batch_->members > 0) connection_->command(kRelease);
  } catch (...) {
    roll_back();
    throw;
  }
  if (batch_->members++ == 0) batch_->waiting_since = Clock::now();
  {
    Lock lock(mutex_);
    if (may_grow(lock)) {
      const std::shared_ptr<Batch> mine = batch_;
      pass_turn(lock);
      mine->done_signal.wait(lock, [&] { return mine->done; });
      if (mine->failure) throw Error(*mine->failure);
      return;
    }
  }
  if (const auto failure = flush()) throw Error(*failure);
}

std::optional<Error> SqliteWriter::flush() {
  std::optional<Error> failure = commit_batch();
  Lock lock(mutex_);
  pass_turn(lock);
  return failure;
}

std::optional<Error> SqliteWriter::commit_batch() {
  try {
    connection_->command(kCommit);
  } catch (const Error& error) {
    // What one member did wrong is not the words for all of them.
    Error failure = error.code() == Code::UNAVAILABLE ? error : lost();
    lose_batch(failure);
    return failure;
  }
  end_batch({});
  return {};
}

void SqliteWriter::end_batch(std::optional<Error> failure) {
  const Lock lock(mutex_);
  batch_->done = true;
  batch_->failure = std::move(failure);
  batch_->done_signal.notify_all();
  batch_.reset();
}

void SqliteWriter::lose_batch(const Error& why) {
  try {
    if (!connection_->in_autocommit()) connection_->command(kRollback);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the members are told of `why`, and the next BEGIN will tell
  }
  end_batch(why);
}

void SqliteWriter::after_failure() noexcept {
  if (batch_ && connection_->in_autocommit()) lose_batch(lost());
}

void SqliteWriter::roll_back() noexcept {
  if (batch_ && batch_->members == 0) {
    lose_batch(lost());  // it had this member only
  } else if (batch_) {
    try {
      connection_->command(kUndo);
      connection_->command(kRelease);
    } catch (const Error& error) {
      lose_batch(error);
    }
  }
  Lock lock(mutex_);
  if (!batch_ || may_grow(lock)) return pass_turn(lock);
  // Nobody follows who would commit for the members before.
  lock.unlock();
  flush();
}

void SqliteWriter::alone(const std::function<void(SqliteConnection&)>& work) {
  take_turn();
  try {
    if (batch_) commit_batch();  // it was handed on with the turn
    work(*connection_);
  } catch (...) {
    Lock lock(mutex_);
    pass_turn(lock);
    throw;
  }
  Lock lock(mutex_);
  pass_turn(lock);
}

}  // namespace ignition::storage
