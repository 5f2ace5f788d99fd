// The program of docs/embedding.md.
#include <ignition/domains/focus.hpp>
#include <ignition/ignition.hpp>
#include <iostream>

int main() {
  using namespace ignition;
  const auto engine = Engine::open({.store_url = "sqlite:life.db"});
  engine->call(Caller::system(), Call{.operation = "users.ensure_local"});
  const Caller me = Caller::local();

  const auto session = engine->call(me, &focus::start, {.duration_seconds = 1500});
  std::cout << "running until " << session.ends_at->text() << '\n';

  const Answer today = engine->call(me, Call{.operation = "today.get"});
  std::cout << today.body << '\n';
}
