// A product to test: an engine on a fresh store, with a clock that stands still until it is moved and ids that repeat.
//
//   STORE_TEST("a habit completes once a day") {
//     World world(store);
//     auto ann = world.person();
//     const auto habit = ann.call("habits.create", R"({"name": "walk"})");
//     CHECK(habit["habit"]["name"] == "walk");
//     CHECK(ann.error_of("habits.get", R"({"id": "0194f5c0-0000-7000-8000-000000000001"})") == "NOT_FOUND not_found");
//   }
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/domains/users.hpp"
#include "ignition/engine.hpp"
#include "support/postgres.hpp"
#include "support/statements.hpp"

namespace ignition::test {

// The stores that every test of a domain runs on.
inline const std::vector<std::string>& stores() {
  static const std::vector<std::string> all{"memory", "file", "postgres"};
  return all;
}

// A JSON answer. A missing key or element is a null that says so when compared.
class Answered {
 public:
  Answered() = default;
  explicit Answered(std::string_view json) : parser_(std::make_shared<simdjson::dom::parser>()) {
    simdjson::dom::element root;
    REQUIRE_MESSAGE(parser_->parse(json.data(), json.size()).get(root) == simdjson::SUCCESS, std::string(json));
    value_ = root;
  }

  Answered operator[](std::string_view key) const {
    simdjson::dom::element value;
    if (!value_ || value_->at_key(key).get(value) != simdjson::SUCCESS) return {};
    return {parser_, value};
  }
  Answered operator[](int index) const {
    simdjson::dom::element value;
    if (!value_ || value_->at(static_cast<std::size_t>(index)).get(value) != simdjson::SUCCESS) return {};
    return {parser_, value};
  }

  bool exists() const { return value_.has_value(); }
  std::string text() const { return std::string(value().get_string().value()); }
  std::int64_t integer() const { return value().get_int64().value(); }
  bool boolean() const { return value().get_bool().value(); }
  Uuid id() const { return Uuid::parse(text()).value(); }
  Instant instant() const { return Instant::parse(text()).value(); }
  // Number of elements or keys.
  std::size_t size() const {
    return value().is_array() ? value().get_array().value().size() : value().get_object().value().size();
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    const simdjson::dom::object object = value().get_object().value();
    for (const auto& member : object) out.emplace_back(member.key);
    return out;
  }
  // As compact JSON; "(missing)" when there is none.
  std::string json() const { return value_ ? simdjson::minify(*value_) : std::string("(missing)"); }

  friend bool operator==(const Answered& a, std::nullptr_t) { return a.value_ && a.value_->is_null(); }
  friend bool operator==(const Answered& a, bool b) { return a.json() == (b ? "true" : "false"); }
  friend bool operator==(const Answered& a, std::string_view b) {
    std::string_view text;
    return a.value_ && a.value_->get_string().get(text) == simdjson::SUCCESS && text == b;
  }
  friend bool operator==(const Answered& a, const char* b) { return a == std::string_view(b); }
  friend bool operator==(const Answered& a, const std::string& b) { return a == std::string_view(b); }
  template <std::integral T>
  friend bool operator==(const Answered& a, T b) {
    return a.json() == std::to_string(b);
  }
  friend bool operator==(const Answered& a, double b) {
    double number = 0;
    return a.value_ && a.value_->get_double().get(number) == simdjson::SUCCESS && number == b;
  }
  friend bool operator==(const Answered& a, const Uuid& b) { return a == b.text(); }
  friend bool operator==(const Answered& a, const Instant& b) { return a == b.text(); }
  friend bool operator==(const Answered& a, const Answered& b) { return a.json() == b.json(); }
  friend std::ostream& operator<<(std::ostream& out, const Answered& a) { return out << a.json(); }

 private:
  Answered(std::shared_ptr<simdjson::dom::parser> parser, simdjson::dom::element value)
      : parser_(std::move(parser)), value_(value) {}
  const simdjson::dom::element& value() const {
    REQUIRE_MESSAGE(value_.has_value(), "the answer lacks this key");
    return *value_;
  }

