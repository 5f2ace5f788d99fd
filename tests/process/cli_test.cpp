// The commands of the `ignition` program, as a shell sees them: output, messages, exit statuses.
#include <fcntl.h>
#include <unistd.h>

#include <set>

#include "ignition/version.hpp"
#include "process/child.hpp"

namespace ignition::process_test {
namespace {

constexpr const char* kNobody = R"({"id":"0194f5c0-0000-7000-8000-000000000001"})";
constexpr const char* kNow = "2026-03-10T09:00:00Z";

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

// Runs SQL on the folder's store beside the program.
void sql(const Folder& folder, std::string_view text) {
  const auto store = Store::open(folder.store());
  const auto db = store->begin(Mode::write);
  db->execute(Sql{text});
  db->commit();
}

// Runs `ignition`, which must refuse: nothing on standard output, one complaint on standard error.
Finished refusal(const Folder& folder, const std::vector<std::string>& arguments,
                 const Surroundings& surroundings = {}) {
  Finished done = ignition(folder, arguments, surroundings);
  CHECK_MESSAGE(done.out.empty(), done.out);
  CHECK_FALSE(done.err.empty());
  return done;
}

}  // namespace

TEST_CASE("every command explains itself") {
  const Folder folder;
  const Finished all = ignition(folder, {"--help"});
  REQUIRE(all.status == 0);
  CHECK(all.err.empty());
  const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> commands{
      {{"serve"}, {"--host", "--port", "--local"}},
      {{"today"}, {}},
      {{"call"}, {"OPERATION", "JSON", "--idempotency-key"}},
      {{"operations"}, {"PREFIX", "--names"}},
      {{"openapi"}, {}},
      {{"user"}, {"create", "list", "show", "approve", "disable", "enable", "role"}},
      {{"user", "create"}, {"EMAIL", "--name", "--timezone", "--role"}},
      {{"user", "list"}, {"--page", "--search", "--role", "--pending", "--disabled"}},
      {{"user", "approve"}, {"USER", "--deny", "--note"}},
      {{"user", "role"}, {"USER", "ROLE"}},
      {{"session"}, {"list", "revoke"}},
      {{"session", "revoke"}, {"ID", "--all"}},
      {{"apikey"}, {"create", "list", "revoke"}},
      {{"apikey", "create"}, {"NAME", "--scope", "--days"}},
      {{"audit"}, {"--of", "--type", "--status", "--from", "--to", "--page"}},
      {{"admin"}, {"grant"}},
      {{"user", "show"}, {"USER"}},
      {{"migrate"}, {"up", "down", "status", "check"}},
      {{"migrate", "up"}, {"TARGET"}},
      {{"migrate", "down"}, {"TARGET"}},
      {{"migrate", "status"}, {}},
      {{"migrate", "check"}, {}},
      {{"demo"}, {"--days", "--seed", "--timezone", "--force"}},
      {{"config"}, {"check", "list"}},
      {{"config", "check"}, {}},
      {{"config", "list"}, {}},
      {{"completion"}, {"SHELL"}},
  };
  for (const auto& [command, mentions] : commands) {
    CAPTURE(command.back());
    CHECK(contains(all.out, "  " + command.front() + " "));
    std::vector<std::string> words = command;
    words.emplace_back("--help");
    const Finished help = ignition(folder, words);
    CHECK(help.status == 0);
    CHECK(help.err.empty());
    for (const std::string& word : mentions) CHECK_MESSAGE(contains(help.out, word), word);
  }
  for (const char* option : {"--store", "--user", "--json", "--now", "--version"}) CHECK(contains(all.out, option));
  // Nobody asked for a store.
  CHECK_FALSE(std::filesystem::exists(folder.path("ignition.db")));
}

TEST_CASE("the program tells its version, which is the library's") {
  const Folder folder;
  CHECK(ignition(folder, {"--version"}).out == fmt::format("ignition {}\n", kVersion));
}

TEST_CASE("operations lists what the catalogue holds") {
  const Folder folder;
  const auto& operations = catalogue().operations();
  const auto names = lines_of(ignition(folder, {"operations", "--names"}).out);
  REQUIRE(names.size() == operations.size());
  const Answered all = output(folder, {"operations", "--json"});
  REQUIRE(all.size() == operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    CHECK(names[i] == operations[i].name);
    CHECK(all[static_cast<int>(i)]["name"] == operations[i].name);
    CHECK(all[static_cast<int>(i)]["summary"] == operations[i].summary);
  }
  const auto focus = lines_of(ignition(folder, {"operations", "focus."}).out);
  CHECK(focus.front().starts_with("NAME "));
  REQUIRE(focus.size() > 5);
  for (std::size_t i = 1; i < focus.size(); ++i) CHECK(focus[i].starts_with("focus."));
  CHECK(ignition(folder, {"operations", "nothing.of.the.kind", "--json"}).out == "[]\n");
}

TEST_CASE("openapi prints a document that names every routed operation under its path") {
  const Folder folder;
  const Answered document = output(folder, {"openapi"});
  CHECK(document["openapi"] == "3.1.0");
  std::set<std::string> described;
  for (const std::string& path : document["paths"].keys()) {
    for (const std::string& method : document["paths"][path].keys()) {
      described.insert(document["paths"][path][method]["operationId"].text());
    }
  }
  for (const Operation& operation : catalogue().operations()) {
    CAPTURE(operation.name);
    CHECK((described.count(operation.name) == 1) == !operation.route.path.empty());
  }
}

TEST_CASE("call takes its input from the command line, from standard input and from a file") {
  const Folder folder;
  CHECK(output(folder, {"call", "settings.update", R"({"theme":"dark"})"})["settings"]["theme"] == "dark");
  CHECK(output(folder, {"call", "settings.update", "-"}, {.input = R"({"theme":"light"})"})["settings"]["theme"] ==
        "light");
  folder.write("input.json", R"({"theme":"system"})");
  CHECK(output(folder, {"call", "settings.update", "@input.json"})["settings"]["theme"] == "system");
  CHECK(output(folder, {"call", "settings.get"})["settings"]["theme"] == "system");
  const Finished missing = refusal(folder, {"call", "settings.update", "@missing.json"});
  CHECK(missing.status == 65);
  CHECK(contains(missing.err, "missing.json"));
}

TEST_CASE("call with an idempotency key runs once") {
  const Folder folder;
  const std::vector<std::string> start{"call", "focus.start", R"({"duration_seconds":1500})", "--idempotency-key", "k"};
  const Answered first = output(folder, start);
  CHECK(output(folder, start) == first);
  CHECK(output(folder, {"call", "focus.list"})["total"] == 1);
  const Finished other =
      refusal(folder, {"call", "focus.start", R"({"duration_seconds":900})", "--idempotency-key", "k"});
  CHECK(other.status == 73);
}

TEST_CASE("the clock stands where --now puts it") {
  const Folder folder;
  const Answered session =
      output(folder, {"call", "focus.start", R"({"duration_seconds":1500})", "--now", kNow, "--json"});
  CHECK(session["started_at"] == "2026-03-10T09:00:00.000000Z");
  CHECK(session["ends_at"] == "2026-03-10T09:25:00.000000Z");
}

TEST_CASE("users are made, listed and shown, and commands act for them") {
  const Folder folder;
  const Answered made =
      output(folder, {"user", "create", "ann@example.com", "--name", "Ann \"A\"", "--timezone", "Europe/Berlin"});
  CHECK(made["user"]["email"] == "ann@example.com");
  CHECK(made["user"]["name"] == "Ann \"A\"");
  const std::string id = made["user"]["id"].text();
  CHECK(output(folder, {"user", "show", "ann@example.com"}) == output(folder, {"user", "show", id}));
  output(folder, {"user", "create", "ben@example.com"});
  CHECK(output(folder, {"user", "list", "--json"})["total"] == 2);
  CHECK(output(folder, {"user", "list", "--page", "2", "--json"})["users"].size() == 0);

  CHECK(output(folder, {"--user", "ann@example.com", "call", "auth.me"})["user"]["id"] == id);
  CHECK(output(folder, {"call", "auth.me", "--user", id})["user"]["email"] == "ann@example.com");
  CHECK(output(folder, {"--user", id, "call", "settings.get"})["settings"]["timezone"] == "Europe/Berlin");
  CHECK(output(folder, {"call", "auth.me"})["user"]["email"] == "dev@localhost");

  CHECK(refusal(folder, {"user", "create", "ann@example.com"}).status == 73);
  const Finished nobody = refusal(folder, {"--user", "no@body.example", "call", "auth.me"});
  CHECK(nobody.status == 66);
  CHECK(contains(nobody.err, "user"));
}

TEST_CASE("--store, DATABASE_URL and .env choose the store, in this order") {
  const Folder folder;
  folder.write(".env", fmt::format("DATABASE_URL={}\n", folder.store("file.db")));
  output(folder, {"call", "settings.update", R"({"theme":"dark"})"});
  CHECK(std::filesystem::exists(folder.path("file.db")));
  const Surroundings variable{.environment = {"DATABASE_URL=" + folder.store("variable.db")}};
  CHECK_FALSE(output(folder, {"call", "settings.get"}, variable)["settings"]["theme"] == "dark");
  CHECK(std::filesystem::exists(folder.path("variable.db")));
  output(folder, {"--store", folder.store("option.db"), "call", "settings.get"}, variable);
  CHECK(std::filesystem::exists(folder.path("option.db")));
  CHECK_FALSE(std::filesystem::exists(folder.path("ignition.db")));
}

TEST_CASE("the schema goes up, down and tells where it stands") {
  const Folder folder;
  const Answered fresh = output(folder, {"migrate", "status", "--json"});
  const int all = static_cast<int>(fresh.size());
  REQUIRE(all >= 5);
  for (int i = 0; i < all; ++i) CHECK(fresh[i]["applied"] == false);

  const Answered up = output(folder, {"migrate", "up", "2", "--json", "--now", kNow});
  REQUIRE(up.size() == 2);
  CHECK(up[1]["version"] == 2);
  CHECK(up[1]["applied_at"] == "2026-03-10T09:00:00.000000Z");
  const Surroundings by_hand{.environment = {"DB_AUTO_MIGRATE=false"}};
  const Finished pending = refusal(folder, {"call", "settings.get"}, by_hand);
  CHECK(pending.status == 69);

  CHECK(output(folder, {"migrate", "up", "--json"}).size() == static_cast<std::size_t>(all - 2));
  CHECK(contains(ignition(folder, {"migrate", "up"}).out, "up to date"));
  const auto status = lines_of(ignition(folder, {"migrate", "status"}).out);
  REQUIRE(status.size() == static_cast<std::size_t>(all));
  CHECK(status[0].starts_with("0001"));
  for (const std::string& line : status) CHECK(contains(line, "applied"));
  output(folder, {"call", "settings.get"}, by_hand);

  CHECK(contains(ignition(folder, {"migrate", "check"}).out, "is what the migrations made"));
  sql(folder, "ALTER TABLE habits ADD COLUMN extra INT");
  sql(folder, "DROP INDEX habits_user_id_ix");
  const Finished drifted = ignition(folder, {"migrate", "check"});
  CHECK(drifted.status == 1);
  CHECK(contains(drifted.out, "\n- habits: index habits_user_id_ix (user_id)"));
  CHECK(contains(drifted.out, "\n+ habits: extra INT\n"));

  CHECK(output(folder, {"migrate", "down", "0", "--json"}).size() == static_cast<std::size_t>(all));
  const Answered empty = output(folder, {"migrate", "status", "--json"});
  for (int i = 0; i < all; ++i) CHECK(empty[i]["applied"] == false);
  CHECK(refusal(folder, {"migrate", "down"}).status == 64);
  output(folder, {"call", "settings.get"});
}

TEST_CASE("a database of a newer version is refused by every command and stays as it is") {
  const Folder folder;
  output(folder, {"migrate", "up", "--json"});
  sql(folder,
      "INSERT INTO schema_migrations (version, name, checksum, applied_at, duration_ms, library_version) "
      "VALUES (9999, 'from_the_future', 'x', '2030-01-01T00:00:00.000000Z', 1, '9.9.9')");
  const std::vector<std::vector<std::string>> commands{
      {"migrate", "status"}, {"migrate", "up"},    {"migrate", "down", "0"}, {"call", "settings.get"},
      {"user", "list"},      {"demo", "--days=1"}, {"serve", "--port", "0"},
  };
  for (const auto& command : commands) {
    CAPTURE(command.front());
    const Finished refused = refusal(folder, command);
    CHECK(refused.status == 73);
    CHECK(contains(refused.err, "migration 9999, which this program does not know"));
  }
  const auto store = Store::open(folder.store());
  const auto db = store->begin(Mode::read);
  CHECK(db->one<std::int64_t>(Sql{"SELECT max(version) FROM schema_migrations"}) == 9999);
  CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM users"}) == 0);
}

TEST_CASE("people are administered from the command line, and the security log says so") {
  const Folder folder;
  output(folder, {"user", "create", "ann@example.com"});
  const std::string ben = output(folder, {"user", "create", "ben@example.com"})["user"]["id"].text();
  CHECK(contains(ignition(folder, {"admin", "grant", "ann@example.com"}).out, "super_admin, approved"));
  CHECK(output(folder, {"user", "role", "ben@example.com", "moderator", "premium@2100-01-01T00:00:00Z",
                        "--json"})["user"]["roles"]
            .json() == R"(["user","premium","moderator"])");
  const auto rows = lines_of(ignition(folder, {"user", "list"}).out);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].starts_with("ID "));
  CHECK(contains(rows[1], "ben@example.com"));
  CHECK(contains(rows[1], "moderator"));
  CHECK(contains(ignition(folder, {"user", "disable", "ben@example.com", "--reason", "abuse"}).out, "disabled"));
  CHECK(output(folder, {"user", "list", "--disabled", "--json"})["users"][0]["id"] == ben);
  CHECK_FALSE(contains(ignition(folder, {"user", "enable", ben}).out, "disabled"));
  CHECK(contains(ignition(folder, {"user", "approve", ben, "--deny", "--note", "no"}).out, "not approved"));

  // The last super administrator stays; an account acts within its rank.
  CHECK(refusal(folder, {"user", "disable", "ann@example.com"}).status == 73);
  CHECK(refusal(folder, {"user", "list", "--user", "ben@example.com"}).status == 77);
  CHECK(refusal(folder, {"user", "enable", "nobody@example.com"}).status == 66);
  CHECK(refusal(folder, {"user", "role", ben, "king"}).status == 65);

  const auto disabled = output(folder, {"audit", "--type", "user_disabled", "--of", ben, "--json"});
  CHECK(disabled["total"] == 1);
  CHECK(disabled["entries"][0]["actor_user_id"] == nullptr);
  CHECK(contains(disabled["entries"][0]["user_agent"].text(), "command line, uid"));
  CHECK(contains(ignition(folder, {"audit", "--page-size", "2"}).out, "user_unapproved"));

  const Finished key = ignition(folder, {"apikey", "create", "phone", "--user", "ann@example.com"});
  CHECK(key.out.starts_with("sk_live_"));
  const auto keys = output(folder, {"apikey", "list", "--user", "ann@example.com", "--json"})["api_keys"];
  CHECK(keys[0]["name"] == "phone");
  CHECK(output(folder, {"apikey", "revoke", keys[0]["id"].text(), "--user", "ann@example.com"})["revoked"] == true);
  const std::string session = output(folder, {"call", "sessions.create",
                                              fmt::format(R"({{"user_id":"{}","auth_method":"password"}})", ben)})
                                  ["session"]["id"]
                                      .text();
  CHECK(contains(ignition(folder, {"session", "list"}).out, session));
  CHECK(output(folder, {"session", "revoke", session})["revoked"] == true);
  CHECK(output(folder, {"session", "revoke", "--all", ben})["revoked_sessions"] == 0);
  // Nobody made the local user for it.
  CHECK(output(folder, {"user", "list", "--json"})["total"] == 2);
}

