// What is peculiar to SQLite (data-model rule 11.3, 11.4).
#include "fixture.hpp"

namespace ignition::test {
namespace {

constexpr Sql kForeignKeysOn{"PRAGMA foreign_keys"};
constexpr Sql kJournal{"SELECT journal_mode FROM pragma_journal_mode"};
constexpr Sql kSynchronous{"PRAGMA synchronous"};

}  // namespace

TEST_CASE("every connection checks foreign keys and shares a write-ahead log") {
  StoreOptions options = quick();
  options.durability = StoreOptions::Durability::full;
  options.readers = 3;
  Fixture fixture(options);
  Store& store = *fixture.store;
  const auto first = store.begin(Mode::read);
  const auto second = store.begin(Mode::read);
  const auto third = store.begin(Mode::read);
  const auto writer = store.begin(Mode::write);
  for (Transaction* db : {first.get(), second.get(), third.get(), writer.get()}) {
    CHECK(db->one<std::int64_t>(kForeignKeysOn) == 1);
    CHECK(db->one<std::string>(kJournal) == "wal");
    CHECK(db->one<std::int64_t>(kSynchronous) == 2);
  }
  CHECK(writer->one<std::int64_t>(Sql{"PRAGMA trusted_schema"}) == 0);
  CHECK(writer->one<std::int64_t>(Sql{"PRAGMA cell_size_check"}) == 1);
}

TEST_CASE("the durability asked for is the one SQLite has") {
  StoreOptions options = quick();
  options.durability = StoreOptions::Durability::normal;
  CHECK(Fixture(options).store->begin(Mode::write)->one<std::int64_t>(kSynchronous) == 1);
  CHECK(Fixture(quick()).store->begin(Mode::write)->one<std::int64_t>(kSynchronous) == 0);
}

TEST_CASE("documents, ids, instants and dates stay texts, though their columns have numeric affinity") {
  Fixture fixture;
  const auto db = fixture.store->begin(Mode::write);
  constexpr Sql kInsert{R"sql(
    INSERT INTO achievement_definitions (id, key, name, category, trigger_type, trigger_config, is_active, created_at,
                                         updated_at) VALUES ($1, $2, 'N', 'c', 'event', $3, TRUE, $4, $4))sql"};
  constexpr Sql kTypes{R"sql(
    SELECT typeof(id) || typeof(trigger_config) || typeof(created_at) || typeof(is_active)
      FROM achievement_definitions WHERE key = $1)sql"};
  // An id made of digits and one `e`, which would be a number without its hyphens.
  const Uuid digits = Uuid::parse("12345678-1234-7234-8234-1234567890e5").value();
  db->execute(kInsert, digits, "a", Json{"[]"}, kNow);
  CHECK(db->one<std::string>(kTypes, "a") == "texttexttextinteger");
  CHECK(db->one<Uuid>(Sql{"SELECT id FROM achievement_definitions"}) == digits);
  // The trap itself: a bare scalar would become a number. The library lets none in.
  db->execute(kInsert, id_of(9), "b", Json{"12"}, kNow);
  CHECK(db->one<std::string>(kTypes, "b") == "textintegertextinteger");
}

TEST_CASE("an integer that overflowed into a real number is refused") {
  Fixture fixture;
  const auto db = fixture.store->begin(Mode::read);
  CHECK(error_of([&] { db->one<std::int64_t>(Sql{"SELECT $1 + 1"}, INT64_MAX); }).code() == Code::INTERNAL);
}

TEST_CASE("texts are ordered by their bytes") {
  Fixture fixture;
  const auto db = fixture.store->begin(Mode::read);
  constexpr Sql kOrdered{
      "SELECT x FROM (SELECT 'z' x UNION ALL SELECT 'Ä' UNION ALL SELECT 'B' UNION ALL SELECT 'a') ORDER BY x"};
  CHECK(db->query<std::string>(kOrdered) == std::vector<std::string>{"B", "a", "z", "Ä"});
}

TEST_CASE("nullable columns are ordered the same way in both directions when told how") {
  Fixture fixture;
  const auto db = fixture.store->begin(Mode::read);
  constexpr Sql kAscending{"SELECT x FROM (SELECT 2 x UNION ALL SELECT NULL UNION ALL SELECT 1) ORDER BY x NULLS LAST"};
  constexpr Sql kDescending{
      "SELECT x FROM (SELECT 2 x UNION ALL SELECT NULL UNION ALL SELECT 1) ORDER BY x DESC NULLS LAST"};
  using Numbers = std::vector<std::optional<std::int64_t>>;
  CHECK(db->query<std::optional<std::int64_t>>(kAscending) == Numbers{1, 2, std::nullopt});
  CHECK(db->query<std::optional<std::int64_t>>(kDescending) == Numbers{2, 1, std::nullopt});
}

}  // namespace ignition::test
