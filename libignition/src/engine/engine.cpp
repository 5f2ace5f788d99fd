#include "ignition/engine.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <new>

#include "domains/product.hpp"
#include "engine/idempotency.hpp"
#include "ignition/gates.hpp"

namespace ignition {
namespace {

constexpr Sql kPrincipal{R"sql(
  SELECT u.id, u.revision, u.email, u.email_verified_at, u.name, u.image, u.role, u.approved, u.age_attested,
         u.tos_version, u.disabled_at, u.created_at, s.theme, s.timezone, COALESCE(s.day_start_hour, 0),
         COALESCE(s.week_start, 'monday'), e.last_activity_at,
         COALESCE((SELECT version FROM catalog_versions WHERE name = 'feature_flags'), 0)
    FROM users u
    LEFT JOIN user_settings s ON s.user_id = u.id
    LEFT JOIN engagement_state e ON e.user_id = u.id
   WHERE u.id = $1)sql"};
constexpr Sql kRaiseRevision{R"sql(UPDATE users SET revision = revision + 1 WHERE id = $1)sql"};

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

bool has_account(Access access) { return access != Access::public_ && access != Access::system; }

void check_access(const Operation& operation, const Caller& caller) {
  if (operation.access == Access::public_) return;
  if (operation.access == Access::system) {
    if (caller.credential == Credential::system) return;
    throw forbidden("system_only", "Only the host program may call this operation.");
  }
  if (caller.credential == Credential::none || caller.credential == Credential::system) {
    throw Error(Code::UNAUTHORIZED, "Sign in first.").because("not_signed_in");
  }
}

void check_account(const Operation& operation, const Caller& caller, const Principal& principal, const Config& config,
                   Instant now) {
  if (principal.disabled_at) throw Error(Code::UNAUTHORIZED, "This account is disabled.").because("not_signed_in");
  const bool gated = operation.access != Access::any && operation.access != Access::any_recent;
  if (gated) {
    const auto pending = pending_gates(caller, principal, config);
    if (!pending.empty()) {
      throw forbidden(pending.front(), "The account is not ready yet.").with_json("pending", to_json(pending));
    }
  }
  const bool recent = operation.access == Access::any_recent || operation.access == Access::user_recent;
  const bool trusted = caller.credential == Credential::local || caller.credential == Credential::host;
  if (recent && !trusted && (!caller.auth_time || now - *caller.auth_time > config.auth_reauth)) {
    throw forbidden("reauth_required", "Confirm who you are first.");
  }
  if (operation.access == Access::admin) {
    const auto& has = caller.entitlements;
    const bool super = caller.credential == Credential::local || principal.role == Role::super_admin;
    if (!super && std::find(has.begin(), has.end(), operation.entitlement) == has.end()) {
      throw forbidden("entitlement_required", "This needs an administrator's entitlement.")
          .with("entitlement", operation.entitlement);
    }
  }
}

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

class OpenEngine final : public Engine {
 public:
  explicit OpenEngine(EngineOptions options)
      : store_(Store::open(options.store_url, options.store)),
        config_(std::move(options.config)),
        clock_(options.clock ? std::move(options.clock) : std::make_shared<SystemClock>()),
        ids_(options.ids ? std::move(options.ids) : std::make_shared<RandomIds>()) {
    if (options.migrate) store_->migrate_up(clock_->now());
    pending_ = count_pending();
    if (pending_ == 0) ship_content();
  }

  Answer call(const Caller& caller, const Call& call) override {
    const Operation* operation = catalogue().find(call.operation);
    if (operation == nullptr) {
      throw Error(Code::NOT_FOUND, fmt::format("There is no operation {}.", call.operation))
          .because("unknown_operation");
    }
    check_access(*operation, caller);
    Box input(*operation->input);
    read_input(*operation, call, input.get());
    Box output(*operation->output);
    Answer answer;
    perform(*operation, caller, input.get(), output.get(), call, &answer);
    return answer;
  }

  const Catalogue& catalogue() const override { return ignition::catalogue(); }
  const Config& config() const override { return config_; }
  Store& store() override { return *store_; }
  Clock& clock() override { return *clock_; }

  int pending_migrations() override {
    if (pending_ > 0) pending_ = count_pending();
    return pending_;
  }

