// Many threads and many connections write for one user at once: nothing is lost, nothing is done twice.
#include <barrier>
#include <mutex>
#include <set>
#include <thread>

#include "ignition/domains/plan.hpp"
#include "process/load.hpp"

namespace ignition::process_test {
namespace {

constexpr int kThreads = 16;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int kTimes = 6;
#else
constexpr int kTimes = 25;
#endif
constexpr int kAll = kThreads * kTimes;

// An engine on a file, so that threads meet in the store as those of a server do.
class Home {
 public:
  Home() {
    engine_ = Engine::open(
        {.store_url = folder_.store(), .store = {.durability = StoreOptions::Durability::normal}, .clock = clock_});
    engine_->call(Caller::system(), Call{.operation = "users.ensure_local"});
  }
  Engine& engine() { return *engine_; }
  ManualClock& clock() { return *clock_; }
  std::int64_t count(std::string_view sql) { return engine_->store().begin(Mode::read)->one<std::int64_t>(Sql{sql}); }
  Answered call(std::string_view operation, std::string_view input = "{}") {
    return process_test::call(*engine_, operation, input);
  }

 private:
  Folder folder_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(*Instant::parse(kLoadNow));
  std::unique_ptr<Engine> engine_;
};

// What a call came to: "done", or the reason of its refusal.
std::string outcome(Engine& engine, std::string_view operation, std::string_view input, std::string* answer = nullptr) {
  try {
    std::string body = engine.call(Caller::local(), {.operation = operation, .body = input}).body;
    if (answer != nullptr) *answer = std::move(body);
    return "done";
  } catch (const Error& error) {
    return error.reason().empty() ? error.message() : std::string(error.reason());
  }
}

// Runs `work(thread, turn)` on all threads, which begin each turn together; how often each outcome came.
template <class Work>
std::map<std::string, int> together(int turns, Work work) {
  std::barrier start(kThreads);
  std::mutex mutex;
  std::map<std::string, int> outcomes;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int turn = 0; turn < turns; ++turn) {
        start.arrive_and_wait();
        const std::string came = work(t, turn);
        const std::lock_guard lock(mutex);
        ++outcomes[came];
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return outcomes;
}

using Outcomes = std::map<std::string, int>;

std::string with_id(const std::string& id) { return fmt::format(R"({{"id":"{}"}})", id); }

}  // namespace

TEST_CASE("a habit counts every repetition of sixteen threads, and pays once") {
  Home home;
  const std::string habit =
      home.call("habits.create", fmt::format(R"({{"name":"water","target_count":{}}})", kAll))["habit"]["id"].text();
  CHECK(together(kTimes, [&](int, int) { return outcome(home.engine(), "habits.complete", with_id(habit)); }) ==
        Outcomes{{"done", kAll}});
  const Answered now = home.call("habits.get", with_id(habit))["habit"];
  CHECK(now["count_today"] == kAll);
  CHECK(now["completed_today"] == true);
  CHECK(now["current_streak"] == 1);
  CHECK(home.call("ledger.list", R"({"event_type":"habit_complete"})")["total"] == 1);
  check_sound(home.engine());
}

TEST_CASE("sixteen threads that complete one habit at once complete it once") {
  Home home;
  for (int n = 0; n < kTimes; ++n) {
    const std::string habit =
        home.call("habits.create", fmt::format(R"({{"name":"habit {}"}})", n))["habit"]["id"].text();
    std::mutex mutex;
    std::int64_t xp = 0;
    const auto outcomes = together(1, [&](int, int) {
      std::string answer;
      if (const auto refusal = outcome(home.engine(), "habits.complete", with_id(habit), &answer); refusal != "done") {
        return refusal;
      }
      const Answered result = Answered(answer)["result"];
      if (result["already_completed"] == true) return std::string("already");
      const std::lock_guard lock(mutex);
      xp += result["xp_awarded"].integer();
      return std::string("first");
    });
    CHECK(outcomes == Outcomes{{"first", 1}, {"already", kThreads - 1}});
    CHECK(home.call("ledger.list", R"({"event_type":"habit_complete"})")["entries"][0]["xp"] == xp);
  }
  CHECK(home.call("ledger.list", R"({"event_type":"habit_complete"})")["total"] == kTimes);
  check_sound(home.engine());
}

TEST_CASE("sixteen threads that start, pause and complete sessions leave one live session at most and lose none") {
  Home home;
  const std::string start = R"({"duration_seconds":1500})";
  std::mutex mutex;
  std::set<std::string> started;
  Outcomes outcomes = together(kTimes, [&](int t, int) {
    std::string answer;
    const auto came = outcome(home.engine(), "focus.start", start, &answer);
    if (came != "done") return came;
    const std::string id = Answered(answer)["id"].text();
    {
      const std::lock_guard lock(mutex);
      started.insert(id);
    }
    if (t % 4 == 0) outcome(home.engine(), "focus.pause", "{}");
    if (t % 4 == 1) return "then " + outcome(home.engine(), "focus.abandon", with_id(id));
    return "then " + outcome(home.engine(), "focus.complete", with_id(id));
  });
  CHECK(started.size() == kAll);
  CHECK(home.call("focus.list")["total"] == kAll);
  const auto completed = home.count("SELECT count(*) FROM focus_sessions WHERE status = 'completed'");
  const auto abandoned = home.count("SELECT count(*) FROM focus_sessions WHERE status = 'abandoned'");
  CHECK(completed + abandoned == kAll);
  // Whoever did not complete or abandon found the session replaced by another thread's.
  CHECK(outcomes["then done"] + outcomes["then abandoned"] == kAll);
  CHECK(completed > 0);
  CHECK(home.call("focus.active")["session"] == nullptr);
  CHECK(home.count("SELECT count(*) FROM focus_pauses WHERE ended_by IS NULL") == 0);
  check_sound(home.engine());
}

TEST_CASE("sixteen threads that complete one session are told the same, and it pays once") {
  Home home;
  for (int n = 0; n < 5; ++n) {
    const Answered session = home.call("focus.start", R"({"duration_seconds":1500})");
    home.clock().advance(std::chrono::minutes(25));
    std::mutex mutex;
    std::set<std::string> told;
    const auto outcomes = together(1, [&](int, int) {
      std::string answer;
      const auto came = outcome(home.engine(), "focus.complete", with_id(session["id"].text()), &answer);
      if (came != "done") return came;
      const Answered result(answer);
      const std::lock_guard lock(mutex);
      told.insert(fmt::format("{} {}", result["xp_awarded"].json(), result["session"].json()));
      return std::string(result["already_completed"] == true ? "already" : "first");
    });
    CHECK(outcomes == Outcomes{{"first", 1}, {"already", kThreads - 1}});
    REQUIRE(told.size() == 1);
    const std::int64_t paid =
        home.call("ledger.list", R"({"event_type":"focus_complete"})")["entries"][0]["xp"].integer();
    CHECK(paid > 0);
    CHECK(told.begin()->starts_with(std::to_string(paid) + " "));
    home.clock().advance(std::chrono::minutes(5));
  }
  check_sound(home.engine());
}

TEST_CASE("plans generated at once are one plan with every item once") {
  Home home;
  for (const char* name : {"read", "run", "write"}) {
    home.call("habits.create", fmt::format(R"({{"name":"{}"}})", name));
  }
  std::mutex mutex;
  std::set<std::string> plans;
  CHECK(together(kTimes, [&](int, int) {
          std::string answer;
          const auto came = outcome(home.engine(), "plan.generate", "{}", &answer);
          const std::lock_guard lock(mutex);
          plans.insert(Answered(answer)["plan"].json());
          return came;
        }) == Outcomes{{"done", kAll}});
  REQUIRE(plans.size() == 1);
  CHECK(*plans.begin() == home.call("plan.get")["plan"].json());
  CHECK(home.count("SELECT count(*) FROM daily_plans") == 1);
  CHECK(home.count("SELECT count(*) - count(DISTINCT item_key) FROM daily_plan_items") == 0);
  CHECK(Answered(*plans.begin())["items"].size() ==
        static_cast<std::size_t>(home.count("SELECT count(*) FROM daily_plan_items")));
}

TEST_CASE("items that sixteen threads add, generate, tick and move are all there, and each pays once") {
  Home home;
  std::mutex mutex;
  std::vector<std::string> items;
  const auto added = together(3, [&](int t, int turn) {
    if (t == 0) return outcome(home.engine(), "plan.generate", "{}");
    std::string answer;
    const auto came =
        outcome(home.engine(), "plan.add_item", fmt::format(R"({{"title":"item {} {}"}})", t, turn), &answer);
    const std::lock_guard lock(mutex);
    items.push_back(Answered(answer)["item"]["id"].text());
    return came;
  });
  CHECK(added == Outcomes{{"done", 3 * kThreads}});
  REQUIRE(items.size() == 3 * (kThreads - 1));
  const Answered full = home.call("plan.get")["plan"];
  CHECK(full["items"].size() == items.size() + 2);  // a focus session and a quest were generated
  for (int i = 0; i < static_cast<int>(full["items"].size()); ++i) CHECK(full["items"][i]["priority"] == i);

  std::atomic<std::int64_t> xp = 0;
  CHECK(together(6, [&](int t, int turn) {
          // Each item is ticked by several threads.
          const auto& id = items[static_cast<std::size_t>(t + turn * 7) % items.size()];
          std::string answer;
          const auto came = outcome(home.engine(), "plan.complete_item", with_id(id), &answer);
          xp += Answered(answer)["xp_awarded"].integer();
          return came;
        }) == Outcomes{{"done", 6 * kThreads}});
  const std::int64_t ticked = home.call("plan.get")["plan"]["completed_count"].integer();
  CHECK(home.call("ledger.list", R"({"event_type":"plan_item_complete"})")["total"] == ticked);
  CHECK(home.call("progress.summary")["total_xp"] == xp.load());
  check_sound(home.engine());
}

TEST_CASE("one idempotency key used by sixteen threads at once runs once") {
  Home home;
  for (int n = 0; n < kTimes; ++n) {
    const std::string key = fmt::format("key-{}", n);
    std::mutex mutex;
    std::set<std::string> bodies;
    const auto outcomes = together(1, [&](int, int) {
      const Answer answer = home.engine().call(
          Caller::local(), {.operation = "habits.create", .body = R"({"name":"x"})", .idempotency_key = key});
      const std::lock_guard lock(mutex);
      bodies.insert(answer.body);
      return std::string(answer.replayed ? "replayed" : "ran");
    });
    CHECK(outcomes == Outcomes{{"ran", 1}, {"replayed", kThreads - 1}});
    CHECK(bodies.size() == 1);
  }
  CHECK(home.call("habits.list")["total"] == kTimes);
}

TEST_CASE("readers never see half of a write") {
  Home home;
  const std::string habit = home.call("habits.create", R"({"name":"a","target_count":1000})")["habit"]["id"].text();
  std::atomic<int> torn = 0;
  const auto outcomes = together(kTimes, [&](int t, int) {
    if (t % 2 == 0) return outcome(home.engine(), "habits.complete", with_id(habit));
    // Today and the poll read many tables; all must be of one moment.
    const std::string today = home.engine().call(Caller::local(), Call{.operation = "today.get"}).body;
    const Answered verified = home.call("ledger.verify");
    if (!(verified["ok"] == true) || Answered(today)["degraded"].size() != 0) ++torn;
    return std::string("read");
  });
  CHECK(outcomes == Outcomes{{"done", kAll / 2}, {"read", kAll / 2}});
  CHECK(torn == 0);
  CHECK(home.call("habits.get", with_id(habit))["habit"]["count_today"] == kAll / 2);
}

TEST_CASE("sixteen connections over HTTP: nothing lost, nothing doubled") {
  const Folder folder;
  Serving server(folder, {"--local", "--now", kLoadNow});
  const auto made = server.client().post("/api/v1/habits", R"({"name":"all","target_count":1000})");
  REQUIRE(made.status == 201);
  const std::string habit = made.at("data.habit.id");
  std::vector<Client> clients;
  for (int t = 0; t < kThreads; ++t) clients.push_back(server.client());
  const auto outcomes = together(kTimes, [&](int t, int turn) {
    Client& client = clients[static_cast<std::size_t>(t)];
    int worst = client.post(fmt::format("/api/v1/habits/{}/complete", habit), "{}").status;
    worst = std::max(worst, client.post("/api/v1/daily-plan/generate", "{}").status);
    const auto session = client.post("/api/v1/focus", R"({"duration_seconds":1500})");
    worst = std::max(worst, session.status);
    const int end = client.post(fmt::format("/api/v1/focus/{}/complete", session.at("data.id")), "{}").status;
    if (end != 409) worst = std::max(worst, end);
    const std::string title = fmt::format(R"({{"title":"{} {}","date":"2026-03-{}"}})", t, turn, 11 + t);
    worst = std::max(worst, client.post("/api/v1/daily-plan/items", title).status);
    worst = std::max(worst, client.get("/api/v1/today").status);
    return std::to_string(worst);
  });
  CHECK(outcomes == Outcomes{{"201", kAll}});
  CHECK(server.stop() == 0);

  const auto engine =
      Engine::open({.store_url = folder.store(), .clock = std::make_shared<ManualClock>(*Instant::parse(kLoadNow))});
  CHECK(call(*engine, "habits.get", with_id(habit))["habit"]["count_today"] == kAll);
  CHECK(call(*engine, "focus.list")["total"] == kAll);
  CHECK(call(*engine, "plan.list", R"({"from":"2026-03-10","to":"2026-03-10"})")["total"] == 1);
  for (int t = 0; t < kThreads; ++t) {
    const auto plan = call(*engine, "plan.get", fmt::format(R"({{"date":"2026-03-{}"}})", 11 + t))["plan"];
    CHECK(plan["items"].size() == kTimes);
  }
  check_sound(*engine);
}

}  // namespace ignition::process_test
