// An existing client: it calls the unversioned surface of a server with a product of its own, as the local user, at a
// clock that stands still until it is moved.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "http/client.hpp"
#include "http/stage.hpp"
#include "support/world.hpp"

namespace ignition::http_test {

using test::Answered;

class ExistingClient {
 public:
  explicit ExistingClient(std::string_view store = "memory", server::Settings settings = Stage::local())
      : world(store), server(world.engine.get(), quiet(std::move(settings))) {
    server.start();
  }

  // One call, with the fields that the client sends with everything. The answer's body is read when it is JSON.
  struct Told {
    int status = 0;
    Answered body;
    Response raw;
    Answered operator[](std::string_view key) const { return body[key]; }
  };
  Told get(std::string_view path, std::string_view fields = "") { return ask("GET", path, "", fields); }
  Told post(std::string_view path, std::string_view json = "", std::string_view fields = "") {
    return ask("POST", path, json, fields);
  }
  Told put(std::string_view path, std::string_view json) { return ask("PUT", path, json); }
  Told patch(std::string_view path, std::string_view json) { return ask("PATCH", path, json); }
  Told remove(std::string_view path) { return ask("DELETE", path); }
  Told ask(std::string_view method, std::string_view path, std::string_view json = "", std::string_view fields = "") {
    std::string more = "Origin: http://localhost:3000\r\n";
    more += fields;
    Client client(server.port());
    Told told;
    told.raw = client.ask(request(method, path, json, more));
    told.status = told.raw.status;
    if (!told.raw.body.empty()) told.body = Answered(told.raw.body);
    return told;
  }

  // The same operations on the versioned surface.
  test::Person me() { return {world, Caller::local()}; }
  void wait(Micros time) { world.clock->advance(time); }

  test::World world;
  server::Server server;

 private:
  static server::Settings quiet(server::Settings settings) {
    settings.log = std::make_shared<LogLines>();
    return settings;
  }
};

// Whether the answer has exactly these keys, in whatever order.
inline bool has_keys(const Answered& answer, std::vector<std::string> expected) {
  auto keys = answer.keys();
  std::sort(keys.begin(), keys.end());
  std::sort(expected.begin(), expected.end());
  return keys == expected;
}

}  // namespace ignition::http_test
