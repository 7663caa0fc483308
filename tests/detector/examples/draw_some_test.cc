#include "detector/examples/draw_some.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "tests/support/catch.h"

namespace deeper {
namespace {

std::vector<int> Numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

TEST_CASE("each item is drawn at most once, and all where there are no more") {
  Random random(1);
  std::vector<int> drawn = DrawSome(Numbers(20), 7, random);
  CHECK(drawn.size() == 7);
  std::ranges::sort(drawn);
  CHECK(std::ranges::adjacent_find(drawn) == drawn.end());
  drawn = DrawSome(Numbers(5), 9, random);
  std::ranges::sort(drawn);
  CHECK(drawn == Numbers(5));
  CHECK(DrawSome(Numbers(0), 3, random).empty());
}

TEST_CASE("every item is drawn as often as any other") {
  Random random(2);
  std::array<int, 10> times{};
  constexpr int kDraws = 10'000;
  for (int i = 0; i < kDraws; ++i) {
    for (const int item : DrawSome(Numbers(10), 3, random))
      ++times.at(static_cast<std::size_t>(item));
  }
  // Five deviations of a binomial of 10,000 draws at .3.
  for (const int count : times) CHECK(std::abs(count - 3000) < 230);
}

}  // namespace
}  // namespace deeper
