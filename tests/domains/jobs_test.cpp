// Jobs: one program runs each, and only what is kept long enough goes (rule R49, trap T47).
#include "ignition/jobs.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/jobs.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr hours kDay{24};

std::string outcome_of(const JobReport& report) { return std::string(name_of(report.outcome)); }

// What became of the retention.
JobReport due_retention(Jobs& jobs) {
  for (JobReport& report : jobs.run_due()) {
    if (report.job == "retention") return report;
  }
  FAIL("there is no job retention");
  return {};
}

JobStanding retention(Jobs& jobs) {
  for (JobStanding& job : jobs.list()) {
    if (job.job == "retention") return job;
  }
  FAIL("there is no job retention");
  return {};
}

std::string counts_of(const JobReport& report) { return to_json(report.counts); }

// A lease as a program leaves it that has died.
void leave_lease(World& world, std::string_view job, Micros length) {
  const Instant now = world.clock->now();
  world.sql("INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, 'gone', $2, $3)", job, now,
            now + length);
}

void add_key(Transaction& db, const Uuid& user, int number, Instant expires_at) {
  constexpr Sql kInsert{R"sql(
    INSERT INTO idempotency_keys (user_id, operation, key, request_hash, status, expires_at, created_at)
    VALUES ($1, 'habits.create', $2, 'x', 201, $3, $3))sql"};
  db.execute(kInsert, user, std::to_string(number), expires_at);
}

struct PlanStep {
  std::int64_t id = 0;
  std::int64_t parent = 0;
  std::int64_t unused = 0;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(PlanStep, (), (id, parent, unused, detail))

}  // namespace

STORE_TEST("a job is due when its period is over, by hand also before, and the report tells what it did") {
  World world(store);
  Jobs jobs(*world.engine);
  CHECK(retention(jobs).period_seconds == 3600);
  CHECK_FALSE(retention(jobs).due_at);
  CHECK(outcome_of(due_retention(jobs)) == "done");
  CHECK(retention(jobs).due_at == world.clock->now() + hours(1));
  CHECK_FALSE(retention(jobs).holder);
  world.clock->advance(minutes(59));
  CHECK(outcome_of(due_retention(jobs)) == "not_due");
  CHECK(outcome_of(jobs.run("retention")) == "done");
  world.clock->advance(minutes(59));
  CHECK(outcome_of(due_retention(jobs)) == "not_due");
  world.clock->advance(minutes(1));
  CHECK(outcome_of(due_retention(jobs)) == "done");
  CHECK_THROWS_AS(jobs.run("tidying"), Error);
}

STORE_TEST("of two programs that find a job due at once exactly one runs it, a hundred times (T47)") {
  if (store == "memory") return;
  World world(store);
  const auto other = world.another_engine();
  Jobs first(*world.engine);
  Jobs second(*other);
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> ready = 0;
    const auto race = [&ready](Jobs& jobs, JobReport& report) {
      ++ready;
      while (ready < 2) std::this_thread::yield();
      report = due_retention(jobs);
    };
    JobReport one;
    JobReport two;
    {
      const std::jthread thread([&] { race(first, one); });
      race(second, two);
    }
    const bool first_ran = one.outcome == JobOutcome::done;
    const JobOutcome loser = first_ran ? two.outcome : one.outcome;
    CHECK((one.outcome == JobOutcome::done) != (two.outcome == JobOutcome::done));
    CHECK((loser == JobOutcome::elsewhere || loser == JobOutcome::not_due));
    world.clock->advance(hours(1));
  }
}

STORE_TEST("a program that died with a job is replaced when its lease ends, not before, also by hand") {
  World world(store);
  leave_lease(world, "retention", seconds(60));
  Jobs jobs(*world.engine);
  CHECK(retention(jobs).holder == "gone");
  CHECK(outcome_of(due_retention(jobs)) == "elsewhere");
  CHECK(outcome_of(jobs.run("retention")) == "elsewhere");
  world.clock->advance(seconds(59));
  CHECK(outcome_of(due_retention(jobs)) == "elsewhere");
  world.clock->advance(seconds(1));
  CHECK(outcome_of(due_retention(jobs)) == "done");
  CHECK_FALSE(retention(jobs).holder);
}

