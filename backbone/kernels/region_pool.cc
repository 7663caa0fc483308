#include "backbone/kernels/region_pool.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper::kernels {
namespace {

constexpr std::size_t kWindowSide = 3;
constexpr std::size_t kStride = 2;
// Channels that are pooled at a time: the samples of so many stay in the cache.
constexpr std::size_t kChannels = 64;

// The two cells between which a sample lies along one axis, and how much each counts. A cell
// outside the map counts nothing.
struct Between {
  std::array<std::size_t, 2> cells{};
  std::array<float, 2> weights{};
};
using Axis = std::array<Between, kRegionSamples>;

Axis SamplesAlong(double begin, double end, std::size_t cells) {
  constexpr double kCellPx = 16;
  constexpr double kFirstCentre = 14.5;
  constexpr double kCropPx = kCellPx * kRegionSamples;
  Axis axis;
  for (std::size_t j = 0; j < kRegionSamples; ++j) {
    const double in_crop = kCellPx * static_cast<double>(j) + kFirstCentre;
    const double in_picture = begin + (end - begin) * in_crop / kCropPx;
    const double place = (in_picture - kFirstCentre) / kCellPx;
    const double before = std::floor(place);
    for (std::size_t k = 0; k < 2; ++k) {
      const double cell = before + static_cast<double>(k);
      if (!(cell >= 0 && cell < static_cast<double>(cells))) continue;
      axis[j].cells[k] = static_cast<std::size_t>(cell);
      axis[j].weights[k] = static_cast<float>(k == 0 ? before + 1 - place : place - before);
    }
  }
  return axis;
}

// The samples of window `i` along one axis: from 2 i to, without, the result.
constexpr std::size_t EndOfWindow(std::size_t i) {
  return std::min(i * kStride + kWindowSide, kRegionSamples);
}

struct Samples {
  Axis rows;
  Axis columns;
};

Samples SamplesOf(const RegionWindow& window, const Shape& map) {
  Expects(window.x1 > window.x0 && window.y1 > window.y0, "a window that is not empty");
  return {.rows = SamplesAlong(window.y0, window.y1, map.h),
          .columns = SamplesAlong(window.x0, window.x1, map.w)};
}

// One block of channels of all samples, as [y][x][channel].
using SampleBlock = std::array<float, kRegionSamples * kRegionSamples * kChannels>;

// Interpolates channels [first, first + count).
template <class Element>
[[gnu::always_inline]] inline void Sample(const typename Element::Stored* map,
                                          const Shape& shape,
                                          const Samples& samples,
                                          std::size_t first,
                                          std::size_t count,
                                          SampleBlock& block) {
  for (std::size_t y = 0; y < kRegionSamples; ++y) {
    const Between& row = samples.rows[y];
    const auto* above = map + row.cells[0] * shape.w * shape.c + first;
    const auto* below = map + row.cells[1] * shape.w * shape.c + first;
    for (std::size_t x = 0; x < kRegionSamples; ++x) {
      const Between& column = samples.columns[x];
      const auto* __restrict a = above + column.cells[0] * shape.c;
      const auto* __restrict b = above + column.cells[1] * shape.c;
      const auto* __restrict c = below + column.cells[0] * shape.c;
      const auto* __restrict d = below + column.cells[1] * shape.c;
      const float of_a = row.weights[0] * column.weights[0];
      const float of_b = row.weights[0] * column.weights[1];
      const float of_c = row.weights[1] * column.weights[0];
      const float of_d = row.weights[1] * column.weights[1];
      float* __restrict to = block.data() + (y * kRegionSamples + x) * kChannels;
      for (std::size_t i = 0; i < count; ++i) {
        to[i] = of_a * Element::Load(a[i], 1) + of_b * Element::Load(b[i], 1) +
                of_c * Element::Load(c[i], 1) + of_d * Element::Load(d[i], 1);
      }
    }
  }
}

[[gnu::always_inline]] inline void LargestOf(const SampleBlock& block,
                                             std::size_t row,
                                             std::size_t column,
                                             std::size_t count,
                                             float* __restrict largest) {
  for (std::size_t y = row * kStride; y < EndOfWindow(row); ++y) {
    for (std::size_t x = column * kStride; x < EndOfWindow(column); ++x) {
      const float* __restrict sample = block.data() + (y * kRegionSamples + x) * kChannels;
      const bool is_first = y == row * kStride && x == column * kStride;
      for (std::size_t i = 0; i < count; ++i)
        largest[i] = is_first || sample[i] > largest[i] ? sample[i] : largest[i];
    }
  }
}

// Gives each window's derivative to the first of its largest samples.
template <class Element>
[[gnu::always_inline]] inline void SpreadOverSamples(const SampleBlock& block,
                                                     const typename Element::Stored* diff_region,
                                                     std::size_t channels,
                                                     std::size_t count,
                                                     SampleBlock& diff) {
  std::array<float, kChannels> largest{};
  std::array<float, kChannels> left{};  // the derivative, until a sample has taken it
  for (std::size_t row = 0; row < kRegionSide; ++row) {
    for (std::size_t column = 0; column < kRegionSide; ++column) {
      LargestOf(block, row, column, count, largest.data());
      const auto* __restrict given = diff_region + (row * kRegionSide + column) * channels;
      for (std::size_t i = 0; i < count; ++i) left[i] = Element::Load(given[i], 1);
      for (std::size_t y = row * kStride; y < EndOfWindow(row); ++y) {
        for (std::size_t x = column * kStride; x < EndOfWindow(column); ++x) {
          const std::size_t place = (y * kRegionSamples + x) * kChannels;
          const float* __restrict sample = block.data() + place;
          float* __restrict to = diff.data() + place;
          for (std::size_t i = 0; i < count; ++i) {
            const bool takes = sample[i] == largest[i];
            to[i] += takes ? left[i] : 0.0F;
            left[i] = takes ? 0.0F : left[i];
          }
        }
      }
    }
  }
}

// Adds the samples' derivatives to the cells that they lie between.
[[gnu::always_inline]] inline void AddToCells(const SampleBlock& diff,
                                              const Shape& shape,
                                              const Samples& samples,
                                              std::size_t first,
                                              std::size_t count,
                                              float* diff_map) {
  for (std::size_t y = 0; y < kRegionSamples; ++y) {
    for (std::size_t x = 0; x < kRegionSamples; ++x) {
      const float* __restrict from = diff.data() + (y * kRegionSamples + x) * kChannels;
      for (std::size_t k = 0; k < 4; ++k) {
        const Between& row = samples.rows[y];
        const Between& column = samples.columns[x];
        const float weight = row.weights[k / 2] * column.weights[k % 2];
        if (weight == 0.0F) continue;
        float* __restrict to =
            diff_map + (row.cells[k / 2] * shape.w + column.cells[k % 2]) * shape.c + first;
        for (std::size_t i = 0; i < count; ++i) to[i] += weight * from[i];
      }
    }
  }
}

void CheckSizes(std::size_t map_bytes,
                const Shape& shape,
                ElementType element,
                std::size_t region_bytes) {
  Expects(shape.n == 1 && map_bytes >= shape.Count() * SizeOf(element), "a map of this shape");
  Expects(region_bytes >= kRegionSide * kRegionSide * shape.c * SizeOf(element),
          "room for a region of 7 x 7 cells");
}

// The sample at row y and column x of channel c, in plain words.
double SampleReference(
    TensorView map, const Samples& samples, std::size_t c, std::size_t y, std::size_t x) {
  double sum = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    const Between& row = samples.rows[y];
    const Between& column = samples.columns[x];
    const std::size_t cell =
        (c * map.shape.h + row.cells[k / 2]) * map.shape.w + column.cells[k % 2];
    sum += double{row.weights[k / 2]} * double{column.weights[k % 2]} * double{map.data[cell]};
  }
  return sum;
}

