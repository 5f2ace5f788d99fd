// Quests of one's own.
#include "support/quests.hpp"

using namespace ignition;
using namespace ignition::test;
using Life = QuestLife;

STORE_TEST("quests of one's own pay by difficulty and within bounds") {
  Life life(store);
  const auto epic = life.make(R"({"title": " Climb ", "difficulty": "epic"})");
  CHECK(epic["title"] == "Climb");
  CHECK(epic["xp_reward"] == 250);
  CHECK(epic["coin_reward"] == 100);
  CHECK(epic["category"] == "special");
  CHECK(epic["status"] == "available");
  CHECK(epic["target_type"] == "manual");
  CHECK(epic["period_key"] == "once");
  const Uuid id = epic["id"].id();
  CHECK(life.call("quests.accept", with_id(id))["quest"]["status"] == "accepted");
  CHECK(life.call("sync.badges")["active_quests"] == 1);
  const auto result = life.call("quests.complete", with_id(id))["result"];
  CHECK(result["xp_awarded"] == 250);
  CHECK(result["coins_awarded"] == 100);
  CHECK(result["leveled_up"] == true);
  CHECK(result["quest"]["status"] == "completed");
  CHECK(result["quest"]["progress"] == 1);
  CHECK(result["quest"]["claimed_at"] == life.world.clock->now());
  CHECK(life.ann.error_of("quests.complete", with_id(id)) == "CONFLICT invalid_state");
  CHECK(life.ann.error_of("quests.claim", with_id(id)) == "CONFLICT invalid_state");
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{250, 100});
  CHECK(life.call("ledger.list", R"({"event_type": "quest_complete"})")["entries"][0]["skill_key"] == "proficiency");
  CHECK(life.call("progress.summary")["streaks"]["daily_activity"]["current"] == 1);
  CHECK(life.call("quests.history")["quests"][0]["id"] == id);
  const auto refusal = [&](std::string_view body) { return life.ann.error_of("quests.create", body); };
  CHECK(refusal(R"({"title": "t", "xp_reward": 251})") == "VALIDATION_ERROR xp_reward:out_of_range");
  CHECK(refusal(R"({"title": "t", "coin_reward": 101})") == "VALIDATION_ERROR coin_reward:out_of_range");
  CHECK(refusal(R"({"title": "t", "xp_reward": -1})") == "VALIDATION_ERROR xp_reward:out_of_range");
  CHECK(refusal(R"({"title": "t", "target": 0})") == "VALIDATION_ERROR target:out_of_range");
  CHECK(refusal(R"({"title": "t", "skill_key": "flying"})") == "VALIDATION_ERROR skill_key:unknown");
  CHECK(refusal(R"({"title": "t", "expires_at": "2026-01-14T09:00:00Z"})") ==
        "VALIDATION_ERROR expires_at:in_the_past");
  CHECK(refusal(R"({"title": "t", "difficulty": "trivial"})").code == Code::VALIDATION_ERROR);
}

STORE_TEST("a repeatable quest is done once per period and counts its streak") {
  Life life(store, "2026-01-01T10:00:00Z");
  const Uuid id = life.make(R"({"title": "stretch", "is_repeatable": true})")["id"].id();
  CHECK(life.quest(id)["quest_type"] == "daily");
  const auto complete = [&](std::string_view instant) {
    life.at(instant);
    return life.call("quests.complete", with_id(id))["result"]["quest"]["streak_count"].integer();
  };
  CHECK(complete("2026-01-01T10:00:00Z") == 1);
  CHECK(complete("2026-01-02T10:00:00Z") == 2);
  CHECK(life.ann.error_of("quests.complete", with_id(id)) == "CONFLICT invalid_state");
  life.at("2026-01-03T10:00:00Z");
  CHECK(life.quest(id)["status"] == "accepted");  // a new period
  CHECK(life.quest(id)["progress"] == 0);
  CHECK(life.quest(id)["completed_at"] == nullptr);
  CHECK(life.call("sync.badges")["active_quests"] == 2);  // and the streak of the month
  CHECK(complete("2026-01-04T10:00:00Z") == 1);
  CHECK(life.ann.error_of("quests.complete", with_id(id)) == "CONFLICT invalid_state");
  CHECK(life.call("sync.badges")["active_quests"] == 1);
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{30, 15});

  const Uuid weekly =
      life.make(R"({"title": "call home", "is_repeatable": true, "repeat_frequency": "weekly"})")["id"].id();
  life.call("quests.complete", with_id(weekly));  // Sunday
  life.at("2026-01-10T10:00:00Z");                // Saturday of the next week
  CHECK(life.call("quests.complete", with_id(weekly))["result"]["quest"]["streak_count"] == 2);
}