  std::shared_ptr<simdjson::dom::parser> parser_;
  std::optional<simdjson::dom::element> value_;
};

// A refusal, compared as "CODE reason" or, with fields, "VALIDATION_ERROR field:code field:code".
struct Refused {
  Code code = Code::INTERNAL;
  std::string summary;
  Answered details;

  friend bool operator==(const Refused& a, std::string_view b) { return a.summary == b; }
  friend std::ostream& operator<<(std::ostream& out, const Refused& a) { return out << a.summary; }
};

inline Refused refused(const Error& error) {
  std::string summary(name_of(error.code()));
  for (const auto& field : error.fields()) summary += " " + field.field + ":" + field.code;
  if (error.fields().empty() && !error.reason().empty()) summary += " " + error.reason();
  return {error.code(), std::move(summary), Answered(error.details_json())};
}

// The input {"id": ...} of one object, with more keys where needed: `with_id(id, R"("name": "walk")")`.
inline std::string with_id(const Uuid& id, std::string_view more = {}) {
  return more.empty() ? fmt::format(R"({{"id": "{}"}})", id.text())
                      : fmt::format(R"({{"id": "{}", {}}})", id.text(), more);
}
inline std::string with_id(const Answered& object, std::string_view more = {}) {
  return with_id(object["id"].id(), more);
}

class World;

// Somebody who calls operations.
class Person {
 public:
  Person(World& world, Caller caller) : world_(&world), caller_(std::move(caller)) {}

  const Uuid& id() const { return caller_.user; }
  Caller& caller() { return caller_; }
  const Caller& caller() const { return caller_; }

  // Runs the operation; its output.
  Answered call(std::string_view operation, std::string_view body = "{}") const;
  // The whole answer: status, entity tag ...
  Answer answer(const Call& call) const;
  // Runs the operation, which must refuse.
  Refused error_of(std::string_view operation, std::string_view body = "{}") const;
  // Runs an operation's function.
  template <class Output, class Input>
  Output run(Output (*function)(Context&, const Input&), const std::type_identity_t<Input>& input = {}) const;

