#include <doctest/doctest.h>

#include "ignition/storage.hpp"

using namespace ignition;

namespace {

struct Step {
  std::int64_t id = 0;
  std::int64_t parent = 0;
  std::int64_t unused = 0;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(Step, (), (id, parent, unused, detail))

}  // namespace

TEST_CASE("an index that fits better is taken although the primary key begins alike") {
  const auto store = Store::open("sqlite::memory:", {.durability = StoreOptions::Durability::off});
  store->migrate_up(Instant{});
  const auto db = store->begin(Mode::read);
  const auto items = db->query<Step>(Sql{R"sql(
    EXPLAIN QUERY PLAN SELECT * FROM daily_plan_items WHERE user_id = 'u' AND plan_id = 'p')sql"});
  REQUIRE(items.size() == 1);
  CHECK(items[0].detail.find("(user_id=? AND plan_id=?)") != std::string::npos);
  const auto events = db->query<Step>(Sql{R"sql(
    EXPLAIN QUERY PLAN SELECT * FROM activity_events WHERE user_id = 'u' AND event_type = 'e')sql"});
  REQUIRE(events.size() == 1);
  CHECK(events[0].detail.find("(user_id=? AND event_type=?)") != std::string::npos);
}