  int subscribe(std::function<void(std::string_view, std::string_view)> listener) override {
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

  // Loads the caller's account; an operation without one gets an empty principal.
  Principal principal_of(const Operation& operation, const Caller& caller, Transaction& db) {
    if (!has_account(operation.access)) return {};
    auto principal = db.maybe<Principal>(kPrincipal, caller.user);
    if (!principal) throw Error(Code::UNAUTHORIZED, "There is no such account.").because("not_signed_in");
    return std::move(*principal);
  }

  // Runs the operation in a transaction. With `answer`, the output is written as JSON, and idempotency keys and entity
  // tags of `call` count.
  void perform(const Operation& operation, const Caller& caller, const void* input, void* output, const Call& call,
               Answer* answer) {
    if (pending_migrations() > 0) {
      throw Error(Code::UNAVAILABLE, "The database needs to be migrated first.").because("schema_pending");
    }
    const Instant now = clock_->now();
    const bool writes = operation.effect == Effect::write;
    const auto db = store_->begin(writes ? Mode::write : Mode::read);
    if (writes && has_account(operation.access)) db->lock_user(caller.user);
    const Principal principal = principal_of(operation, caller, *db);
    if (has_account(operation.access)) check_account(operation, caller, principal, config_, now);
    const Calendar calendar{TimeZone::or_utc(principal.timezone), static_cast<int>(principal.day_start_hour),
                            principal.week_start};
    Context context{.caller = caller,
                    .principal = principal,
                    .user = principal.user_id,
                    .now = now,
                    .calendar = calendar,
                    .today = calendar.date_of(now),
                    .db = *db,
                    .ids = *ids_,
                    .config = config_,
                    .cache = cache_,
                    .mode = writes ? Mode::write : Mode::read,
                    .if_none_match = call.if_none_match,
                    .reply = {}};
    if (writes && !call.idempotency_key.empty() && has_account(operation.access)) {
      write_once(operation, context, input, output, call, *answer);
      return;
    }
    operation.invoke(operation.function, context, input, output);
    if (answer != nullptr) *answer = answer_of(operation, context, output);
    if (writes) finish(context);
  }

  void write_once(const Operation& operation, Context& context, const void* input, void* output, const Call& call,
                  Answer& answer) {
    const auto request = idempotency::request(operation, call.idempotency_key, input);
    if (auto stored = idempotency::find(context, request)) {
      answer = std::move(*stored);
      return;
    }
    try {
      context.db.attempt([&] { operation.invoke(operation.function, context, input, output); });
    } catch (const Error& error) {
      const int status = http_status(error.code());
      if (status >= 500 || status == 409 || status == 429) throw;
      idempotency::store(context, request, error);
      context.db.commit();
      throw;
    }
    answer = answer_of(operation, context, output);
    idempotency::store(context, request, answer);
    finish(context);
  }

  static Answer answer_of(const Operation& operation, Context& context, const void* output) {
    Answer answer;
    answer.status = context.reply.status != 0 ? context.reply.status : operation.route.status;
    answer.etag = std::move(context.reply.etag);
    answer.not_modified = context.reply.not_modified;
    if (!answer.not_modified) write_json(answer.body, *operation.output, output);
    return answer;
  }

  void finish(Context& context) {
    if (context.db.rows_changed() > 0 && !context.user.is_nil()) context.db.execute(kRaiseRevision, context.user);
    context.db.commit();
    if (context.reply.events.empty()) return;
    std::vector<std::function<void(std::string_view, std::string_view)>> listeners;
    {
      const std::lock_guard lock(listeners_mutex_);
      for (const auto& [number, listener] : listeners_) listeners.push_back(listener);
    }
    for (const auto& [name, json] : context.reply.events) {
      for (const auto& listener : listeners) listener(name, json);
    }
  }

  void ship_content() {
    const auto db = store_->begin(Mode::write);
    product::ship(*db, *ids_, clock_->now());
    if (db->rows_changed() > 0) db->commit();
  }

  std::unique_ptr<Store> store_;
  Config config_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<IdSource> ids_;
  AnswerCache cache_;
  std::atomic<int> pending_ = 0;
  std::mutex listeners_mutex_;
  std::map<int, std::function<void(std::string_view, std::string_view)>> listeners_;
  int last_listener_ = 0;
};

}  // namespace

Caller Caller::local() { return {.credential = Credential::local, .user = kLocalUser}; }

bool Context::tagged(std::string etag) {
  reply.etag = std::move(etag);
  // If-None-Match: `*`, or a list of entity tags, weak or strong (RFC 9110, 13.1.2; weak comparison).
  std::string_view list = if_none_match;
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view tag = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
    if (tag == "*" || tag == reply.etag) reply.not_modified = true;
  }
  return reply.not_modified;
}

std::unique_ptr<Engine> Engine::open(EngineOptions options) { return std::make_unique<OpenEngine>(std::move(options)); }

}  // namespace ignition
