// The catalogue: every operation of the product, defined once beside its rule. Routers, bindings, documents and tests
// iterate over it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ignition/describe.hpp"
#include "ignition/time.hpp"

namespace ignition {

struct Caller;
struct Config;
struct Context;
class HashQueue;
class RateStore;
class Store;
using RandomBytes = std::function<void(std::span<std::uint8_t>)>;
// Takes a streamed answer piece by piece, in order. What it throws ends the operation.
using Sink = std::function<void(std::string_view piece)>;

enum class Method : std::uint8_t { GET, POST, PUT, PATCH, DELETE };
BOOST_DESCRIBE_ENUM(Method, GET, POST, PUT, PATCH, DELETE)

// Where an operation lives below /api/v1. `{name}` stands for one path segment and is a field of the input.
struct Route {
  Method method;
  std::string_view path;  // "" = not reachable over HTTP
  int status = 200;       // of a success
};
constexpr Route Get(std::string_view path) { return {Method::GET, path}; }
constexpr Route Post(std::string_view path) { return {Method::POST, path}; }
// A POST that creates: answers 201.
constexpr Route Create(std::string_view path) { return {Method::POST, path, 201}; }
constexpr Route Put(std::string_view path) { return {Method::PUT, path}; }
constexpr Route Patch(std::string_view path) { return {Method::PATCH, path}; }
constexpr Route Delete(std::string_view path) { return {Method::DELETE, path}; }
// For host programs and the command line only.
constexpr Route Internal() { return {Method::POST, ""}; }

// Who may call. `recent` operations need a fresh credential, `admin` ones an entitlement, `system` ones the host
// program itself, which may administer, too.
enum class Access : std::uint8_t { public_, any, user, any_recent, user_recent, admin, admin_recent, system };
BOOST_DESCRIBE_ENUM(Access, public_, any, user, any_recent, user_recent, admin, admin_recent, system)
constexpr bool is_administration(Access access) { return access == Access::admin || access == Access::admin_recent; }

// A read takes a snapshot and stores nothing; a write holds the user's lock and raises users.revision.
enum class Effect : std::uint8_t { read, write };
BOOST_DESCRIBE_ENUM(Effect, read, write)

// What an operation may use before its transaction is open.
struct Preparation {
  Store& store;
  const Config& config;
  const RandomBytes& random;
  HashQueue& hashes;
  const Caller& caller;
  RateStore& rates;
  Instant now;
};

struct Operation {
  using Function = void (*)();
  std::string name;
  Route route;
  std::vector<Route> aliases;
  Access access;
  Effect effect;
  std::string summary;
  std::string_view entitlement;       // of admin operations
  bool replica = false;               // reads from a replica that is up to date for the caller
  bool kept = false;                  // a read whose answer is mostly kept in memory
  bool refresh_cookie = false;        // reads the refresh token in the client's jar
  bool for_dead_credentials = false;  // runs for nobody when the caller's access token is not good any more
  const TypeInfo* input;
  const TypeInfo* output;
  Function function;
  void (*invoke)(Function function, Context& context, const void* input, void* output);
  // Of an operation whose answer may be larger than memory, in place of `invoke`: writes it piece by piece.
  void (*deliver)(Function function, Context& context, const void* input, const Sink& sink) = nullptr;
  // What such an operation stores before its first piece leaves, in a write of its own.
  Function noting = nullptr;
  void (*note)(Function noting, Context& context, const void* input, void* nothing) = nullptr;
  Function preparing = nullptr;
  std::shared_ptr<void> (*prepare)(Function preparing, const Preparation& preparation, const void* input) = nullptr;
  std::size_t text_bytes =
      0;  // over 0: takes forms, and plain text as its field `content`, besides JSON; at most so long

