// What Today costs, and that an answer out of the cache is never another one than a fresh decision.
#include <cstdlib>
#include <random>

#include "ignition/domains/today.hpp"
#include "ignition/secrets.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// Statements that a read of Today runs with this cache, besides the one for the account.
std::int64_t statements_of_today(World& world, const Person& person, AnswerCache& cache,
                                 const today::GetToday& input = {}) {
  Principal principal;
  principal.user_id = person.id();
  principal.revision = world.revision(person);
  principal.flags_version = world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'");
  const auto db = world.engine->store().begin(Mode::read);
  SequentialIds ids(1);
  principal.created_at = world.clock->now() - std::chrono::hours(24 * 30);
  const Calendar calendar{TimeZone::or_utc({}), 0, WeekStart::monday};
  const RandomBytes random = system_random();
  Context context{.caller = person.caller(),
                  .principal = principal,
                  .user = person.id(),
                  .now = world.clock->now(),
                  .calendar = calendar,
                  .today = calendar.date_of(world.clock->now()),
                  .db = *db,
                  .ids = ids,
                  .config = world.engine->config(),
                  .cache = cache,
                  .random = random,
                  .mode = Mode::read,
                  .if_none_match = {},
                  .reply = {}};
  today::get(context, input);
  return db->statements();
}

// What Today says, from nowhere, from two pages, in parts, and to other devices.
std::string all_answers(Engine& engine, const Person& person) {
  static constexpr std::array<std::pair<const char*, const char*>, 9> kCalls = {
      {{"today.next_action", R"({"current_route":"/focus"})"},
       {"today.get", "{}"},
       {"today.get", R"({"current_route":"/focus"})"},
       {"today.get", R"({"current_route":"/habits"})"},
       {"today.summary", "{}"},
       {"today.get", "{}"},
       {"sync.poll", "{}"},
       {"sync.badges", "{}"},
       {"sync.state", "{}"}}};
  std::string out;
  for (const auto& [operation, body] : kCalls) {
    out += engine.call(person.caller(), Call{.operation = operation, .body = body}).body + '\n';
  }
  return out;
}

// The same file seen by a program that has just started: nothing is cached.
std::string fresh_answers(World& world, const Person& person) { return all_answers(*world.another_engine(), person); }

// Random deeds of one person, and rows that only later parts of the product will write.
class Life {
 public:
  Life(World& world, Person person, unsigned seed) : world_(world), person_(std::move(person)), random_(seed) {}

  // Does something; what the rules refuse is refused.
  std::string act() {
    const auto& [name, deed] = kDeeds.at(below(kDeeds.size()));
    try {
      (this->*deed)();
    } catch (const Error& error) {
      if (error.code() == Code::INTERNAL) throw;  // other refusals, for example to complete what is complete, are life
    }
    return name;
  }

  // Lets time pass: usually a while, often to an instant at which something runs out, sometimes backwards.
  std::string wait() {
    static constexpr std::array<std::int64_t, 14> kSeconds = {0,    1,     60,    299,   1500,  1801,   3600,
                                                              3601, 14400, 25200, 86400, 90000, 172800, 1300000};
    Micros step = std::chrono::seconds(kSeconds.at(below(kSeconds.size())));
    step += Micros(static_cast<std::int64_t>(below(3)) - 1);
    if (below(8) == 0) step = -step / 16;
    if (below(6) == 0) {  // to the next full hour, where days and their parts begin
      const std::int64_t hour = 3'600'000'000;
      step = Micros(hour - world_.clock->now().us % hour);
    }
    world_.clock->advance(step);
    return fmt::format("wait {} us", step.count());
  }

 private:
  using Deed = void (Life::*)();

  std::size_t below(std::size_t bound) { return random_() % bound; }
  Answered call(std::string_view operation, std::string_view body = "{}") {
    return Answered(person_.answer({.operation = operation, .body = body}).body);
  }
  std::string some(std::string_view operation, std::string_view list) {
    const auto all = operation == "plan.get" ? call(operation)["plan"][list] : call(operation)[list];
    if (!all.exists() || all.size() == 0) throw not_found("thing");
    return fmt::format(R"({{"id":"{}"}})", all[static_cast<int>(below(all.size()))]["id"].text());
  }