TEST_CASE("a server that nobody administers prints its claim key once") {
  const Folder folder;
  const auto said_at_start = [&] {
    Serving server(folder, {});
    CHECK(server.stop() == 0);
    return server.child().err();
  };
  const std::string first = said_at_start();
  const auto at = first.find("this key");
  REQUIRE(at != std::string::npos);
  const std::string key = first.substr(first.find('\n', at) + 1, 32);
  CHECK(std::ranges::all_of(key, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }));
  CHECK_FALSE(contains(said_at_start(), "this key"));
  // Nor where single-user mode has no need of one.
  const Folder other;
  Serving local(other);
  CHECK(local.stop() == 0);
  CHECK_FALSE(contains(local.child().err(), "this key"));
}

TEST_CASE("a wrong command line is status 64") {
  const Folder folder;
  const std::vector<std::vector<std::string>> wrong{
      {},
      {"nonsense"},
      {"call"},
      {"call", "focus.active", "{}", "one more"},
      {"--nonsense", "today"},
      {"serve", "--port", "70000"},
      {"serve", "--port", "http"},
      {"user"},
      {"user", "create"},
      {"user", "list", "--page", "many"},
      {"migrate"},
      {"migrate", "sideways"},
      {"demo", "--days", "0"},
      {"completion", "tcsh"},
  };
  for (const auto& words : wrong) {
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    const Finished done = refusal(folder, words);
    CHECK(done.status == 64);
  }
  CHECK(contains(ignition(folder, {"nonsense"}).err, "nonsense"));
  CHECK(contains(ignition(folder, {"serve", "--port", "70000"}).err, "65535"));
}

