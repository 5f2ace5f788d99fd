#include "ignition/host.hpp"

namespace ignition {
namespace {

struct Options {
  Or<bool, true> migrate;
  std::optional<Instant> now;
  std::optional<std::int64_t> seed;
  std::optional<Map<std::string>> settings;
};
BOOST_DESCRIBE_STRUCT(Options, (), (migrate, now, seed, settings))

}  // namespace

Host Host::open(std::string_view url, std::string_view options_json) {
  const auto options = from_json<Options>(options_json);
  Host host;
  EngineOptions engine{.store_url = std::string(url), .migrate = options.migrate};
  if (options.settings) engine.config = Config::from(*options.settings);
  if (options.now) engine.clock = host.clock = std::make_shared<SettableClock>(*options.now);
  if (options.seed) engine.ids = std::make_shared<SequentialIds>(static_cast<std::uint64_t>(*options.seed));
  host.engine = Engine::open(std::move(engine));
  return host;
}

void Host::set_now(std::string_view instant) {
  const auto now = Instant::parse(instant);
  if (!now) throw invalid("now", "invalid_format", "must be an instant such as 2026-01-14T09:00:00Z");
  if (!clock) throw conflict("clock_runs", "The clock runs by itself: it was not opened with a time.");
  clock->set(*now);
}

Caller user_of(std::string_view text) {
  const auto id = Uuid::parse(text);
  if (!id) throw invalid("user_id", "invalid_format", "must be a UUID");
  return Caller::host(*id);
}

Error store_closed() { return Error(Code::UNAVAILABLE, "The store is closed.").because("closed"); }

}  // namespace ignition
