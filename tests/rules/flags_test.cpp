#include "ignition/rules/flags.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

using namespace ignition;
using namespace ignition::rules;

namespace {

const FlagUser kLocalUser{.id = Uuid::parse("00000000-0000-0000-0000-000000000001").value()};

FlagUser with_version(std::string version) { return {.id = kLocalUser.id, .client_version = std::move(version)}; }

TodayFlags shipped_but(const std::map<std::string, bool, std::less<>>& changed) {
  return today_flags([&](std::string_view name) {
    const auto found = changed.find(name);
    return found != changed.end() ? found->second : flag_value(name, {}, kLocalUser);
  });
}

}  // namespace

TEST_CASE("rollout buckets of the local user are the published ones") {
  CHECK(rollout_bucket("social_features", kLocalUser.id) == 8);
  CHECK(rollout_bucket("ai_coach", kLocalUser.id) == 86);
  CHECK(rollout_bucket("beta_fitness", kLocalUser.id) == 68);
}

TEST_CASE("a rollout is on for the buckets below its percentage") {
  const auto at = [](int percent) {
    return flag_value("ai_coach", {.row = FlagRow{.enabled = true, .rollout_percentage = percent}}, kLocalUser);
  };
  CHECK_FALSE(at(0));
  CHECK_FALSE(at(86));
  CHECK(at(87));
  CHECK(at(100));
}

TEST_CASE("the environment wins over an override, an override over the row, the row over the shipped value") {
  const FlagRow off{.enabled = false};
  CHECK(flag_value("premium_content", {}, kLocalUser));
  CHECK_FALSE(flag_value("premium_content", {.row = off}, kLocalUser));
  CHECK(flag_value("premium_content", {.user_override = true, .row = off}, kLocalUser));
  CHECK_FALSE(flag_value("premium_content", {.environment = "0", .user_override = true, .row = off}, kLocalUser));
  CHECK_FALSE(flag_value("no_such_flag", {}, kLocalUser));
}

TEST_CASE("environment texts are booleans in any letter case with white space around") {
  for (const auto* text : {" TRUE ", "1", "Yes", "\ton\n"}) CHECK(boolean_of(text) == true);
  for (const auto* text : {"0", "False", "no ", "OFF"}) CHECK(boolean_of(text) == false);
  for (const auto* text : {"", " ", "undefined", "2", "truee"}) CHECK_FALSE(boolean_of(text).has_value());
  CHECK(flag_value("premium_content", {.environment = "maybe"}, kLocalUser));
}

TEST_CASE("a minimum version keeps out older clients and clients that do not tell theirs") {
  const FlagSources beta{.row = FlagRow{.enabled = true, .min_version = "2.0.0"}};
  CHECK_FALSE(flag_value("beta_fitness", beta, kLocalUser));
  CHECK_FALSE(flag_value("beta_fitness", beta, with_version("1.99.9")));
  CHECK_FALSE(flag_value("beta_fitness", beta, with_version("2.0.0-rc.1")));
  CHECK_FALSE(flag_value("beta_fitness", beta, with_version("newest")));
  CHECK(flag_value("beta_fitness", beta, with_version("2.0.0")));
  CHECK(flag_value("beta_fitness", beta, with_version("10.0.0+build.7")));
}

TEST_CASE("versions are ordered as semver.org orders them") {
  const std::vector<std::string> ascending{
      "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
      "1.0.0",       "1.9.0",         "1.10.0",           "2.0.0"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      CAPTURE(ascending[i]);
      CAPTURE(ascending[j]);
      CHECK((compare_versions(ascending[i], ascending[j]) == (i <=> j)));
    }
  }
  CHECK((compare_versions("1.0.0+a", "1.0.0+b") == std::strong_ordering::equal));
  for (const auto* bad : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3"}) {
    CAPTURE(bad);
    CHECK_FALSE(compare_versions(bad, "1.0.0").has_value());
  }
}

TEST_CASE("a flag for roles is on for whoever holds one of them") {
  const FlagSources sources{.row = FlagRow{.enabled = true, .roles = {{"premium", "admin"}}}};
  CHECK_FALSE(flag_value("premium_content", sources, kLocalUser));
  CHECK_FALSE(flag_value("premium_content", sources, {.id = kLocalUser.id, .roles = {"user"}}));
  CHECK(flag_value("premium_content", sources, {.id = kLocalUser.id, .roles = {"user", "admin"}}));
}

TEST_CASE("Today's switches are on as shipped, ranking aside") {
  CHECK(shipped_but({}) == TodayFlags{});
  CHECK(active_names(TodayFlags{}) == std::vector<std::string_view>{"decision_suppression", "next_action_resolver",
                                                                    "momentum_feedback", "soft_landing", "reduced_mode",
                                                                    "dynamic_ui", "quick_picks_extended",
                                                                    "plan_extended"});
}

TEST_CASE("the master turns off every switch of Today") {
  const auto flags = shipped_but({{"TODAY_FEATURES_MASTER", false}, {"TODAY_RANKING_V2", true}});
  for (const auto& [name, on] : named(flags)) {
    CAPTURE(name);
    CHECK_FALSE(on);
  }
  CHECK(active_names(flags).empty());
}

TEST_CASE("a raised kill switch forces ranking off and does not obey the master") {
  CHECK(shipped_but({{"TODAY_RANKING_V2", true}}).ranking);
  CHECK_FALSE(shipped_but({{"TODAY_RANKING_V2", true}, {"KILL_RANKING", true}}).ranking);
  CHECK(shipped_but({{"TODAY_FEATURES_MASTER", false}, {"KILL_SEQUENCE", true}}).sequence_killed);
}

TEST_CASE("each switch of Today follows the flag of its own name") {
  CHECK(rc::check("one flag off turns off exactly one name", [] {
    const auto names = named(TodayFlags{});
    const auto index = *rc::gen::inRange<std::size_t>(1, names.size());
    auto expected = named(shipped_but({{"TODAY_RANKING_V2", true}}));
    expected[index].second = false;
    std::map<std::string, bool, std::less<>> changed{{"TODAY_RANKING_V2", true}};
    changed[std::string(names[index].first)] = false;
    RC_ASSERT(named(shipped_but(changed)) == expected);
  }));
}

TEST_CASE("every flag of Today is shipped") {
  for (const auto& [name, on] : named(TodayFlags{})) {
    CAPTURE(name);
    const auto shipped = shipped_flags();
    const auto found = std::find_if(shipped.begin(), shipped.end(), [&](const auto& f) { return f.name == name; });
    REQUIRE(found != shipped.end());
    CHECK(found->enabled == on);
  }
  CHECK(shipped_flags().size() == 18);
}
