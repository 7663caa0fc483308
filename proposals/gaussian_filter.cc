#include "proposals/gaussian_filter.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace deeper {
namespace {

// dst(x) += weight (after(x) + before(x)), or their difference for an odd kernel.
void AddTap(const float* before, const float* after, float weight, bool odd, int n, float* dst) {
  if (odd) {
    for (int x = 0; x < n; ++x) dst[x] += weight * (after[x] - before[x]);
  } else {
    for (int x = 0; x < n; ++x) dst[x] += weight * (after[x] + before[x]);
  }
}

void SetCentre(const float* centre, const HalfKernel& kernel, int n, float* dst) {
  const float weight = kernel.odd ? 0.0F : kernel.half[0];
  for (int x = 0; x < n; ++x) dst[x] = weight * centre[x];
}

}  // namespace

HalfKernel GaussianKernel(double sigma, int radius) {
  Expects(sigma >= 0 && radius >= 0, "sigma and radius at least 0");
  if (sigma <= 0) return {.half = {1.0F}, .odd = false};
  std::vector<double> values;
  double sum = 0;
  for (int t = 0; t <= radius; ++t) {
    values.push_back(std::exp(-0.5 * t * t / (sigma * sigma)));
    sum += (t == 0 ? 1 : 2) * values.back();
  }
  HalfKernel kernel;
  for (const double value : values) kernel.half.push_back(static_cast<float>(value / sum));
  return kernel;
}

HalfKernel GaussianDerivativeKernel(double sigma, int radius) {
  Expects(sigma > 0 && radius > 0, "sigma and radius above 0");
  std::vector<double> values;
  double ramp_response = 0;
  for (int t = 0; t <= radius; ++t) {
    values.push_back(t * std::exp(-0.5 * t * t / (sigma * sigma)));
    ramp_response += 2 * t * values.back();
  }
  HalfKernel kernel{.half = {}, .odd = true};
  for (const double value : values)
    kernel.half.push_back(static_cast<float>(value / ramp_response));
  return kernel;
}

std::vector<float> FilterPlane(const std::uint8_t* plane,
                               int width,
                               int height,
                               const HalfKernel& vertical,
                               const HalfKernel& horizontal) {
  const auto row_length = static_cast<std::size_t>(width);
  const std::size_t pixels = row_length * static_cast<std::size_t>(height);
  const std::vector<float> src(plane, plane + pixels);
  const auto src_row = [&](int y) {
    return src.data() + static_cast<std::size_t>(std::clamp(y, 0, height - 1)) * row_length;
  };
  const int vertical_radius = static_cast<int>(vertical.half.size()) - 1;
  const int margin = static_cast<int>(horizontal.half.size()) - 1;

  std::vector<float> dst(pixels);
  std::vector<float> padded(row_length + 2 * static_cast<std::size_t>(margin));
  float* const column_sums = padded.data() + margin;
  for (int y = 0; y < height; ++y) {
    SetCentre(src_row(y), vertical, width, column_sums);
    for (int t = 1; t <= vertical_radius; ++t) {
      AddTap(src_row(y - t),
             src_row(y + t),
             vertical.half[static_cast<std::size_t>(t)],
             vertical.odd,
             width,
             column_sums);
    }
    std::fill_n(padded.data(), margin, column_sums[0]);
    std::fill_n(column_sums + width, margin, column_sums[width - 1]);

    float* const dst_row = dst.data() + static_cast<std::size_t>(y) * row_length;
    SetCentre(column_sums, horizontal, width, dst_row);
    for (int t = 1; t <= margin; ++t) {
      AddTap(column_sums - t,
             column_sums + t,
             horizontal.half[static_cast<std::size_t>(t)],
             horizontal.odd,
             width,
             dst_row);
    }
  }
  return dst;
}

}  // namespace deeper
