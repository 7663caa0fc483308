#include "detector/examples/epoch_sampler.h"

#include <algorithm>
#include <vector>

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("every item comes once per epoch, also where batches go across epochs") {
  EpochSampler sampler(10, 4, 1);
  std::vector<std::size_t> drawn;
  for (std::uint64_t number = 0; number < 5; ++number) {
    const std::vector<std::size_t> batch = sampler.Batch(number);
    drawn.insert(drawn.end(), batch.begin(), batch.end());
  }
  std::vector<std::size_t> first(drawn.begin(), drawn.begin() + 10);
  std::vector<std::size_t> second(drawn.begin() + 10, drawn.end());
  CHECK(first != second);
  for (std::vector<std::size_t>* epoch : {&first, &second}) {
    std::sort(epoch->begin(), epoch->end());
    for (std::size_t i = 0; i < 10; ++i) CHECK((*epoch)[i] == i);
  }
}

TEST_CASE("a batch is a function of its number and the seed, whatever was drawn before") {
  EpochSampler fresh(10, 4, 1);
  EpochSampler used(10, 4, 1);
  for (std::uint64_t number = 0; number < 9; ++number) used.Batch(number);
  CHECK(fresh.Batch(2) == used.Batch(2));
  CHECK(fresh.Batch(2) != EpochSampler(10, 4, 2).Batch(2));
}

}  // namespace
}  // namespace deeper