  // Further routes of the same operation.
  Operation& also(Route route_) {
    aliases.push_back(route_);
    return *this;
  }
  // Lets a read that costs much and is wanted seldom be answered from a replica, once it knows all the caller's writes.
  Operation& from_replica() {
    replica = true;
    return *this;
  }
  bool is_streamed() const { return deliver != nullptr; }
  // Runs `function` as a write before a streamed answer begins, under the same access: to leave a trace of who asked.
  template <class Input>
  Operation& notes_first(void (*function_)(Context&, const Input&)) {
    noting = reinterpret_cast<Function>(function_);
    note = [](Function f, Context& context, const void* in, void*) {
      reinterpret_cast<void (*)(Context&, const Input&)>(f)(context, *static_cast<const Input*>(in));
    };
    return *this;
  }
  // Lets a shell ask Engine::answer_kept before it waits for the store.
  Operation& from_memory() {
    kept = true;
    return *this;
  }
  // Work that takes too long for a transaction, such as hashing a password: `function(preparation, input)` runs before
  // the transaction is open, and again whenever the operation does. What it returns is Context::prepared.
  template <class Prepared, class Input>
  Operation& before(std::shared_ptr<Prepared> (*function_)(const Preparation&, const Input&)) {
    preparing = reinterpret_cast<Function>(function_);
    prepare = [](Function f, const Preparation& preparation, const void* in) -> std::shared_ptr<void> {
      return reinterpret_cast<std::shared_ptr<Prepared> (*)(const Preparation&, const Input&)>(f)(
          preparation, *static_cast<const Input*>(in));
    };
    return *this;
  }
  // Lets a shell show the operation the refresh token in the client's jar (Origin::refresh_cookie).
  Operation& takes_refresh_cookie() {
    refresh_cookie = true;
    return *this;
  }
  // Signing out: it never fails for who is signed out already.
  Operation& also_for_dead_credentials() {
    for_dead_credentials = true;
    return *this;
  }
  Operation& takes_text(std::size_t most) {
    text_bytes = most;
    return *this;
  }
  Operation& needs(std::string_view entitlement_) {
    entitlement = entitlement_;
    return *this;
  }
};

class Catalogue {
 public:
  Catalogue() = default;
  Catalogue(Catalogue&&) = default;
  Catalogue(const Catalogue&) = delete;

  // Adds `Output function(Context&, const Input&)`. The name is `domain.verb` or `domain.resource.verb`, unique.
  template <class Output, class Input>
  Operation& add(std::string_view name, Route route, Access access, Effect effect,
                 Output (*function)(Context&, const Input&), std::string_view summary) {
    return add(Operation{.name = std::string(name),
                         .route = route,
                         .aliases = {},
                         .access = access,
                         .effect = effect,
                         .summary = std::string(summary),
                         .entitlement = {},
                         .input = &type_info<Input>,
                         .output = &type_info<Output>,
                         .function = reinterpret_cast<Operation::Function>(function),
                         .invoke = [](Operation::Function f, Context& context, const void* in, void* out) {
                           *static_cast<Output*>(out) = reinterpret_cast<Output (*)(Context&, const Input&)>(f)(
                               context, *static_cast<const Input*>(in));
                         }});
  }

  // Adds a read `function(Context&, const Input&, const Sink&)` whose answer may be larger than memory: it writes it
  // piece by piece, and sets Context::reply's content type and file name. `Document` describes the answer for the
  // documents of the interface; nothing makes one. The function runs in one snapshot, once: it throws when it cannot go
  // on, and whoever took pieces must not take them for the whole.
  template <class Document, class Input>
  Operation& stream(std::string_view name, Route route, Access access,
                    void (*function)(Context&, const Input&, const Sink&), std::string_view summary) {
    return add(Operation{.name = std::string(name),
                         .route = route,
                         .aliases = {},
                         .access = access,
                         .effect = Effect::read,
                         .summary = std::string(summary),
                         .entitlement = {},
                         .input = &type_info<Input>,
                         .output = &type_info<Document>,
                         .function = reinterpret_cast<Operation::Function>(function),
                         .invoke = nullptr,
                         .deliver = [](Operation::Function f, Context& context, const void* in, const Sink& sink) {
                           reinterpret_cast<void (*)(Context&, const Input&, const Sink&)>(f)(
                               context, *static_cast<const Input*>(in), sink);
                         }});
  }

  // In order of registration.
  const std::deque<Operation>& operations() const { return operations_; }
  const Operation* find(std::string_view name) const;
  // The operation of a function given to add(). Throws INTERNAL when there is none.
  const Operation& of(Operation::Function function) const;

 private:
  Operation& add(Operation operation);
  std::deque<Operation> operations_;
  std::unordered_map<std::string_view, const Operation*> by_name_;
};

}  // namespace ignition
