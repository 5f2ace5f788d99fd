#include "ignition/engine.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <thread>
#include <utility>

#include "domains/product.hpp"
#include "engine/accounts.hpp"
#include "engine/backlog.hpp"
#include "engine/idempotency.hpp"
#include "engine/of_users.hpp"
#include "engine/replica.hpp"
#include "engine/standing.hpp"
#include "engine/stored_answers.hpp"
#include "ignition/passwords.hpp"
#include "ignition/secrets.hpp"

namespace ignition {
namespace {

// The longest time by the clock for which the effects of Context::later may be missing.
constexpr Micros kStoredWithin = std::chrono::minutes(1);

constexpr Sql kRaiseRevision{R"sql(UPDATE users SET revision = revision + 1 WHERE id = $1)sql"};

using Events = std::vector<std::pair<std::string, std::string>>;  // name, JSON
using Traces = std::vector<std::function<void(Transaction&)>>;

// Runs `work`, and again while `again(error)` says so, at most three times, with pauses that grow (data-model
// rule 7.3).
template <class Again, class Work>
void try_again(Again again, Work work) {
  using std::chrono::milliseconds;
  constexpr std::array<milliseconds, 3> kPauses{milliseconds(10), milliseconds(40), milliseconds(160)};
  thread_local std::minstd_rand random{std::random_device{}()};
  for (const milliseconds pause : kPauses) {
    try {
      return work();
    } catch (const Error& error) {
      if (!again(error)) throw;
    }
    // Up to half as much again by chance, so that those who met do not meet again.
    std::this_thread::sleep_for(
        pause + milliseconds(std::uniform_int_distribution<int>(0, static_cast<int>(pause.count()) / 2)(random)));
  }
  work();
}

// A value of a described type, made without knowing it.
class Box {
 public:
  explicit Box(const TypeInfo& type) : type_(type), memory_(::operator new(type.size)) { type_.construct(memory_); }
  ~Box() {
    type_.destroy(memory_);
    ::operator delete(memory_);
  }
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;
  void* get() { return memory_; }

 private:
  const TypeInfo& type_;
  void* memory_;
};

// Thrown where an answer must come from memory, and does not. No operation catches it.
struct WantsStore {};

// Stands for the store there.
class NoStore final : public Transaction {
 public:
  void lock_user(const Uuid&) override { throw WantsStore{}; }
  void commit() override { throw WantsStore{}; }
  void attempt(const std::function<void()>&) override { throw WantsStore{}; }

