#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace deeper {

// The inner product of two vectors of one length. Summed in f32 in 16 lanes, which a compiler can
// keep in vector registers, then over the lanes in f64. So the bytes of the result depend only on
// the values.
inline double Dot(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> sums = {};
  const std::size_t whole = a.size() - a.size() % kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (std::size_t i = whole; i < a.size(); ++i) sums[i - whole] += a[i] * b[i];
  double sum = 0;
  for (const float lane : sums) sum += double{lane};
  return sum;
}

// dst += factor * src, vectors of one length.
inline void AddScaled(float factor, std::span<const float> src, std::span<float> dst) {
  for (std::size_t i = 0; i < src.size(); ++i) dst[i] += factor * src[i];
}

}  // namespace deeper
