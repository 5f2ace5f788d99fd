#include "rules/team.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

using namespace ignition::rules;

TEST_CASE("a team does every part of every task once") {
  for (const int size : {1, 2, 5}) {
    Team team(size);
    for (std::size_t count : {0U, 1U, 3U, 100U}) {
      for (int task = 0; task < 200; ++task) {
        std::vector<std::atomic<int>> times(count);
        team.run(count, [&](std::size_t part, int worker) {
          REQUIRE((0 <= worker && worker < size));
          ++times[part];
        });
        for (const auto& n : times) REQUIRE(n == 1);
      }
    }
  }
}

TEST_CASE("what fails in a part is thrown when the others are done, and the team goes on") {
  Team team(3);
  std::atomic<int> done = 0;
  CHECK_THROWS_AS(team.run(10,
                           [&](std::size_t part, int) {
                             if (part == 4) throw std::runtime_error("broken");
                             ++done;
                           }),
                  std::runtime_error);
  CHECK(done == 9);
  team.run(5, [&](std::size_t, int) { ++done; });
  CHECK(done == 14);
}

TEST_CASE("parts are cut by their length alone") {
  for (const int threads : {1, 4}) {
    std::mutex mutex;
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    in_parts(10, 4, threads, [&](std::size_t begin, std::size_t end) {
      const std::lock_guard lock(mutex);
      parts.emplace_back(begin, end);
    });
    std::sort(parts.begin(), parts.end());
    CHECK(parts == std::vector<std::pair<std::size_t, std::size_t>>{{0, 4}, {4, 8}, {8, 10}});
  }
}
