// What answers tell by how long they take (T35). Trials of all kinds take turns, so that what else the machine does
// meets all alike; medians are compared, and a noisy machine may try again.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "http/stage.hpp"
#include "ignition/domains/users.hpp"
#include "support/postgres.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::steady_clock;

namespace {

constexpr double kTolerance = 0.2;
constexpr int kAttempts = 3;

struct House {
  explicit House(const std::string& store_url)
      : engine(Engine::open({.store_url = store_url,
                             .store = {.durability = StoreOptions::Durability::normal, .pool_min_idle = 0},
                             .config = config(),
                             .clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value())})),
        server(engine.get(), settings()) {
    for (const char* name : {"ann", "bob"}) {
      engine->call(
          Caller::anonymous(),
          {.operation = "auth.register",
           .body = fmt::format(R"({{"email":"{0}@x.test","password":"correct horse","username":"{0}"}})", name)});
    }
    const auto db = engine->store().begin(Mode::write);
    db->execute(Sql{"UPDATE users SET disabled_at = created_at, disabled_reason = 'abuse' WHERE username = 'bob'"});
    db->commit();
    server.start();
  }
  static Config config() {
    Config config;
    config.password_memory_kib = 8'192;
    config.password_time = 2;
    config.password_concurrency = 1;
    config.auth_require_approval = false;
    config.login_failure = config.account_failure = config.mail_account = config.mail_ip = {};
    config.data_encryption_key = std::string(32, 'k');
    return config;
  }
  static server::Settings settings() {
    auto settings = Stage::local();
    settings.local_user = false;
    settings.log = std::make_shared<LogLines>();
    return settings;
  }

  std::unique_ptr<Engine> engine;
  server::Server server;
};

using Ask = std::function<Response(Client&)>;

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return *middle;
}

// Adds trials to the times of each kind of request, in milliseconds; the medians.
std::vector<double> medians(House& house, const std::vector<Ask>& kinds, int trials,
                            std::vector<std::vector<double>>& times) {
  Client client(house.server.port());
  for (int i = 0; i < trials; ++i) {
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      const std::size_t turn = (k + static_cast<std::size_t>(i)) % kinds.size();
      const auto began = steady_clock::now();
      kinds[turn](client);
      times[turn].push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - began).count());
    }
  }
  std::vector<double> out;
  for (const auto& of_kind : times) out.push_back(median(of_kind));
  return out;
}

// How far any kind is from the middle of all, as a part of it.
double spread(const std::vector<double>& times) {
  const auto [least, most] = std::ranges::minmax(times);
  const double middle = (least + most) / 2;
  return (most - middle) / middle;
}

void check_alike(House& house, const std::vector<Ask>& kinds, int trials) {
  Client client(house.server.port());
  const Response first = kinds.front()(client);
  for (const Ask& ask : kinds) {
    const Response other = ask(client);
    CHECK(other.status == first.status);
    CHECK(other.body == first.body);
    CHECK(other.fields.size() == first.fields.size());
  }
  double best = 1e9;
  std::vector<std::vector<double>> all(kinds.size());
  for (int attempt = 0; attempt < kAttempts && best > kTolerance; ++attempt) {
    const auto times = medians(house, kinds, trials, all);
    std::string told;
    for (const double time : times) told += fmt::format(" {:.3f}", time);
    MESSAGE("medians in ms:", told);
    best = std::min(best, spread(times));
  }
  CHECK(best <= kTolerance);
}

Ask login_of(std::string_view identifier) {
  return [body = fmt::format(R"({{"identifier":"{}","password":"wrong password"}})", identifier)](Client& client) {
    return client.post("/api/v1/auth/login", body);
  };
}

Ask forgetting(std::string_view email) {
  return [body = fmt::format(R"({{"email":"{}"}})", email)](Client& client) {
    return client.post("/api/v1/auth/forgot-password", body);
  };
}

void check_timing(const std::string& store_url) {
  House house(store_url);
  check_alike(house, {login_of("nobody@x.test"), login_of("ann@x.test"), login_of("bob@x.test"), login_of("nobody")},
              15);
  check_alike(house, {forgetting("nobody@x.test"), forgetting("ann@x.test")}, 60);
}

}  // namespace

TEST_CASE(
    "unknown name, wrong password and disabled account take the same time, as do mails for whoever has one (T35)") {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ignition-timing-{}.db", ::getpid());
  check_timing("sqlite:" + path.string());
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
}

TEST_CASE("the same times on PostgreSQL (T35)") {
  test::MigratedDatabase database;
  check_timing(database.address());
}
