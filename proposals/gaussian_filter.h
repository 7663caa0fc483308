#pragma once

#include <cstdint>
#include <vector>

namespace deeper {

// One dimension of a separable filter, odd or even about its centre, so that half of it is enough.
//   even: result(x) = half[0] f(x) + sum_{t >= 1} half[t] (f(x + t) + f(x - t))
//   odd:  result(x) =                sum_{t >= 1} half[t] (f(x + t) - f(x - t))
struct HalfKernel {
  std::vector<float> half;
  bool odd = false;
};

// Gaussian of standard deviation sigma (px), cut off at `radius` px, summing to 1. Sigma 0: the
// identity.
HalfKernel GaussianKernel(double sigma, int radius);

// First derivative of that Gaussian, scaled so that a ramp of slope 1 answers 1. Expects sigma > 0,
// radius > 0.
HalfKernel GaussianDerivativeKernel(double sigma, int radius);

// Filters a plane of bytes row by row, first down the columns, then along the row; pixels outside
// are those of the nearest edge. Row by row, because whole planes of floats would leave the cache.
// The sums run in one fixed order: same plane, same floats. For one thread at a time.
class RowFilter {
 public:
  // `plane`: width x height bytes, rows dense; it and the kernels must live as long as the filter.
  RowFilter(const std::uint8_t* plane,
            int width,
            int height,
            const HalfKernel& vertical,
            const HalfKernel& horizontal);

  // Writes row y, 0 <= y < height, of the result: `width` floats from `dst` on.
  void FilterRow(int y, float* dst);

 private:
  const std::uint8_t* SourceRow(int y) const;

  const std::uint8_t* plane_;
  int width_;
  int height_;
  const HalfKernel& vertical_;
  const HalfKernel& horizontal_;
  std::vector<float> padded_column_sums_;
};

}  // namespace deeper