TEST_CASE("invalid input is status 65 and names the field and its bound") {
  const Folder folder;
  const Finished one = refusal(folder, {"call", "focus.start", R"({"duration_seconds":5})"});
  CHECK(one.status == 65);
  CHECK(contains(one.err, "duration_seconds"));
  CHECK(contains(one.err, "60..14400"));

  const Finished two =
      refusal(folder, {"call", "settings.update", R"({"day_start_hour":24,"theme":"Mauve!","surprise":1})"});
  CHECK(two.status == 65);
  CHECK(contains(two.err, "day_start_hour"));
  CHECK(contains(two.err, "0..23"));
  CHECK(contains(two.err, "theme"));
  CHECK(contains(two.err, "surprise"));

  const Finished json = refusal(folder, {"--json", "call", "focus.start", R"({"duration_seconds":5})"});
  CHECK(json.status == 65);
  const Answered error(json.err);
  CHECK(error["code"] == "VALIDATION_ERROR");
  CHECK(error["details"]["fields"][0]["field"] == "duration_seconds");

  CHECK(refusal(folder, {"call", "focus.start", "{"}).status == 65);
  CHECK(contains(refusal(folder, {"--now", "yesterday", "call", "auth.me"}).err, "--now"));
  CHECK(contains(refusal(folder, {"demo", "--timezone", "Mars/Base"}).err, "Mars/Base"));
  CHECK(refusal(folder, {"call", "focus.start", R"({"duration_seconds":900})", "--idempotency-key", "gr\u00fcn"})
            .status == 65);
}

