// The table of the unversioned surface as a whole: its document, its refusals, and that every path of it answers.
#include <fstream>
#include <set>
#include <sstream>

#include "compat/surface.hpp"
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
namespace compat = ignition::server::compat;

namespace {

std::string with_ids(std::string_view pattern) {
  std::string path(pattern);
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, "0194f5c0-0000-7000-8000-000000000001");
  }
  return path;
}

template <class Look>
void each_path(Look&& look) {
  for (const auto& part : compat::table()) {
    for (const auto& row : part.rows) {
      for (const auto path : row.paths) look(row, path);
    }
  }
}

}  // namespace

TEST_CASE("docs/compat.md shows the table") {
  const std::string path = IGNITION_DOCS "/compat.md";
  if (std::getenv("IGNITION_WRITE_GOLDEN") != nullptr) std::ofstream(path) << compat::document();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  CHECK_MESSAGE(text.str() == compat::document(), "run with IGNITION_WRITE_GOLDEN=1 to write it anew");
}

TEST_CASE("every operation that the table names exists, and every parameter of a path is in its input") {
  each_path([](const compat::Row& row, std::string_view path) {
    CAPTURE(path);
    CAPTURE(row.operation);
    const Operation* operation = catalogue().find(row.operation);
    REQUIRE(operation != nullptr);
    for (const auto other : row.also) {
      CAPTURE(other);
      CHECK(catalogue().find(other) != nullptr);
    }
    if (row.calls) return;
    for (auto open = path.find('{'); open != std::string_view::npos; open = path.find('{', open + 1)) {
      const auto name = path.substr(open + 1, path.find('}', open) - open - 1);
      CHECK(std::ranges::any_of(operation->input->fields, [&](const Field& f) { return f.name == name; }));
    }
  });
}

TEST_CASE("every path of the table is served, and lies outside the versioned surface") {
  ExistingClient client;
  int paths = 0;
  each_path([&](const compat::Row& row, std::string_view path) {
    CAPTURE(path);
    CHECK_FALSE(path.starts_with("/api/v1"));
    const auto told = client.ask("OPTIONS", with_ids(path));
    CHECK(told.status == 204);
    CHECK(told.raw.field("allow").find(name_of(row.method)) != std::string::npos);
    ++paths;
  });
  CHECK(paths > 30);
}

TEST_CASE("nobody gets past the table without a credential, whatever is wrong with the request") {
  auto settings = Stage::local();
  settings.local_user = false;
  ExistingClient client("memory", settings);
  each_path([&](const compat::Row& row, std::string_view path) {
    if (catalogue().find(row.operation)->access == Access::public_) return;
    CAPTURE(path);
    for (const char* body : {"", "{}", "[", R"({"status":"odd","duration_minutes":"x"})"}) {
      const auto told = client.ask(name_of(row.method), with_ids(path), row.method == Method::GET ? "" : body);
      CHECK(told.status == 401);
      CHECK(told["type"].exists() == (compat::error_body_of(path) == compat::ErrorBody::text));
    }
  });
}

TEST_CASE("a malformed id in a path is not found") {
  ExistingClient client;
  each_path([&](const compat::Row& row, std::string_view path) {
    if (path.find("{id}") == std::string_view::npos) return;
    std::string wrong(path);
    wrong.replace(wrong.find("{id}"), 4, "not-an-id");
    CAPTURE(wrong);
    CHECK(client.ask(name_of(row.method), wrong, row.method == Method::GET ? "" : "{}").status == 404);
  });
}

TEST_CASE("what is not served is 404 in the error body of its path") {
  ExistingClient client;
  for (const char* path : {"/api/nothing", "/nothing", "/api/leaderboard/xp", "/api/leaderboard/streaks", "/frames/x",
                           "/reference", "/api/user/inbox/x/y/z", "/api"}) {
    CAPTURE(path);
    const auto told = client.get(path);
    CHECK(told.status == 404);
    CHECK(has_keys(told.body, {"success", "error", "message"}));
    CHECK(told["success"] == false);
    CHECK(has_keys(told["error"], {"code", "type", "message", "details"}));
    CHECK(told["error"]["code"] == "NOT_FOUND");
    CHECK(told["error"]["type"] == "not_found");
    CHECK(told["message"] == told["error"]["message"]);
  }
  for (const char* path :
       {"/auth/nothing", "/api/auth/nothing", "/admin/nothing", "/api/admin/nothing", "/admin-access/nothing",
        "/settings/nothing/at/all", "/api/settings/nothing/at/all", "/user/nothing", "/api/user/nothing",
        "/api/me/nothing", "/market/nothing", "/api/market/nothing"}) {
    CAPTURE(path);
    const auto told = client.get(path);
    CHECK(told.status == 404);
    CHECK(has_keys(told.body, {"error", "message", "code", "type", "details"}));
    CHECK(told["error"] == told["message"]);
    CHECK(told["code"] == "NOT_FOUND");
    CHECK(told["type"] == "not_found");
  }
  CHECK(has_keys(client.get("/api/v1/nothing").body, {"success", "data", "error"}));
  CHECK(has_keys(client.get("/api/v10/nothing").body, {"success", "error", "message"}));
  CHECK(has_keys(client.get("/authors").body, {"success", "error", "message"}));
}

