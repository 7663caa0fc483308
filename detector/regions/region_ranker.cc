#include "detector/regions/region_ranker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper {
namespace {

constexpr std::size_t kPartCount = RegionRanker::kPartCount;

// Cell i of the map shows the 16 pixels around pixel 16 i + 14 (RegionPool).
double CellAt(double px) { return (px - 6.5) / 16; }

// A part of a window along one axis, in cells.
struct Interval {
  double begin = 0;
  double end = 0;
};

std::array<Interval, RegionRanker::kParts> PartsAlong(double begin_px, double end_px) {
  const double begin = CellAt(begin_px);
  const double length = CellAt(end_px) - begin;
  std::array<Interval, RegionRanker::kParts> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto of_all = static_cast<double>(parts.size());
    parts[i] = {.begin = begin + length * static_cast<double>(i) / of_all,
                .end = begin + length * static_cast<double>(i + 1) / of_all};
  }
  return parts;
}

// w . cell for each row w of weights and each cell: cells x rows.
std::vector<float> Projected(std::span<const float> all_weights, const PictureMap& map) {
  const std::size_t channels = map.shape.c;
  const std::size_t cells = map.shape.h * map.shape.w;
  const std::size_t rows = all_weights.size() / channels;
  std::vector<float> projected(cells * rows);
  kernels::DispatchElement(map.encoding.element, [&]<class Element>(Element) {
    const auto* values = kernels::ValuesOf<Element>(map.bytes);
    const float scale = map.encoding.scale;
    const float* weights = all_weights.data();
    float* results = projected.data();
    kernels::RunVectorised([&]() __attribute__((always_inline)) {
      constexpr std::size_t kLanes = 16;  // sums side by side, as wide as the widest vectors
      for (std::size_t cell = 0; cell < cells; ++cell) {
        const auto* __restrict from = values + cell * channels;
        for (std::size_t row = 0; row < rows; ++row) {
          const float* __restrict weight = weights + row * channels;
          std::array<float, kLanes> sums{};
          std::size_t c = 0;
          for (; c + kLanes <= channels; c += kLanes) {
            for (std::size_t lane = 0; lane < kLanes; ++lane)
              sums[lane] += weight[c + lane] * Element::Load(from[c + lane], scale);
          }
          float sum = 0;
          for (; c < channels; ++c) sum += weight[c] * Element::Load(from[c], scale);
          for (const float lane : sums) sum += lane;
          results[cell * rows + row] = sum;
        }
      }
    });
  });
  return projected;
}

double AreaOf(const Interval& rows, const Interval& columns) {
  return (rows.end - rows.begin) * (columns.end - columns.begin);
}

// How much of cell `i` lies in the interval.
double Covered(const Interval& interval, std::size_t i) {
  const auto cell = static_cast<double>(i);
  return std::max(0.0, std::min(interval.end, cell + 1) - std::max(interval.begin, cell));
}

// The cells of an axis that an interval touches: from the first to, without, the second.
std::pair<std::size_t, std::size_t> Touched(const Interval& interval, std::size_t cells) {
  const auto bound = static_cast<double>(cells);
  return {static_cast<std::size_t>(std::clamp(std::floor(interval.begin), 0.0, bound)),
          static_cast<std::size_t>(std::clamp(std::ceil(interval.end), 0.0, bound))};
}

// All positions, those of the highest scores first; of equal ones the first.
std::vector<std::size_t> HighestFirst(std::span<const float> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return scores[a] > scores[b];
  });
  return order;
}

}  // namespace

// Sums of a plane over all rectangles from its corner: (height + 1) x (width + 1).
class RankedMap::SumsOfPlane {
 public:
  SumsOfPlane(std::size_t height, std::size_t width)
      : height_(height), width_(width), sums_((height + 1) * (width + 1)) {}

  double& At(std::size_t y, std::size_t x) { return sums_[y * (width_ + 1) + x]; }

  // The sum from the corner to this point, between the cells too.
  double Until(double y, double x) const {
    const double in_y = std::clamp(y, 0.0, static_cast<double>(height_));
    const double in_x = std::clamp(x, 0.0, static_cast<double>(width_));
    const auto row = std::min(static_cast<std::size_t>(in_y), height_ - 1);
    const auto column = std::min(static_cast<std::size_t>(in_x), width_ - 1);
    const double down = in_y - static_cast<double>(row);
    const double right = in_x - static_cast<double>(column);
    const double* above = sums_.data() + row * (width_ + 1) + column;
    const double* below = above + width_ + 1;
    return (1 - down) * ((1 - right) * above[0] + right * above[1]) +
           down * ((1 - right) * below[0] + right * below[1]);
  }

  double Over(const Interval& rows, const Interval& columns) const {
    return Until(rows.end, columns.end) - Until(rows.begin, columns.end) -
           Until(rows.end, columns.begin) + Until(rows.begin, columns.begin);
  }

 private:
  std::size_t height_;
  std::size_t width_;
  std::vector<double> sums_;
};

