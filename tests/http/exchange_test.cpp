// One request, one answer: envelopes, errors, routes, parameters, entity tags, idempotency keys.
#include <doctest/doctest.h>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;
using namespace std::literals;

TEST_CASE("an answer comes in the envelope with the security header on it") {
  Stage stage;
  const auto answer = stage.client().get("/api/v1/things/7");
  CHECK(answer.status == 200);
  CHECK(answer.body ==
        R"({"success":true,"data":{"operation":"things.get","path":{"id":"7"},"query":{}},"error":null})");
  CHECK(answer.field("content-type") == "application/json");
  CHECK(answer.field("cache-control") == "no-store");
  CHECK(answer.field("x-content-type-options") == "nosniff");
  CHECK(answer.field("x-frame-options") == "DENY");
  CHECK(answer.field("x-xss-protection") == "1; mode=block");
  CHECK(answer.field("referrer-policy") == "strict-origin-when-cross-origin");
  CHECK(answer.field("content-security-policy") ==
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  CHECK(answer.field("permissions-policy") == "camera=(), geolocation=(), microphone=()");
  CHECK(answer.field("cross-origin-resource-policy") == "same-site");
  CHECK(answer.field("vary") == "Origin");
  CHECK(answer.field("date").ends_with(" GMT"));
  CHECK_FALSE(answer.has("server"));
  CHECK_FALSE(answer.has("strict-transport-security"));
  CHECK_FALSE(answer.has("connection"));
}

TEST_CASE("a refusal keeps the envelope and the status of its code") {
  Stage stage;
  const std::pair<const char*, int> cases[] = {{"VALIDATION_ERROR", 400},
                                               {"UNAUTHORIZED", 401},
                                               {"FORBIDDEN", 403},
                                               {"NOT_FOUND", 404},
                                               {"CONFLICT", 409},
                                               {"PAYLOAD_TOO_LARGE", 413},
                                               {"RATE_LIMITED", 429},
                                               {"UNAVAILABLE", 503},
                                               {"PRECONDITION_FAILED", 412},
                                               {"RANGE_NOT_SATISFIABLE", 416}};
  Client client = stage.client();
  for (const auto& [code, status] : cases) {
    const auto answer = client.get(std::string("/api/v1/refuse/") + code);
    CHECK(answer.status == status);
    CHECK(answer.body == std::string(R"({"success":false,"data":null,"error":{"code":")") + code +
                             R"(","message":"Refused on demand.","details":{"reason":"on_demand"}}})");
    CHECK(answer.field("cache-control") == "no-store");
    CHECK(answer.field("x-content-type-options") == "nosniff");
    CHECK(answer.field("www-authenticate") == (status == 401 ? "Bearer" : ""));
    CHECK(answer.field("retry-after") == (status == 503 ? "1" : ""));
  }
}

TEST_CASE("an internal error tells its request id and nothing else; the log tells the rest") {
  Stage stage;
  const auto answer = stage.client().get("/api/v1/crash");
  CHECK(answer.status == 500);
  CHECK(answer.at("error.code") == "INTERNAL");
  CHECK(answer.at("error.details.request_id") == answer.field("x-request-id"));
  CHECK(answer.body.find("secret") == std::string::npos);
  const auto line = stage.log->find(answer.field("x-request-id"));
  CHECK(line.find("\"level\":\"error\"") != std::string::npos);
  CHECK(line.find("SELECT secret FROM vault") != std::string::npos);
}

TEST_CASE("a literal segment wins over a parameter, and an alias leads to the same operation") {
  Stage stage;
  Client client = stage.client();
  CHECK(client.get("/api/v1/things/mine").at("data.operation") == "things.mine");
  CHECK(client.get("/api/v1/things/yours").at("data.operation") == "things.get");
  CHECK(client.get("/api/v1/stuff/3").at("data.operation") == "things.get");
  // The literal lacks the method: the parameter takes it.
  CHECK(client.ask(request("DELETE", "/api/v1/things/mine", "")).at("data.path.id") == "mine");
  // Under the literal there is nothing: the parameter is tried.
  CHECK(client.get("/api/v1/things/mine/parts/2").at("data.path.part") == "2");
}

TEST_CASE("path segments and query parameters are decoded") {
  Stage stage;
  Client client = stage.client();
  const auto answer =
      client.get("/api/v1/things/a%2Fb%20c%C3%A9/parts/x+y?q=one+two%26&flag&&empty=&q=%E2%82%AC&a%20b=%2B");
  CHECK(answer.status == 200);
  CHECK(answer.at("data.path.id") == "a/b c\u00e9");
  CHECK(answer.at("data.path.part") == "x+y");
  CHECK(answer.body.find(R"("query":{"q":"one two&","flag":"","empty":"","q":"€","a b":"+"})") != std::string::npos);
  CHECK(client.get("/api/v1/thin%67s/mine").at("data.operation") == "things.mine");
}

