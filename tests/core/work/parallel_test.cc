#include "tools/parallel.h"

#include <stdexcept>
#include <vector>

#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

TEST_CASE("results arrive in order for any number of workers") {
  for (const int workers : {1, 2, 4}) {
    std::vector<std::size_t> seen;
    ForEachInOrder<std::size_t>(
        100,
        workers,
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
      0, 2, [](std::size_t) -> int { throw std::logic_error("called"); }, [](std::size_t, int) {});
}

TEST_CASE("an exception out of the work reaches the caller") {
  CHECK_THROWS_AS(ForEachInOrder<int>(
                      10,
                      2,
                      [](std::size_t i) -> int {
                        if (i == 5) throw std::runtime_error("five");
                        return 0;
                      },
                      [](std::size_t, int) {}),
                  std::runtime_error);
}

}  // namespace
}  // namespace deeper::tools
