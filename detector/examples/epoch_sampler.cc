#include "detector/examples/epoch_sampler.h"

#include <utility>

#include "core/error.h"
#include "core/random.h"

namespace deeper {

EpochSampler::EpochSampler(std::size_t count, std::size_t batch, std::uint64_t seed)
    : count_(count), batch_(batch), seed_(seed) {
  Expects(count > 0 && batch > 0, "something to draw");
}

std::vector<std::size_t> EpochSampler::Batch(std::uint64_t number) {
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < batch_; ++i) drawn.push_back(InOrder(number * batch_ + i));
  return drawn;
}

std::size_t EpochSampler::InOrder(std::uint64_t drawn) {
  const std::uint64_t epoch = drawn / count_;
  const std::size_t position = drawn % count_;
  if (order_.empty() || epoch != epoch_) {
    order_.resize(count_);
    for (std::size_t i = 0; i < count_; ++i) order_[i] = i;
    Random random(seed_ ^ Random(epoch).Next());
    for (std::size_t i = count_; i > 1; --i) std::swap(order_[i - 1], order_[random.Below(i)]);
    epoch_ = epoch;
  }
  return order_[position];
}

}  // namespace deeper