STORE_TEST("what is kept long enough goes, and no live row with it (T47)") {
  World world(store);
  const auto ann = world.person();
  const Instant start = world.clock->now();
  const auto old_session = with_session(world, sign_in(world, ann));
  const auto ended = with_session(world, sign_in(world, ann));
  ended.call("sessions.revoke", with_id(*ended.caller().session_id));
  {
    const auto db = world.engine->store().begin(Mode::write);
    add_key(*db, ann.id(), 1, start + hours(24));
    add_key(*db, ann.id(), 2, start + kDay * 30 + seconds(1));
    db->execute(Sql{"INSERT INTO verification_tokens (id, purpose, token_hash, expires_at, created_at) "
                    "VALUES ($1, 'register', 'a', $2, $2), ($3, 'register', 'b', $4, $2)"},
                RandomIds().next(start), start + hours(1), RandomIds().next(start), start + kDay * 60);
    constexpr Sql kMail{
        "INSERT INTO mail_outbox (id, to_address, template, next_attempt_at, sent_at, failed_at, "
        "created_at) VALUES ($1, 'a@x.test', $2, $3, $4, $5, $3)"};
    db->execute(kMail, RandomIds().next(start), "sent", start, start - seconds(1), std::nullopt);
    db->execute(kMail, RandomIds().next(start), "failed", start, std::nullopt, start - seconds(1));
    db->execute(kMail, RandomIds().next(start), "sent_later", start, start, std::nullopt);
    db->execute(kMail, RandomIds().next(start), "waiting", start, std::nullopt, std::nullopt);
    db->commit();
  }
  Jobs jobs(*world.engine, {.settings = {.audit_retention_days = 100}});
  CHECK(counts_of(due_retention(jobs)) == "{}");

  // Thirty days later; a new session is alive.
  world.clock->advance(kDay * 30);
  const auto live = with_session(world, sign_in(world, ann));
  CHECK(counts_of(due_retention(jobs)) == R"({"verification_tokens":1,"idempotency_keys":1,"mail_outbox":2})");
  world.clock->advance(seconds(1));
  CHECK(counts_of(jobs.run("retention")) == R"({"sessions":1,"mail_outbox":1})");
  CHECK(world.rows<std::string>("SELECT template FROM mail_outbox") == std::vector<std::string>{"waiting"});

  // Thirty days after the old session ended by itself, and a hundred days after the first entries of the log.
  world.clock->set(start + kDay * 60 + seconds(1));
  const auto report = jobs.run("retention");
  CHECK(counts_of(report) == R"({"sessions":1,"verification_tokens":1,"idempotency_keys":1})");
  CHECK(world.rows<Uuid>("SELECT id FROM sessions") == std::vector<Uuid>{*live.caller().session_id});
  world.clock->set(start + kDay * 100 + seconds(1));
  const auto newer = world.count("SELECT COUNT(*) FROM audit_log WHERE created_at >= '2026-04-01T00:00:00Z'");
  jobs.run("retention");
  CHECK(world.count("SELECT COUNT(*) FROM audit_log") == newer);
  CHECK(newer > 0);
}