 protected:
  std::int64_t run_statement(Sql, std::span<const Param>, void*, OnRow) override { throw WantsStore{}; }
};

void read_input(const Operation& operation, const Call& call, void* input) {
  Reader reader(call.unknown_keys);
  reader.read(call.body, *operation.input, input);
  for (const auto& [name, text] : call.path) {
    const std::size_t before = reader.errors().size();
    reader.set(*operation.input, input, name, text);
    if (reader.errors().size() > before) {
      if (reader.errors().back().code == "repeated") {
        throw invalid(std::string(name), "unknown_field", "stands in the path and must not stand in the body");
      }
      throw not_found("object");
    }
  }
  for (const auto& [name, text] : call.query) reader.set(*operation.input, input, name, text);
  reader.require(*operation.input);
  reader.finish();
}

int hashes_at_once(const Config& config) {
  if (config.password_concurrency > 0) return config.password_concurrency;
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

// Whether the store failed, not the caller.
bool is_of_store(const Error& error) {
  return error.code() == Code::INTERNAL || (error.code() == Code::UNAVAILABLE && error.reason() != "overloaded");
}

std::unique_ptr<RateStore> rates_of(const Config& config, Store& store) {
  if (config.rate_limit_store == RateLimitStore::database) return stored_rates(store);
  return std::make_unique<MemoryRates>();
}

std::string random_key() {
  std::string key(kSealKeyBytes, '\0');
  system_random()({reinterpret_cast<std::uint8_t*>(key.data()), key.size()});
  return key;
}

// Without a key, secrets that are stored encrypted can be read by this process alone.
std::string key_of(const Config& config) {
  return config.data_encryption_key.empty() ? random_key() : config.data_encryption_key;
}

// Waiting work of a user that a write stores along with its own; given back when the write fails.
struct Owed {
  Owed(Backlog& backlog_, const Uuid& user_) : backlog(backlog_), user(user_) {}
  ~Owed() { backlog.give_back(user, std::move(entries)); }
  Owed(const Owed&) = delete;
  Owed& operator=(const Owed&) = delete;

  Backlog& backlog;
  const Uuid user;
  Backlog::Entries entries;
};

using Listener = std::function<void(std::string_view, std::string_view)>;

class OpenEngine final : public Engine {
 public:
  explicit OpenEngine(EngineOptions options)
      : store_(Store::open(options.store_url, options.store)),
        replica_(options.replica_url, options.store),
        config_(std::move(options.config)),
        clock_(options.clock ? std::move(options.clock) : std::make_shared<SystemClock>()),
        ids_(options.ids ? std::move(options.ids) : std::make_shared<RandomIds>()),
        random_(options.random ? std::move(options.random) : system_random()),
        hashes_(hashes_at_once(config_), 64, options.measures ? &counts_ : nullptr),
        rates_(rates_of(config_, *store_)),
        cache_(options.answers_in_memory),
        log_(std::move(options.store.log)),
        watcher_(std::move(options.watcher)),
        measures_(options.measures) {
    config_.data_encryption_key = key_of(config_);
    config_.jwt_secret_is_made_up = config_.jwt_secret.empty();
    if (config_.jwt_secret_is_made_up) config_.jwt_secret = random_key();
    if (options.share_answers.value_or(store_->is_remote())) {
      stored_ = std::make_unique<StoredAnswers>(*store_, config_, [this](const std::string& line) { log(line); });
    }
    if (options.migrate) store_->migrate_up(clock_->now());
    pending_migrations();
  }

  Answer call(const Caller& caller, const Call& call) override {
    const Operation& operation = operation_of(call);
    if (operation.is_streamed()) {
      std::string body;
      Answer answer = stream(caller, call, [&body](std::string_view piece) { body += piece; });
      answer.body = std::move(body);
      return answer;
    }
    check_access(operation, caller);
    Box input(*operation.input);
    read_input_of(operation, caller, call, input.get());
    Box output(*operation.output);
    Answer answer;
    perform(operation, caller, input.get(), output.get(), call, &answer);
    return answer;
  }

  Answer stream(const Caller& caller, const Call& call, const Sink& sink) override {
    const Operation& operation = operation_of(call);
    if (!operation.is_streamed()) return Engine::stream(caller, call, sink);
    check_access(operation, caller);
    Box input(*operation.input);
    read_input_of(operation, caller, call, input.get());
    note_first(operation, caller, input.get());
    return deliver(operation, caller, input.get(), call, sink);
  }

  void answer_kept(std::span<KeptRead> reads) override {
    if (pending_migrations() > 0) return;
    while (!reads.empty()) {
      const auto batch = reads.first(std::min(reads.size(), OfUsers::kMost));
      answer_batch(batch);
      reads = reads.subspan(batch.size());
    }
  }

  const Catalogue& catalogue() const override { return ignition::catalogue(); }
  const Config& config() const override { return config_; }
  Store& store() override { return *store_; }
  Clock& clock() override { return *clock_; }
  RateStore& rates() override { return *rates_; }

  int pending_migrations() override {
    if (pending_ == 0) return 0;
    const std::lock_guard lock(shipping_mutex_);
    if (pending_ == 0) return 0;
    const int pending = count_pending();
    if (pending == 0) ship_content();
    pending_ = pending;
    return pending;
  }

  int subscribe(Listener listener) override {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.emplace(++last_listener_, std::move(listener));
    return last_listener_;
  }

  void unsubscribe(int listener) override {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.erase(listener);
  }

 protected:
  void run(const Operation& operation, const Caller& caller, const void* input, void* output) override {
    check_access(operation, caller);
    perform(operation, caller, input, output, Call{}, nullptr);
  }

 private:
  int count_pending() {
    const auto all = store_->migrations();
    return static_cast<int>(std::count_if(all.begin(), all.end(), [](const Migration& m) { return !m.applied; }));
  }

  const Operation& operation_of(const Call& call) const {
    const Operation* operation = catalogue().find(call.operation);
    if (operation != nullptr) return *operation;
    throw Error(Code::NOT_FOUND, fmt::format("There is no operation {}.", call.operation)).because("unknown_operation");
  }

  void read_input_of(const Operation& operation, const Caller& caller, const Call& call, void* input) {
    try {
      read_input(operation, call, input);
    } catch (const Error&) {
      check_standing(operation, caller);  // who may not call is not told what is wrong with the input
      throw;
    }
  }
  // Times the statements of a transaction from here on, if the engine measures.
  class Timed {
   public:
    Timed(OpenEngine& engine, const Operation& operation, Transaction& db)
        : engine_(engine), operation_(operation.name) {
      if (engine.measures_) db.time(durations_);
    }
    ~Timed() { engine_.counts_.took("ignition_db_query_duration_seconds", operation_, durations_); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

   private:
    OpenEngine& engine_;
    const std::string_view operation_;
    std::vector<std::chrono::nanoseconds> durations_;
  };

  // A transaction and the caller's account as it stands in it.
  struct Opened {
    std::unique_ptr<Transaction::Watcher> watcher;
    std::unique_ptr<Transaction> db;
    Identified caller;
    bool on_replica = false;
  };

  // `operation` outlives what is watched.
  std::unique_ptr<Transaction::Watcher> watcher_of(std::string_view operation) const {
    if (!watcher_) return nullptr;
    return std::make_unique<Transaction::Watcher>(
        [this, operation](std::string_view statement) { watcher_(operation, statement); });
  }
  static void watch(const Opened& opened) {
    if (opened.watcher) opened.db->watch(*opened.watcher);
  }

  // Refuses a caller whose account may not run the operation. `account`: Call::account.
  Opened open(const Operation& operation, const Caller& caller, Mode mode, Instant now,
              const Principal* account = nullptr) {
    if (pending_migrations() > 0) {
      throw Error(Code::UNAVAILABLE, "The database needs to be migrated first.").because("schema_pending");
    }
    Opened opened{.watcher = watcher_of(operation.name), .db = store_->begin(mode), .caller = {}};
    watch(opened);
    // Operations for everybody still say who calls, and refuse who shows what is not good any more.
    if (!has_account(operation, caller) && !has_stored_credential(caller)) return opened;
    if (mode == Mode::write && has_account(operation, caller)) opened.db->lock_user(caller.user);
    const bool known = account != nullptr && account->user_id == caller.user && !has_stored_credential(caller);
    try {
      if (known && mode == Mode::glance) {
        opened.caller = {.principal = *account, .use = {}, .auth_time = caller.auth_time};
      } else {
        opened.caller = identify(*opened.db, caller, config_, now);
      }
    } catch (const Error& error) {
      // Only a failure to identify the user fails a read (rule F14).
      if (mode == Mode::write || error.code() != Code::INTERNAL) throw;
      opened.db.reset();
      opened.db = store_->begin(mode);
      watch(opened);
      opened.caller = identify(*opened.db, caller, config_, now, true);
    }
    check_account(operation, caller, opened.caller, config_, now);
    if (!has_account(operation, caller)) opened.caller.principal = {};
    return opened;
  }

  // The short ways of reading that a run may try; those that failed are not tried again.
  struct Ways {
    bool glance = true;
    bool replica = false;
  };

  // As above for a read that a replica may answer. The account is the store's; the replica must know it as it is.
  Opened open_for_reading(const Operation& operation, const Caller& caller, const Ways& ways, Instant now,
                          const Principal* account) {
    Opened opened = open(operation, caller, ways.glance ? Mode::glance : Mode::read, now, account);
    const Principal& found = opened.caller.principal;
    if (!ways.replica || !found.is_whole()) return opened;
    if (auto copy = replica_.glance_at(found.user_id, found.revision, found.flags_version)) {
      opened.db = std::move(copy);
      watch(opened);
      opened.on_replica = true;
    }
    return opened;
  }

  void check_standing(const Operation& operation, const Caller& caller) {
    open(operation, caller, Mode::glance, clock_->now());
  }

  // Runs the operation, again when the database wants it again and nothing of it was stored, and tells the listeners.
  void perform(const Operation& operation, const Caller& caller, const void* input, void* output, const Call& call,
               Answer* answer) {
    Events events;
    Traces traces;
    std::vector<Counted> counted;
    Ways ways{.replica = operation.replica};
    try {
      try_again(may_run_again, [&] {
        const Ways now = std::exchange(ways, {.glance = false, .replica = false});
        traces.clear();
        counted.clear();
        events = perform_once(operation, caller, input, output, call, answer, now, traces, counted);
      });
    } catch (const Error& error) {
      leave(traces);
      if (is_of_store(error)) counted.push_back({"ignition_db_errors_total", operation.name});
      counts_.add(counted);
      throw;
    }
    counts_.add(counted);
    tell(events);
  }

  // What a streamed operation stores before its answer begins. It raises no revision: nothing of the user's changes.
  void note_first(const Operation& operation, const Caller& caller, const void* input) {
    if (operation.note == nullptr) return;
    backlog_.settle(caller.user, clock_->now());
    try_again(may_run_again, [&] {
      const Instant now = clock_->now();
      const Opened opened = open(operation, caller, Mode::write, now);
      Context context = context_of(caller, opened.caller.principal, *opened.db, Mode::write, now, Call{});
      operation.note(operation.noting, context, input, nullptr);
      opened.db->commit();
    });
  }

  // A streamed answer, in one snapshot. It is not tried again: its first pieces may have left.
  Answer deliver(const Operation& operation, const Caller& caller, const void* input, const Call& call,
                 const Sink& sink) {
    const Instant now = clock_->now();
    auto prepared =
        operation.prepare == nullptr
            ? nullptr
            : operation.prepare(operation.preparing, {*store_, config_, random_, hashes_, caller, *rates_, now}, input);
    const Opened opened = open(operation, caller, Mode::read, now);
    Context context = context_of(caller, opened.caller.principal, *opened.db, Mode::read, now, call);
    context.prepared = std::move(prepared);
    context.is_fresh = is_fresh(caller, opened.caller, config_, now);
    operation.deliver(operation.function, context, input, sink);
    store_later(context);
    return {.status = operation.route.status,
            .use = opened.caller.use,
            .content_type = std::move(context.reply.content_type),
            .file_name = std::move(context.reply.file_name)};
  }

  // One run in one transaction; what it published. With `answer`, the output is written as JSON, and idempotency keys
  // and entity tags of `call` count.
  Events perform_once(const Operation& operation, const Caller& caller, const void* input, void* output,
                      const Call& call, Answer* answer, const Ways& ways, Traces& traces,
                      std::vector<Counted>& counted) {
    if (operation.prepare != nullptr) check_standing(operation, caller);  // before anything is made for the caller
    auto prepared =
        operation.prepare == nullptr
            ? nullptr
            : operation.prepare(operation.preparing,
                                {*store_, config_, random_, hashes_, caller, *rates_, clock_->now()}, input);
    const Instant now = clock_->now();
    const bool writes = operation.effect == Effect::write;
    Owed owed(backlog_, caller.user);
    if (has_account(operation, caller)) {
      if (writes) {
        owed.entries = backlog_.take(caller.user);
      } else {
        backlog_.settle(caller.user, now - kStoredWithin);
      }
    }
    const Opened opened = writes ? open(operation, caller, Mode::write, now)
                                 : open_for_reading(operation, caller, ways, now, call.account);
    const Timed timed(*this, operation, *opened.db);
    backlog_.perform(owed.entries, *opened.db);
    if (stored_ && operation.kept && call.account == nullptr) {
      const Principal* account = &opened.caller.principal;
      stored_->recall(*opened.db, {&account, 1}, cache_);
    }
    const std::int64_t rows_before = opened.db->rows_changed();
    Context context =
        context_of(caller, opened.caller.principal, *opened.db, writes ? Mode::write : Mode::read, now, call);
    context.prepared = std::move(prepared);
    context.is_fresh = is_fresh(caller, opened.caller, config_, now);
    const bool keyed = !call.idempotency_key.empty() && has_account(operation, caller);
    if (writes && keyed && idempotency::may_be_kept(operation)) {
      if (write_once(operation, context, input, output, call, *answer, rows_before)) owed.entries.clear();
      answer->use = opened.caller.use;
      counted = std::move(context.reply.counted);
      return std::move(context.reply.events);
    }
    try {
      invoke(operation, context, input, output);
    } catch (const Error& error) {
      traces = std::move(context.reply.on_refusal);
      counted = std::move(context.reply.counted_refusals);
      if (!opened.on_replica || error.code() != Code::UNAVAILABLE) throw;
      if (error.reason() != "write_conflict") replica_.failed();
      throw write_conflict();
    }
    if (answer != nullptr) {
      *answer = answer_of(operation, context, output);
      answer->use = opened.caller.use;
    }
    if (writes) finish(context, rows_before);
    owed.entries.clear();
    store_later(context);
    counted = std::move(context.reply.counted);
    return std::move(context.reply.events);
  }

  Context context_of(const Caller& caller, const Principal& principal, Transaction& db, Mode mode, Instant now,
                     const Call& call) {
    const Calendar calendar{TimeZone::or_utc(principal.timezone), static_cast<int>(principal.day_start_hour),
                            principal.week_start};
    return {.caller = caller,
            .principal = principal,
            .user = principal.user_id,
            .now = now,
            .calendar = calendar,
            .today = calendar.date_of(now),
            .db = db,
            .ids = *ids_,
            .config = config_,
            .cache = cache_,
            .random = random_,
            .mode = mode,
            .if_none_match = call.if_none_match,
            .reply = {}};
  }

  void store_later(Context& context) {
    for (auto& work : context.reply.later) backlog_.add(context.user, context.now, std::move(work));
    if (!stored_) return;
    for (auto& [view, answer] : context.reply.shared) stored_->store(context.user, view, std::move(answer));
  }

  // Each once, by ascending user.
  static std::vector<const Principal*> principals_of(const std::vector<std::optional<Identified>>& callers) {
    std::vector<const Principal*> out;
    out.reserve(callers.size());
    for (const auto& caller : callers) {
      if (caller) out.push_back(&caller->principal);
    }
    std::ranges::sort(out, {}, &Principal::user_id);
    out.erase(std::ranges::unique(out, {}, &Principal::user_id).begin(), out.end());
    return out;
  }

  // At most OfUsers::kMost reads.
  void answer_batch(std::span<KeptRead> reads) {
    std::vector<const Caller*> callers;
    callers.reserve(reads.size());
    for (const KeptRead& read : reads) callers.push_back(read.caller);
    const Instant now = clock_->now();
    std::vector<std::optional<Identified>> found;
    try {
      const Opened opened{
          .watcher = watcher_of(reads.front().call->operation), .db = store_->begin(Mode::glance), .caller = {}};
      watch(opened);
      found = identify_all(*opened.db, callers, config_, now);
      if (stored_) stored_->recall(*opened.db, principals_of(found), cache_);
    } catch (const Error& error) {
      if (error.code() == Code::UNAVAILABLE && !may_run_again(error)) throw;
      return;
    }
    for (std::size_t i = 0; i < reads.size(); ++i) {
      if (!found[i]) continue;
      reads[i].answer = from_memory(reads[i], *found[i], now);
      if (!reads[i].answer && !has_stored_credential(*reads[i].caller)) {
        reads[i].account = std::move(found[i]->principal);
      }
    }
  }

  std::optional<Answer> from_memory(const KeptRead& read, const Identified& caller, Instant now) {
    const Principal& account = caller.principal;
    const Operation* operation = catalogue().find(read.call->operation);
    if (operation == nullptr || !operation->kept || operation->effect != Effect::read) return {};
    if (backlog_.owes(account.user_id, now - kStoredWithin)) return {};
    try {
      check_access(*operation, *read.caller);
      check_account(*operation, *read.caller, caller, config_, now);
      Box input(*operation->input);
      read_input(*operation, *read.call, input.get());
      Box output(*operation->output);
      NoStore db;
      Context context = context_of(*read.caller, account, db, Mode::read, now, *read.call);
      operation->invoke(operation->function, context, input.get(), output.get());
      Answer answer = answer_of(*operation, context, output.get());
      answer.use = caller.use;
      store_later(context);
      return answer;
    } catch (const WantsStore&) {
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): call() meets it again, and tells
    }
    return {};
  }

  // False when the answer was stored before, so that nothing is.
  bool write_once(const Operation& operation, Context& context, const void* input, void* output, const Call& call,
                  Answer& answer, std::int64_t rows_before) {
    const auto request = idempotency::request(operation, call.idempotency_key, input);
    if (auto stored = idempotency::find(context, request)) {
      answer = std::move(*stored);
      return false;
    }
    try {
      context.db.attempt([&] { invoke(operation, context, input, output); });
    } catch (const Error& error) {
      const int status = http_status(error.code());
      if (status >= 500 || status == 409 || status == 429) throw;
      for (const auto& trace : context.reply.on_refusal) trace(context.db);
      idempotency::store(context, request, error);
      context.db.commit();
      counts_.add(context.reply.counted_refusals);
      throw;
    }
    answer = answer_of(operation, context, output);
    idempotency::store(context, request, answer, *operation.output, output);
    finish(context, rows_before);
    return true;
  }

  // What time alone has changed is stored first, so that the operation finds it done.
  static void invoke(const Operation& operation, Context& context, const void* input, void* output) {
    if (context.mode == Mode::write && has_account(operation, context.caller)) product::settle(context);
    operation.invoke(operation.function, context, input, output);
  }

  static Answer answer_of(const Operation& operation, Context& context, const void* output) {
    Answer answer;
    answer.status = context.reply.status != 0 ? context.reply.status : operation.route.status;
    answer.etag = std::move(context.reply.etag);
    answer.not_modified = context.reply.not_modified;
    answer.cookies = std::move(context.reply.cookies);
    answer.location = std::move(context.reply.location);
    if (!answer.not_modified) write_json(answer.body, *operation.output, output);
    return answer;
  }

  // `rows_before`: changed by other work of this transaction, which raises no revision.
  static void finish(Context& context, std::int64_t rows_before) {
    if (context.db.rows_changed() > rows_before && !context.user.is_nil())
      context.db.execute(kRaiseRevision, context.user);
    context.db.commit();
  }

  // What a refusal leaves behind. That it could not be stored does not change the refusal.
  void leave(const Traces& traces) {
    if (traces.empty()) return;
    try {
      const auto db = store_->begin(Mode::write);
      for (const auto& trace : traces) trace(*db);
      db->commit();
    } catch (const Error& error) {
      log(fmt::format("The trace of a refusal was not stored: {}", error.message()));
    }
  }

  void tell(const Events& events) {
    if (events.empty()) return;
    std::vector<Listener> listeners;
    {
      const std::lock_guard lock(listeners_mutex_);
      for (const auto& [number, listener] : listeners_) listeners.push_back(listener);
    }
    for (const auto& [name, json] : events) {
      for (const auto& listener : listeners) {
        try {
          listener(name, json);
        } catch (const std::exception& error) {  // the call is committed: it has succeeded
          log(fmt::format("A listener failed on {}: {}", name, error.what()));
        } catch (...) {
          log(fmt::format("A listener failed on {}.", name));
        }
      }
    }
  }

  void log(const std::string& line) const {
    if (log_) {
      log_(line);
    } else {
      fmt::print(stderr, "ignition: {}\n", line);
    }
  }

  // Several servers may start at once on an empty database; all but one find the rows there.
  void ship_content() {
    const auto another_ships = [](const Error& error) {
      return may_run_again(error) || error.reason() == "already_exists";
    };
    try_again(another_ships, [&] {
      const auto db = store_->begin(Mode::write);
      product::ship(*db, *ids_, clock_->now());
      if (db->rows_changed() > 0) db->commit();
    });
  }

  std::unique_ptr<Store> store_;
  Replica replica_;
  Config config_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<IdSource> ids_;
  const RandomBytes random_;
  HashQueue hashes_;
  const std::unique_ptr<RateStore> rates_;
  AnswerCache cache_;
  const std::function<void(std::string_view)> log_;
  const std::function<void(std::string_view, std::string_view)> watcher_;
  const bool measures_;
  std::atomic<int> pending_ = -1;  // -1: not counted yet
  std::mutex shipping_mutex_;
  std::mutex listeners_mutex_;
  std::map<int, Listener> listeners_;
  int last_listener_ = 0;
  std::unique_ptr<StoredAnswers> stored_;                                     // null: every engine works out for itself
  Backlog backlog_{*store_, [this](const std::string& line) { log(line); }};  // ends before what it needs
};

}  // namespace

Caller Caller::local() { return {.credential = Credential::local, .user = kLocalUser}; }

bool names_tag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view tag = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
    if (tag == "*" || tag == etag) return true;
  }
  return false;
}

bool Context::tagged(std::string etag) {
  reply.etag = std::move(etag);
  reply.not_modified = names_tag(if_none_match, reply.etag);
  return reply.not_modified;
}

std::unique_ptr<Engine> Engine::open(EngineOptions options) { return std::make_unique<OpenEngine>(std::move(options)); }

}  // namespace ignition
