#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proposals/colour_space.h"
#include "proposals/graph_segmentation.h"

namespace deeper {

// A half-open rectangle of whole pixels of the resized frame: x0 <= x < x1, y0 <= y < y1.
struct PixelBox {
  int x0 = 0;
  int y0 = 0;
  int x1 = 0;
  int y1 = 0;

  int Width() const { return x1 - x0; }
  int Height() const { return y1 - y0; }

  auto operator<=>(const PixelBox&) const = default;
};

// The smallest box around both.
PixelBox Union(const PixelBox& a, const PixelBox& b);

// Uijlings et al. 2013, section 3.2: per channel 25 bins of colour, and 10 bins for each of 8
// Gaussian derivatives.
inline constexpr int kColourBins = 25;
inline constexpr int kOrientations = 8;
inline constexpr int kTextureBins = 10;

// The histogram bins of each pixel, computed once per colour space. For every channel there are one
// plane of colour bins, 0..24, and four planes of signed texture bins, for derivatives along 0, 45,
// 90 and 135 degrees. A texture value is
//   9 + b  for a response in bin b of its own direction,
//   9 - b  for one in bin b of the opposite direction;
// 9 is bin 0 of both.
struct PixelBins {
  int channels = 0;
  std::size_t pixel_count = 0;
  std::vector<std::vector<std::uint8_t>> texture;  // 4 * channel + direction
  std::vector<std::vector<std::uint8_t>> colour;   // channel
};

// Texture: Gaussian derivatives of sigma 1 px. Responses of 0 to kLargestResponse gray levels per
// px are spread evenly over the bins. Negative ones fall into the first bin, larger ones into the
// last.
PixelBins ComputePixelBins(const ColourPlanes& planes);
inline constexpr float kLargestResponse = 43.0F;

// What similarities are computed from, with one entry or row per region.
struct GroupingFeatures {
  std::vector<int> size_px;
  std::vector<PixelBox> boxes;
  // Regions x RowLength(), row-major: texture_length floats of the texture histogram, then
  // colour_length of the colour histogram. Each histogram sums to 1 and is padded with zeros to a
  // multiple of 8 floats.
  std::size_t texture_length = 0;
  std::size_t colour_length = 0;
  std::vector<float> histograms;

  std::size_t RegionCount() const { return size_px.size(); }
  std::size_t RowLength() const { return texture_length + colour_length; }
  const float* Texture(std::size_t region) const {
    return histograms.data() + region * RowLength();
  }
  const float* Colour(std::size_t region) const { return Texture(region) + texture_length; }
};

// Features of the regions of a segmentation of the picture that `bins` were computed from.
GroupingFeatures ComputeGroupingFeatures(const Segmentation& segmentation, const PixelBins& bins);

}  // namespace deeper