TEST_CASE("a method that a path lacks is told in the error body of the path") {
  ExistingClient client;
  const auto told = client.put("/api/focus", "{}");
  CHECK(told.status == 405);
  CHECK(told["error"]["type"] == "not_found");
  CHECK(told.raw.field("allow") == "OPTIONS, GET, HEAD, POST");
}

TEST_CASE("refusals have the types by which clients tell them apart") {
  const auto type = [](Error error) {
    return Answered(compat::error_json(compat::ErrorBody::text, error))["type"].text();
  };
  CHECK(type(not_found("thing")) == "not_found");
  CHECK(type(Error(Code::UNAUTHORIZED, "")) == "unauthorized");
  CHECK(type(forbidden("tos_unaccepted", "")) == "forbidden");
  CHECK(type(forbidden("vault_locked", "")) == "vault_locked");
  CHECK(type(forbidden("csrf_missing", "")) == "csrf_violation");
  CHECK(type(forbidden("csrf_invalid", "")) == "csrf_violation");
  CHECK(type(forbidden("origin_not_allowed", "")) == "invalid_origin");
  CHECK(type(invalid("a", "b", "c")) == "validation_error");
  CHECK(type(conflict("a", "b")) == "conflict");
  CHECK(type(Error(Code::PAYLOAD_TOO_LARGE, "")) == "payload_too_large");
  CHECK(type(Error(Code::RATE_LIMITED, "")) == "rate_limited");
  CHECK(type(Error(Code::INTERNAL, "")) == "internal_error");
  CHECK(type(Error(Code::UNAVAILABLE, "")) == "unavailable");
  CHECK(compat::error_json(compat::ErrorBody::object, conflict("taken", "It is \"taken\".")) ==
        R"({"success":false,"error":{"code":"CONFLICT","type":"conflict","details":{"reason":"taken"},)"
        R"("message":"It is \"taken\"."},"message":"It is \"taken\"."})");
}

TEST_CASE("a page of a foreign site is refused in the error body of the path") {
  ExistingClient client;
  Client raw(client.server.port());
  const auto told = raw.ask(get_request("/api/today", "Origin: https://elsewhere.example\r\n"));
  CHECK(told.status == 403);
  CHECK(told.at("error.type") == "invalid_origin");
  CHECK(raw.ask(get_request("/api/me", "Origin: https://elsewhere.example\r\n")).at("type") == "invalid_origin");
}

TEST_CASE("bodies are judged as JSON, before anything is done") {
  ExistingClient client;
  for (const char* body : {"[]", "7", "{", R"({"mode":"focus","mode":"break"})", R"({"mode":7})", "{} {}",
                           "{\"task_title\":\"\xC3\x28\"}"}) {
    CAPTURE(body);
    const auto told = client.post("/api/focus", body);
    CHECK(told.status == 400);
    CHECK(told["error"]["type"] == "validation_error");
  }
  CHECK(client.me().call("focus.list")["total"] == 0);
  Client raw(client.server.port());
  CHECK(raw.ask("POST /api/focus HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}").status == 400);
}

TEST_CASE("a key makes a write of this surface happen once") {
  ExistingClient client;
  const auto first = client.post("/api/focus", "{}", "Idempotency-Key: one\r\n");
  const auto again = client.post("/api/focus", "{}", "Idempotency-Key: one\r\n");
  CHECK(again.status == 201);
  CHECK(again.raw.body == first.raw.body);
  CHECK(again.raw.field("idempotency-replayed") == "true");
  CHECK(client.me().call("focus.list")["total"] == 1);
}
