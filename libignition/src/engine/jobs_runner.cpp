#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "domains/mail.hpp"
#include "engine/jobs.hpp"

namespace ignition {
namespace jobs {
namespace {

using std::chrono::seconds;

constexpr seconds kSoon{60};          // after a failure, or when a run could not do all
constexpr seconds kLooksAtLeast{60};  // serve() looks again, whatever it knows
constexpr seconds kOnceMoreAfter{1};

// Who holds a lease is due until it ends; a job that nobody runs has no holder, and is due when it ends.
constexpr Sql kTake{R"sql(
  INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (name) DO UPDATE
     SET holder = excluded.holder, acquired_at = excluded.acquired_at, expires_at = excluded.expires_at
   WHERE locks.expires_at <= excluded.acquired_at OR (locks.holder = '' AND $5))sql"};
constexpr Sql kRenew{R"sql(UPDATE locks SET expires_at = $3 WHERE name = $1 AND holder = $2)sql"};
constexpr Sql kGiveBack{R"sql(UPDATE locks SET holder = '', expires_at = $3 WHERE name = $1 AND holder = $2)sql"};
constexpr Sql kAll{R"sql(SELECT name, holder, expires_at FROM locks)sql"};

struct Row {
  std::string name;
  std::string holder;
  Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(Row, (), (name, holder, expires_at))

std::map<std::string, Row, std::less<>> leases(Engine& engine) {
  std::map<std::string, Row, std::less<>> out;
  for (Row& row : engine.store().begin(Mode::read)->query<Row>(kAll)) out.emplace(row.name, row);
  return out;
}

// Machine and process, and what makes them ours alone.
std::string fresh_holder(const std::string& wanted) {
  std::array<char, 65> machine{};
  ::gethostname(machine.data(), machine.size() - 1);
  std::string name = wanted.empty() ? fmt::format("{} process {}", machine.data(), ::getpid()) : wanted;
  if (name.size() > 60) name.resize(60);
  return fmt::format("{} {}", name, RandomIds().next(Instant::system_now()).text());
}

const Job* find(std::string_view name) {
  const auto found = std::ranges::find(all(), name, &Job::name);
  return found == all().end() ? nullptr : &*found;
}

}  // namespace

class Lease {
 public:
  Lease(Engine& engine, const Job& job, const std::string& holder) : engine_(engine), job_(job), holder_(holder) {}

  // `early`: also when it is not due.
  bool take(bool early) {
    taken_at_ = renewed_at_ = engine_.clock().now();
    return change(kTake, [&](Transaction& db, Sql sql) {
      return db.execute(sql, job_.name, holder_, taken_at_, taken_at_ + job_.lease, early);
    });
  }
  // False when it is somebody else's by now.
  bool keep() {
    const Instant now = engine_.clock().now();
    if (now - renewed_at_ < job_.lease / 3) return true;
    renewed_at_ = now;
    return change(kRenew,
                  [&](Transaction& db, Sql sql) { return db.execute(sql, job_.name, holder_, now + job_.lease); });
  }
  void give_back(bool soon) {
    const Instant now = engine_.clock().now();
    const Instant due = soon ? now + std::min(kSoon, job_.period) : taken_at_ + job_.period;
    change(kGiveBack, [&](Transaction& db, Sql sql) { return db.execute(sql, job_.name, holder_, due); });
  }

 private:
  template <class Change>
  bool change(Sql sql, Change make) {
    const auto db = engine_.store().begin(Mode::write);
    if (make(*db, sql) == 0) return false;
    db->commit();
    return true;
  }

