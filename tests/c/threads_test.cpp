// One handle of the C interface in many threads.
#include <fmt/format.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "ignition/ignition.h"
#include "ignition/version.hpp"
#include "support/world.hpp"

namespace ignition::test {
namespace {

constexpr int kThreads = 8;
constexpr int kTimes = 20;
constexpr const char* kOptions = R"({"now":"2026-03-10T09:00:00Z"})";

class Handle {
 public:
  explicit Handle(const char* options = kOptions) {
    char* error = nullptr;
    const int status = ignition_open("sqlite::memory:", options, &engine_, &error);
    REQUIRE_MESSAGE(status == 0, std::string(error != nullptr ? error : ""));
  }
  ~Handle() { ignition_close(engine_); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  ignition_engine* get() const { return engine_; }
  // The status; the answer goes to `text`.
  int call(const char* user, const char* operation, const std::string& input, std::string* text = nullptr) const {
    char* out = nullptr;
    const int status = ignition_call(engine_, user, operation, input.c_str(), nullptr, &out);
    if (text != nullptr && out != nullptr) *text = out;
    ignition_free(out);
    return status;
  }
  Answered answer(const char* user, const char* operation, const std::string& input = "{}") const {
    std::string text;
    const int status = call(user, operation, input, &text);
    REQUIRE_MESSAGE(status == 0, text);
    return Answered(text);
  }
  std::string user(int n) const {
    return answer(nullptr, "users.create", fmt::format(R"({{"email":"u{}@example.com"}})", n))["user"]["id"].text();
  }

 private:
  ignition_engine* engine_ = nullptr;
};

template <class Work>
void in_threads(Work work) {
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back([&, t] { work(t); });
  for (auto& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("the C interface tells the library's version") { CHECK(std::string(ignition_version()) == kVersion); }

TEST_CASE("threads on one handle, each with a user of its own, do not see each other") {
  const Handle handle;
  std::vector<std::string> users;
  for (int t = 0; t < kThreads; ++t) users.push_back(handle.user(t));
  std::atomic<int> failures = 0;
  in_threads([&](int t) {
    const char* me = users[static_cast<std::size_t>(t)].c_str();
    for (int n = 0; n <= t; ++n) {
      if (handle.call(me, "habits.create", fmt::format(R"({{"name":"{} {}"}})", t, n)) != 0) ++failures;
      if (handle.call(me, "today.get", "{}") != 0) ++failures;
    }
  });
  CHECK(failures == 0);
  for (int t = 0; t < kThreads; ++t) {
    const Answered habits = handle.answer(users[static_cast<std::size_t>(t)].c_str(), "habits.list");
    CHECK(habits["total"] == t + 1);
    CHECK(habits["habits"][0]["name"] == fmt::format("{} 0", t));
  }
}

TEST_CASE("threads on one handle for one user lose and double nothing") {
  const Handle handle;
  const std::string me = handle.user(0);
  const std::string habit =
      handle.answer(me.c_str(), "habits.create", R"({"name":"a","target_count":1000})")["habit"]["id"].text();
  std::atomic<int> failures = 0;
  in_threads([&](int) {
    for (int n = 0; n < kTimes; ++n) {
      if (handle.call(me.c_str(), "habits.complete", fmt::format(R"({{"id":"{}"}})", habit)) != 0) ++failures;
      if (handle.call(me.c_str(), "focus.get", R"({"id":"0194f5c0-0000-7000-8000-000000000001"})") != 404) ++failures;
    }
  });
  CHECK(failures == 0);
  const Answered now = handle.answer(me.c_str(), "habits.get", fmt::format(R"({{"id":"{}"}})", habit));
  CHECK(now["habit"]["count_today"] == kThreads * kTimes);
}

TEST_CASE("the clock of a handle may be set while other threads call") {
  const Handle handle;
  const std::string me = handle.user(0);
  std::atomic<bool> wrong = false;
  in_threads([&](int t) {
    for (int n = 0; n < kTimes; ++n) {
      const std::string now = fmt::format("2026-03-1{}T09:00:00Z", t);
      if (ignition_set_now(handle.get(), now.c_str()) != 0) wrong = true;
      std::string text;
      if (handle.call(me.c_str(), "focus.active", "{}", &text) != 0) wrong = true;
      // A whole instant, whoever set it: never half of two.
      const std::string told = Answered(text)["server_time"].text();
      if (!told.starts_with("2026-03-1") || !told.ends_with("T09:00:00.000000Z")) wrong = true;
    }
  });
  CHECK_FALSE(wrong);
}

TEST_CASE("handles may be opened, used and closed in parallel") {
  std::atomic<int> failures = 0;
  in_threads([&](int t) {
    for (int n = 0; n < 3; ++n) {
      const Handle handle(fmt::format(R"({{"now":"2026-03-10T09:00:00Z","seed":{}}})", t).c_str());
      const std::string me = handle.user(0);
      if (handle.call(me.c_str(), "focus.start", "{}") != 0) ++failures;
      if (handle.answer(me.c_str(), "focus.list")["total"].integer() != 1) ++failures;
    }
  });
  CHECK(failures == 0);
}

TEST_CASE("the C program passes on the interface alone") {
  // It is a program of its own, so that no C++ compiler reads the header.
  CHECK(std::system(IGNITION_C_PROGRAM " > /dev/null") == 0);
}

}  // namespace ignition::test
