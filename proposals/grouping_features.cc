#include "proposals/grouping_features.h"

#include <algorithm>
#include <array>
#include <numbers>
#include <utility>

#include "core/error.h"
#include "proposals/gaussian_filter.h"

namespace deeper {
namespace {

constexpr int kDirections =
    kOrientations / 2;  // opposite orientations share a plane of signed bins
constexpr int kZeroResponse = kTextureBins - 1;
constexpr double kTextureSigma = 1.0;
constexpr int kTextureRadius = 4;

// Counters of one histogram of one region; 25 colour bins or 19 signed texture bins are used.
constexpr std::size_t kCounters = 32;

std::uint8_t SignedTextureBin(float response) {
  constexpr float kScale = static_cast<float>(kTextureBins) / kLargestResponse;
  constexpr auto kLastBin = static_cast<float>(kTextureBins - 1);
  const float clamped = std::min(std::max(response * kScale, -kLastBin), kLastBin);
  // The conversion truncates towards zero, which is the floor of the positive side of both
  // directions.
  return static_cast<std::uint8_t>(static_cast<int>(clamped) + kZeroResponse);
}

std::array<std::vector<std::uint8_t>, kDirections> TextureBinsOfChannel(const ColourPlanes& planes,
                                                                        int channel) {
  const HalfKernel smooth = GaussianKernel(kTextureSigma, kTextureRadius);
  const HalfKernel derivative = GaussianDerivativeKernel(kTextureSigma, kTextureRadius);
  const auto row_length = static_cast<std::size_t>(planes.width);
  RowFilter along_x(planes.Plane(channel), planes.width, planes.height, smooth, derivative);
  RowFilter along_y(planes.Plane(channel), planes.width, planes.height, derivative, smooth);
  std::vector<float> dx(row_length);
  std::vector<float> dy(row_length);

  std::array<std::vector<std::uint8_t>, kDirections> bins;
  for (std::vector<std::uint8_t>& direction : bins) direction.resize(planes.PixelCount());
  for (int y = 0; y < planes.height; ++y) {
    along_x.FilterRow(y, dx.data());
    along_y.FilterRow(y, dy.data());
    std::array<std::uint8_t*, kDirections> rows{};
    for (std::size_t d = 0; d < rows.size(); ++d) {
      rows[d] = bins[d].data() + static_cast<std::size_t>(y) * row_length;
    }
    constexpr float kDiagonal = 0.5F * std::numbers::sqrt2_v<float>;
    for (std::size_t x = 0; x < row_length; ++x) rows[0][x] = SignedTextureBin(dx[x]);
    for (std::size_t x = 0; x < row_length; ++x) {
      rows[1][x] = SignedTextureBin(kDiagonal * (dx[x] + dy[x]));
    }
    for (std::size_t x = 0; x < row_length; ++x) rows[2][x] = SignedTextureBin(dy[x]);
    for (std::size_t x = 0; x < row_length; ++x) {
      rows[3][x] = SignedTextureBin(kDiagonal * (dy[x] - dx[x]));
    }
  }
  return bins;
}

std::size_t RoundUpTo8(std::size_t n) { return (n + 7) / 8 * 8; }

// Sizes and boxes of all regions.
void MeasureRegions(const Segmentation& segmentation, GroupingFeatures& features) {
  const auto regions = static_cast<std::size_t>(segmentation.region_count);
  features.size_px.assign(regions, 0);
  features.boxes.assign(regions,
                        {.x0 = segmentation.width, .y0 = segmentation.height, .x1 = 0, .y1 = 0});
  const std::int32_t* label = segmentation.labels.data();
  for (int y = 0; y < segmentation.height; ++y) {
    for (int x = 0; x < segmentation.width; ++x) {
      const auto region = static_cast<std::size_t>(*label++);
      ++features.size_px[region];
      PixelBox& box = features.boxes[region];
      box = Union(box, {.x0 = x, .y0 = y, .x1 = x + 1, .y1 = y + 1});
    }
  }
}

// Layout of counts:
//   counts[(region * histograms + h) * kCounters + bin]: pixels of the region with bin in plane h.
// All planes of a pixel are counted together, so that successive increments touch different
// counters.
template <std::size_t kPlanes>
std::vector<std::uint32_t> CountBins(const Segmentation& segmentation,
                                     const std::array<const std::uint8_t*, kPlanes>& planes) {
  constexpr std::size_t kRow = kPlanes * kCounters;
  std::vector<std::uint32_t> counts(static_cast<std::size_t>(segmentation.region_count) * kRow);
  for (std::size_t i = 0; i < segmentation.labels.size(); ++i) {
    std::uint32_t* const row =
        counts.data() + static_cast<std::size_t>(segmentation.labels[i]) * kRow;
    for (std::size_t plane = 0; plane < kPlanes; ++plane) {
      ++row[plane * kCounters + planes[plane][i]];
    }
  }
  return counts;
}

// Histograms of 10 bins for both orientations of a direction, from the counts of its 19 signed
// bins.
void SplitSignedBins(
    const std::uint32_t* counts, int size_px, float weight, float* forward, float* backward) {
  auto forward_zero = static_cast<std::uint32_t>(size_px);
  auto backward_zero = static_cast<std::uint32_t>(size_px);
  for (int bin = 1; bin < kTextureBins; ++bin) {
    const std::uint32_t along = counts[kZeroResponse + bin];
    const std::uint32_t against = counts[kZeroResponse - bin];
    forward[bin] = weight * static_cast<float>(along);
    backward[bin] = weight * static_cast<float>(against);
    forward_zero -= along;
    backward_zero -= against;
  }
  forward[0] = weight * static_cast<float>(forward_zero);
  backward[0] = weight * static_cast<float>(backward_zero);
}

template <std::size_t kChannels>
void FillHistograms(const Segmentation& segmentation,
                    const PixelBins& bins,
                    GroupingFeatures& features) {
  constexpr std::size_t kTexturePlanes = kChannels * kDirections;
  constexpr std::size_t kPlanes = kTexturePlanes + kChannels;
  std::array<const std::uint8_t*, kPlanes> planes{};
  for (std::size_t i = 0; i < kTexturePlanes; ++i) planes[i] = bins.texture[i].data();
  for (std::size_t i = 0; i < kChannels; ++i) planes[kTexturePlanes + i] = bins.colour[i].data();
  const std::vector<std::uint32_t> counts = CountBins<kPlanes>(segmentation, planes);

  features.texture_length = RoundUpTo8(kChannels * kOrientations * kTextureBins);
  features.colour_length = RoundUpTo8(kChannels * kColourBins);
  features.histograms.assign(features.RegionCount() * features.RowLength(), 0.0F);
  for (std::size_t region = 0; region < features.RegionCount(); ++region) {
    const std::uint32_t* const row = counts.data() + region * kPlanes * kCounters;
    float* const texture = features.histograms.data() + region * features.RowLength();
    float* const colour = texture + features.texture_length;
    const int size_px = features.size_px[region];
    const float colour_weight =
        1.0F / static_cast<float>(static_cast<std::size_t>(size_px) * kChannels);
    const float texture_weight = colour_weight / kOrientations;
    for (std::size_t i = 0; i < kTexturePlanes; ++i) {
      float* const forward = texture + 2 * i * kTextureBins;
      SplitSignedBins(
          row + i * kCounters, size_px, texture_weight, forward, forward + kTextureBins);
    }
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      for (std::size_t bin = 0; bin < kColourBins; ++bin) {
        const std::uint32_t count = row[(kTexturePlanes + channel) * kCounters + bin];
        colour[channel * kColourBins + bin] = colour_weight * static_cast<float>(count);
      }
    }
  }
}

}  // namespace