  Engine& engine_;
  const Job& job_;
  const std::string& holder_;
  Instant taken_at_;
  Instant renewed_at_;
};

Run::Run(Engine& engine_, const JobSettings& settings_, Lease& lease, std::stop_token stop, JobReport& report)
    : engine(engine_),
      settings(settings_),
      now(engine_.clock().now()),
      lease_(lease),
      stop_(std::move(stop)),
      report_(report) {}

bool Run::goes_on() {
  if (!stopped_) stopped_ = stop_.stop_requested() || !lease_.keep();
  return !stopped_;
}

void Run::count(std::string_view what, std::int64_t number) {
  if (number == 0) return;
  auto& entries = report_.counts.entries;
  auto found = std::ranges::find(entries, what, [](const auto& entry) { return std::string_view(entry.first); });
  if (found == entries.end()) found = entries.insert(entries.end(), {std::string(what), 0});
  found->second += number;
}

}  // namespace jobs

using jobs::Job;
using Names = std::set<std::string, std::less<>>;

struct Jobs::State {
  State(Engine& engine_, Options options_)
      : engine(engine_), options(std::move(options_)), holder(jobs::fresh_holder(options.holder)) {}

  JobReport attempt(const Job& job, bool early, const std::stop_token& stop);
  void perform(const Job& job, jobs::Lease& lease, JobReport& report, const std::stop_token& stop);
  std::vector<JobReport> run_due(const std::stop_token& stop);
  void run_woken(const std::stop_token& stop);
  void tell(const JobReport& report) const;
  void wake(std::string_view job);
  bool is_unwanted(const Job& job, Instant now);
  // How long nothing is due.
  Micros rest();

