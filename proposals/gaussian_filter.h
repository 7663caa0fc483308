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

// Gaussian of standard deviation sigma (px), cut off at `radius` px, with sum 1. Sigma 0 gives the
// identity.
HalfKernel GaussianKernel(double sigma, int radius);

// First derivative of that Gaussian, scaled so that the response to a ramp of slope 1 is 1. Expects
// sigma > 0 and radius > 0.
HalfKernel GaussianDerivativeKernel(double sigma, int radius);

// Filters a plane of bytes row by row: first down the columns, then along the row. Pixels outside
// take the value of the nearest edge pixel. Whole planes of floats would leave the cache, hence row
// by row. The sums run in one fixed order, so the same plane gives the same floats. For one thread
// at a time.
class RowFilter {
 public:
  // `plane`: width x height bytes, rows dense. It and the kernels must outlive the filter.
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