RankedMap::RankedMap(const RegionRanker& ranker, const PictureMap& map)
    : bias_(ranker.bias), offset_biases_(ranker.offset_biases) {
  const Shape& shape = map.shape;
  Expects(ranker.weights.size() == kPartCount * shape.c, "weights of each part and channel");
  Expects(!ranker.Proposes() ||
              ranker.offset_weights.size() == RegionRanker::kOffsets * ranker.weights.size(),
          "as many weights of each offset, or none");
  std::vector<float> weights = ranker.weights;
  weights.insert(weights.end(), ranker.offset_weights.begin(), ranker.offset_weights.end());
  const std::vector<float> projected = Projected(weights, map);
  const std::size_t count = weights.size() / shape.c;
  planes_.assign(count, SumsOfPlane(shape.h, shape.w));
  for (std::size_t plane = 0; plane < count; ++plane) {
    SumsOfPlane& sums = planes_[plane];
    for (std::size_t y = 0; y < shape.h; ++y) {
      double row = 0;
      for (std::size_t x = 0; x < shape.w; ++x) {
        row += double{projected[(y * shape.w + x) * count + plane]};
        sums.At(y + 1, x + 1) = sums.At(y, x + 1) + row;
      }
    }
  }
}
RankedMap::RankedMap(RankedMap&&) noexcept = default;
RankedMap::~RankedMap() = default;

double RankedMap::SumOverParts(const kernels::RegionWindow& window, std::size_t first_plane) const {
  const auto rows = PartsAlong(window.y0, window.y1);
  const auto columns = PartsAlong(window.x0, window.x1);
  double sum = 0;
  for (std::size_t part = 0; part < kPartCount; ++part) {
    const Interval& of_y = rows[part / RegionRanker::kParts];
    const Interval& of_x = columns[part % RegionRanker::kParts];
    sum += planes_[first_plane + part].Over(of_y, of_x) / AreaOf(of_y, of_x);
  }
  return sum;
}

float RankedMap::Score(const kernels::RegionWindow& window) const {
  return static_cast<float>(double{bias_} + SumOverParts(window, 0));
}

BoxOffsets RankedMap::Offsets(const kernels::RegionWindow& window) const {
  Expects(planes_.size() > kPartCount, "a ranker that proposes");
  BoxOffsets offsets{};
  for (std::size_t k = 0; k < offsets.size(); ++k)
    offsets[k] = double{offset_biases_[k]} + SumOverParts(window, (1 + k) * kPartCount);
  return offsets;
}

std::vector<float> CellsOf(const PictureMap& map) {
  std::vector<float> cells(map.shape.Count());
  kernels::DispatchElement(map.encoding.element, [&]<class Element>(Element) {
    const auto* values = kernels::ValuesOf<Element>(map.bytes);
    for (std::size_t i = 0; i < cells.size(); ++i)
      cells[i] = Element::Load(values[i], map.encoding.scale);
  });
  return cells;
}

void SpreadOverParts(const kernels::RegionWindow& window,
                     std::span<const float> diff_outputs,
                     std::size_t height,
                     std::size_t width,
                     std::span<float> diff_cells) {
  const std::size_t outputs = diff_outputs.size();
  Expects(diff_cells.size() == height * width * kPartCount * outputs,
          "an entry of each cell, part and output");
  const auto rows = PartsAlong(window.y0, window.y1);
  const auto columns = PartsAlong(window.x0, window.x1);
  for (std::size_t part = 0; part < kPartCount; ++part) {
    const Interval& of_y = rows[part / RegionRanker::kParts];
    const Interval& of_x = columns[part % RegionRanker::kParts];
    const auto [first_y, end_y] = Touched(of_y, height);
    const auto [first_x, end_x] = Touched(of_x, width);
    for (std::size_t y = first_y; y < end_y; ++y) {
      for (std::size_t x = first_x; x < end_x; ++x) {
        const auto counts =
            static_cast<float>(Covered(of_y, y) * Covered(of_x, x) / AreaOf(of_y, of_x));
        float* of_part = diff_cells.data() + ((y * width + x) * kPartCount + part) * outputs;
        for (std::size_t k = 0; k < outputs; ++k) of_part[k] += counts * diff_outputs[k];
      }
    }
  }
}

std::vector<std::size_t> HighestOf(std::span<const float> scores, std::size_t count) {
  std::vector<std::size_t> order = HighestFirst(scores);
  order.resize(std::min(count, order.size()));
  std::ranges::sort(order);
  return order;
}

std::vector<std::size_t> HighestApart(std::span<const float> scores,
                                      std::span<const Box> boxes,
                                      std::size_t count,
                                      double max_iou) {
  Expects(scores.size() == boxes.size(), "a score for each box");
  std::vector<std::size_t> chosen;
  std::vector<std::size_t> close;  // to one that was chosen
  for (const std::size_t i : HighestFirst(scores)) {
    if (chosen.size() == count) break;
    const bool is_apart = std::ranges::none_of(
        chosen, [&](std::size_t j) { return Iou(boxes[i], boxes[j]) > max_iou; });
    (is_apart ? chosen : close).push_back(i);
  }
  const std::size_t missing = std::min(count - chosen.size(), close.size());
  chosen.insert(chosen.end(), close.begin(), close.begin() + static_cast<std::ptrdiff_t>(missing));
  std::ranges::sort(chosen);
  return chosen;
}

}  // namespace deeper