  Engine& engine;
  const Options options;
  const std::string holder;
  int listener = 0;
  std::mutex running;  // one job at a time
  std::mutex mutex;    // of what follows
  std::condition_variable_any changed;
  std::map<std::string, Instant, std::less<>> unwanted_until;  // jobs that had nothing to do
  Names woken;
  Names once_more;  // woken, but somebody else was at it
};

JobReport Jobs::State::attempt(const Job& job, bool early, const std::stop_token& stop) {
  JobReport report{.job = std::string(job.name)};
  const std::lock_guard lock(running);
  if (!early && job.wanted != nullptr && !job.wanted(engine, options.settings)) {
    const std::lock_guard guard(mutex);
    unwanted_until[report.job] = engine.clock().now() + job.period;
    return report;
  }
  jobs::Lease lease(engine, job, holder);
  if (!lease.take(early)) {
    report.outcome = JobOutcome::elsewhere;
    return report;
  }
  const auto began = std::chrono::steady_clock::now();
  perform(job, lease, report, stop);
  report.milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  return report;
}

void Jobs::State::perform(const Job& job, jobs::Lease& lease, JobReport& report, const std::stop_token& stop) {
  try {
    jobs::Run run(engine, options.settings, lease, stop, report);
    job.work(run);
    report.outcome = run.is_stopped() ? JobOutcome::stopped : run.is_behind() ? JobOutcome::behind : JobOutcome::done;
  } catch (const std::exception& error) {
    report.outcome = JobOutcome::failed;
    report.error = error.what();
  }
  try {
    lease.give_back(report.outcome != JobOutcome::done);
  } catch (const Error& error) {  // it ends by itself
    if (report.error.empty()) report.error = error.message();
  }
}

bool Jobs::State::is_unwanted(const Job& job, Instant now) {
  const std::lock_guard lock(mutex);
  const auto found = unwanted_until.find(job.name);
  return found != unwanted_until.end() && found->second > now;
}

std::vector<JobReport> Jobs::State::run_due(const std::stop_token& stop) {
  const auto leases = jobs::leases(engine);
  const Instant now = engine.clock().now();
  std::vector<JobReport> reports;
  for (const Job& job : jobs::all()) {
    const auto lease = leases.find(job.name);
    const bool rests = lease != leases.end() && lease->second.expires_at > now;
    const bool held = rests && !lease->second.holder.empty();
    if (!rests && !is_unwanted(job, now) && !stop.stop_requested()) {
      reports.push_back(attempt(job, false, stop));
    } else {
      reports.push_back({.job = std::string(job.name), .outcome = held ? JobOutcome::elsewhere : JobOutcome::not_due});
    }
  }
  return reports;
}

void Jobs::State::run_woken(const std::stop_token& stop) {
  Names names;
  {
    const std::lock_guard lock(mutex);
    names.swap(woken);
    names.merge(once_more);
    once_more.clear();
  }
  for (const std::string& name : names) {
    const JobReport report = attempt(*jobs::find(name), true, stop);
    tell(report);
    if (report.outcome != JobOutcome::elsewhere) continue;
    const std::lock_guard lock(mutex);
    once_more.insert(name);  // whoever is at it has perhaps looked before
  }
}

void Jobs::State::tell(const JobReport& report) const {
  const bool ran = report.outcome != JobOutcome::not_due && report.outcome != JobOutcome::elsewhere;
  if (ran && options.on_report) options.on_report(report);
}

void Jobs::State::wake(std::string_view job) {
  if (jobs::find(job) == nullptr) return;
  const std::lock_guard lock(mutex);
  woken.emplace(job);
  changed.notify_all();
}

Micros Jobs::State::rest() {
  const Instant now = engine.clock().now();
  const auto leases = jobs::leases(engine);
  const std::lock_guard lock(mutex);
  Instant next = now + (once_more.empty() ? jobs::kLooksAtLeast : jobs::kOnceMoreAfter);
  for (const Job& job : jobs::all()) {
    Instant due = now;
    if (const auto lease = leases.find(job.name); lease != leases.end()) due = lease->second.expires_at;
    if (const auto rests = unwanted_until.find(job.name); rests != unwanted_until.end()) {
      due = std::max(due, rests->second);
    }
    next = std::min(next, due);
  }
  return std::max<Micros>(next - now, std::chrono::seconds(1));
}

Jobs::Jobs(Engine& engine, Options options) : state_(std::make_shared<State>(engine, std::move(options))) {
  // A call may still tell us when we are gone.
  state_->listener = engine.subscribe([weak = std::weak_ptr(state_)](std::string_view event, std::string_view) {
    if (event != mail::kOrdered) return;
    if (const auto state = weak.lock()) state->wake("mail");
  });
}

Jobs::~Jobs() { state_->engine.unsubscribe(state_->listener); }

std::vector<JobReport> Jobs::run_due(const std::stop_token& stop) { return state_->run_due(stop); }

JobReport Jobs::run(std::string_view job, const std::stop_token& stop) {
  const Job* found = jobs::find(job);
  if (found == nullptr) throw not_found("job");
  return state_->attempt(*found, true, stop);
}

std::vector<JobStanding> Jobs::list() {
  const auto leases = jobs::leases(state_->engine);
  std::vector<JobStanding> out;
  for (const Job& job : jobs::all()) {
    JobStanding& standing = out.emplace_back(JobStanding{.job = std::string(job.name),
                                                         .summary = std::string(job.summary),
                                                         .period_seconds = job.period.count(),
                                                         .holder = {},
                                                         .due_at = {}});
    const auto lease = leases.find(job.name);
    if (lease == leases.end()) continue;
    standing.due_at = lease->second.expires_at;
    if (!lease->second.holder.empty()) standing.holder = lease->second.holder;
  }
  return out;
}

void Jobs::wake(std::string_view job) { state_->wake(job); }

void Jobs::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Micros rest = jobs::kLooksAtLeast;
    try {
      if (state_->engine.pending_migrations() == 0) {
        state_->run_woken(stop);
        for (const JobReport& report : state_->run_due(stop)) state_->tell(report);
        rest = state_->rest();
      }
    } catch (const std::exception& error) {
      state_->tell({.outcome = JobOutcome::failed, .error = error.what()});
    }
    std::unique_lock lock(state_->mutex);
    state_->changed.wait_for(lock, stop, rest, [&] { return !state_->woken.empty(); });
  }
}

}  // namespace ignition
