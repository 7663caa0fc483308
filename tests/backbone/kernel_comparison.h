#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn.h"
#include "backbone/tensor.h"
#include "tests/support/catch.h"

namespace deeper::test {

// How much a kernel of oneDNN may differ from the reference, relative to the largest value.
inline double Tolerance(kernels::ElementType element) {
  return element == kernels::ElementType::kF32 ? 1e-5 : 1e-2;
}

// The element types that this processor computes in, except u8.
inline std::vector<kernels::ElementType> ElementTypes() {
  if (!kernels::RunsBf16()) return {kernels::ElementType::kF32};
  return {kernels::ElementType::kF32, kernels::ElementType::kBf16};
}

// The tensor rounded to values that the element type holds exactly.
inline Tensor Representable(Tensor tensor, kernels::ElementType element) {
  if (element == kernels::ElementType::kBf16) {
    for (float& value : tensor.data) {
      value = kernels::FloatFromBf16(kernels::Bf16FromFloat(value));
    }
  }
  return tensor;
}

// Returns
//   max |fast - reference| / max |reference|,
// not finite if a value is not.
inline double RelativeError(const Tensor& fast, const Tensor& reference) {
  REQUIRE(fast.shape == reference.shape);
  double largest = 0;
  double distance = 0;
  for (std::size_t i = 0; i < fast.data.size(); ++i) {
    const auto expected = static_cast<double>(reference.data[i]);
    const double difference = std::abs(static_cast<double>(fast.data[i]) - expected);
    if (!std::isfinite(difference)) return difference;
    largest = std::max(largest, std::abs(expected));
    distance = std::max(distance, difference);
  }
  REQUIRE(largest > 0);
  return distance / largest;
}

}  // namespace deeper::test
