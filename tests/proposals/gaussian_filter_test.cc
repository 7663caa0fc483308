#include "proposals/gaussian_filter.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// The full kernel of a half kernel, with index radius in its middle.
std::vector<double> Full(const HalfKernel& kernel) {
  std::vector<double> full;
  const int radius = static_cast<int>(kernel.half.size()) - 1;
  for (int t = -radius; t <= radius; ++t) {
    const double half = double{kernel.half[static_cast<std::size_t>(std::abs(t))]};
    full.push_back(kernel.odd && t <= 0 ? (t == 0 ? 0 : -half) : half);
  }
  return full;
}

// sum_{s,t} v_s h_t f(x + t, y + s), with the nearest edge outside, in doubles.
double FilteredPixel(const std::vector<std::uint8_t>& plane,
                     int width,
                     int height,
                     const HalfKernel& vertical,
                     const HalfKernel& horizontal,
                     int x,
                     int y) {
  const std::vector<double> v = Full(vertical);
  const std::vector<double> h = Full(horizontal);
  const int rv = static_cast<int>(v.size()) / 2;
  const int rh = static_cast<int>(h.size()) / 2;
  double sum = 0;
  for (int s = -rv; s <= rv; ++s) {
    for (int t = -rh; t <= rh; ++t) {
      const int row = std::clamp(y + s, 0, height - 1);
      const int column = std::clamp(x + t, 0, width - 1);
      sum += v[static_cast<std::size_t>(s + rv)] * h[static_cast<std::size_t>(t + rh)] *
             plane[static_cast<std::size_t>(row * width + column)];
    }
  }
  return sum;
}

TEST_CASE("A Gaussian kernel sums to 1 and falls with the distance") {
  const HalfKernel kernel = GaussianKernel(0.8, 4);
  double sum = 0;
  for (const double weight : Full(kernel)) sum += weight;
  CHECK(sum == Approx(1).epsilon(1e-6));
  CHECK(double{kernel.half[1]} / double{kernel.half[0]} ==
        Approx(std::exp(-0.5 / 0.64)).epsilon(1e-6));
  CHECK(std::is_sorted(kernel.half.rbegin(), kernel.half.rend()));
  CHECK(GaussianKernel(0, 0).half == std::vector<float>{1.0F});
}

TEST_CASE("The derivative of a ramp is its slope, and of a flat row 0") {
  const HalfKernel derivative = GaussianDerivativeKernel(1, 4);
  const HalfKernel smooth = GaussianKernel(1, 4);
  std::vector<std::uint8_t> ramp;
  for (int x = 0; x < 21; ++x) ramp.push_back(static_cast<std::uint8_t>(3 * x));
  std::vector<float> row(ramp.size());
  RowFilter(ramp.data(), 21, 1, smooth, derivative).FilterRow(0, row.data());
  CHECK(row[10] == Approx(3).epsilon(1e-5));
  RowFilter(ramp.data(), 21, 1, derivative, smooth).FilterRow(0, row.data());
  CHECK(row[10] == 0);
}

TEST_CASE("A filtered row is the double sum over both kernels, at edges with the nearest pixel") {
  const HalfKernel smooth = GaussianKernel(1, 4);
  const HalfKernel derivative = GaussianDerivativeKernel(1, 3);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {13, 1}, {7, 5}, {33, 12}}) {
    CAPTURE(width, height);
    Random random(5);
    std::vector<std::uint8_t> plane(static_cast<std::size_t>(width * height));
    for (std::uint8_t& value : plane) value = static_cast<std::uint8_t>(random.Below(256));
    RowFilter filter(plane.data(), width, height, derivative, smooth);
    std::vector<float> row(static_cast<std::size_t>(width));
    for (int y = 0; y < height; ++y) {
      filter.FilterRow(y, row.data());
      for (int x = 0; x < width; ++x) {
        CAPTURE(x, y);
        // About 20 additions of floats up to 255.
        CHECK(double{row[static_cast<std::size_t>(x)]} ==
              Approx(FilteredPixel(plane, width, height, derivative, smooth, x, y)).margin(1e-3));
      }
    }
  }
}

}  // namespace
}  // namespace deeper
