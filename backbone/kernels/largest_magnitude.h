#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace deeper {

// The largest magnitude of a value; 0 for no values.
inline float LargestMagnitude(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace deeper