// The place of the first of a window's largest samples.
struct Place {
  std::size_t y = 0;
  std::size_t x = 0;
  double value = 0;
};
Place LargestReference(
    TensorView map, const Samples& samples, std::size_t c, std::size_t row, std::size_t column) {
  Place largest = {.y = row * kStride, .x = column * kStride};
  largest.value = SampleReference(map, samples, c, largest.y, largest.x);
  for (std::size_t y = row * kStride; y < EndOfWindow(row); ++y) {
    for (std::size_t x = column * kStride; x < EndOfWindow(column); ++x) {
      const double value = SampleReference(map, samples, c, y, x);
      if (value > largest.value) largest = {.y = y, .x = x, .value = value};
    }
  }
  return largest;
}

}  // namespace

void RegionPool(std::span<const std::byte> map,
                const Shape& map_shape,
                ElementType element,
                const RegionWindow& window,
                std::span<std::byte> region) {
  CheckSizes(map.size(), map_shape, element, region.size());
  const Samples samples = SamplesOf(window, map_shape);
  DispatchElement(element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(map);
    auto* to = ValuesOf<Element>(region);
    RunVectorised([&]() __attribute__((always_inline)) {
      alignas(64) SampleBlock block;
      alignas(64) std::array<float, kChannels> largest{};
      for (std::size_t first = 0; first < map_shape.c; first += kChannels) {
        const std::size_t count = std::min(kChannels, map_shape.c - first);
        Sample<Element>(from, map_shape, samples, first, count, block);
        for (std::size_t row = 0; row < kRegionSide; ++row) {
          for (std::size_t column = 0; column < kRegionSide; ++column) {
            LargestOf(block, row, column, count, largest.data());
            auto* __restrict out = to + (row * kRegionSide + column) * map_shape.c + first;
            for (std::size_t i = 0; i < count; ++i) out[i] = Element::Store(largest[i], 1);
          }
        }
      }
    });
  });
}