TEST_CASE("bad encodings in the target are refused") {
  Stage stage;
  for (const char* target : {"/api/v1/things/%", "/api/v1/things/%2", "/api/v1/things/%GG", "/api/v1/things/%FF",
                             "/api/v1/things/%00", "/api/v1/things/1?q=%C3", "/api/v1/things/1?q=%zz",
                             "/api/v1/things/1?q=%00", "/api/v1/things/1#part", "/api/v1/things/<1>"}) {
    const auto answer = stage.client().get(target);
    CAPTURE(target);
    CHECK(answer.status == 400);
    CHECK(answer.at("error.code") == "VALIDATION_ERROR");
  }
}

TEST_CASE("unknown paths are NOT_FOUND") {
  Stage stage;
  Client client = stage.client();
  for (const char* target : {"/api/v1/nothing", "/api/v1/things/1/", "/api/v1//things/1", "/api/v1/", "/api/v1", "/api",
                             "/api/v2/things/1", "/api/v1/things/../things/1", "/API/v1/things/1", "/debug/env",
                             "/metrics", "/things.inside", "/api/v1/things/1/parts/2/3"}) {
    const auto answer = client.get(target);
    CAPTURE(target);
    CHECK(answer.status == 404);
    CHECK(answer.at("error.code") == "NOT_FOUND");
    CHECK(answer.at("error.details.reason") == "not_found");
  }
}

TEST_CASE("a method that the path lacks is 405 with the methods it has") {
  Stage stage;
  Client client = stage.client();
  const auto answer = client.ask(request("PUT", "/api/v1/things/1", ""));
  CHECK(answer.status == 405);
  CHECK(answer.field("allow") == "OPTIONS, GET, HEAD, DELETE");
  CHECK(answer.at("error.code") == "NOT_FOUND");
  CHECK(answer.at("error.details.reason") == "method_not_allowed");
  CHECK(client.ask(request("POST", "/health", "")).status == 405);
  CHECK(client.ask(request("TRACE", "/api/v1/things/1", "")).status == 405);
  CHECK(client.ask(request("PROPFIND", "/api/v1/nothing", "")).status == 404);
}

TEST_CASE("a method that HTTP does not know is 501") {
  Stage stage;
  const auto answer = stage.client().ask(request("BREW", "/api/v1/things/1", ""));
  CHECK(answer.status == 501);
  CHECK(answer.at("error.details.reason") == "method_not_implemented");
}