STORE_TEST("a quest with an end cannot be completed at that very instant") {
  Life life(store);
  const Uuid id = life.make(R"({"title": "t", "expires_at": "2026-01-14T12:00:00Z"})")["id"].id();
  life.call("quests.accept", with_id(id));
  CHECK(life.call("sync.badges")["active_quests"] == 1);
  life.at("2026-01-14T12:00:00Z");
  CHECK(life.ann.error_of("quests.complete", with_id(id)) == "CONFLICT invalid_state");
  CHECK(life.quest(id)["status"] == "expired");
  CHECK(life.call("sync.badges")["active_quests"] == 0);
  CHECK(life.call("today.get")["counts"]["active_quests"] == 0);
  CHECK(life.call("quests.list", R"({"status": "expired"})")["total"] == 1);
  CHECK(life.call("quests.list", R"({"status": "accepted"})")["total"] == 0);
  // A later end opens it again; a repeatable one stays closed.
  CHECK(life.call("quests.update", with_id(id, R"("expires_at": null)"))["quest"]["status"] == "accepted");
  const Uuid again =
      life.make(R"({"title": "t", "is_repeatable": true, "expires_at": "2026-01-14T13:00:00Z"})")["id"].id();
  life.at("2026-01-14T13:00:00Z");
  CHECK(life.call("quests.update", with_id(again, R"("expires_at": null)"))["quest"]["status"] == "expired");
}

STORE_TEST("progress by hand is absolute, and is nothing to universal quests") {
  Life life(store);
  const Uuid id = life.make(R"({"title": "pages", "target": 10})")["id"].id();
  const auto progress = [&](int n) {
    return life.call("quests.progress", with_id(id, fmt::format(R"("progress": {})", n)))["quest"];
  };
  CHECK(progress(4)["status"] == "accepted");
  CHECK(progress(2)["progress"] == 2);
  CHECK(progress(99)["progress"] == 10);
  CHECK(progress(99)["status"] == "accepted");
  CHECK(life.ann.error_of("quests.progress", with_id(id, R"("progress": -1)")) ==
        "VALIDATION_ERROR progress:out_of_range");
  CHECK(life.ann.error_of("quests.progress", with_id(life.id("Daily Focus"), R"("progress": 25)")) ==
        "CONFLICT automatic");
  CHECK(life.call("quests.update", with_id(id, R"("target": 5)"))["quest"]["progress"] == 5);
  life.call("quests.abandon", with_id(id));
  CHECK(life.ann.error_of("quests.progress", with_id(id, R"("progress": 1)")) == "CONFLICT invalid_state");
  CHECK(life.ann.error_of("quests.abandon", with_id(id)) == "CONFLICT invalid_state");
}