TEST_CASE("what does not exist is status 66") {
  const Folder folder;
  const Finished unknown = refusal(folder, {"call", "focus.nonsense"});
  CHECK(unknown.status == 66);
  CHECK(contains(unknown.err, "focus.nonsense"));
  CHECK(refusal(folder, {"call", "focus.get", kNobody}).status == 66);
  CHECK(refusal(folder, {"user", "show", "no@body.example"}).status == 66);
}

TEST_CASE("a database that cannot be had is status 69 and its path is not told") {
  const Folder folder;
  const Finished nowhere = refusal(folder, {"--store", folder.store("no/such/folder/a.db"), "call", "settings.get"});
  CHECK(nowhere.status == 69);
  CHECK_FALSE(contains(nowhere.err, "no/such/folder"));
  folder.write("ignition.db", std::string(8192, 'x'));
  CHECK(refusal(folder, {"call", "settings.get"}).status == 69);
  CHECK(folder.read("ignition.db") == std::string(8192, 'x'));
}

TEST_CASE("a failure inside is status 70 and tells nothing of the inside") {
  const Folder folder;
  const std::vector<std::string> start{"call", "focus.start", R"({"duration_seconds":1500})", "--idempotency-key", "k"};
  output(folder, start);
  sql(folder, "UPDATE idempotency_keys SET answer = x'00'");
  const Finished failed = refusal(folder, start);
  CHECK(failed.status == 70);
  CHECK_FALSE(contains(failed.err, "idempotency_keys"));
}