void RegionPoolBackward(std::span<const std::byte> map,
                        const Shape& map_shape,
                        ElementType element,
                        const RegionWindow& window,
                        std::span<const std::byte> diff_region,
                        std::span<float> diff_map) {
  CheckSizes(map.size(), map_shape, element, diff_region.size());
  Expects(diff_map.size() == map_shape.Count(), "derivatives of all of the map");
  const Samples samples = SamplesOf(window, map_shape);
  DispatchElement(element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(map);
    const auto* given = ValuesOf<Element>(diff_region);
    RunVectorised([&]() __attribute__((always_inline)) {
      alignas(64) SampleBlock block;
      alignas(64) SampleBlock diff;
      for (std::size_t first = 0; first < map_shape.c; first += kChannels) {
        const std::size_t count = std::min(kChannels, map_shape.c - first);
        Sample<Element>(from, map_shape, samples, first, count, block);
        for (float& value : diff) value = 0;
        SpreadOverSamples<Element>(block, given + first, map_shape.c, count, diff);
        AddToCells(diff, map_shape, samples, first, count, diff_map.data());
      }
    });
  });
}

void RegionPoolReference(TensorView map, const RegionWindow& window, MutableTensorView region) {
  Expects(region.shape == Shape{1, map.shape.c, kRegionSide, kRegionSide}, "a region's shape");
  const Samples samples = SamplesOf(window, map.shape);
  std::size_t i = 0;
  for (std::size_t c = 0; c < map.shape.c; ++c) {
    for (std::size_t row = 0; row < kRegionSide; ++row) {
      for (std::size_t column = 0; column < kRegionSide; ++column)
        region.data[i++] = static_cast<float>(LargestReference(map, samples, c, row, column).value);
    }
  }
}

void RegionPoolBackwardReference(TensorView map,
                                 const RegionWindow& window,
                                 TensorView diff_region,
                                 MutableTensorView diff_map) {
  Expects(diff_map.shape == map.shape, "derivatives of all of the map");
  const Samples samples = SamplesOf(window, map.shape);
  std::ranges::fill(diff_map.data, 0.0F);
  std::size_t i = 0;
  for (std::size_t c = 0; c < map.shape.c; ++c) {
    for (std::size_t row = 0; row < kRegionSide; ++row) {
      for (std::size_t column = 0; column < kRegionSide; ++column) {
        const double diff = double{diff_region.data[i++]};
        const Place largest = LargestReference(map, samples, c, row, column);
        for (std::size_t k = 0; k < 4; ++k) {
          const Between& in_row = samples.rows[largest.y];
          const Between& in_column = samples.columns[largest.x];
          const std::size_t cell =
              (c * map.shape.h + in_row.cells[k / 2]) * map.shape.w + in_column.cells[k % 2];
          const double weight = double{in_row.weights[k / 2]} * double{in_column.weights[k % 2]};
          diff_map.data[cell] = static_cast<float>(double{diff_map.data[cell]} + weight * diff);
        }
      }
    }
  }
}

}  // namespace deeper::kernels