TEST_CASE("HEAD answers like GET without the body") {
  Stage stage;
  Client client = stage.client();
  const auto full = client.get("/api/v1/things/7");
  const auto head = client.ask("HEAD /api/v1/things/7 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.field("content-length") == full.field("content-length"));
  CHECK(client.ask("HEAD /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 404);
  CHECK(client.ask("HEAD /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200);
  CHECK(client.get("/api/v1/things/7").body == full.body);  // nothing is left over
}

TEST_CASE("OPTIONS tells the methods of a path") {
  Stage stage;
  Client client = stage.client();
  const auto answer = client.ask("OPTIONS /api/v1/things HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.status == 204);
  CHECK(answer.field("allow") == "OPTIONS, POST");
  CHECK_FALSE(answer.has("content-length"));
  CHECK(client.ask("OPTIONS /api/v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 404);
  CHECK(client.ask("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 204);
}

TEST_CASE("an entity tag is answered, and 304 when the client has it") {
  Stage stage;
  Client client = stage.client();
  const auto first = client.get("/api/v1/things/1/tagged");
  CHECK(first.status == 200);
  CHECK(first.field("etag") == "\"v1\"");
  CHECK(first.field("cache-control") == "private, no-cache");
  for (const char* known : {"\"v1\"", "W/\"v1\"", "\"a\", \"v1\"", "W/\"a\",W/\"v1\"", "*"}) {
    const auto again = client.get("/api/v1/things/1/tagged", std::string("If-None-Match: ") + known + "\r\n");
    CAPTURE(known);
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.field("etag") == "\"v1\"");
    CHECK(again.field("cache-control") == "private, no-cache");
    CHECK_FALSE(again.has("content-type"));
    CHECK_FALSE(again.has("content-length"));
  }
  CHECK(client.get("/api/v1/things/1/tagged", "If-None-Match: \"v2\"\r\n").status == 200);
}

TEST_CASE("an idempotency key reaches the operation, and a replay is told") {
  Stage stage;
  Client client = stage.client();
  const auto first = client.post("/api/v1/things", R"({"name":"a","tags":[],"nested":[]})", "Idempotency-Key: new\r\n");
  CHECK(first.status == 201);
  CHECK_FALSE(first.has("idempotency-replayed"));
  const auto again =
      client.post("/api/v1/things", R"({"name":"a","tags":[],"nested":[]})", "Idempotency-Key: seen before\r\n");
  CHECK(again.status == 201);
  CHECK(again.field("idempotency-replayed") == "true");
  for (const std::string& key : {std::string(), std::string(129, 'k'), std::string("caf\xC3\xA9")}) {
    const auto answer = client.post("/api/v1/things", "{}", "Idempotency-Key: " + key + "\r\n");
    CHECK(answer.status == 400);
    CHECK(answer.at("error.details.fields.0.field") == "Idempotency-Key");
  }
}

TEST_CASE("a body must be JSON by its type") {
  Stage stage;
  Client client = stage.client();
  const auto post = [&](const std::string& type) {
    return client.ask("POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\n" + type + "Content-Length: 37\r\n\r\n" +
                      R"({"name":"abcd","tags":[],"nested":[]})");
  };
  for (const char* type :
       {"Content-Type: application/json\r\n", "content-type: Application/JSON\r\n",
        "Content-Type: application/json; charset=utf-8\r\n", "Content-Type: application/json;charset=UTF-8\r\n"}) {
    CAPTURE(type);
    CHECK(post(type).status == 201);
  }
  for (const char* type :
       {"", "Content-Type: text/plain\r\n", "Content-Type: application/jsonx\r\n",
        "Content-Type: application/json; charset=latin-1\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"}) {
    const auto answer = post(type);
    CAPTURE(type);
    CHECK(answer.status == 400);
    CHECK(answer.at("error.details.reason") == "unsupported_media_type");
  }
  // No body needs no type, and a type needs no body.
  CHECK(client.ask("DELETE /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200);
  CHECK(client.ask(request("DELETE", "/api/v1/things/1", "")).status == 200);
  CHECK(client.get("/api/v1/things/1", "Content-Type: application/json\r\n").status == 200);
}

TEST_CASE("a GET request with a body is refused") {
  Stage stage;
  const auto answer = stage.client().ask(request("GET", "/api/v1/things/1", "{}"));
  CHECK(answer.status == 400);
  CHECK(answer.at("error.details.reason") == "unexpected_body");
}

TEST_CASE("hostile JSON is refused by its kind, and the connection goes on") {
  Stage stage;
  Client client = stage.client();
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"inside":[)";
  for (int i = 0; i < 40; ++i) deep += "]}";
  const std::string cases[] = {
      R"({"name":"a","name":"b","tags":[],"nested":[]})",   // duplicate key
      R"({"name":"a","tags":[],"nested":[],"more":1})",     // unknown key
      "{\"name\":\"\xFF\xFE\",\"tags\":[],\"nested\":[]}",  // not UTF-8
      R"({"name":"a","tags":[],"nested":[)" + deep + "]}",  // too deep
      R"({"name":"a","tags":[],"nested":[]} {})",           // more than one value
      R"({"name":"a","tags":[],"nested":[])",               // unfinished
      R"([1,2])",
      "null",
      "\"text\"",
      R"({"name":"","tags":[],"nested":[]})",  // too short
      "{\"name\":\"a\0b\",\"tags\":[],\"nested\":[]}"s,
      std::string(100'000, '['),
  };
  for (const auto& body : cases) {
    const auto answer = client.post("/api/v1/things", body);
    CAPTURE(body.substr(0, 80));
    CHECK(answer.status == 400);
    CHECK(answer.at("error.code") == "VALIDATION_ERROR");
  }
  const auto unknown = client.post("/api/v1/things", R"({"name":"a","tags":[],"nested":[],"more":1})");
  CHECK(unknown.at("error.details.fields.0.field") == "more");
  CHECK(client.post("/api/v1/things", R"({"name":"a","tags":[],"nested":[]})").status == 201);
}

TEST_CASE("without a credential the caller is anonymous") {
  auto settings = Stage::local();
  settings.local_user = false;
  Stage stage(settings);
  Client client = stage.client();
  const auto answer = client.get("/api/v1/things/1");
  CHECK(answer.status == 401);
  CHECK(answer.at("error.code") == "UNAUTHORIZED");
  CHECK(client.get("/api/v1/open").status == 200);
}