TEST_CASE("a conflict is status 73") {
  const Folder folder;
  const std::string start = R"({"duration_seconds":1500,"on_active":"reject"})";
  output(folder, {"call", "focus.start", start});
  const Finished refused = refusal(folder, {"--json", "call", "focus.start", start});
  CHECK(refused.status == 73);
  CHECK(Answered(refused.err)["details"]["reason"] == "session_active");
}

TEST_CASE("what is not allowed is status 77") {
  const Folder folder;
  const std::string id = output(folder, {"user", "create", "ann@example.com"})["user"]["id"].text();
  sql(folder, "UPDATE users SET disabled_at = created_at, disabled_reason = 'admin' WHERE email = 'ann@example.com'");
  CHECK(refusal(folder, {"--user", id, "call", "settings.get"}).status == 77);
}

TEST_CASE("a wrong configuration is status 78, with every problem and no secret") {
  const Folder folder;
  const Surroundings wrong{.environment = {"SERVER_PORT=many", "LOG_FORMAT=xml", "AUTH_LOCAL_TOKEN=geheim"}};
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"config", "check"}, {"serve", "--port", "0"}, {"call", "settings.get"}}) {
    CAPTURE(command.front());
    const Finished refused = refusal(folder, command, wrong);
    CHECK(refused.status == 78);
    CHECK(contains(refused.err, "SERVER_PORT must be an integer 0..65535"));
    CHECK(contains(refused.err, "LOG_FORMAT must be one of json, text"));
    CHECK_FALSE(contains(refused.err, "geheim"));
  }
  CHECK(refusal(folder, {"call", "settings.get"}, {.environment = {"DATABASE_URL=nonsense"}}).status == 78);
}