 private:
  World* world_;
  Caller caller_;
};

class World {
 public:
  // `store` is one of stores(). The clock stands at `now`.
  explicit World(std::string_view store = "memory", Config config = {},
                 Instant now = Instant::parse("2026-03-10T09:00:00Z").value())
      : clock(std::make_shared<ManualClock>(now)), config_(std::move(config)) {
    if (store == "postgres") {
      database_ = std::make_unique<MigratedDatabase>();
      url_ = database_->address();
    } else if (store == "file") {
      static std::atomic<int> count = 0;
      path_ = std::filesystem::temp_directory_path() / fmt::format("ignition-test-{}-{}.db", ::getpid(), ++count);
      url_ = "sqlite:" + path_.string();
      forget();
    }
    open();
  }
  ~World() {
    engine.reset();
    forget();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Ends the engine and opens the same store again, as a restarted program would.
  void reopen(Config config = {}) {
    REQUIRE_MESSAGE(url_ != kInMemory, "a store in memory cannot be opened again");
    engine.reset();
    config_ = std::move(config);
    engine = make();
  }

  // A second engine on the same store, as another process would have it. `shares`: EngineOptions::share_answers.
  std::unique_ptr<Engine> another_engine(bool shares = false) {
    REQUIRE_MESSAGE(url_ != kInMemory, "a store in memory cannot be opened twice");
    return make(shares);
  }
  const std::string& store_url() const { return url_; }

  // The host program itself, acting for nobody.
  Person system() { return {*this, Caller::system()}; }
  Person anonymous() { return {*this, Caller::anonymous()}; }
  // A person whose account is made by users.create with these keys besides the e-mail address: all gates are open.
  Person person(std::string_view fields = "{}", std::string_view email = {}) {
    const std::string address = email.empty() ? fmt::format("person{}@example.com", ++people_) : std::string(email);
    std::string body = fmt::format(R"({{"email":"{}")", address);
    if (const auto more = fields.substr(fields.find('{') + 1); more.find('"') != std::string_view::npos) {
      body.append(",").append(more);
    } else {
      body += '}';
    }
    return {*this, Caller::host(system().call("users.create", body)["user"]["id"].id())};
  }
  // Somebody whose first days are past: the clock goes on by a month.
  Person settled_person() {
    auto settled = person();
    clock->advance(std::chrono::hours(24 * 30));
    return settled;
  }
  // The same account behind a signed-in session of a shell: gates and recent sign-in count.
  Person session_of(const Person& person) {
    return {*this, {.credential = Credential::session, .user = person.id(), .auth_time = clock->now()}};
  }

  // Brings in the quests for everybody and the achievements that the product ships. Without them a deed earns what it
  // pays itself, and plans hold what the person made.
  void with_shipped_rewards() { offer_rewards(true); }

  // Runs SQL beside the operations, for rows that no operation makes (yet).
  template <class... Args>
  void sql(std::string_view text, const Args&... args) {
    const auto db = engine->store().begin(Mode::write);
    db->execute(Sql{text}, args...);
    db->commit();
  }
  template <class Row, class... Args>
  std::vector<Row> rows(std::string_view text, const Args&... args) {
    return engine->store().begin(Mode::read)->query<Row>(Sql{text}, args...);
  }
  std::int64_t count(std::string_view text) { return rows<std::int64_t>(text).at(0); }
  std::int64_t revision(const Person& person) {
    return rows<std::int64_t>("SELECT revision FROM users WHERE id = $1", person.id()).at(0);
  }

  std::shared_ptr<ManualClock> clock;
  std::unique_ptr<Engine> engine;
  std::atomic<bool> quiet = false;  // for tests that break the store: its complaints are not shown

 private:
  void open() {
    engine = make();
    offer_rewards(false);
  }
  void offer_rewards(bool offered) {
    sql("UPDATE universal_quests SET is_active = $1", offered);
    sql("UPDATE achievement_definitions SET is_active = $1", offered);
  }
  std::unique_ptr<Engine> make(bool shares = false) {
    return Engine::open({.store_url = url_,
                         .store = {.durability = StoreOptions::Durability::off,
                                   .pool_min_idle = 0,
                                   .log =
                                       [this](std::string_view line) {
                                         if (!quiet) std::cerr << line << '\n';
                                       }},
                         .config = config_,
                         .clock = clock,
                         .ids = std::make_shared<SequentialIds>(++opened_),
                         .share_answers = shares,
                         .watcher = [](std::string_view operation, std::string_view statement) {
                           statement_log().note(operation, statement);
                         }});
  }
  void forget() {
    if (path_.empty()) return;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix);
  }

  static constexpr std::string_view kInMemory = "sqlite::memory:";

  Config config_;
  std::string url_{kInMemory};
  std::filesystem::path path_;  // of a file
  std::unique_ptr<MigratedDatabase> database_;
  int people_ = 0;
  std::uint64_t opened_ = 0;
};

inline Answer Person::answer(const Call& call) const { return world_->engine->call(caller_, call); }

inline Answered Person::call(std::string_view operation, std::string_view body) const {
  try {
    return Answered(answer({.operation = operation, .body = body}).body);
  } catch (const Error& error) {
    FAIL(std::string(operation) << " refused: " << error.json());
    throw;
  }
}

inline Refused Person::error_of(std::string_view operation, std::string_view body) const {
  try {
    const Answer answered = answer({.operation = operation, .body = body});
    FAIL(std::string(operation) << " did not refuse: " << answered.body);
  } catch (const Error& error) {
    return refused(error);
  }
  return {};
}

template <class Output, class Input>
Output Person::run(Output (*function)(Context&, const Input&), const std::type_identity_t<Input>& input) const {
  return world_->engine->call(caller_, function, input);
}

}  // namespace ignition::test

// A test that runs on every store; its body sees `store`, a name for World.
#define STORE_TEST_NAMED(function, sentence)                         \
  static void function(const std::string& store);                    \
  TEST_CASE(sentence) {                                              \
    for (const std::string& each_store : ignition::test::stores()) { \
      SUBCASE(each_store.c_str()) { function(each_store); }          \
    }                                                                \
  }                                                                  \
  static void function([[maybe_unused]] const std::string& store)
#define STORE_TEST(sentence) STORE_TEST_NAMED(DOCTEST_ANONYMOUS(store_test_), sentence)
