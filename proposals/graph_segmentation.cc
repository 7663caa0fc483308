#include "proposals/graph_segmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

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

// The Gaussian of Felzenszwalb and Huttenlocher's program reaches ceil(4 sigma) px.
std::vector<std::vector<float>> SmoothPlanes(const ColourPlanes& planes, double sigma) {
  const HalfKernel gaussian = GaussianKernel(sigma, static_cast<int>(std::ceil(4 * sigma)));
  std::vector<std::vector<float>> smoothed;
  for (int channel = 0; channel < planes.channels; ++channel) {
    smoothed.push_back(
        FilterPlane(planes.Plane(channel), planes.width, planes.height, gaussian, gaussian));
  }
  return smoothed;
}

// Level of sqrt(sum over channels (a - b)^2) for `n` edges from pixel `first` on, each `offset`
// pixels long.
void EdgeLevels(const std::vector<std::vector<float>>& planes,
                std::size_t first,
                std::size_t offset,
                int n,
                std::vector<float>& squares,
                std::uint16_t* levels) {
  std::fill_n(squares.begin(), n, 0.0F);
  float* const sum = squares.data();
  for (const std::vector<float>& plane : planes) {
    const float* const a = plane.data() + first;
    const float* const b = a + offset;
    for (int i = 0; i < n; ++i) sum[i] += (a[i] - b[i]) * (a[i] - b[i]);
  }
  const float repeats = planes.size() == 1 ? 3.0F : 1.0F;
  constexpr auto kScale = static_cast<float>(SegmentationGraph::kLevelsPerUnit);
  for (int i = 0; i < n; ++i) {
    levels[i] =
        static_cast<std::uint16_t>(static_cast<int>(kScale * std::sqrt(repeats * sum[i]) + 0.5F));
  }
}

// Levels of all edges of a direction, row by row; WithNeighbour() says which pixels have one.
std::vector<std::uint16_t> DirectionLevels(const std::vector<std::vector<float>>& planes,
                                           int width,
                                           int height,
                                           Step step) {
  const Range columns = WithNeighbour(step.dx, width);
  const Range rows = WithNeighbour(step.dy, height);
  const int n = std::max(0, columns.end - columns.begin);
  const auto row_edges = static_cast<std::size_t>(n);
  std::vector<std::uint16_t> levels(row_edges * static_cast<std::size_t>(rows.end - rows.begin));
  std::vector<float> squares(row_edges);
  for (int y = rows.begin; n > 0 && y < rows.end; ++y) {
    const auto first = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                       static_cast<std::size_t>(columns.begin);
    const auto offset = static_cast<std::size_t>(step.dy * width + step.dx);
    EdgeLevels(planes,
               first,
               offset,
               n,
               squares,
               levels.data() + static_cast<std::size_t>(y - rows.begin) * row_edges);
  }
  return levels;
}

// Disjoint components of pixels, each with its size and the largest weight that it would still
// take.
class Forest {
 public:
  Forest(std::size_t pixels, double k)
      : k_(static_cast<float>(k)), parent_(pixels), size_(pixels, 1), threshold_(pixels, k_) {
    for (std::size_t i = 0; i < pixels; ++i) parent_[i] = static_cast<std::uint32_t>(i);
  }

  std::uint32_t Find(std::uint32_t pixel) {
    while (parent_[pixel] != pixel) {
      parent_[pixel] = parent_[parent_[pixel]];
      pixel = parent_[pixel];
    }
    return pixel;
  }
  int Size(std::uint32_t root) const { return size_[root]; }
  // Int(C) + k / |C|.
  float Threshold(std::uint32_t root) const { return threshold_[root]; }

  // Edges come by ascending weight, so the weight of the edge that joins is the largest inside.
  void Join(std::uint32_t a, std::uint32_t b, float weight) {
    if (size_[a] < size_[b]) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
    threshold_[a] = weight + k_ / static_cast<float>(size_[a]);
  }

 private:
  float k_;
  std::vector<std::uint32_t> parent_;
  std::vector<std::int32_t> size_;
  std::vector<float> threshold_;
};

struct PixelPair {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

// The first pass. Returns the edges that were between two components when their turn came and were
// refused.
std::vector<PixelPair> MergeByThreshold(const SegmentationGraph& graph, Forest& forest) {
  std::array<std::uint32_t, kDirections.size()> offsets{};
  for (std::size_t d = 0; d < kDirections.size(); ++d) {
    offsets[d] = static_cast<std::uint32_t>(kDirections[d].dy * graph.width + kDirections[d].dx);
  }
  std::vector<PixelPair> refused;
  for (std::size_t level = 0; level < kLevels; ++level) {
    const float weight =
        static_cast<float>(level) / static_cast<float>(SegmentationGraph::kLevelsPerUnit);
    for (std::uint32_t i = graph.level_begin[level]; i < graph.level_begin[level + 1]; ++i) {
      const std::uint32_t pixel = graph.edges[i] & kPixelMask;
      const std::uint32_t a = forest.Find(pixel);
      const std::uint32_t b = forest.Find(pixel + offsets[graph.edges[i] >> kDirectionShift]);
      if (a == b) continue;
      if (weight <= forest.Threshold(a) && weight <= forest.Threshold(b)) {
        forest.Join(a, b, weight);
      } else {
        refused.push_back({a, b});
      }
    }
  }
  return refused;
}

void MergeSmallComponents(const std::vector<PixelPair>& refused, int min_size_px, Forest& forest) {
  for (const PixelPair& pair : refused) {
    const std::uint32_t a = forest.Find(pair.a);
    const std::uint32_t b = forest.Find(pair.b);
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
    std::int32_t& label = label_of_root[forest.Find(static_cast<std::uint32_t>(i))];
    if (label < 0) label = segmentation.region_count++;
    segmentation.labels[i] = label;
  }
  return segmentation;
}

}  // namespace

SegmentationGraph BuildSegmentationGraph(const ColourPlanes& planes, double sigma) {
  Expects(planes.PixelCount() > 0 && planes.PixelCount() <= kPixelMask,
          "between 1 and 2^30 - 1 pixels");
  const std::vector<std::vector<float>> smoothed = SmoothPlanes(planes, sigma);
  SegmentationGraph graph{
      .width = planes.width, .height = planes.height, .edges = {}, .level_begin = {}};

  std::array<std::vector<std::uint16_t>, kDirections.size()> levels;
  std::vector<std::uint32_t> next(kLevels + 1);
  for (std::size_t d = 0; d < kDirections.size(); ++d) {
    levels[d] = DirectionLevels(smoothed, planes.width, planes.height, kDirections[d]);
    for (const std::uint16_t level : levels[d]) ++next[std::size_t{level} + 1];
  }
  for (std::size_t level = 0; level < kLevels; ++level) next[level + 1] += next[level];
  graph.level_begin = next;
  graph.edges.resize(next[kLevels]);

  for (std::size_t d = 0; d < kDirections.size(); ++d) {
    const Range columns = WithNeighbour(kDirections[d].dx, planes.width);
    const Range rows = WithNeighbour(kDirections[d].dy, planes.height);
    const std::uint16_t* level = levels[d].data();
    for (int y = rows.begin; y < rows.end; ++y) {
      for (int x = columns.begin; x < columns.end; ++x) {
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
  const std::vector<PixelPair> refused = MergeByThreshold(graph, forest);
  MergeSmallComponents(refused, min_size_px, forest);
  return LabelComponents(graph, forest);
}

}  // namespace deeper