STORE_TEST("only one's own open quests can be changed or deleted") {
  Life life(store);
  const auto bob = life.world.person();
  const Uuid id = life.make(R"({"title": "mine", "description": "x", "skill_key": "kindness"})")["id"].id();
  for (const char* operation : {"quests.get", "quests.update", "quests.delete", "quests.accept", "quests.complete",
                                "quests.claim", "quests.abandon"}) {
    CHECK(bob.error_of(operation, with_id(id)).code == Code::NOT_FOUND);
  }
  CHECK(bob.error_of("quests.progress", with_id(id, R"("progress": 1)")).code == Code::NOT_FOUND);
  const Uuid shared = life.id("Daily Focus");
  CHECK(life.ann.error_of("quests.update", with_id(shared, R"("title": "x")")) == "FORBIDDEN read_only");
  CHECK(life.ann.error_of("quests.delete", with_id(shared)) == "FORBIDDEN read_only");
  const auto changed =
      life.call("quests.update", with_id(id, R"("title": "ours", "description": null, "xp_reward": 7, "skill_key": null,
                                      "is_repeatable": true, "repeat_frequency": "monthly")"))["quest"];
  CHECK(changed["title"] == "ours");
  CHECK(changed["description"] == nullptr);
  CHECK(changed["xp_reward"] == 7);
  CHECK(changed["quest_type"] == "monthly");
  CHECK(changed["period_key"] == "2026-01");
  CHECK(life.quest(id) == changed);
  life.call("quests.complete", with_id(id));
  CHECK(life.ann.error_of("quests.update", with_id(id, R"("title": "x")")) == "CONFLICT completed");
  life.at("2026-02-01T00:00:00Z");
  CHECK(life.call("quests.update", with_id(id, R"("is_repeatable": false)"))["quest"]["quest_type"] == "one_time");
  CHECK(life.call("quests.complete", with_id(id))["result"]["xp_awarded"] == 7);
  CHECK(life.call("quests.delete", with_id(id)).json() == fmt::format(R"({{"deleted":true,"id":"{}"}})", id.text()));
  CHECK(life.ann.error_of("quests.delete", with_id(id)).code == Code::NOT_FOUND);
  CHECK(life.earned().first == 14);
}

STORE_TEST("a linked quest advances with its workout and completes itself") {
  Life life(store);
  const Uuid workout = quest_id(1);
  const Uuid id = life.make(R"({"title": "train twice", "target": 2})")["id"].id();
  life.world.sql("UPDATE user_quests SET link_kind = 'workout', link_id = $2 WHERE id = $1", id, workout);
  CHECK(life.ann.error_of("quests.progress", with_id(id, R"("progress": 1)")) == "CONFLICT automatic");
  const auto train = [&](const Uuid& which) {
    within(life.world, life.ann, [&](Context& ctx) { quests::workout_done(ctx, which); });
  };
  train(quest_id(2));
  CHECK(life.quest(id)["progress"] == 0);
  train(workout);
  CHECK(life.quest(id)["status"] == "accepted");
  CHECK(life.quest(id)["progress"] == 1);
  train(workout);
  CHECK(life.quest(id)["status"] == "completed");
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{10, 5});
  train(workout);
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{10, 5});
}

STORE_TEST("at most 500 quests of one's own are open") {
  Life life(store);
  for (int n = 0; n < 500; ++n) life.make(R"({"title": "t"})");
  CHECK(life.ann.error_of("quests.create", R"({"title": "t"})") == "CONFLICT quest_limit");
  life.call("quests.complete", with_id(life.call("quests.list", R"({"source": "personal"})")["quests"][0]["id"].id()));
  const auto short_lived = life.make(R"({"title": "t", "expires_at": "2026-01-14T10:00:00Z"})")["id"].id();
  life.at("2026-01-14T10:00:00Z");
  CHECK(life.quest(short_lived)["status"] == "expired");
  life.make(R"({"title": "t"})");
  const auto edit = [&](std::string_view fields) {
    return fmt::format(R"({{"id": "{}", {}}})", short_lived.text(), fields);
  };
  for (const char* fields : {R"("expires_at": null)", R"("expires_at": "2026-01-15T10:00:00Z")"}) {
    CHECK(life.ann.error_of("quests.update", edit(fields)) == "CONFLICT quest_limit");
  }
  CHECK(life.call("quests.update", edit(R"("title": "late")"))["quest"]["status"] == "expired");
  life.call("quests.delete", with_id(life.call("quests.list", R"({"source": "personal"})")["quests"][0]["id"].id()));
  CHECK(life.call("quests.update", edit(R"("expires_at": null)"))["quest"]["status"] == "available");
}
