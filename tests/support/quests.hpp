// Somebody with quests, for the tests of universal quests and of those of one's own.
#pragma once

#include "ignition/domains/quests.hpp"
#include "support/within.hpp"

namespace ignition::test {

inline Uuid quest_id(int n) { return SequentialIds(1000 + static_cast<std::uint64_t>(n)).next(Instant{}); }

// A person whose clock is set, who has quests and does deeds.
struct QuestLife {
  World world;
  Person ann;

  explicit QuestLife(std::string_view store, std::string_view now = "2026-01-14T09:00:00Z",
                     std::string_view fields = "{}")
      : world(store, {}, Instant::parse(now).value()), ann(world.person(fields)) {
    world.with_shipped_rewards();
  }

  void at(std::string_view instant) { world.clock->set(Instant::parse(instant).value()); }

  Answered call(std::string_view operation, std::string_view body = "{}") const { return ann.call(operation, body); }

  // A focus session that runs its full time.
  void focus(int seconds) {
    const auto session = call("focus.start", fmt::format(R"({{"duration_seconds": {}}})", seconds));
    world.clock->advance(std::chrono::seconds(seconds));
    call("focus.complete", with_id(session["id"].id()));
  }

  // The shared quest of this title as the list shows it.
  Answered shared(std::string_view title) const {
    const auto quests = call("quests.list", R"({"page_size": 100, "source": "universal"})")["quests"];
    for (int i = 0; i < static_cast<int>(quests.size()); ++i) {
      if (quests[i]["title"] == title) return quests[i];
    }
    return {};
  }
  std::string state(std::string_view title) const {
    const auto quest = shared(title);
    return quest.exists() ? quest["status"].text() + " " + std::to_string(quest["progress"].integer()) : "absent";
  }
  Uuid id(std::string_view title) const {
    return world_rows<Uuid>("SELECT id FROM universal_quests WHERE title = $1", title);
  }
  template <class Row>
  Row world_rows(std::string_view sql, std::string_view argument) const {
    return const_cast<World&>(world).rows<Row>(sql, argument).at(0);
  }

  Answered make(std::string_view body) const { return call("quests.create", body)["quest"]; }
  Answered quest(const Uuid& id) const { return call("quests.get", with_id(id))["quest"]; }

  // What quests have paid: XP and coins.
  std::pair<std::int64_t, std::int64_t> earned() {
    const auto sum = [&](const char* column) {
      return world.rows<std::int64_t>(fmt::format("SELECT CAST(COALESCE(sum({}), 0) AS BIGINT) FROM points_ledger "
                                                  "WHERE user_id = $1 AND event_type = 'quest_complete'",
                                                  column),
                                      ann.id())[0];
    };
    return {sum("xp"), sum("coins")};
  }

  // Makes a quest for everybody, as an administrator would.
  Uuid universal(std::string_view title, std::string_view type, std::string_view target_type, int target,
                 std::optional<Instant> starts_at = {}, std::optional<Instant> ends_at = {}) {
    const Uuid id = quest_id(++made_);
    world.sql(
        "INSERT INTO universal_quests (id, title, quest_type, target_type, target, xp_reward, coin_reward, starts_at, "
        "ends_at, is_active, sort_order, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 30, 3, $6, $7, TRUE, 50, "
        "$8, $8)",
        id, title, type, target_type, target, starts_at, ends_at, world.clock->now());
    return id;
  }

  void deed(rules::EventKind kind, std::string key, std::int64_t seconds = 0, std::int64_t quantity = 0,
            std::optional<LocalDate> date = {}) {
    within(world, ann, [&](Context& ctx) {
      progress::award(ctx, {.event = {.kind = kind,
                                      .key = std::move(key),
                                      .activity_date = date,
                                      .duration_seconds = seconds,
                                      .quantity = quantity},
                            .amounts = {.xp = 1}});
    });
  }

 private:
  int made_ = 0;
};

}  // namespace ignition::test
