// Bytes on a connection: limits, smuggling, pipelining, slow and vanishing clients.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;
using namespace std::literals;

namespace {

constexpr const char* kThing = R"({"name":"abcd","tags":[],"nested":[]})";

// Sends bytes that cannot be a request: one refusal, then the end of the connection.
void check_refused(Stage& stage, const std::string& bytes, int status, const std::string& reason) {
  CAPTURE(bytes.substr(0, 100));
  Client client = stage.client();
  client.try_send(bytes);
  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK(answer->status == status);
  CHECK(answer->at("success") == "false");
  CHECK(answer->at("error.details.reason") == reason);
  CHECK(answer->field("connection") == "close");
  CHECK(answer->field("x-content-type-options") == "nosniff");
  CHECK(answer->field("x-request-id").starts_with("req_"));
  CHECK(client.rest().empty());
}

int calls_after(Stage& stage, const std::string& bytes) {
  Client client = stage.client();
  client.try_send(bytes);
  client.half_close();
  client.rest();
  return stage.engine.calls;
}

}  // namespace

TEST_CASE("requests on one connection are answered one after the other") {
  Stage stage;
  Client client = stage.client();
  for (int i = 0; i < 100; ++i) {
    CHECK(client.get(fmt::format("/api/v1/things/{}", i)).at("data.path.id") == std::to_string(i));
  }
}

TEST_CASE("pipelined requests are answered in their order, also when writes stand between reads") {
  Stage stage;
  Client client = stage.client();
  std::string all;
  for (int i = 0; i < 300; ++i) {
    all += i % 3 == 0 ? request("DELETE", fmt::format("/api/v1/things/{}", i), "")
                      : get_request(fmt::format("/api/v1/things/{}", i));
  }
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 300; ++i) {
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->at("data.path.id") == std::to_string(i));
    CHECK(answer->at("data.operation") == (i % 3 == 0 ? "things.delete" : "things.get"));
  }
  sender.join();
}

TEST_CASE("a request may come byte by byte") {
  Stage stage;
  Client client = stage.client();
  for (const std::string& text : {get_request("/api/v1/things/1?q=%20"), request("POST", "/api/v1/things", kThing)}) {
    for (const char c : text) client.send({&c, 1});
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->status < 300);
  }
}

TEST_CASE("a line break before a request is skipped") {
  Stage stage;
  Client client = stage.client();
  CHECK(client.ask("\r\n" + get_request("/api/v1/things/1")).status == 200);
}

TEST_CASE("a large answer arrives whole, also for a client that reads late") {
  Stage stage;
  Client client = stage.client();
  client.send(get_request("/api/v1/large") + get_request("/api/v1/large") + get_request("/api/v1/things/last"));
  std::this_thread::sleep_for(100ms);
  for (int i = 0; i < 2; ++i) {
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->body.size() == 2'000'000 + 2 + 37);
  }
  CHECK(client.receive()->at("data.path.id") == "last");
}

TEST_CASE("a chunked body is read like any other") {
  Stage stage;
  Client client = stage.client();
  const std::string head =
      "POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(
      client.ask(head + "9\r\n{\"name\":\"\r\n1a;note=x\r\na\",\"tags\":[],\"nested\":[] }\r\n0\r\nTrailer: x\r\n\r\n")
          .status == 201);
  // Many small chunks, slowly.
  client.send(head);
  for (const char c : std::string(kThing)) client.send(fmt::format("1\r\n{}\r\n", c));
  client.send("0\r\n\r\n" + get_request("/api/v1/things/next"));
  CHECK(client.receive()->at("data.name") == "abcd");
  CHECK(client.receive()->at("data.path.id") == "next");
}

