// The life of a call, whatever the operation.
#include "ignition/engine.hpp"

#include "ignition/domains/focus.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/domains/today.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string_view>>;

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return refused(error).summary;
  }
  return "taken";
}

// A clock that counts how often it is read.
class CountingClock final : public Clock {
 public:
  Instant now() override {
    ++reads;
    return Instant::parse("2026-03-10T09:00:00Z").value();
  }
  int reads = 0;
};

}  // namespace

STORE_TEST("who may not call hears that first, whatever the input is") {
  World world(store);
  const auto ann = world.person();
  const std::string_view wrong = R"({"titel":1})";
  CHECK(world.anonymous().error_of("plan.add_item", wrong) == "UNAUTHORIZED not_signed_in");
  CHECK(world.system().error_of("plan.add_item", wrong) == "UNAUTHORIZED not_signed_in");
  CHECK(ann.error_of("users.list", wrong) == "FORBIDDEN system_only");
  const Person nobody(world, Caller::host(*Uuid::parse("0194f5c0-0000-7000-8000-000000000001")));
  CHECK(nobody.error_of("plan.add_item", wrong) == "UNAUTHORIZED not_signed_in");
  const auto gated = world.session_of(ann);
  world.sql("UPDATE users SET tos_version = NULL WHERE id = $1", ann.id());
  CHECK(gated.error_of("plan.add_item", wrong) == "FORBIDDEN tos_unaccepted");
  CHECK(ann.error_of("plan.add_item", wrong) == "VALIDATION_ERROR titel:unknown_field title:required");
  world.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin' WHERE id = $1", ann.id());
  CHECK(ann.error_of("plan.add_item", wrong) == "UNAUTHORIZED not_signed_in");
  CHECK(ann.error_of("sync.poll") == "UNAUTHORIZED not_signed_in");
}

STORE_TEST("an unknown operation is not found") {
  World world(store);
  CHECK(world.person().error_of("plan.dance") == "NOT_FOUND unknown_operation");
  CHECK(world.anonymous().error_of("") == "NOT_FOUND unknown_operation");
}

STORE_TEST("fields of the path stand in the path alone") {
  World world(store);
  const auto ann = world.person();
  const auto item = ann.call("plan.add_item", R"({"title":"a"})")["item"]["id"].text();
  const auto call = [&](std::string_view id, std::string_view body, const Parameters& query = {}) {
    const Parameters path{{"id", id}};
    return refusal(
        [&] { ann.answer({.operation = "plan.complete_item", .body = body, .path = path, .query = query}); });
  };
  CHECK(call(item, "{}") == "taken");
  CHECK(call(item, fmt::format(R"({{"id":"{}"}})", item)) == "VALIDATION_ERROR id:unknown_field");
  CHECK(call("no-id", "{}") == "NOT_FOUND not_found");
  CHECK(call(item, "{}", {{"id", item}}) == "VALIDATION_ERROR id:repeated");
  CHECK(call(item, "{}", {{"page", "1"}}) == "VALIDATION_ERROR page:unknown_field");
  CHECK(ann.error_of("plan.complete_item", R"({"id":"no-id"})") == "VALIDATION_ERROR id:invalid_format");
}

STORE_TEST("the typed call checks like the call by name") {
  World world(store);
  const auto ann = world.person();
  CHECK(refusal([&] { ann.run(&plan::add_item, {.title = {"  "}}); }) == "VALIDATION_ERROR title:too_short");
  CHECK(refusal([&] { ann.run(&plan::add_item, {.title = {"x"}, .action_url = plan::Page{"//evil.test"}}); }) ==
        "VALIDATION_ERROR action_url:invalid_format");
  CHECK(refusal([&] { ann.run(&plan::add_item, {.title = {"\xff"}}); }) == "VALIDATION_ERROR title:invalid_text");
  CHECK(refusal([&] { ann.run(&focus::start, {.duration_seconds = 5}); }) == "VALIDATION_ERROR out_of_range");
  plan::UpdatePlan many;
  many.items.emplace(51);
  for (auto& item : *many.items) item.title.value = "x";
  CHECK(refusal([&] { ann.run(&plan::update, many); }) == "VALIDATION_ERROR items:too_many");
  CHECK(ann.run(&plan::add_item, {.title = {"  x "}}).item.title == "x");
}

