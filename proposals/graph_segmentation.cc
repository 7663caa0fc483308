#include "proposals/graph_segmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "proposals/gaussian_filter.h"

namespace deeper {
namespace {

constexpr unsigned kDirectionShift = 30;
constexpr std::uint32_t kPixelMask = (1U << kDirectionShift) - 1;
constexpr std::size_t kLevels = std::size_t{1} << 16U;

struct Step {
  int dx = 0;
  int dy = 0;
};
constexpr std::array<Step, 4> kDirections = {{{1, 0}, {0, 1}, {1, 1}, {-1, 1}}};

// The pixels of a row, or the rows, that have a neighbour one step away.
struct Range {
  int begin = 0;
  int end = 0;
};
Range WithNeighbour(int step, int size) {
  return {.begin = std::max(0, -step), .end = size - std::max(0, step)};
}

// Two successive rows of the smoothed channels; the edges of a row need no more. The Gaussian of
// Felzenszwalb and Huttenlocher's program reaches ceil(4 sigma) px.
class SmoothedRows {
 public:
  SmoothedRows(const ColourPlanes& planes, double sigma)
      : gaussian_(GaussianKernel(sigma, static_cast<int>(std::ceil(4 * sigma)))) {
    for (int channel = 0; channel < planes.channels; ++channel) {
      filters_.emplace_back(
          planes.Plane(channel), planes.width, planes.height, gaussian_, gaussian_);
    }
    for (auto& rows : rows_) {
      rows.assign(filters_.size(), std::vector<float>(static_cast<std::size_t>(planes.width)));
    }
  }
  SmoothedRows(const SmoothedRows&) = delete;  // the filters refer to gaussian_
  SmoothedRows& operator=(const SmoothedRows&) = delete;

  // Makes row y the one that At() returns; row y - 1 is then Before(). Rows come in order.
  void Advance(int y) {
    std::swap(rows_[0], rows_[1]);
    for (std::size_t c = 0; c < filters_.size(); ++c) filters_[c].FilterRow(y, rows_[1][c].data());
  }
  std::size_t Channels() const { return filters_.size(); }
  const float* Before(std::size_t channel) const { return rows_[0][channel].data(); }
  const float* At(std::size_t channel) const { return rows_[1][channel].data(); }

 private:
  HalfKernel gaussian_;
  std::vector<RowFilter> filters_;
  std::array<std::vector<std::vector<float>>, 2> rows_;
};

// The levels of the edges of one direction, in the order of the pixels that they start from.
struct DirectionLevels {
  Range columns;  // of the pixels that have such an edge
  Range rows;
  std::vector<std::uint16_t> levels;

