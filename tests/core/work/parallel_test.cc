#include "core/work/parallel.h"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/support/catch.h"

namespace deeper {
namespace {

const auto kNeverStop = [] { return false; };

TEST_CASE("results arrive in order for any number of workers") {
  for (const int workers : {1, 2, 4}) {
    std::vector<std::size_t> seen;
    ForEachInOrder<std::size_t>(
        100,
        workers,
        kNeverStop,
        [](std::size_t i) { return i * i; },
        [&](std::size_t i, std::size_t square) {
          CHECK(square == i * i);
          seen.push_back(i);
        });
    REQUIRE(seen.size() == 100);
    for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == i);
  }
}

TEST_CASE("no work is no call") {
  ForEachInOrder<int>(
      0,
      2,
      kNeverStop,
      [](std::size_t) -> int { throw std::logic_error("called"); },
      [](std::size_t, int) {});
}

TEST_CASE("an exception out of the work reaches the caller") {
  CHECK_THROWS_AS(ForEachInOrder<int>(
                      10,
                      2,
                      kNeverStop,
                      [](std::size_t i) -> int {
                        if (i == 5) throw std::runtime_error("five");
                        return 0;
                      },
                      [](std::size_t, int) {}),
                  std::runtime_error);
}

TEST_CASE("asked to stop, no more work is begun, and what was begun is finished") {
  std::size_t finished = 0;
  ForEachInOrder<int>(
      100,
      1,
      [&] { return finished >= 3; },
      [](std::size_t) { return 0; },
      [&](std::size_t, int) { ++finished; });
  CHECK(finished >= 3);
  CHECK(finished <= 5);  // of one worker, two are begun at most
}

TEST_CASE("results that cannot be copied arrive too, and are gone afterwards") {
  const auto alive = std::make_shared<int>(0);
  std::size_t most = 0;
  ForEachInOrder<std::unique_ptr<std::shared_ptr<int>>>(
      50,
      2,
      kNeverStop,
      [&](std::size_t) { return std::make_unique<std::shared_ptr<int>>(alive); },
      [&](std::size_t, const std::unique_ptr<std::shared_ptr<int>>& result) {
        REQUIRE(result);
        most = std::max(most, static_cast<std::size_t>(alive.use_count()));
      });
  CHECK(most <= 1 + 4);
  CHECK(alive.use_count() == 1);
}

}  // namespace
}  // namespace deeper
