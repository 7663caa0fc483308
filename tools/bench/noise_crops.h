#pragma once

#include "backbone/network.h"
#include "core/random.h"

namespace deeper::tools {

// Crops of noise between -128 and 128, a fair load for every layer.
inline Tensor NoiseCrops(std::size_t count) {
  Random random(1);
  Tensor crops = MakeTensor({.n = count, .c = kInputChannels, .h = kCropSide, .w = kCropSide});
  for (float& value : crops.data) value = static_cast<float>(256 * random.Uniform() - 128);
  return crops;
}

}  // namespace deeper::tools
