// The HTTP server over the users that `populate` made: every request is another one's.
//
//   serve_many DATABASE USERS INSTANT warm|cold|anew      prints its address, serves until SIGTERM
//
// Warm: users by chance, all of whom the server remembers. Cold: the server remembers a few users and meets each again
// when it has forgotten them, so that it asks what is stored. Anew: every call is a microsecond earlier than all
// before, so that no answer holds and each is made from the user's rows, as after a write.
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
  ManyUsers(std::unique_ptr<Engine> engine, std::uint64_t users, bool in_turn)
      : engine_(std::move(engine)), users_(users), in_turn_(in_turn) {}

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
  RateStore& rates() override { return engine_->rates(); }
  int pending_migrations() override { return engine_->pending_migrations(); }
  int subscribe(std::function<void(std::string_view, std::string_view)> listener) override {
    return engine_->subscribe(std::move(listener));
  }
  void unsubscribe(int listener) override { engine_->unsubscribe(listener); }

 protected:
  void run(const Operation&, const Caller&, const void*, void*) override {}

 private:
  Caller another() {
    thread_local std::minstd_rand random{std::random_device{}()};
    const std::uint64_t user =
        in_turn_ ? next_++ % users_ : std::uniform_int_distribution<std::uint64_t>(0, users_ - 1)(random);
    char text[40];
    std::snprintf(text, sizeof text, "018f0000-0000-7000-8000-%012llx", static_cast<unsigned long long>(user));
    return Caller::host(Uuid::parse(text).value());
  }

  std::unique_ptr<Engine> engine_;
  const std::uint64_t users_;
  const bool in_turn_;
  std::atomic<std::uint64_t> next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "serve_many DATABASE USERS INSTANT warm|cold|anew\n");
    return 2;
  }
  const Instant now = Instant::parse(argv[3]).value();
  const std::string_view how = argv[4];
  constexpr std::size_t kRemembered = 500;  // fewer than there are users
  std::shared_ptr<Clock> clock;
  if (how == "anew") {
    clock = std::make_shared<Backwards>(now);
  } else {
    clock = std::make_shared<ManualClock>(now);
  }
  EngineOptions options{.store_url = argv[1], .migrate = false, .clock = std::move(clock)};
  if (how == "cold") options.answers_in_memory = kRemembered;
  ManyUsers many(Engine::open(std::move(options)), std::strtoull(argv[2], nullptr, 10), how == "cold");
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