  std::size_t RowLength() const {
    return static_cast<std::size_t>(std::max(0, columns.end - columns.begin));
  }
};

DirectionLevels MakeDirectionLevels(const ColourPlanes& planes, Step step) {
  DirectionLevels direction{.columns = WithNeighbour(step.dx, planes.width),
                            .rows = WithNeighbour(step.dy, planes.height),
                            .levels = {}};
  direction.levels.resize(direction.RowLength() *
                          static_cast<std::size_t>(direction.rows.end - direction.rows.begin));
  return direction;
}

// The edges from row y, as levels of
//   sqrt(sum over channels (a - b)^2).
// `upper` and `lower` return the row of a channel where the edges start and end.
template <class UpperRow, class LowerRow>
void FillRow(int y,
             Step step,
             std::size_t channels,
             const UpperRow& upper,
             const LowerRow& lower,
             std::vector<float>& squares,
             DirectionLevels& direction) {
  const std::size_t n = direction.RowLength();
  float* const sum = squares.data();
  std::fill_n(sum, n, 0.0F);
  for (std::size_t channel = 0; channel < channels && n > 0; ++channel) {
    const float* const a = upper(channel) + direction.columns.begin;
    const float* const b = lower(channel) + direction.columns.begin + step.dx;
    for (std::size_t i = 0; i < n; ++i) sum[i] += (a[i] - b[i]) * (a[i] - b[i]);
  }
  const float repeats = channels == 1 ? 3.0F : 1.0F;
  constexpr auto kScale = static_cast<float>(SegmentationGraph::kLevelsPerUnit);
  std::uint16_t* const dst =
      direction.levels.data() + static_cast<std::size_t>(y - direction.rows.begin) * n;
  for (std::size_t i = 0; i < n; ++i) {
    // Never negative, and lround would not vectorise. NOLINTNEXTLINE(bugprone-incorrect-roundings)
    const auto level = static_cast<int>(kScale * std::sqrt(repeats * sum[i]) + 0.5F);
    dst[i] = static_cast<std::uint16_t>(level);
  }
}

std::array<DirectionLevels, kDirections.size()> EdgeLevels(const ColourPlanes& planes,
                                                           double sigma) {
  std::array<DirectionLevels, kDirections.size()> levels;
  for (std::size_t d = 0; d < levels.size(); ++d) {
    levels[d] = MakeDirectionLevels(planes, kDirections[d]);
  }
  SmoothedRows rows(planes, sigma);
  std::vector<float> squares(static_cast<std::size_t>(planes.width));
  const auto before = [&rows](std::size_t channel) { return rows.Before(channel); };
  const auto at = [&rows](std::size_t channel) { return rows.At(channel); };
  for (int y = 0; y < planes.height; ++y) {
    rows.Advance(y);
    for (std::size_t d = 0; d < levels.size(); ++d) {
      const Step step = kDirections[d];
      if (step.dy == 0) {
        FillRow(y, step, rows.Channels(), at, at, squares, levels[d]);
      } else if (y > 0) {
        FillRow(y - 1, step, rows.Channels(), before, at, squares, levels[d]);
      }
    }
  }
  return levels;
}

// Disjoint components of pixels, each with its size and the largest weight that it would still
// accept.
class Forest {
 public:
  Forest(std::size_t pixels, double k)
      : k_(static_cast<float>(k)), parent_(pixels, -1), threshold_(pixels, k_) {}

  std::int32_t Find(std::int32_t pixel) {
    std::int32_t parent = parent_[Index(pixel)];
    while (parent >= 0) {
      const std::int32_t grandparent = parent_[Index(parent)];
      if (grandparent < 0) return parent;
      parent_[Index(pixel)] = grandparent;
      pixel = grandparent;
      parent = parent_[Index(pixel)];
    }
    return pixel;
  }
  int Size(std::int32_t root) const { return -parent_[Index(root)]; }
  // Int(C) + k / |C|.
  float Threshold(std::int32_t root) const { return threshold_[Index(root)]; }

  // Edges come by ascending weight, so the weight of the edge that joins is the largest inside.
  void Join(std::int32_t a, std::int32_t b, float weight) {
    if (Size(a) < Size(b)) std::swap(a, b);
    parent_[Index(a)] += parent_[Index(b)];
    parent_[Index(b)] = a;
    threshold_[Index(a)] = weight + k_ / static_cast<float>(Size(a));
  }

 private:
  static std::size_t Index(std::int32_t pixel) { return static_cast<std::size_t>(pixel); }