TEST_CASE("what cannot be read and what is unsafe in production are told together (A50)") {
  const Folder folder;
  const Surroundings unsafe{.environment = {"ENVIRONMENT=production", "MAX_BODY_BYTES=much", "AUTH_LOCAL_USER=true",
                                            "SERVER_FRONTEND_URL=http://app.example", "AUTH_LOCAL_TOKEN=geheim"}};
  for (const auto& command : std::vector<std::vector<std::string>>{{"config", "check"}, {"serve", "--port", "0"}}) {
    CAPTURE(command.front());
    const Finished refused = refusal(folder, command, unsafe);
    CHECK(refused.status == 78);
    for (const char* problem :
         {"MAX_BODY_BYTES must be an integer", "AUTH_LOCAL_USER: not allowed",
          "SERVER_PUBLIC_URL: production needs https", "SERVER_FRONTEND_URL: production needs https",
          "CORS_ALLOWED_ORIGINS: production", "AUTH_SECRET: production needs it", "JWT_SECRET: production needs it"}) {
      CAPTURE(problem);
      CHECK(contains(refused.err, problem));
    }
    CHECK_FALSE(contains(refused.err, "geheim"));
  }
}

TEST_CASE("config check passes what is right and warns of names that mean nothing") {
  const Folder folder;
  const Finished right = ignition(folder, {"config", "check"}, {.environment = {"SERVER_PORT=9000"}});
  CHECK(right.status == 0);
  CHECK(right.out == "The configuration is valid.\n");
  folder.write(".env", "SERVER_PROT=9000\n");
  const Finished misspelt = ignition(folder, {"config", "check"});
  CHECK(misspelt.status == 0);
  CHECK(contains(misspelt.out, "SERVER_PROT"));
  for (const char* name : {"SERVER_PORT", "DATABASE_URL", "IGNITION_TODAY_GAP_THRESHOLD_HOURS", "AUTH_LOCAL_USER"}) {
    CHECK(contains(ignition(folder, {"config", "list"}).out, name));
  }
}

TEST_CASE("nobody but its owner's machine gets single-user mode (A43)") {
  const Folder folder;
  const std::vector<std::pair<Surroundings, std::vector<std::string>>> cases{
      {{.environment = {"AUTH_LOCAL_USER=true", "ENVIRONMENT=production"}}, {}},
      {{.environment = {"AUTH_DEV_BYPASS=true", "ENVIRONMENT=production"}}, {}},
      {{.environment = {"AUTH_LOCAL_USER=true", "ENVIRONMENT=staging"}}, {}},
      {{.environment = {"AUTH_LOCAL_USER=true", "SERVER_HOST=0.0.0.0"}}, {}},
      {{.environment = {"AUTH_LOCAL_USER=true"}}, {"--host", "0.0.0.0"}},
      {{.environment = {"ENVIRONMENT=production"}}, {"--local"}},
      {{.environment = {}}, {"--local", "--host", "::"}},
  };
  for (const auto& [surroundings, options] : cases) {
    std::vector<std::string> words{"serve", "--port", "0"};
    words.insert(words.end(), options.begin(), options.end());
    const Finished refused = refusal(folder, words, surroundings);
    CHECK(refused.status == 78);
    CHECK(contains(refused.err, "AUTH_LOCAL_USER"));
    CHECK_FALSE(std::filesystem::exists(folder.path("ignition.db")));
    if (options.empty()) CHECK(refusal(folder, {"config", "check"}, surroundings).status == 78);
  }
}

TEST_CASE("an output that cannot be written is no success") {
  const Folder folder;
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  const Finished lost = ignition(folder, {"call", "settings.get"}, {.output = full});
  ::close(full);
  CHECK(lost.status == 74);
  CHECK(contains(lost.err, "output"));
}

}  // namespace ignition::process_test
