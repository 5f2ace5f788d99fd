#include "engine/stored_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "domains/product.hpp"
#include "engine/of_users.hpp"
#include "ignition/packed.hpp"
#include "ignition/sha256.hpp"
#include "ignition/version.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace {

constexpr std::chrono::milliseconds kQuiet{4'000};  // whoever does things changes the answer soon
constexpr std::size_t kMost = 20'000;               // that wait
constexpr std::size_t kBatch = 100;

constexpr Sql kStore{R"sql(
  INSERT INTO stored_answers (user_id, view, maker, revision, flags_version, valid_from, valid_until, body)
  SELECT u.id, $2, $3, $4, $5, $6, $7, $8 FROM users u WHERE u.id = $1
  ON CONFLICT (user_id, view) DO UPDATE
    SET maker = excluded.maker, revision = excluded.revision, flags_version = excluded.flags_version,
        valid_from = excluded.valid_from, valid_until = excluded.valid_until, body = excluded.body
  WHERE stored_answers.revision <= excluded.revision)sql"};

struct Stored {
  Uuid user_id;
  std::string view;
  std::string maker;
  std::int64_t revision = 0;
  std::int64_t flags_version = 0;
  Instant valid_from;
  Instant valid_until;
  Bytes body;
};
BOOST_DESCRIBE_STRUCT(Stored, (), (user_id, view, maker, revision, flags_version, valid_from, valid_until, body))

const OfUsers& statements() {
  static const OfUsers kStatements(
      "SELECT user_id, view, maker, revision, flags_version, valid_from, valid_until, body\n"
      "    FROM stored_answers WHERE user_id");
  return kStatements;
}

// Differs between programs that would read the same rows differently.
std::string maker_of(const SharedView& view, const Config& config) {
  std::string text = fmt::format("{} {} {}", kVersion, view.shape, to_json(config.today));
  for (const auto& [name, value] : config.forced_flags) text += fmt::format(" {}={}", name, value);
  return hex_text(sha256(text)).substr(0, 16);
}

// makers_.size() when there is none.
std::size_t index_of(std::string_view view) {
  const auto views = product::shared_views();
  return static_cast<std::size_t>(std::ranges::find(views, view, &SharedView::name) - views.begin());
}

}  // namespace

StoredAnswers::StoredAnswers(Store& store, const Config& config, Log log) : store_(store), log_(std::move(log)) {
  for (const SharedView& view : product::shared_views()) makers_.push_back(maker_of(view, config));
}

StoredAnswers::~StoredAnswers() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  called_.notify_all();
  if (worker_.joinable()) worker_.join();
  // A store that is away is not waited for a second time: what is lost is worked out again.
  for (Batch rest = gather(true); !rest.empty() && write(rest);) rest = gather(true);
}

void StoredAnswers::store(const Uuid& user, std::string_view view,
                          std::shared_ptr<const CachedAnswer> answer) noexcept {
  try {
    const std::size_t index = index_of(view);
    if (index == makers_.size()) return;
    const std::lock_guard lock(mutex_);
    const Key key{user, index};
    if (waiting_.size() >= kMost && !waiting_.contains(key)) return;
    const bool first = waiting_.empty();
    waiting_[key] = {std::move(answer), std::chrono::steady_clock::now() + kQuiet};
    if (!worker_.joinable()) worker_ = std::thread([this] { run(); });
    if (first) called_.notify_one();
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): without memory it is worked out again
  }
}

void StoredAnswers::recall(Transaction& db, std::span<const Principal* const> accounts, AnswerCache& memory) const {
  const auto views = product::shared_views();
  std::vector<Uuid> users;
  for (const Principal* account : accounts) {
    const auto known = [&](const SharedView& view) { return memory.knows(account->user_id, view.name); };
    if (!std::ranges::all_of(views, known)) users.push_back(account->user_id);
  }
  std::vector<Stored> rows;
  try {
    rows = statements().query<Stored>(db, users, true);
  } catch (const Error& error) {
    if (may_run_again(error)) throw;  // otherwise it is worked out here
  }
  for (const Stored& stored : rows) {
    const auto account = *std::ranges::lower_bound(accounts, stored.user_id, {}, &Principal::user_id);
    const std::size_t index = index_of(stored.view);
    if (account->revision != stored.revision || index == makers_.size() || stored.maker != makers_[index]) continue;
    const auto answer = views[index].unpack(stored.user_id, stored.body.value);
    if (!answer) continue;
    answer->revision = stored.revision;
    answer->flags_version = stored.flags_version;
    answer->from = stored.valid_from;
    answer->until = stored.valid_until;
    memory.put(stored.user_id, stored.view, answer);
  }
}

void StoredAnswers::run() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    if (waiting_.empty()) {
      called_.wait(lock);
      continue;
    }
    called_.wait_for(lock, kQuiet / 4);
    if (ends_) return;
    lock.unlock();
    for (Batch due = gather(false); !due.empty() && write(due);) due = gather(false);
    lock.lock();
  }
}

StoredAnswers::Batch StoredAnswers::gather(bool everything) {
  Batch batch;
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  for (auto next = waiting_.begin(); next != waiting_.end() && batch.size() < kBatch;) {
    if (!everything && now < next->second.due) {
      ++next;
      continue;
    }
    batch.emplace_back(next->first, std::move(next->second.answer));
    next = waiting_.erase(next);
  }
  // Two servers that store for the same users lock their rows in the same order.
  std::ranges::sort(batch, {}, [](const auto& entry) { return entry.first.user; });
  return batch;
}

bool StoredAnswers::write(const Batch& batch) noexcept {
  try {
    const auto db = store_.begin(Mode::write);
    for (const auto& [key, answer] : batch) {
      const SharedView& view = product::shared_views()[key.view];
      Bytes body;
      view.pack(body.value, *answer);
      db->execute(kStore, key.user, view.name, makers_[key.view], answer->revision, answer->flags_version, answer->from,
                  answer->until, body);
    }
    db->commit();
    return true;
  } catch (const std::exception& error) {
    try {
      log_(fmt::format("Answers for other servers were not stored: {}", error.what()));
    } catch (...) {  // NOLINT(bugprone-empty-catch): nobody listens
    }
    return false;
  }
}

}  // namespace ignition
