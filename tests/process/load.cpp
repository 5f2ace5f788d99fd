#include "process/load.hpp"

#include <algorithm>

namespace ignition::process_test {
namespace {

// Most items of a plan, and days that one connection fills.
constexpr int kItems = 50;
constexpr int kDays = 40;
// Most habits that one connection makes; 200 may be active.
constexpr int kHabits = 80;

std::string with_id(std::string_view id) { return fmt::format(R"({{"id":"{}"}})", id); }

}  // namespace

Answered call(Engine& engine, std::string_view operation, std::string_view input) {
  return Answered(engine.call(Caller::local(), Call{.operation = operation, .body = input}).body);
}

Load::Load(std::uint16_t port) : port_(port) {
  const auto made = Client(port).post("/api/v1/habits", R"({"name":"repetitions","target_count":1000})");
  REQUIRE_MESSAGE(made.status == 201, made.body);
  counter_ = made.at("data.habit.id");
}

void Load::begin() {
  for (int connection = 0; connection < kConnections; ++connection) {
    threads_.emplace_back([this, connection] { work(connection); });
  }
}

void Load::join() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

// The n-th piece of work of a connection: deeds of which each but the first names, as {}, the id that the one before
// answered.
std::vector<Deed> Load::next(int connection, int n) const {
  const std::string name = fmt::format("{}-{}", connection, n);
  if (connection < 2 || (connection == 2 && n >= kHabits)) {
    return {{.operation = "habits.complete",
             .target = fmt::format("/habits/{}/complete", counter_),
             .body = "{}",
             .input = with_id(counter_),
             .key = "r-" + name,
             .fact = "repetition"}};
  }
  if (connection == 2) {
    const std::string habit = fmt::format(R"({{"name":"{}"}})", name);
    return {{.operation = "habits.create",
             .target = "/habits",
             .body = habit,
             .input = habit,
             .key = "h-" + name,
             .fact = "habit " + name},
            {.operation = "habits.complete",
             .target = "/habits/{}/complete",
             .body = "{}",
             .input = R"({"id":"{}"})",
             .key = "d-" + name,
             .fact = "done " + name}};
  }
  if (connection == 3) {
    const LocalDate date = *LocalDate::parse("2026-03-10") + n / kItems % kDays;
    const std::string item = fmt::format(R"({{"date":"{}","title":"{}"}})", date.text(), name);
    return {{.operation = "plan.add_item",
             .target = "/daily-plan/items",
             .body = item,
             .input = item,
             .key = "p-" + name,
             .fact = fmt::format("item {} {}", date.text(), name)}};
  }
  const std::string session = fmt::format(R"({{"duration_seconds":1500,"task_title":"{}"}})", name);
  return {{.operation = "focus.start",
           .target = "/focus",
           .body = session,
           .input = session,
           .key = "s-" + name,
           .fact = "session " + name},
          {.operation = "focus.complete",
           .target = "/focus/{}/complete",
           .body = "{}",
           .input = R"({"id":"{}"})",
           .key = "c-" + name,
           .fact = "completed " + name}};
}

void Load::work(int connection) {
  const auto filled = [](std::string text, const std::string& id) {
    if (const auto hole = text.find("{}"); hole != std::string::npos && !id.empty()) text.replace(hole, 2, id);
    return text;
  };
  try {
    Client client(port_);
    for (int n = 0;; ++n) {
      std::string id;
      for (Deed deed : next(connection, n)) {
        deed.target = filled(std::move(deed.target), id);
        deed.input = filled(std::move(deed.input), id);
        deed = ask(client, std::move(deed));
        keep(deed);
        if (deed.status == 0) return;
        if (!deed.done()) break;
        const Answered answer = Answered(deed.answer)["data"];
        id = answer["habit"].exists() ? answer["habit"]["id"].text() : answer["id"].exists() ? answer["id"].text() : "";
      }
    }
  } catch (const std::system_error&) {
    // The server was gone before this connection stood.
  }
}

Deed Load::ask(Client& client, Deed deed) {
  const std::string request =
      http_test::request("POST", "/api/v1" + deed.target, deed.body, "Idempotency-Key: " + deed.key + "\r\n");
  std::optional<http_test::Response> answer;
  bool broken = false;
  try {
    if (client.try_send(request)) answer = client.receive();
    broken = !answer && !client.rest().empty();
  } catch (const std::exception&) {
    broken = true;
  }
  if (answer) {
    deed.status = answer->status;
    deed.answer = answer->body;
  }
  const bool refused = answer && !deed.done() && answer->status != 409;
  if (broken || refused) {
    const std::lock_guard lock(mutex_);
    faults_.push_back(fmt::format("{} {}: {}", deed.operation, deed.key, broken ? "broken off" : deed.answer));
  }
  return deed;
}

void Load::keep(Deed deed) {
  const std::lock_guard lock(mutex_);
  deeds_.push_back(std::move(deed));
}

Facts Load::acknowledged() const {
  Facts facts;
  for (const Deed& deed : deeds_) {
    if (deed.done()) facts.insert(deed.fact);
  }
  return facts;
}

Facts Load::asked() const {
  Facts facts;
  for (const Deed& deed : deeds_) {
    if (deed.done() || deed.status == 0) facts.insert(deed.fact);
  }
  return facts;
}

Facts Load::stored(Engine& engine) const {
  Facts facts;
  const Answered habits = call(engine, "habits.list")["habits"];
  for (int i = 0; i < static_cast<int>(habits.size()); ++i) {
    const Answered habit = habits[i];
    if (habit["id"] == counter_) {
      for (std::int64_t n = habit["count_today"].integer(); n > 0; --n) facts.insert("repetition");
      continue;
    }
    facts.insert("habit " + habit["name"].text());
    for (std::int64_t n = habit["count_today"].integer(); n > 0; --n) facts.insert("done " + habit["name"].text());
  }
  const LocalDate first = *LocalDate::parse("2026-03-10");
  for (int day = 0; day < kDays; ++day) {
    const std::string date = (first + day).text();
    const Answered plan = call(engine, "plan.get", fmt::format(R"({{"date":"{}"}})", date))["plan"];
    if (plan == nullptr) continue;
    const Answered items = plan["items"];
    for (int i = 0; i < static_cast<int>(items.size()); ++i) {
      facts.insert(fmt::format("item {} {}", date, items[i]["title"].text()));
    }
  }
  for (int page = 1;; ++page) {
    const Answered all = call(engine, "focus.list", fmt::format(R"({{"page":{},"page_size":100}})", page));
    for (int i = 0; i < static_cast<int>(all["sessions"].size()); ++i) {
      const Answered session = all["sessions"][i];
      facts.insert("session " + session["task_title"].text());
      if (session["status"] == "completed") facts.insert("completed " + session["task_title"].text());
    }
    if (page * 100 >= all["total"].integer()) break;
  }
  return facts;
}

void check_sound(Engine& engine) {
  const auto db = engine.store().begin(Mode::read);
  if (engine.store().backend() == "sqlite") {
    CHECK(db->one<std::string>(Sql{"SELECT group_concat(integrity_check, ',') FROM pragma_integrity_check"}) == "ok");
    CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM pragma_foreign_key_check"}) == 0);
  }
  CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM focus_sessions WHERE status IN ('active', 'paused')"}) <= 1);
  const Answered verified = call(engine, "ledger.verify");
  CHECK_MESSAGE(verified["ok"] == true, verified.json());
}

}  // namespace ignition::process_test
