// The HTTP server over the users that `populate` made: every request is another one's, by chance.
//
//   serve_many DATABASE USERS INSTANT warm|cold      prints its address, serves until SIGTERM
//
// Cold: every call is a microsecond earlier than all before, so that no kept answer holds and each is decided anew.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ignition/ignition.hpp"
#include "ignition/server.hpp"

namespace {

using namespace ignition;

class Backwards final : public Clock {
 public:
  explicit Backwards(Instant from) : now_(from) {}
  Instant now() override { return now_ - Micros(++calls_); }

 private:
  const Instant now_;
  std::atomic<std::int64_t> calls_ = 0;
};

class ManyUsers final : public Engine {
 public:
  ManyUsers(std::unique_ptr<Engine> engine, std::uint64_t users) : engine_(std::move(engine)), users_(users) {}

  Answer call(const Caller& caller, const Call& call) override {
    if (caller.credential != Credential::local) return engine_->call(caller, call);
    return engine_->call(call.account != nullptr ? Caller::host(call.account->user_id) : another(), call);
  }
  void answer_kept(std::span<KeptRead> reads) override {
    std::vector<Caller> callers;
    callers.reserve(reads.size());
    for (KeptRead& read : reads) read.caller = &callers.emplace_back(another());
    engine_->answer_kept(reads);
  }
  const Catalogue& catalogue() const override { return engine_->catalogue(); }
  const Config& config() const override { return engine_->config(); }
  Store& store() override { return engine_->store(); }
  Clock& clock() override { return engine_->clock(); }
  int pending_migrations() override { return engine_->pending_migrations(); }
  int subscribe(std::function<void(std::string_view, std::string_view)> listener) override {
    return engine_->subscribe(std::move(listener));
  }
  void unsubscribe(int listener) override { engine_->unsubscribe(listener); }

 protected:
  void run(const Operation&, const Caller&, const void*, void*) override {}

 private:
  Caller another() const {
    thread_local std::minstd_rand random{std::random_device{}()};
    char text[40];
    std::snprintf(text, sizeof text, "018f0000-0000-7000-8000-%012llx",
                  static_cast<unsigned long long>(std::uniform_int_distribution<std::uint64_t>(0, users_ - 1)(random)));
    return Caller::host(Uuid::parse(text).value());
  }

  std::unique_ptr<Engine> engine_;
  std::uint64_t users_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "serve_many DATABASE USERS INSTANT warm|cold\n");
    return 2;
  }
  const Instant now = Instant::parse(argv[3]).value();
  std::shared_ptr<Clock> clock;
  if (std::string_view(argv[4]) == "cold") {
    clock = std::make_shared<Backwards>(now);
  } else {
    clock = std::make_shared<ManualClock>(now);
  }
  auto engine = Engine::open({.store_url = argv[1], .migrate = false, .clock = std::move(clock)});
  ManyUsers many(std::move(engine), std::strtoull(argv[2], nullptr, 10));
  server::Settings settings;
  settings.port = 0;
  settings.local_user = true;
  settings.log_level = spdlog::level::err;
  server::Server http(&many, settings);
  return http.run([&] {
    std::printf("%s\n", http.address().c_str());
    std::fflush(stdout);
  });
}
