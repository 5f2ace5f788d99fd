// Everything that is stored about a user, as one document (rule R50, A47, T26).
#include "ignition/domains/export.hpp"

#include <algorithm>

#include "support/credentials.hpp"
#include "support/filled_tables.hpp"

namespace ignition::test {
namespace {

constexpr Call kExport{.operation = "user.export"};

// What a receiver of pieces got, and how.
struct Received {
  std::string text;
  std::size_t pieces = 0;
  std::size_t largest = 0;
  Answer answer;

  Sink sink() {
    return [this](std::string_view piece) {
      text += piece;
      ++pieces;
      largest = std::max(largest, piece.size());
    };
  }
};

Received receive(World& world, const Person& person) {
  Received got;
  got.answer = world.engine->stream(person.caller(), kExport, got.sink());
  return got;
}

bool is_json(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

std::int64_t rows_of(World& world, const Table& table, const Uuid& user) {
  return world
      .rows<std::int64_t>(
          fmt::format("SELECT count(*) FROM {} WHERE {} = $1", table.name, exports::owner_column(table)), user)
      .at(0);
}

}  // namespace

TEST_CASE("an export holds every row of its user in every table that has users, and nobody else's (A47)") {
  for (const char* store : {"file", "postgres"}) {
    CAPTURE(store);
    World world(store);
    const auto ann = world.person();
    const auto bob = world.person();
    for (const auto& person : {ann, bob}) person.call("settings.update", R"({"theme":"dark"})");
    const auto tables = tables_of(world.engine->store());
    {
      BackDoor door(world.store_url());
      door.fill(tables, ann.id(), 0, 3);
      door.fill(tables, bob.id(), 100, 3);
    }
    const Received got = receive(world, ann);
    const Answered all(got.text);
    int exported = 0;
    for (const Table& table : tables) {
      CAPTURE(table.name);
      const auto rows = all["data"][table.name];
      if (exports::owner_column(table).empty() || exports::why_left_out(table)) {
        CHECK_FALSE(rows.exists());
        continue;
      }
      ++exported;
      const std::int64_t stored = rows_of(world, table, ann.id());
      CHECK(stored >= 1);
      REQUIRE(rows.exists());
      CHECK(rows.size() == static_cast<std::size_t>(stored));
      CHECK(all["manifest"]["tables"][table.name] == stored);
      for (const std::string& key : rows[0].keys()) {
        CAPTURE(key);
        for (const char* secret : {"hash", "token", "secret", "_enc"}) CHECK(key.find(secret) == std::string::npos);
      }
    }
    CHECK(exported > 45);
    CHECK(all["data"].size() == static_cast<std::size_t>(exported));
    CHECK(got.text.find(bob.id().text()) == std::string::npos);
  }
}

TEST_CASE("what an export leaves out stands in its manifest with the reason") {
  World world;
  const Answered all = world.person().call("user.export");
  std::vector<std::string> lines;
  const auto left_out = all["manifest"]["left_out"];
  for (std::size_t i = 0; i < left_out.size(); ++i) {
    const auto entry = left_out[static_cast<int>(i)];
    lines.push_back(entry["table"].text() + (entry["column"] == nullptr ? "" : "." + entry["column"].text()) + ": " +
                    entry["reason"].text());
  }
  for (const char* line :
       {"directory: finds the account by hashes, and by the e-mail address and user name that users shows",
        "password_credentials.hash: a hash", "sessions.token_hash: a hash", "api_keys.key_hash: a hash",
        "users.approved_by: another person", "idempotency_keys.answer: bytes that only the program reads",
        "verification_tokens: secrets of signing in, which live for minutes to days"}) {
    CHECK_MESSAGE(std::ranges::find(lines, line) != lines.end(), line);
  }
}

STORE_TEST("an export shows values as the interface does, and says when and whose it is") {
  World world(store);
  const auto ann = world.person(R"({"timezone":"Pacific/Honolulu"})", "ann@example.com");
  ann.call("habits.create", R"({"name":"walk \"far\""})");
  ann.call("settings.update", R"({"custom":{"a.b":[1,2]},"high_contrast":true})");
  const Received got = receive(world, ann);
  const Answered all(got.text);
  CHECK(all.keys() ==
        std::vector<std::string>{"exported_at", "format_version", "user_id", "email", "data", "manifest"});
  CHECK(all["exported_at"] == world.clock->now());
  CHECK(all["format_version"] == 1);
  CHECK(all["user_id"] == ann.id());
  CHECK(all["email"] == "ann@example.com");
  CHECK(all["data"]["habits"].size() == 1);
  CHECK(all["data"]["habits"][0]["name"] == "walk \"far\"");
  CHECK(all["data"]["habits"][0]["user_id"] == ann.id());
  CHECK(all["data"]["habits"][0]["created_at"] == world.clock->now());
  CHECK(all["data"]["user_settings"][0]["high_contrast"] == true);
  CHECK(all["data"]["user_settings"][0]["large_text"] == false);
  CHECK(all["data"]["user_settings"][0]["custom"].json() == R"({"a.b":[1,2]})");
  CHECK(all["data"]["user_settings"][0]["quiet_hours_start"] == nullptr);
  CHECK(all["data"]["users"][0]["role"] == "user");
  CHECK(all["data"]["goals"].size() == 0);
  CHECK(all["manifest"]["tables"]["goals"] == 0);
  // 09:00 in UTC is the evening before in Hawaii.
  CHECK(got.answer.file_name == "ignition-export-2026-03-09.json");
  CHECK(got.answer.content_type == "application/json");
  CHECK(got.answer.body.empty());
  CHECK(ann.answer(kExport).body.size() > 1000);  // call() collects the pieces
}

STORE_TEST("every export leaves a trace, which it shows") {
  World world(store);
  const auto ann = world.person();
  const Answered all = ann.call("user.export");
  const auto log = all["data"]["audit_log"];
  const auto last = log[static_cast<int>(log.size()) - 1];
  CHECK(last["event_type"] == "data_export");
  CHECK(last["action"] == "access");
  CHECK(last["subject_user_id"] == ann.id());
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE event_type = 'data_export' AND status = 'success'") == 1);
}

STORE_TEST("whose address an administrator acted from is not the business of the exported user") {
  World world(store);
  const auto ann = world.person();
  const auto chief = world.person();
  const auto entry = [&](const Uuid& actor, const char* type) {
    world.sql(
        "INSERT INTO audit_log (id, actor_user_id, subject_user_id, event_type, action, status, ip_address, "
        "user_agent, "
        "created_at) VALUES ($1, $2, $3, $4, 'update', 'success', '192.0.2.9', 'Firefox', $5)",
        RandomIds().next(world.clock->now()), actor, ann.id(), std::string_view(type), world.clock->now());
  };
  entry(chief.id(), "user_approved");
  entry(ann.id(), "user_updated");
  const auto log = ann.call("user.export")["data"]["audit_log"];
  int seen = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const auto row = log[static_cast<int>(i)];
    if (row["event_type"] == "user_approved") {
      ++seen;
      CHECK(row["actor_user_id"] == nullptr);
      CHECK(row["ip_address"] == nullptr);
      CHECK(row["user_agent"] == nullptr);
      CHECK(row["subject_user_id"] == ann.id());
    } else if (row["event_type"] == "user_updated") {
      ++seen;
      CHECK(row["actor_user_id"] == ann.id());
      CHECK(row["ip_address"] == "192.0.2.9");
    }
  }
  CHECK(seen == 2);
}

