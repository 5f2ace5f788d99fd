// Thousands of hostile requests over real sockets: the server refuses each of them, tells nothing, and nothing of the
// database has changed. IGNITION_HOSTILE_REQUESTS says how many (10000).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "http/hostile_requests.hpp"
#include "http/stage.hpp"
#include "ignition/domains/api_keys.hpp"
#include "ignition/domains/habits.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/domains/users.hpp"
#include "support/postgres.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

constexpr std::string_view kSecret = "the victim's secret garden";

int wanted_requests() {
  const char* given = std::getenv("IGNITION_HOSTILE_REQUESTS");
  return given != nullptr ? std::atoi(given) : 10'000;
}

// A house that somebody lives in: an account with a password, a session, a key, and something of hers.
struct Home {
  explicit Home(const std::string& store_url)
      : engine(Engine::open({.store_url = store_url,
                             .store = {.durability = StoreOptions::Durability::off, .pool_min_idle = 0},
                             .config = config(),
                             .clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value())})),
        server(engine.get(), settings()) {
    const auto made =
        engine->call(Caller::system(), {.operation = "users.create", .body = R"({"email":"victim@example.com"})"});
    victim = Uuid::parse(made.body.substr(made.body.find(R"("id":")") + 6, 36)).value();
    stolen.session =
        engine->call(Caller::system(), &sessions::create, {.user_id = victim, .auth_method = {"password"}, .label = {}})
            .token;
    api_keys::CreateKey key{.name = {"key"}, .scopes = {}, .expires_in_days = {}};
    key.scopes.emplace().push_back({"captures:write"});
    stolen.api_key = engine->call(Caller::host(victim), &api_keys::create, key).key;
    engine->call(Caller::host(victim),
                 {.operation = "habits.create", .body = fmt::format(R"({{"name":"{}"}})", kSecret)});
    server.start();
  }
  static Config config() {
    Config config;
    config.password_memory_kib = 64;
    config.password_time = 1;
    config.auth_registration_enabled = false;  // signing up is no attack
    config.login_failure = config.account_failure = {};
    config.data_encryption_key = std::string(32, 'k');
    return config;
  }
  static server::Settings settings() {
    auto settings = Stage::local();
    settings.local_user = false;
    settings.metrics = true;
    settings.metrics_token = "only for Prometheus";
    settings.frontend_url = "https://app.example.com";
    settings.allowed_origins = std::vector<std::string>{"https://app.example.com"};
    settings.header_timeout = std::chrono::seconds(3);
    settings.body_timeout = std::chrono::seconds(3);
    settings.log = std::make_shared<LogLines>();
    return settings;
  }
  bool answers() const {
    const auto me = Client(server.port()).get("/api/v1/auth/me", fmt::format("Cookie: session={}\r\n", stolen.session));
    return me.status == 200 && me.at("data.user.id") == victim.text();
  }

  std::unique_ptr<Engine> engine;
  server::Server server;
  Uuid victim;
  Stolen stolen;
};

// Every row of every table by table, but for what refusals themselves leave behind: entries of the security log, and
// counts of rate limits.
std::map<std::string, std::vector<std::string>> content(Store& store) {
  static std::deque<std::string> texts;  // statements live as long as the program
  const bool sqlite = store.backend() == "sqlite";
  const auto db = store.begin(Mode::read);
  const auto rows = [&](std::string text) { return db->query<std::string>(Sql{texts.emplace_back(std::move(text))}); };
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& table :
       rows(sqlite ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                   : "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")) {
    if (table == "audit_log" || table == "rate_limit_buckets") continue;
    std::string columns;
    if (sqlite) {
      for (const auto& column : rows(fmt::format("SELECT name FROM pragma_table_info('{}') ORDER BY cid", table))) {
        columns += fmt::format("{}quote(\"{}\")", columns.empty() ? "" : " || ',' || ", column);
      }
    } else {
      columns = fmt::format("CAST({} AS TEXT)", table);
    }
    out[table] = rows(fmt::format("SELECT {} AS row FROM {} ORDER BY 1", columns, table));
  }
  return out;
}