STORE_TEST("the clock is read once in a call") {
  const auto clock = std::make_shared<CountingClock>();
  const auto engine = Engine::open({.store_url = "sqlite::memory:", .clock = clock});
  engine->call(Caller::system(), Call{.operation = "users.ensure_local"});
  for (const char* operation : {"today.get", "plan.generate", "sync.poll", "progress.summary", "habits.list"}) {
    CAPTURE(operation);
    const int before = clock->reads;
    engine->call(Caller::local(), Call{.operation = operation});
    CHECK(clock->reads == before + 1);
  }
}

STORE_TEST("subscribers hear of commits only, may call back, and cannot spoil what is done") {
  World world(store);
  world.quiet = true;  // the failing one is logged
  const auto ann = world.person();
  std::vector<std::string> heard;
  const int failing = world.engine->subscribe([](std::string_view, std::string_view) -> void { throw 5; });
  const int calling = world.engine->subscribe([&](std::string_view name, std::string_view) {
    heard.emplace_back(name);
    ann.call("plan.add_item", R"({"title":"from a listener"})");
  });
  CHECK(ann.error_of("focus.start", R"({"duration_seconds":1500,"task_id":"0194f5c0-0000-7000-8000-000000000001"})")
            .code == Code::NOT_FOUND);
  CHECK(heard.empty());
  ann.call("focus.start", R"({"duration_seconds":1500})");
  CHECK(heard == std::vector<std::string>{"focus.changed"});
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 1);
  CHECK(ann.call("focus.active")["session"]["status"] == "active");
  world.engine->unsubscribe(failing);
  world.engine->unsubscribe(calling);
  ann.call("focus.pause");
  CHECK(heard.size() == 1);
}

STORE_TEST("reads change nothing") {
  World world(store);
  const auto ann = world.person();
  ann.call("plan.generate");
  const auto revision = world.revision(ann);
  const auto state = [&] { return world.rows<std::string>("SELECT updated_at FROM users"); };
  const auto before = state();
  for (const Operation& operation : world.engine->catalogue().operations()) {
    if (operation.effect != Effect::read || operation.access == Access::system) continue;
    CAPTURE(operation.name);
    refusal([&] { ann.answer({.operation = operation.name}); });
    CHECK(world.revision(ann) == revision);
  }
  CHECK(state() == before);
}

TEST_CASE("a store that is migrated later gets what the product ships, and answers from then on") {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ignition-late-{}.db", ::getpid());
  const std::string url = "sqlite:" + path.string();
  {
    const auto engine = Engine::open({.store_url = url, .migrate = false});
    CHECK(engine->pending_migrations() > 0);
    CHECK(refusal([&] { engine->call(Caller::local(), Call{.operation = "today.get"}); }) ==
          "UNAVAILABLE schema_pending");
    CHECK(refusal([&] { engine->call(Caller::local(), Call{.operation = "today.get", .body = "{"}); }) ==
          "UNAVAILABLE schema_pending");
    engine->store().migrate_up(Instant::parse("2026-03-10T09:00:00Z").value());
    CHECK(engine->pending_migrations() == 0);
    engine->call(Caller::system(), Call{.operation = "users.ensure_local"});
    CHECK(engine->store().begin(Mode::read)->one<std::int64_t>(Sql{"SELECT count(*) FROM feature_flags"}) > 0);
    CHECK(Answered(engine->call(Caller::local(), Call{.operation = "skills.list"}).body)["skills"].size() > 0);
  }
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
}