  float k_;
  std::vector<std::int32_t> parent_;  // of a root: minus the size of its component
  std::vector<float> threshold_;
};

struct PixelPair {
  std::int32_t a = 0;
  std::int32_t b = 0;
};

// The first pass. Returns the refused edges that the second pass may still join: those where a
// component was smaller than min_size_px at their turn. Components only grow.
std::vector<PixelPair> MergeByThreshold(const SegmentationGraph& graph,
                                        int min_size_px,
                                        Forest& forest) {
  std::array<std::int32_t, kDirections.size()> offsets{};
  for (std::size_t d = 0; d < kDirections.size(); ++d) {
    offsets[d] = kDirections[d].dy * graph.width + kDirections[d].dx;
  }
  std::vector<PixelPair> small;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const float weight =
        static_cast<float>(level) / static_cast<float>(SegmentationGraph::kLevelsPerUnit);
    for (std::size_t i = graph.level_begin[level]; i < graph.level_begin[level + 1]; ++i) {
      const auto pixel = static_cast<std::int32_t>(graph.edges[i] & kPixelMask);
      const std::int32_t a = forest.Find(pixel);
      const std::int32_t b = forest.Find(pixel + offsets[graph.edges[i] >> kDirectionShift]);
      if (a == b) continue;
      if (weight <= std::min(forest.Threshold(a), forest.Threshold(b))) {
        forest.Join(a, b, weight);
      } else if (forest.Size(a) < min_size_px || forest.Size(b) < min_size_px) {
        small.push_back({a, b});
      }
    }
  }
  return small;
}

void MergeSmallComponents(const std::vector<PixelPair>& edges, int min_size_px, Forest& forest) {
  for (const PixelPair& edge : edges) {
    const std::int32_t a = forest.Find(edge.a);
    const std::int32_t b = forest.Find(edge.b);
    if (a == b) continue;
    if (forest.Size(a) < min_size_px || forest.Size(b) < min_size_px) forest.Join(a, b, 0);
  }
}

Segmentation LabelComponents(const SegmentationGraph& graph, Forest& forest) {
  Segmentation segmentation{
      .width = graph.width, .height = graph.height, .region_count = 0, .labels = {}};
  const auto pixels =
      static_cast<std::size_t>(graph.width) * static_cast<std::size_t>(graph.height);
  segmentation.labels.resize(pixels);
  std::vector<std::int32_t> label_of_root(pixels, -1);
  for (std::size_t i = 0; i < pixels; ++i) {
    std::int32_t& label =
        label_of_root[static_cast<std::size_t>(forest.Find(static_cast<std::int32_t>(i)))];
    if (label < 0) label = segmentation.region_count++;
    segmentation.labels[i] = label;
  }
  return segmentation;
}

}  // namespace

SegmentationGraph BuildSegmentationGraph(const ColourPlanes& planes, double sigma) {
  Expects(planes.PixelCount() > 0 && planes.PixelCount() <= kPixelMask,
          "between 1 and 2^30 - 1 pixels");
  const auto levels = EdgeLevels(planes, sigma);
  SegmentationGraph graph{
      .width = planes.width, .height = planes.height, .edges = {}, .level_begin = {}};

  std::vector<std::uint32_t> next(kLevels + 1);
  for (const DirectionLevels& direction : levels) {
    for (const std::uint16_t level : direction.levels) ++next[std::size_t{level} + 1];
  }
  for (std::size_t level = 0; level < kLevels; ++level) next[level + 1] += next[level];
  graph.level_begin = next;
  graph.edges.resize(next[kLevels]);

  for (std::size_t d = 0; d < levels.size(); ++d) {
    const DirectionLevels& direction = levels[d];
    const std::uint16_t* level = direction.levels.data();
    for (int y = direction.rows.begin; y < direction.rows.end; ++y) {
      for (int x = direction.columns.begin; x < direction.columns.end; ++x) {
        const auto pixel =
            static_cast<std::uint32_t>(y) * static_cast<std::uint32_t>(planes.width) +
            static_cast<std::uint32_t>(x);
        graph.edges[next[*level++]++] = static_cast<std::uint32_t>(d) << kDirectionShift | pixel;
      }
    }
  }
  return graph;
}

Segmentation SegmentGraph(const SegmentationGraph& graph, double k, int min_size_px) {
  Expects(k >= 0, "k at least 0");
  Forest forest(static_cast<std::size_t>(graph.width) * static_cast<std::size_t>(graph.height), k);
  const std::vector<PixelPair> small = MergeByThreshold(graph, min_size_px, forest);
  MergeSmallComponents(small, min_size_px, forest);
  return LabelComponents(graph, forest);
}

}  // namespace deeper
