#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deeper {

// Draws batches from `count` items; every item once per epoch, in another order each epoch. A batch
// depends only on the seed and its number. Not for several threads.
class EpochSampler {
 public:
  // Expects count > 0 and batch > 0.
  EpochSampler(std::size_t count, std::size_t batch, std::uint64_t seed);

  std::vector<std::size_t> Batch(std::uint64_t number);

 private:
  std::size_t InOrder(std::uint64_t drawn);

  std::size_t count_;
  std::size_t batch_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;         // of order_
  std::vector<std::size_t> order_;  // empty before the first draw
};

}  // namespace deeper
