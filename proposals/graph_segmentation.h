#pragma once

#include <cstdint>
#include <vector>

#include "proposals/colour_space.h"

namespace deeper {

// A partition of a picture into regions:
//   labels[y * width + x] in 0 .. region_count - 1.
// Labels are numbered in the order in which a scan by rows meets the regions. Every region is
// connected (over 8 neighbours).
struct Segmentation {
  int width = 0;
  int height = 0;
  int region_count = 0;
  std::vector<std::int32_t> labels;

  bool operator==(const Segmentation&) const = default;
};

// The grid graph of a picture: one edge between each two 8-neighbours, sorted by weight. The weight
// is the Euclidean distance of their smoothed colours. The graph does not depend on k, so
// segmentations of several k share it.
struct SegmentationGraph {
  // Weights are rounded to 1 / kLevelsPerUnit of a gray level, so that a counting sort will do. The
  // largest distance of two colours, 255 sqrt(3), stays below 2^16 levels.
  static constexpr int kLevelsPerUnit = 128;

  int width = 0;
  int height = 0;
  // An edge is
  //   direction << 30 | pixel,
  // from `pixel` to its right, lower, lower right or lower left neighbour. Ascending by weight;
  // ties by direction, then pixel.
  std::vector<std::uint32_t> edges;
  // The edges of level i, which have weight i / kLevelsPerUnit, are those from level_begin[i] to
  // just before level_begin[i + 1].
  std::vector<std::uint32_t> level_begin;
};

// Smooths the planes by a Gaussian of sigma px and sorts the edges. A one-channel picture counts as
// three equal channels, as in R-CNN's code. Expects fewer than 2^30 pixels.
SegmentationGraph BuildSegmentationGraph(const ColourPlanes& planes, double sigma);

// Segments the graph by Felzenszwalb and Huttenlocher 2004. Going through the edges by weight w, it
// merges components C1 and C2 if
//   w <= min(Int(C1) + k/|C1|, Int(C2) + k/|C2|),
// where Int is the largest weight merged inside so far. A second pass in the same order merges
// every component smaller than min_size_px with the first neighbour that it meets. Expects k >= 0.
Segmentation SegmentGraph(const SegmentationGraph& graph, double k, int min_size_px);

}  // namespace deeper
