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

constexpr std::size_t kPartCount = RegionRanker::kParts * RegionRanker::kParts;

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

// Sums of a plane over all rectangles from its corner: (height + 1) x (width + 1).
class SumsOfPlane {
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

// w_p . cell for each part p and cell: cells x parts.
std::vector<float> Projected(const RegionRanker& ranker, const PictureMap& map) {
  const std::size_t channels = map.shape.c;
  const std::size_t cells = map.shape.h * map.shape.w;
  std::vector<float> projected(cells * kPartCount);
  kernels::DispatchElement(map.encoding.element, [&]<class Element>(Element) {
    const auto* values = kernels::ValuesOf<Element>(map.bytes);
    const float scale = map.encoding.scale;
    const float* weights = ranker.weights.data();
    float* results = projected.data();
    kernels::RunVectorised([&]() __attribute__((always_inline)) {
      constexpr std::size_t kLanes = 16;  // sums side by side, as wide as the widest vectors
      for (std::size_t cell = 0; cell < cells; ++cell) {
        const auto* __restrict from = values + cell * channels;
        for (std::size_t part = 0; part < kPartCount; ++part) {
          const float* __restrict weight = weights + part * channels;
          std::array<float, kLanes> sums{};
          std::size_t c = 0;
          for (; c + kLanes <= channels; c += kLanes) {
            for (std::size_t lane = 0; lane < kLanes; ++lane)
              sums[lane] += weight[c + lane] * Element::Load(from[c + lane], scale);
          }
          float sum = 0;
          for (; c < channels; ++c) sum += weight[c] * Element::Load(from[c], scale);
          for (const float lane : sums) sum += lane;
          results[cell * kPartCount + part] = sum;
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

std::vector<float> RankRegions(const RegionRanker& ranker,
                               const PictureMap& map,
                               std::span<const kernels::RegionWindow> windows) {
  Expects(ranker.weights.size() == kPartCount * map.shape.c, "weights of each part and channel");
  const std::vector<float> projected = Projected(ranker, map);
  std::vector<SumsOfPlane> planes(kPartCount, SumsOfPlane(map.shape.h, map.shape.w));
  for (std::size_t part = 0; part < kPartCount; ++part) {
    SumsOfPlane& sums = planes[part];
    for (std::size_t y = 0; y < map.shape.h; ++y) {
      double row = 0;
      for (std::size_t x = 0; x < map.shape.w; ++x) {
        row += double{projected[(y * map.shape.w + x) * kPartCount + part]};
        sums.At(y + 1, x + 1) = sums.At(y, x + 1) + row;
      }
    }
  }
  std::vector<float> scores;
  scores.reserve(windows.size());
  for (const kernels::RegionWindow& window : windows) {
    const auto rows = PartsAlong(window.y0, window.y1);
    const auto columns = PartsAlong(window.x0, window.x1);
    double score = double{ranker.bias};
    for (std::size_t part = 0; part < kPartCount; ++part) {
      const Interval& of_y = rows[part / RegionRanker::kParts];
      const Interval& of_x = columns[part % RegionRanker::kParts];
      score += planes[part].Over(of_y, of_x) / AreaOf(of_y, of_x);
    }
    scores.push_back(static_cast<float>(score));
  }
  return scores;
}

std::vector<float> PartMeans(const PictureMap& map, const kernels::RegionWindow& window) {
  const std::size_t channels = map.shape.c;
  const auto rows = PartsAlong(window.y0, window.y1);
  const auto columns = PartsAlong(window.x0, window.x1);
  std::vector<float> means(kPartCount * channels);
  kernels::DispatchElement(map.encoding.element, [&]<class Element>(Element) {
    const auto* values = kernels::ValuesOf<Element>(map.bytes);
    for (std::size_t part = 0; part < kPartCount; ++part) {
      const Interval& of_y = rows[part / RegionRanker::kParts];
      const Interval& of_x = columns[part % RegionRanker::kParts];
      const auto [first_y, end_y] = Touched(of_y, map.shape.h);
      const auto [first_x, end_x] = Touched(of_x, map.shape.w);
      float* mean = means.data() + part * channels;
      for (std::size_t y = first_y; y < end_y; ++y) {
        for (std::size_t x = first_x; x < end_x; ++x) {
          const auto weight =
              static_cast<float>(Covered(of_y, y) * Covered(of_x, x) / AreaOf(of_y, of_x));
          const auto* cell = values + (y * map.shape.w + x) * channels;
          for (std::size_t c = 0; c < channels; ++c)
            mean[c] += weight * Element::Load(cell[c], map.encoding.scale);
        }
      }
    }
  });
  return means;
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
