#include "ignition/domains/flags.hpp"

#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

bool flag(const Person& person, std::string_view name, std::string_view body = "{}") {
  return person.call("flags.get", body)["flags"][name].boolean();
}

// As an operator's change does.
void change(World& world, std::string_view assignments, std::string_view name) {
  world.sql(fmt::format("UPDATE feature_flags SET {} WHERE flag_name = '{}'", assignments, name));
  const auto db = world.engine->store().begin(Mode::write);
  flags::raise_version(*db);
  db->commit();
}

void override_for(World& world, const Person& person, std::string_view name, bool enabled,
                  std::optional<Instant> expires_at = {}) {
  world.sql(R"(INSERT INTO feature_flag_overrides (user_id, flag_name, enabled, expires_at, created_at, updated_at)
               VALUES ($1, $2, $3, $4, $5, $5))",
            person.id(), name, enabled, expires_at, world.clock->now());
}

Person local(World& world) {
  world.system().call("users.ensure_local");
  return {world, Caller::local()};
}

}  // namespace

STORE_TEST("the flags that come with the product are stored once and have their shipped values") {
  World world(store);
  const auto answer = world.person().call("flags.get");
  CHECK(answer["flags"].size() == 18);
  CHECK(answer["flags"].keys().front() == "DISABLE_MASS_LOCAL_PERSISTENCE");
  CHECK(answer["flags"]["premium_content"] == true);
  CHECK(answer["flags"]["TODAY_FEATURES_MASTER"] == true);
  CHECK(answer["flags"]["TODAY_RANKING_V2"] == false);
  CHECK(answer["flags"]["KILL_RANKING"] == false);
  CHECK(answer["metadata"].json() == R"({"ai_coach":{"model":"gpt-4"},"beta_fitness":{"min_version":"2.0.0"},)"
                                     R"("social_features":{"rollout_percentage":0}})");
  CHECK(world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'") == 1);
}

TEST_CASE("a restart keeps what an operator changed and ships what is missing") {
  World world("file");
  const auto ann = world.person();
  change(world, "enabled = FALSE", "premium_content");
  world.sql("DELETE FROM feature_flags WHERE flag_name = 'music_analysis'");
  const auto version = world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'");
  world.reopen();
  CHECK(flag(ann, "premium_content") == false);
  CHECK(world.count("SELECT count(*) FROM feature_flags WHERE flag_name = 'music_analysis'") == 1);
  CHECK(world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'") == version + 1);
  world.reopen();
  CHECK(world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'") == version + 1);
}

STORE_TEST("a flag with a least version is on for clients that say they have it") {
  World world(store);
  const auto ann = world.person();
  change(world, "enabled = TRUE", "beta_fitness");
  CHECK(flag(ann, "beta_fitness", R"({"client_version": "1.9.9"})") == false);
  CHECK(flag(ann, "beta_fitness", R"({"client_version": "2.0.0"})") == true);
  CHECK(flag(ann, "beta_fitness") == false);
  CHECK(ann.error_of("flags.get", R"({"client_version": "2"})") == "VALIDATION_ERROR client_version:invalid_format");
}

STORE_TEST("a rollout reaches the buckets below its percentage") {
  World world(store);
  const auto me = local(world);
  change(world, R"(enabled = TRUE, metadata = '{"rollout_percentage":9}')", "social_features");
  CHECK(flag(me, "social_features") == true);
  change(world, R"(metadata = '{"rollout_percentage":8}')", "social_features");
  CHECK(flag(me, "social_features") == false);
}

STORE_TEST("a flag for roles is on for those who hold one of them, inherited ones included") {
  World world(store);
  const auto ann = world.person();
  const auto moderator = world.person(R"({"role": "moderator"})");
  const auto admin = world.person(R"({"role": "admin"})");
  const auto premium = world.person(R"({"role": "premium"})");
  change(world, R"(metadata = '{"roles":["moderator"]}')", "premium_content");
  CHECK(flag(ann, "premium_content") == false);
  CHECK(flag(premium, "premium_content") == false);
  CHECK(flag(moderator, "premium_content") == true);
  CHECK(flag(admin, "premium_content") == true);
  change(world, R"(metadata = '{"roles":["premium"]}')", "premium_content");
  CHECK(flag(premium, "premium_content") == true);
  CHECK(flag(admin, "premium_content") == false);
}

STORE_TEST("a live override wins over the row, for its user alone and until it ends") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  override_for(world, ann, "premium_content", false);
  override_for(world, ann, "ai_coach", true, world.clock->now() + std::chrono::hours(1));
  CHECK(flag(ann, "premium_content") == false);
  CHECK(flag(ann, "ai_coach") == true);
  CHECK(flag(bob, "premium_content") == true);
  CHECK(flag(bob, "ai_coach") == false);
  const auto next = within(world, ann, [](Context& ctx) { return flags::next_change(flags::stored(ctx), ctx.now); });
  CHECK(next == world.clock->now() + std::chrono::hours(1));
  world.clock->advance(std::chrono::hours(1));
  CHECK(flag(ann, "ai_coach") == false);
  CHECK_FALSE(within(world, ann, [](Context& ctx) { return flags::next_change(flags::stored(ctx), ctx.now); }));
}

STORE_TEST("the environment wins over everything, for stored and for unknown flags") {
  Config config;
  config.forced_flags = {
      {"premium_content", " OFF "}, {"ai_coach", "yes"}, {"NEW_THING", "1"}, {"music_analysis", "?"}};
  World world(store, config);
  const auto ann = world.person();
  override_for(world, ann, "premium_content", true);
  CHECK(flag(ann, "premium_content") == false);
  CHECK(flag(ann, "ai_coach") == true);
  CHECK(flag(ann, "NEW_THING") == true);
  CHECK(flag(ann, "music_analysis") == true);
}

STORE_TEST("conditions that cannot be read are not met") {
  World world(store);
  const auto ann = world.person();
  change(world, R"(metadata = '{"rollout_percentage":101}')", "premium_content");
  CHECK(flag(ann, "premium_content") == false);
  change(world, R"(metadata = '{"note":"x"}')", "premium_content");
  CHECK(flag(ann, "premium_content") == true);
}

STORE_TEST("Today's switches come from one statement") {
  World world(store);
  const auto ann = world.person();
  const auto switches = [&] {
    return within(world, ann, [](Context& ctx) {
      const auto before = ctx.db.statements();
      const auto rows = flags::stored_of_today(ctx);
      CHECK(ctx.db.statements() - before == 1);
      CHECK(rows.size() == 12);
      return flags::evaluate(ctx, rows);
    });
  };
  CHECK(switches() == rules::TodayFlags{});
  override_for(world, ann, "TODAY_RANKING_V2", true);
  change(world, "enabled = FALSE", "TODAY_SOFT_LANDING_V1");
  change(world, "enabled = TRUE", "KILL_SEQUENCE");
  CHECK(switches() == rules::TodayFlags{.soft_landing = false, .ranking = true, .sequence_killed = true});
  change(world, "enabled = FALSE", "TODAY_FEATURES_MASTER");
  CHECK(rules::active_names(switches()).empty());
}

STORE_TEST("every change of the flags raises the version that caches see") {
  World world(store);
  const auto version = world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'");
  change(world, "enabled = FALSE", "premium_content");
  CHECK(world.count("SELECT version FROM catalog_versions WHERE name = 'feature_flags'") == version + 1);
}

STORE_TEST("flags are there while a gate is closed") {
  World world(store);
  const auto ann = world.session_of(world.person(R"({"tos_accepted": false})"));
  CHECK(flag(ann, "premium_content") == true);
  CHECK(ann.error_of("settings.get") == "FORBIDDEN tos_unaccepted");
}
