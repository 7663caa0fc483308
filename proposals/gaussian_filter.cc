#include "proposals/gaussian_filter.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace deeper {
namespace {

// dst(x) += weight (after(x) + before(x)), or their difference for an odd kernel. Sums of two bytes
// are exact in either type.
template <class Value>
void AddTap(const Value* before, const Value* after, float weight, bool odd, int n, float* dst) {
  if (odd) {
    for (int x = 0; x < n; ++x) dst[x] += weight * static_cast<float>(after[x] - before[x]);
  } else {
    for (int x = 0; x < n; ++x) dst[x] += weight * static_cast<float>(after[x] + before[x]);
  }
}

template <class Value>
void SetCentre(const Value* centre, const HalfKernel& kernel, int n, float* dst) {
  const float weight = kernel.odd ? 0.0F : kernel.half[0];
  for (int x = 0; x < n; ++x) dst[x] = weight * static_cast<float>(centre[x]);
}

int Radius(const HalfKernel& kernel) { return static_cast<int>(kernel.half.size()) - 1; }

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

RowFilter::RowFilter(const std::uint8_t* plane,
                     int width,
                     int height,
                     const HalfKernel& vertical,
                     const HalfKernel& horizontal)
    : plane_(plane),
      width_(width),
      height_(height),
      vertical_(vertical),
      horizontal_(horizontal),
      padded_column_sums_(static_cast<std::size_t>(width + 2 * Radius(horizontal))) {}

const std::uint8_t* RowFilter::SourceRow(int y) const {
  const auto row = static_cast<std::size_t>(std::clamp(y, 0, height_ - 1));
  return plane_ + row * static_cast<std::size_t>(width_);
}

void RowFilter::FilterRow(int y, float* dst) {
  const int margin = Radius(horizontal_);
  float* const column_sums = padded_column_sums_.data() + margin;
  SetCentre(SourceRow(y), vertical_, width_, column_sums);
  for (int t = 1; t <= Radius(vertical_); ++t) {
    const float weight = vertical_.half[static_cast<std::size_t>(t)];
    AddTap(SourceRow(y - t), SourceRow(y + t), weight, vertical_.odd, width_, column_sums);
  }
  std::fill_n(padded_column_sums_.data(), margin, column_sums[0]);
  std::fill_n(column_sums + width_, margin, column_sums[width_ - 1]);

  SetCentre(column_sums, horizontal_, width_, dst);
  for (int t = 1; t <= margin; ++t) {
    const float weight = horizontal_.half[static_cast<std::size_t>(t)];
    AddTap(column_sums - t, column_sums + t, weight, horizontal_.odd, width_, dst);
  }
}

}  // namespace deeper