  void add_habit() {
    static constexpr std::array kKinds = {R"({"name":"daily"})", R"({"name":"weekly","frequency":"weekly"})",
                                          R"({"name":"days","frequency":"custom","custom_days":[1,3,6]})",
                                          R"({"name":"often","target_count":3})"};
    call("habits.create", kKinds.at(below(kKinds.size())));
  }
  void complete_habit() { call("habits.complete", some("habits.list", "habits")); }
  void undo_habit() { call("habits.undo", some("habits.list", "habits")); }
  void archive_habit() { call("habits.archive", some("habits.list", "habits")); }
  void start_focus() { call("focus.start", R"({"duration_seconds":1500})"); }
  void pause_focus() { call("focus.pause"); }
  void resume_focus() { call("focus.resume"); }
  std::string live_focus() {
    const auto session = call("focus.active")["session"]["id"];
    if (!session.exists()) throw not_found("session");
    return fmt::format(R"({{"id":"{}"}})", session.text());
  }
  void complete_focus() { call("focus.complete", live_focus()); }
  void abandon_focus() { call("focus.abandon", live_focus()); }
  void generate() { call("plan.generate"); }
  void add_item() { call("plan.add_item", R"({"title":"own","position":0})"); }
  void tick() { call("plan.complete_item", some("plan.get", "items")); }
  void delete_item() { call("plan.delete_item", some("plan.get", "items")); }
  void land() { call("today.activate_soft_landing", R"({"source":"quest","status":"complete"})"); }
  void clear() { call("today.clear_soft_landing"); }
  void dismiss() { call("today.dismiss_reduced"); }
  void show() { call("today.show_full", below(2) == 0 ? R"({"on":true})" : R"({"on":false})"); }
  void dismiss_hint() { call("today.dismiss_guidance", R"({"step":"intro_start"})"); }
  void settle() {
    static constexpr std::array kSettings = {R"({"day_start_hour":4})",
                                             R"({"day_start_hour":0})",
                                             R"({"timezone":"Europe/Berlin"})",
                                             R"({"timezone":"America/New_York"})",
                                             R"({"timezone":"Asia/Kathmandu"})",
                                             R"({"gap_mode":"local_days"})",
                                             R"({"gap_mode":null,"gap_threshold_hours":24})",
                                             R"({"nudge_intensity":"gentle"})",
                                             R"({"gamification_visibility":"subtle"})",
                                             R"({"week_start":"sunday"})",
                                             R"({"tips_enabled":false})"};
    call("settings.update", kSettings.at(below(kSettings.size())));
  }

  // Writes a row as an operation of this user would.
  template <class... Args>
  void row(std::string_view sql, const Args&... args) {
    const auto db = world_.engine->store().begin(Mode::write);
    db->execute(Sql{sql}, person_.id(), args...);
    db->execute(Sql{"UPDATE users SET revision = revision + 1 WHERE id = $1"}, person_.id());
    db->commit();
  }
  Instant later() { return world_.clock->now() + std::chrono::minutes(static_cast<int>(below(600))); }
  void receive() {
    row("INSERT INTO inbox_items (user_id, id, title, snoozed_until, expires_at, captured_at, created_at, updated_at) "
        "VALUES ($1, $2, 'x', $3, $4, $5, $5, $5)",
        Uuid{{static_cast<std::uint8_t>(++rows_)}}, below(2) == 0 ? std::optional(later()) : std::nullopt,
        below(2) == 0 ? std::optional(later()) : std::nullopt, world_.clock->now());
  }
  void override_flag() {
    row("INSERT INTO feature_flag_overrides (user_id, flag_name, enabled, expires_at, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (user_id, flag_name) DO UPDATE "
        "SET enabled = excluded.enabled, expires_at = excluded.expires_at",
        below(2) == 0 ? "TODAY_RANKING_V2" : "TODAY_DYNAMIC_UI_V1", below(2) == 0,
        below(2) == 0 ? std::optional(later()) : std::nullopt, world_.clock->now());
  }
  void make_rule() {
    row("INSERT INTO user_rules (user_id, id, name, trigger, action, minutes, priority, enabled, created_at, "
        "updated_at) VALUES ($1, $2, 'r', $3, 'capture', 2, 0, TRUE, $4, $4)",
        Uuid{{0xFF, static_cast<std::uint8_t>(++rows_)}}, below(2) == 0 ? "today_open" : "after_completion",
        world_.clock->now());
  }

  static const std::vector<std::pair<const char*, Deed>> kDeeds;

  World& world_;
  Person person_;
  std::mt19937 random_;
  int rows_ = 0;
};

const std::vector<std::pair<const char*, Life::Deed>> Life::kDeeds = {
    {"add habit", &Life::add_habit},
    {"complete habit", &Life::complete_habit},
    {"undo habit", &Life::undo_habit},
    {"archive habit", &Life::archive_habit},
    {"start focus", &Life::start_focus},
    {"pause focus", &Life::pause_focus},
    {"resume focus", &Life::resume_focus},
    {"complete focus", &Life::complete_focus},
    {"abandon focus", &Life::abandon_focus},
    {"generate", &Life::generate},
    {"add item", &Life::add_item},
    {"tick", &Life::tick},
    {"delete item", &Life::delete_item},
    {"land", &Life::land},
    {"clear", &Life::clear},
    {"dismiss", &Life::dismiss},
    {"show", &Life::show},
    {"dismiss hint", &Life::dismiss_hint},
    {"settle", &Life::settle},
    {"receive", &Life::receive},
    {"override flag", &Life::override_flag},
    {"make rule", &Life::make_rule},
};

}  // namespace