TEST_CASE("the security log is kept for ever when the configuration says so") {
  World world("memory");
  sign_in(world, world.person());
  const auto entries = world.count("SELECT COUNT(*) FROM audit_log");
  CHECK(entries > 0);
  world.clock->advance(kDay * 20'000);
  Jobs(*world.engine, {.settings = {.audit_retention_days = 0}}).run("retention");
  CHECK(world.count("SELECT COUNT(*) FROM audit_log") == entries);
}

// Acceptance 24 of the data model has 100,000 keys and a minute; here are 12,000.
STORE_TEST("a pile of expired keys goes while people go on writing") {
  if (store == "memory") return;
  World world(store);
  const auto ann = world.person();
  {
    const auto db = world.engine->store().begin(Mode::write);
    for (int i = 0; i < 12'000; ++i) add_key(*db, ann.id(), i, world.clock->now() - seconds(1));
    db->commit();
  }
  Jobs jobs(*world.engine);
  std::atomic<bool> done = false;
  std::vector<Micros> waits;
  std::jthread writer([&] {
    for (int i = 0; !done; ++i) {
      const auto began = std::chrono::steady_clock::now();
      ann.call("settings.update", fmt::format(R"({{"theme":"t{}"}})", i));
      waits.push_back(std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - began));
    }
  });
  while (world.revision(ann) < 3) std::this_thread::yield();
  const auto report = jobs.run("retention");
  done = true;
  writer.join();
  CHECK(outcome_of(report) == "done");
  CHECK(counts_of(report) == R"({"idempotency_keys":12000})");
  std::ranges::sort(waits);
  REQUIRE(waits.size() >= 12);  // at least one between every two batches
  MESSAGE("longest wait of a write: ", waits.back().count(), " us, median ", waits[waits.size() / 2].count(), " us, ",
          waits.size(), " writes in ", report.milliseconds, " ms");
  CHECK(waits[waits.size() * 9 / 10] < std::chrono::milliseconds(100));  // the machine may be busy, too
}

TEST_CASE("a job ends between two batches when the program ends, and is due again soon") {
  World world("memory");
  Jobs jobs(*world.engine);
  std::stop_source stop;
  stop.request_stop();
  CHECK(outcome_of(jobs.run("retention", stop.get_token())) == "stopped");
  CHECK(retention(jobs).due_at == world.clock->now() + minutes(1));
}

TEST_CASE("a program that slept through its lease leaves the job to the one that took it") {
  World world("file");
  const auto other = world.another_engine();
  Jobs second(*other);
  JobReport report;
  // The clock goes on by two minutes between two batches of the first program.
  class Sleepy final : public Clock {
   public:
    explicit Sleepy(std::function<Instant()> now) : now_(std::move(now)) {}
    Instant now() override { return now_(); }

   private:
    std::function<Instant()> now_;
  };
  int asked = 0;
  const auto clock = std::make_shared<Sleepy>([&] {
    if (++asked == 4) {
      world.clock->advance(minutes(2));
      report = due_retention(second);
    }
    return world.clock->now();
  });
  const auto slow = Engine::open({.store_url = world.store_url(), .clock = clock});
  asked = 0;
  Jobs first(*slow);
  CHECK(outcome_of(first.run("retention")) == "stopped");
  CHECK(outcome_of(report) == "done");
  CHECK(retention(second).due_at == world.clock->now() + hours(1));
}

TEST_CASE("served jobs run at once, again when they are woken, and end when asked to") {
  World world("memory");
  std::mutex mutex;
  std::condition_variable changed;
  int runs = 0;
  Jobs jobs(*world.engine, {.on_report = [&](const JobReport& report) {
    const std::lock_guard lock(mutex);
    runs += report.job == "retention" && report.outcome == JobOutcome::done ? 1 : 0;
    changed.notify_all();
  }});
  const auto await = [&](int wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds(20), [&] { return runs >= wanted; });
  };
  std::jthread thread([&](const std::stop_token& stop) { jobs.serve(stop); });
  CHECK(await(1));
  jobs.wake("retention");
  CHECK(await(2));
  thread.request_stop();
  thread.join();
  CHECK(runs == 2);
}

TEST_CASE("every retention finds its rows by an index of its column") {
  World world("memory");
  for (const jobs::Retention& retention : jobs::retentions()) {
    const std::string statement = "EXPLAIN QUERY PLAN " + jobs::delete_statement(retention);
    std::string plan;
    world.engine->store()
        .begin(Mode::write)
        ->each<PlanStep>(
            Sql{statement}, [&](const PlanStep& step) { plan += step.detail + '\n'; }, world.clock->now(), 1);
    INFO(statement);
    CHECK(plan.find("INDEX " + std::string(retention.table) + '_' + std::string(retention.column) + "_ix") !=
          std::string::npos);
    CHECK(plan.find("SCAN " + std::string(retention.table)) == std::string::npos);
  }
}