PixelBox Union(const PixelBox& a, const PixelBox& b) {
  return {.x0 = std::min(a.x0, b.x0),
          .y0 = std::min(a.y0, b.y0),
          .x1 = std::max(a.x1, b.x1),
          .y1 = std::max(a.y1, b.y1)};
}

PixelBins ComputePixelBins(const ColourPlanes& planes) {
  Expects(planes.channels == 1 || planes.channels == 3, "1 or 3 channels");
  PixelBins bins{
      .channels = planes.channels, .pixel_count = planes.PixelCount(), .texture = {}, .colour = {}};
  for (int channel = 0; channel < planes.channels; ++channel) {
    for (std::vector<std::uint8_t>& direction : TextureBinsOfChannel(planes, channel)) {
      bins.texture.push_back(std::move(direction));
    }
    const std::uint8_t* const plane = planes.Plane(channel);
    std::vector<std::uint8_t> colour(bins.pixel_count);
    for (std::size_t i = 0; i < bins.pixel_count; ++i) {
      colour[i] = static_cast<std::uint8_t>(plane[i] * kColourBins / 256);
    }
    bins.colour.push_back(std::move(colour));
  }
  return bins;
}

GroupingFeatures ComputeGroupingFeatures(const Segmentation& segmentation, const PixelBins& bins) {
  Expects(segmentation.labels.size() == bins.pixel_count, "bins of the segmented picture");
  GroupingFeatures features;
  MeasureRegions(segmentation, features);
  if (bins.channels == 1) {
    FillHistograms<1>(segmentation, bins, features);
  } else {
    FillHistograms<3>(segmentation, bins, features);
  }
  return features;
}

}  // namespace deeper