STORE_TEST("an export needs a recent sign-in, or a shell that asked; an API key never opens it") {
  World world(store);
  const auto ann = world.person();
  auto session = world.session_of(ann);
  CHECK(session.answer(kExport).status == 200);
  world.clock->advance(std::chrono::seconds(901));
  CHECK(session.error_of("user.export") == "FORBIDDEN reauth_required");
  session.caller().confirmed = true;
  CHECK(session.answer(kExport).status == 200);
  const auto key = ann.call("api_keys.create", R"({"name":"all","scopes":["all:read","all:write"]})")["key"].text();
  CHECK(with_key(world, key).error_of("user.export") == "FORBIDDEN scope_required");
  CHECK(world.anonymous().error_of("user.export") == "UNAUTHORIZED not_signed_in");
  // Refusals leave no trace of an export.
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE event_type = 'data_export'") == 2);
}

TEST_CASE("an export comes in small pieces, in one snapshot, page by page") {
  for (const char* store : {"file", "postgres"}) {
    CAPTURE(store);
    World world(store);
    const auto ann = world.person();
    BackDoor door(world.store_url());
    std::vector<Table> inbox = tables_of(world.engine->store());
    std::erase_if(inbox, [](const Table& table) { return table.name != "inbox_items" && table.name != "habits"; });
    door.fill(inbox, ann.id(), 0, 3000);
    Received got;
    const Sink keep = got.sink();
    got.answer = world.engine->stream(ann.caller(), kExport, [&](std::string_view piece) {
      // What is stored once the export has begun is not in it.
      if (got.pieces == 0) ann.call("inbox.create", R"({"title":"too late"})");
      keep(piece);
    });
    CHECK(got.pieces > 10);
    CHECK(got.largest < 80'000);
    const Answered all(got.text);
    CHECK(all["data"]["inbox_items"].size() == 3000);
    CHECK(all["manifest"]["tables"]["inbox_items"] == 3000);
    CHECK(got.text.find("too late") == std::string::npos);
    CHECK(ann.answer(kExport).body.find("too late") != std::string::npos);
    // In order of the key, each once.
    std::string before;
    int disorder = 0;
    simdjson::dom::parser parser;
    const simdjson::dom::element document = parser.parse(got.text);
    for (const simdjson::dom::element row : document["data"]["inbox_items"]) {
      const std::string id(row["id"].get_string().value());
      disorder += id <= before ? 1 : 0;
      before = id;
    }
    CHECK(disorder == 0);
  }
}

TEST_CASE("a table that cannot be read fails the export, and what came before is no document (T26)") {
  for (const char* store : {"file", "postgres"}) {
    CAPTURE(store);
    World world(store);
    world.quiet = true;
    const auto ann = world.person();
    BackDoor door(world.store_url());
    const auto tables = tables_of(world.engine->store());
    door.fill(tables, ann.id(), 0, 400);
    // SQLite's snapshot keeps a dropped table; a value of the wrong kind it does not refuse.
    const bool sqlite = std::string_view(store) == "file";
    if (sqlite) door.run("UPDATE user_wallet SET coins = x'01'");
    Received got;
    const Sink keep = got.sink();
    CHECK_THROWS_AS(world.engine->stream(ann.caller(), kExport,
                                         [&](std::string_view piece) {
                                           if (!sqlite && got.pieces == 0) door.run("DROP TABLE user_wallet CASCADE");
                                           keep(piece);
                                         }),
                    Error);
    CHECK(got.pieces > 0);
    CHECK_FALSE(is_json(got.text));
  }
}

STORE_TEST("a receiver that gives up ends the export, and the store goes on") {
  World world(store);
  const auto ann = world.person();
  const auto give_up = [](std::string_view) { throw Error(Code::UNAVAILABLE, "gone").because("gone"); };
  for (int i = 0; i < 30; ++i) CHECK_THROWS_AS(world.engine->stream(ann.caller(), kExport, give_up), Error);
  CHECK(is_json(receive(world, ann).text));
}

}  // namespace ignition::test
