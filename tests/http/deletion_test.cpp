// The end of an account over HTTP, on both surfaces.
#include "http/compat.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

std::string cookie(const std::string& token) { return "Cookie: session=" + token + "\r\n"; }

}  // namespace

STORE_TEST("existing clients delete the account without a word, and lose their cookies") {
  ExistingClient client(store);
  const auto ann = client.world.person();
  const auto fields = cookie(test::sign_in(client.world, ann));
  client.world.clock->advance(std::chrono::seconds(901));
  const auto told = client.ask("DELETE", "/api/user/delete", "", fields);
  CHECK(told.status == 200);
  CHECK(told.body.json() == R"({"result":{"success":true,"message":"Your account has been deleted."}})");
  CHECK(told.raw.field("set-cookie").find("Max-Age=0") != std::string::npos);
  CHECK(client.world.count("SELECT count(*) FROM users WHERE email LIKE 'person%'") == 0);
  CHECK(client.world.count("SELECT count(*) FROM audit_log WHERE event_type = 'user_deleted' AND actor_user_id IS NULL "
                           "AND ip_address IS NULL") == 1);
}

STORE_TEST("the last one who can administer everything stays") {
  ExistingClient client(store);
  const auto told = client.remove("/api/user/delete");
  CHECK(told.status == 409);
  CHECK(told["details"]["reason"] == "last_super_admin");
  CHECK(client.get("/api/v1/auth/me").status == 200);
  const auto other = client.world.person(R"({"role":"super_admin"})");
  CHECK(client.remove("/api/user/delete").status == 200);
  CHECK(other.call("user.get")["user"]["role"] == "super_admin");
}

STORE_TEST("a page of another site deletes nobody") {
  ExistingClient client(store);
  const auto ann = client.world.person();
  const auto fields = cookie(test::sign_in(client.world, ann));
  Client socket(client.server.port());
  const auto told = socket.ask(request("DELETE", "/api/user/delete", "", fields + "Origin: https://evil.test\r\n"));
  CHECK(told.status == 403);
  CHECK(client.world.count("SELECT count(*) FROM users WHERE email LIKE 'person%'") == 1);
}

STORE_TEST("the versioned surface wants the word, and a recent sign-in") {
  auto settings = Stage::local();
  settings.local_user = false;
  ExistingClient client(store, settings);
  const auto ann = client.world.person();
  const auto token = test::sign_in(client.world, ann);
  Client socket(client.server.port());
  const auto csrf = socket.get("/api/v1/csrf", cookie(token)).at("data.csrf_token");
  const std::string fields =
      fmt::format("Cookie: session={}; csrf_token={}\r\nX-CSRF-Token: {}\r\n", token, csrf, csrf);
  const auto remove = [&](std::string_view body) {
    return socket.ask(request("DELETE", "/api/v1/user", body, fields));
  };
  CHECK(remove("{}").status == 400);
  CHECK(remove(R"({"confirm":"yes"})").at("error.details.fields.0.field") == "confirm");
  client.world.clock->advance(std::chrono::seconds(901));
  CHECK(remove(R"({"confirm":"DELETE"})").at("error.details.reason") == "reauth_required");
  client.world.clock->advance(-std::chrono::seconds(901));
  const auto done = remove(R"({"confirm":"DELETE"})");
  CHECK(done.status == 200);
  CHECK(done.at("data.deleted") == "true");
  CHECK(client.world.count("SELECT count(*) FROM users") == 0);
  CHECK(socket.get("/api/v1/auth/me", cookie(token)).status == 401);
}