TEST_CASE("a client that expects 100 Continue is told to go on") {
  Stage stage;
  Client client = stage.client();
  client.send(
      fmt::format("POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  "Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                  std::string(kThing).size()));
  const auto go_on = client.receive();
  REQUIRE(go_on);
  CHECK(go_on->status == 100);
  client.send(kThing);
  CHECK(client.receive()->status == 201);
  // Not when the body is there already, nor when it will be refused.
  CHECK(client.post("/api/v1/things", kThing, "Expect: 100-continue\r\n").status == 201);
  client.send(
      "POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive()->status == 413);
}

TEST_CASE("what is not HTTP is refused once, and the connection ends") {
  Stage stage;
  const std::string cases[] = {
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS",
      "GARBAGE\r\n\r\n",
      "GET\r\n\r\n",
      "GET  /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /api/v1/things/1\r\nHost: localhost\r\n\r\n",
      "GET /api/v1/things/1 HTTP/2.0\r\nHost: localhost\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\nHost: localhost\n\n",
      "GET /api/v1/things/1 HTTP/1.1\r\nHost : localhost\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\r\n Host: localhost\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX-A: one\r\n two\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\nX-A: nul\0here\r\n\r\n"s,
      "GET /api/v1/th ings HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
      "GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
  };
  for (const auto& bytes : cases) check_refused(stage, bytes, 400, "malformed_request");
  CHECK(stage.engine.calls == 0);
}

TEST_CASE("garbage behind a good request is refused after the good one was answered") {
  Stage stage;
  Client client = stage.client();
  client.send(get_request("/api/v1/things/1") + std::string("\0\0\0\0", 4) + get_request("/api/v1/things/2"));
  CHECK(client.receive()->at("data.path.id") == "1");
  const auto refusal = client.receive();
  REQUIRE(refusal);
  CHECK(refusal->status == 400);
  CHECK(client.rest().empty());
  CHECK(stage.engine.calls == 1);
}

TEST_CASE("a request whose end could be read in two ways is refused, and nothing behind it runs") {
  Stage stage;
  const std::string start = "POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  const std::string inner = get_request("/api/v1/things/smuggled");
  const std::string cases[] = {
      start + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + inner,
      start + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + inner,
      start + "Content-Length: 0, 5\r\n\r\n" + inner,
      start + "Content-Length: +0\r\n\r\n" + inner,
      start + "Content-Length: -1\r\n\r\n" + inner,
      start + "Content-Length: 0x0\r\n\r\n" + inner,
      start + "Content-Length: \r\n\r\n" + inner,
      start + "Content-Length: 99999999999999999999999\r\n\r\n" + inner,
      start + "Content-Length : 0\r\n\r\n" + inner,
      start + "Transfer-Encoding: gzip\r\n\r\n" + inner,
      start + "Transfer-Encoding: identity\r\n\r\n" + inner,
      start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + inner,
      start +
          "Transfer-Encoding:\x0b"
          "chunked\r\n\r\n0\r\n\r\n" +
          inner,
      "POST /api/v1/things HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n" + inner,
      start + "Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n" + inner,
      start + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n" + inner,
  };
  for (const auto& bytes : cases) {
    check_refused(stage, bytes, 400, "malformed_request");
    CHECK(stage.engine.calls == 0);
  }
}

TEST_CASE("equal lengths that come twice mean one length") {
  Stage stage;
  Client client = stage.client();
  CHECK(
      client.post("/api/v1/things", kThing, fmt::format("Content-Length: {}\r\n", std::string(kThing).size())).status ==
      201);
}

TEST_CASE("too much is 413: request line, header, fields, cookies, body") {
  Stage stage;
  const std::string host = "Host: localhost\r\n";
  const std::string line = "GET /api/v1/things/1?q=";
  check_refused(stage, line + std::string(8200, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 413, "request_line_too_large");
  check_refused(stage, line + std::string(30'000, 'a'), 413, "request_line_too_large");
  check_refused(stage, get_request("/api/v1/things/1", "X-A: " + std::string(17'000, 'a') + "\r\n"), 413,
                "header_too_large");
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += fmt::format("X-{}: 1\r\n", i);
  check_refused(stage, get_request("/api/v1/things/1", fields), 413, "header_too_large");
  check_refused(stage, "POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n", 413,
                "body_too_large");
  CHECK(stage.engine.calls == 0);

  Client client = stage.client();
  CHECK(client.get("/api/v1/things/1?q=" + std::string(8100, 'a')).status == 200);
  CHECK(client.get("/api/v1/things/1", "X-A: " + std::string(8000, 'a') + "\r\nX-B: " + std::string(8000, 'b') + "\r\n")
            .status == 200);
  const auto cookies = client.get("/api/v1/things/1", "Cookie: a=" + std::string(8192, 'a') + "\r\n");
  CHECK(cookies.status == 413);
  CHECK(cookies.at("error.details.reason") == "cookies_too_large");
  CHECK(client.get("/api/v1/things/1", "Cookie: a=" + std::string(8000, 'a') + "\r\n").status == 200);
}

TEST_CASE("a header that never ends is cut off while it comes") {
  Stage stage;
  Client client = stage.client();
  client.send("GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n");
  bool open = true;
  for (int i = 0; i < 300'000 && open; ++i)
    open = client.try_send("X-Filler: 0123456789012345678901234567890123456789\r\n");
  CHECK_FALSE(open);
}

TEST_CASE("a body of exactly the limit passes, one byte more does not") {
  auto settings = Stage::local();
  settings.max_body_bytes = 1000;
  Stage stage(settings);
  const std::string frame = R"({"name":"abcd","tags":[""],"nested":[]})";
  std::string most = frame;
  most.insert(most.find("\"\"]") + 1, std::string(1000 - frame.size(), 'x'));
  REQUIRE(most.size() == 1000);
  const auto chunked = [](const std::string& body) {
    return fmt::format(
        "POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        body.size(), body);
  };
  Client client = stage.client();
  CHECK(client.post("/api/v1/things", most).status == 201);
  CHECK(client.ask(chunked(most)).status == 201);
  check_refused(stage, request("POST", "/api/v1/things", most + " "), 413, "body_too_large");
  check_refused(stage, chunked(most + " "), 413, "body_too_large");
  CHECK(Client(stage.server.port()).post("/api/v1/things", most + " ").at("error.details.limit") == "1000");
}

TEST_CASE("the sender of a body that is too large still reads the refusal") {
  Stage stage;
  for (int i = 0; i < 20; ++i) {
    Client client = stage.client();
    client.try_send(request("POST", "/api/v1/things", std::string(3'000'000, ' ')));
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->status == 413);
  }
}

TEST_CASE("an endless chunk extension is refused") {
  Stage stage;
  const std::string start =
      "POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1;";
  check_refused(stage, start + std::string(20'000, 'x'), 400, "malformed_request");
}

TEST_CASE("HTTP/1.0 closes unless the client asks otherwise; HTTP/1.1 stays unless told to close") {
  Stage stage;
  Client old = stage.client();
  const auto first = old.ask("GET /api/v1/things/1 HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
  CHECK(first.status == 200);
  CHECK(first.field("connection") == "keep-alive");
  const auto second = old.ask("GET /api/v1/things/1 HTTP/1.0\r\nHost: localhost\r\n\r\n");
  CHECK(second.field("connection") == "close");
  CHECK(old.rest().empty());
  Client client = stage.client();
  CHECK(client.get("/api/v1/things/1", "Connection: close\r\n").field("connection") == "close");
  CHECK(client.rest().empty());
}

TEST_CASE("the absolute form of a target names the host") {
  Stage stage;
  Client client = stage.client();
  CHECK(client.ask("GET http://localhost/api/v1/things/1 HTTP/1.1\r\nHost: other.test\r\n\r\n").status == 200);
  CHECK(client.ask("GET http://other.test/api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400);
  CHECK(client.ask("GET ftp://localhost/api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400);
  CHECK(client.ask("GET api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400);
  CHECK(client.ask("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 400);
}

TEST_CASE("slow clients are cut off, each for its own slowness") {
  auto settings = Stage::local();
  settings.header_timeout = 150ms;
  settings.body_timeout = 250ms;
  settings.idle_timeout = 400ms;
  Stage stage(settings);

  Client silent = stage.client();
  Client header = stage.client();
  Client body = stage.client();
  Client idle = stage.client();
  header.send("GET /api/v1/things/1 HTTP/1.1\r\nHost: loc");
  body.send("POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  CHECK(idle.get("/api/v1/things/1").status == 200);
  const auto began = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::steady_clock::now() - began; };

  CHECK(silent.rest().empty());
  CHECK(elapsed() < 350ms);
  const auto header_end = header.receive();
  REQUIRE(header_end);
  CHECK(header_end->status == 408);
  CHECK(header_end->at("error.details.reason") == "request_timeout");
  CHECK(header_end->field("connection") == "close");
  const auto body_end = body.receive();
  REQUIRE(body_end);
  CHECK(body_end->status == 408);
  CHECK(elapsed() > 200ms);
  CHECK(idle.rest().empty());
  CHECK(elapsed() > 350ms);
  CHECK(elapsed() < 2s);
}

TEST_CASE("dripping a header byte by byte does not lengthen its time") {
  auto settings = Stage::local();
  settings.header_timeout = 200ms;
  Stage stage(settings);
  Client client = stage.client();
  const auto began = std::chrono::steady_clock::now();
  bool open = true;
  for (int i = 0; i < 200 && open; ++i) {
    open = client.try_send(i == 0 ? "GET / HTTP/1.1\r\nX-A: " : "a");
    if (client.closes_within(10ms)) break;
  }
  CHECK(std::chrono::steady_clock::now() - began < 1s);
}

TEST_CASE("a client that takes no answer is dropped, and holds no thread meanwhile") {
  auto settings = Stage::local();
  settings.body_timeout = 300ms;
  settings.io_threads = 1;
  Stage stage(settings);
  Client stuck = stage.client();
  for (int i = 0; i < 8; ++i) stuck.send(get_request("/api/v1/large"));
  for (int i = 0; i < 20; ++i) CHECK(stage.client().get("/api/v1/things/1").status == 200);
  std::this_thread::sleep_for(700ms);
  // What the kernel had taken is there; the rest never comes.
  CHECK(stuck.rest().size() < 16'000'000);
}

TEST_CASE("clients that vanish do no harm") {
  Stage stage;
  for (int i = 0; i < 50; ++i) {
    Client client = stage.client();
    client.try_send(i % 2 == 0 ? std::string("POST /api/v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Le")
                               : get_request("/api/v1/large"));
    client.close();
  }
  CHECK(stage.client().get("/api/v1/things/1").status == 200);
}

TEST_CASE("a client that sends no more still gets its answers") {
  Stage stage;
  Client client = stage.client();
  client.send(get_request("/api/v1/things/1") + request("DELETE", "/api/v1/things/2", "") +
              get_request("/api/v1/things/3"));
  client.half_close();
  for (int i = 1; i <= 3; ++i) CHECK(client.receive()->at("data.path.id") == std::to_string(i));
  CHECK(client.rest().empty());
  // Half a request is none.
  CHECK(calls_after(stage, "GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\n") == 3);
}

TEST_CASE("above the limit of concurrent requests the answer is 503, and health still answers") {
  auto settings = Stage::local();
  settings.max_concurrent_requests = 3;
  settings.workers = 2;
  Stage stage(settings);
  std::vector<Client> busy;
  for (int i = 0; i < 3; ++i) {
    busy.push_back(stage.client());
    busy.back().send(request("POST", "/api/v1/things/wait", ""));
  }
  stage.engine.gate.await_waiting(2);  // the third waits for a worker
  std::this_thread::sleep_for(200ms);  // and has its place, unless this machine is very slow
  Client client = stage.client();
  auto answer = client.get("/api/v1/things/1");
  for (int i = 0; i < 100 && answer.status == 200; ++i) {  // the third may not have arrived yet
    std::this_thread::sleep_for(5ms);
    answer = client.get("/api/v1/things/1");
  }
  CHECK(answer.status == 503);
  CHECK(answer.field("retry-after") == "1");
  CHECK(answer.at("error.code") == "UNAVAILABLE");
  CHECK(answer.at("error.details.reason") == "overloaded");
  CHECK(client.get("/health/live").status == 200);
  CHECK(client.get("/health").status == 200);
  stage.engine.gate.open();
  for (auto& other : busy) CHECK(other.receive()->status == 200);
  CHECK(client.get("/api/v1/things/1").status == 200);
}

TEST_CASE("an operation that takes too long is answered 503; what had not begun never runs") {
  auto settings = Stage::local();
  settings.request_timeout = 200ms;
  settings.workers = 1;
  Stage stage(settings);
  Client running = stage.client();
  Client queued = stage.client();
  running.send(request("POST", "/api/v1/things/wait", ""));
  stage.engine.gate.await_waiting(1);
  queued.send(request("POST", "/api/v1/things", kThing));
  for (Client* client : {&running, &queued}) {
    const auto answer = client->receive();
    REQUIRE(answer);
    CHECK(answer->status == 503);
    CHECK(answer->at("error.details.reason") == "timeout");
    CHECK(answer->field("connection") == "close");
    CHECK(client->rest().empty());
  }
  const int before = stage.engine.calls;
  stage.engine.gate.open();
  Client client = stage.client();
  CHECK(client.post("/api/v1/things", kThing).status == 201);  // the worker is free again
  CHECK(stage.engine.calls == before + 1);
}

TEST_CASE("reads that turn out slow leave the I/O threads") {
  auto settings = Stage::local();
  settings.io_threads = 1;
  Stage stage(settings);
  Client slow = stage.client();
  for (int i = 0; i < 3; ++i) CHECK(slow.get("/api/v1/looks").status == 200);  // 40 ms each
  slow.send(get_request("/api/v1/looks"));
  std::this_thread::sleep_for(5ms);
  const auto began = std::chrono::steady_clock::now();
  CHECK(stage.client().get("/api/v1/things/1").status == 200);
  CHECK(std::chrono::steady_clock::now() - began < 30ms);
  CHECK(slow.receive()->status == 200);
}