STORE_TEST("Today costs one statement beside the account's, and none when its facts are kept, from any page") {
  World world(store);
  const auto ann = world.person();
  ann.call("habits.create", R"({"name":"walk"})");
  ann.call("plan.generate");
  AnswerCache cache;
  CHECK(statements_of_today(world, ann, cache) == 1);
  CHECK(statements_of_today(world, ann, cache) == 0);
  world.clock->advance(std::chrono::minutes(5));
  CHECK(statements_of_today(world, ann, cache) == 0);
  const today::GetToday from_page{.current_route = Text<0, 512>{"/focus"}};
  CHECK(statements_of_today(world, ann, cache, from_page) == 0);
  world.clock->advance(std::chrono::hours(24));
  CHECK(statements_of_today(world, ann, cache, from_page) == 1);
  CHECK(statements_of_today(world, ann, cache) == 0);
}

TEST_CASE("whatever happens, a kept answer is the one that deciding again would give") {
  // IGNITION_LIVES: how many lives to try; more find more.
  const char* lives = std::getenv("IGNITION_LIVES");
  const unsigned count = lives != nullptr ? static_cast<unsigned>(std::atoi(lives)) : 6;
  for (unsigned seed = 1; seed <= count; ++seed) {
    World world("file", {}, Instant::parse("2026-03-27T09:00:00Z").value());  // both zones change their clocks soon
    const auto ann = world.person();
    Life life(world, ann, seed);
    std::string story;
    for (int step = 0; step < 60; ++step) {
      story += life.act() + ", ";
      // Fills the cache, with answers or with facts alone.
      ann.call(step % 3 == 0 ? "today.get" : step % 3 == 1 ? "today.summary" : "sync.poll");
      story += life.wait() + ", ";
      const auto kept = all_answers(*world.engine, ann);
      // By a server that has just started and reads what the one before it stored.
      const auto stored = all_answers(*world.another_engine(true), ann);
      const auto fresh = fresh_answers(world, ann);
      if (kept == fresh && stored == fresh) continue;
      FAIL_CHECK("seed " << seed << ": " << story << "\nkept  " << kept << "\nstored " << stored << "\nfresh "
                         << fresh);
      break;
    }
  }
}

TEST_CASE("reads that are asked for together are answered from memory as each would be alone") {
  for (const auto& store : stores()) {
    World world(store);
    const Person ann = world.person();
    const Person ben = world.person();
    ann.call("habits.create", R"({"name":"stretch"})");
    const std::array operations = {"today.get", "today.summary", "sync.poll", "sync.state", "habits.list"};
    std::vector<Caller> callers{ann.caller(), ben.caller(), Caller::host(Uuid{}), Caller::anonymous()};
    std::vector<Call> calls;
    for (const char* operation : operations) calls.push_back({.operation = operation});
    const auto ask = [&] {
      std::vector<KeptRead> reads;
      for (const Caller& caller : callers) {
        for (const Call& call : calls) reads.push_back({.caller = &caller, .call = &call});
      }
      world.engine->answer_kept(reads);
      return reads;
    };
    for (const auto& read : ask()) CHECK_FALSE(read.answer);  // nothing is kept yet

    for (const char* operation : operations) {
      ann.call(operation);
      ben.call(operation);
    }
    const auto check = [&](std::size_t kept_callers) {
      std::size_t at = 0;
      for (const auto& read : ask()) {
        CAPTURE(read.call->operation);
        const bool kept = at++ / calls.size() < kept_callers && read.call->operation != "habits.list";
        REQUIRE(read.answer.has_value() == kept);
        if (kept) CHECK(read.answer->body == world.engine->call(*read.caller, *read.call).body);
      }
    };
    check(2);

    // What another server wrote is seen: nothing of Ben's holds any more.
    const auto another = store == "memory" ? nullptr : world.another_engine();
    Engine& writer = another ? *another : *world.engine;
    writer.call(ben.caller(), {.operation = "habits.create", .body = R"({"name":"read"})"});
    check(1);
  }
}

TEST_CASE("an answer from memory knows the tag that the caller holds, and refuses nothing itself") {
  World world("memory");
  const Person ann = world.person();
  const Answer today = ann.answer({.operation = "today.get"});
  const Caller caller = ann.caller();
  const std::string tag = '"' + today.etag + '"';
  const Call known{.operation = "today.get", .if_none_match = tag};
  const Call malformed{.operation = "today.get", .body = R"({"unknown":1})"};
  const Call missing{.operation = "today.never"};
  std::array reads{KeptRead{&caller, &known}, KeptRead{&caller, &malformed}, KeptRead{&caller, &missing}};
  world.engine->answer_kept(reads);
  REQUIRE(reads[0].answer);
  CHECK(reads[0].answer->not_modified);
  CHECK_FALSE(reads[1].answer);
  CHECK_FALSE(reads[2].answer);
}