// What came back for one request's bytes; the server closes when the client has said all.
std::string reply(std::uint16_t port, std::string_view bytes) {
  Client client(port);
  client.try_send(bytes);
  client.half_close();
  return client.rest();
}

struct Tally {
  std::mutex mutex;
  std::map<int, int> statuses;  // 0 = closed without a word
  std::vector<std::string> faults;

  void add(std::string_view request, std::string_view answer) {
    const std::lock_guard lock(mutex);
    if (answer.empty()) {
      ++statuses[0];
      return;
    }
    const bool response = answer.starts_with("HTTP/1.1 ") && answer.size() > 12;
    const int status = response ? std::atoi(std::string(answer.substr(9, 3)).c_str()) : -1;
    ++statuses[status];
    const bool told = answer.find(kSecret) != std::string_view::npos ||
                      answer.find("victim@") != std::string_view::npos ||
                      answer.find("X-Injected") != std::string_view::npos;
    const bool fault = status < 100 || status == 500 || status > 503 || told;
    if (fault && faults.size() < 5)
      faults.push_back(fmt::format("{:?}\n -> {:?}", request.substr(0, 600), answer.substr(0, 600)));
  }
};

void attack(Home& home, int requests, Tally& tally) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      HostileRequests hostile(home.stolen, 20'261'121U + static_cast<std::uint32_t>(t));
      for (int i = t; i < requests; i += kThreads) {
        const std::string bytes = hostile.next();
        tally.add(bytes, reply(home.server.port(), bytes));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

void check_unharmed(const std::string& store_url, int requests) {
  Home home(store_url);
  REQUIRE(home.answers());
  const auto before = content(home.engine->store());
  CHECK(before.size() > 40);
  CHECK(before.at("habits").size() == 1);
  Tally tally;
  attack(home, requests, tally);
  for (const auto& fault : tally.faults) FAIL_CHECK(fault);
  const auto after = content(home.engine->store());
  for (const auto& [table, rows] : before) {
    CAPTURE(table);
    CHECK(after.at(table) == rows);
  }
  CHECK(home.answers());
  int answered = 0;
  int refused = 0;
  std::string told;
  for (const auto& [status, n] : tally.statuses) {
    told += fmt::format(" {}:{}", status, n);
    if (status != 0) answered += n;
    if (status >= 400) refused += n;
  }
  MESSAGE(requests, " hostile requests:", told);
  // They were requests, not noise: most were understood well enough to be refused.
  CHECK(answered > requests / 2);
  CHECK(refused > requests / 3);
}

}  // namespace

TEST_CASE("thousands of hostile requests change nothing and learn nothing") {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ignition-hostile-{}.db", ::getpid());
  check_unharmed("sqlite:" + path.string(), wanted_requests());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
}

TEST_CASE("the same on PostgreSQL") {
  test::MigratedDatabase database;
  check_unharmed(database.address(), wanted_requests() / 10);
}

TEST_CASE("who sends slowly is cut off, and keeps nobody waiting") {
  auto settings = Home::settings();
  settings.header_timeout = std::chrono::milliseconds(400);
  settings.body_timeout = std::chrono::milliseconds(400);
  Stage stage(settings);
  std::vector<Client> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(stage.client());
    slow.back().send(i % 2 == 0 ? "GET /api/v1/open HT"
                                : "POST /api/v1/open HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
  }
  CHECK(stage.client().get("/api/v1/open").status == 200);
  // A byte now and then does not help.
  for (int i = 0; i < 6; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    for (auto& client : slow) client.try_send("T");
  }
  for (auto& client : slow) CHECK(client.closes_within(std::chrono::seconds(5)));
  CHECK(stage.client().get("/api/v1/open").status == 200);
}
