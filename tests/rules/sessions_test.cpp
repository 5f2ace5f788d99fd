#include "ignition/rules/sessions.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "ignition/rules/scopes.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

constexpr std::chrono::seconds kTtl{30 * 86'400};

Instant day(const char* date) { return Instant::parse(std::string(date) + "T12:00:00Z").value(); }

bool opened(std::vector<std::string> held, std::string_view operation, bool changes) {
  return opens(held, operation, changes);
}

}  // namespace

TEST_CASE("a session slides when less than half of its time is left, and never beyond its cap (rule R16, A26)") {
  const Instant cap = day("2026-04-01");
  CHECK(slid_end(day("2026-01-31"), cap, day("2026-01-10"), kTtl) == day("2026-01-31"));
  CHECK(slid_end(day("2026-01-31"), cap, day("2026-01-20"), kTtl) == day("2026-02-19"));
  CHECK(slid_end(day("2026-03-30"), cap, day("2026-03-25"), kTtl) == day("2026-04-01"));
  CHECK(slid_end(cap, cap, day("2026-03-31"), kTtl) == cap);
  // Exactly half is enough.
  CHECK(slid_end(day("2026-01-31"), cap, day("2026-01-16"), kTtl) == day("2026-01-31"));
  CHECK(slid_end(day("2026-01-31"), cap, day("2026-01-16") + std::chrono::seconds(1), kTtl) ==
        day("2026-02-15") + std::chrono::seconds(1));
}

TEST_CASE("a session counts until its end, and while it is used often enough") {
  const Instant end = day("2026-01-31");
  using std::chrono::seconds;
  CHECK(is_within(end, day("2026-01-01"), end - seconds(1), seconds(0)));
  CHECK_FALSE(is_within(end, day("2026-01-01"), end, seconds(0)));
  CHECK(is_within(end, day("2026-01-01"), day("2026-01-01") + seconds(600), seconds(600)));
  CHECK_FALSE(is_within(end, day("2026-01-01"), day("2026-01-01") + seconds(601), seconds(600)));
}

TEST_CASE("a replaced token stays good for its overlap, is then told so for a minute, and is unknown after that") {
  using std::chrono::seconds;
  const Instant now = day("2026-01-10");
  const std::optional<std::string> old = "old";
  CHECK(standing_of("new", "new", old, now, now) == TokenStanding::current);
  CHECK(standing_of("old", "new", old, now + seconds(30), now) == TokenStanding::overlapping);
  CHECK(standing_of("old", "new", old, now, now) == TokenStanding::rotated);
  CHECK(standing_of("old", "new", old, now, now + seconds(60)) == TokenStanding::rotated);
  CHECK(standing_of("old", "new", old, now, now + seconds(61)) == TokenStanding::unknown);
  CHECK(standing_of("other", "new", old, now + seconds(30), now) == TokenStanding::unknown);
  CHECK(standing_of("old", "new", std::nullopt, std::nullopt, now) == TokenStanding::unknown);
}

TEST_CASE("a device is named by its program and system") {
  CHECK(device_label("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0") == "Firefox on Linux");
  CHECK(device_label("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                     "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0") == "Edge on Windows");
  CHECK(device_label("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                     "Version/17.5 Mobile/15E148 Safari/604.1") == "Safari on iPhone");
  CHECK(device_label("curl/7.88.1") == "curl");
  CHECK_FALSE(device_label("x").has_value());
  CHECK_FALSE(device_label("").has_value());
}

TEST_CASE("a scope opens its own operations, writing reads too, except for captures (rule R24)") {
  CHECK(opened({"habits:read"}, "habits.list", false));
  CHECK_FALSE(opened({"habits:read"}, "habits.create", true));
  CHECK(opened({"habits:write"}, "habits.list", false));
  CHECK(opened({"habits:write"}, "habits.create", true));
  CHECK_FALSE(opened({"habits:write"}, "goals.list", false));
  CHECK(opened({"captures:write"}, "captures.create", true));
  CHECK(opened({"captures:write"}, "captures.create_external", true));
  CHECK(opened({"captures:write"}, "inbox.create", true));
  CHECK_FALSE(opened({"captures:write"}, "captures.list", false));
  CHECK_FALSE(opened({"captures:write"}, "captures.delete", true));
  CHECK_FALSE(opened({"captures:read"}, "captures.list", false));
  CHECK(opened({"inbox:read"}, "captures.list", false));
  CHECK(opened({"inbox:write"}, "captures.delete", true));
  CHECK(opened({"profile:read"}, "user.get", false));
  CHECK_FALSE(opened({"profile:write"}, "user.update", true));
  CHECK(opened({"quests:read", "today:read"}, "today.get", false));
  CHECK_FALSE(opened({}, "today.get", false));
  CHECK_FALSE(opened({"today"}, "today.get", false));
  CHECK_FALSE(opened({"today:"}, "today.get", false));
}

TEST_CASE("all:read and all:write cover every row, and nothing beyond it") {
  CHECK(opened({"all:read"}, "ledger.list", false));
  CHECK_FALSE(opened({"all:read"}, "habits.create", true));
  CHECK(opened({"all:write"}, "habits.create", true));
  CHECK(opened({"all:write"}, "habits.list", false));
  // What a domain does not offer for writing stays closed.
  CHECK_FALSE(opened({"all:write"}, "ledger.rebuild", true));
  for (const char* never : {"auth.me", "sessions.list", "api_keys.create", "user.update", "market.purchase",
                            "onboarding.start", "admin.users.list", "tracks.browse", "vault.unlock", "users.create"}) {
    CAPTURE(never);
    CHECK_FALSE(is_open_to_keys(never));
    CHECK_FALSE(opened({"all:read", "all:write"}, never, false));
    CHECK_FALSE(opened({"all:read", "all:write"}, never, true));
  }
  CHECK(is_open_to_keys("tracks.list"));
}

TEST_CASE("the scopes that a key can have are those of the table") {
  const auto& all = scopes();
  const auto has = [&](const char* scope) { return std::ranges::find(all, scope) != all.end(); };
  CHECK(all.size() == 39);
  CHECK(has("profile:read"));
  CHECK_FALSE(has("profile:write"));
  CHECK(has("captures:write"));
  CHECK_FALSE(has("captures:read"));
  CHECK(has("all:read"));
  CHECK(has("all:write"));
  CHECK_FALSE(has("progress:write"));
}
