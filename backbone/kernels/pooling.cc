#include "backbone/kernels/pooling.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "backbone/kernels/instruction_set.h"
#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper::kernels {
namespace {

constexpr std::size_t kWindowSide = 3;
constexpr std::size_t kMostChannels = 192;  // of a map that LRN reads

// Of 3 positions along an axis, those of window `i`; one that hangs over the edge is moved onto the
// map, where it repeats another one of its window, which changes no maximum.
std::array<std::size_t, kWindowSide> Positions(std::size_t i,
                                               const Window& window,
                                               std::size_t side) {
  std::array<std::size_t, kWindowSide> positions;
  for (std::size_t k = 0; k < kWindowSide; ++k) {
    const std::size_t from_padding = i * window.stride + k;
    positions[k] = std::min(std::max(from_padding, window.pad) - window.pad, side - 1);
  }
  return positions;
}

template <class T>
[[gnu::always_inline]] inline T MaxOfThree(T a, T b, T c) {
  const T larger = a > b ? a : b;
  return larger > c ? larger : c;
}

template <class T>
[[gnu::always_inline]] inline void MaxOfThreeRuns(const T* __restrict a,
                                                  const T* __restrict b,
                                                  const T* __restrict c,
                                                  std::size_t count,
                                                  T* __restrict largest) {
  for (std::size_t i = 0; i < count; ++i) largest[i] = MaxOfThree(a[i], b[i], c[i]);
}

// One row of the pooled map from the three rows of its windows. column_max: a row of the source.
template <class T>
[[gnu::always_inline]] inline void PoolRow(std::array<const T*, kWindowSide> rows,
                                           const Shape& source,
                                           const Window& window,
                                           std::size_t out_width,
                                           T* column_max,
                                           T* pooled) {
  MaxOfThreeRuns(rows[0], rows[1], rows[2], source.w * source.c, column_max);
  for (std::size_t x = 0; x < out_width; ++x) {
    const auto at = Positions(x, window, source.w);
    MaxOfThreeRuns(column_max + at[0] * source.c,
                   column_max + at[1] * source.c,
                   column_max + at[2] * source.c,
                   source.c,
                   pooled + x * source.c);
  }
}

static_assert(kLrnParameters.size == 5 && kLrnParameters.beta == 0.75F && kLrnParameters.k == 1.0F,
              "what NormaliseRow computes");

// y^-3/4 for y >= 1. The first guess z takes -3/4 of the exponent, by way of the number's bits, and
// is within 4.4%. With h = 1 - y^3 z^4, y^-3/4 = z (1 - h)^-1/4 = z (1 + h/4 + 5/32 h^2 + 15/128
// h^3
// + ...): four terms leave 1e-4, and a second time two terms (Newton's method) leave 2e-7.
template <bool kTwice>
[[gnu::always_inline]] inline float PowerMinusThreeQuarters(float y) {
  auto z = std::bit_cast<float>(0x6F14EC10U - std::bit_cast<std::uint32_t>(y) / 4 * 3);
  float inverse_root = y * z * z;  // approaches y^-1/2
  float h = 1.0F - y * inverse_root * inverse_root;
  z *= 1.0F + h * (0.25F + h * (0.15625F + h * 0.1171875F));
  if constexpr (kTwice) {
    inverse_root = y * z * z;
    h = 1.0F - y * inverse_root * inverse_root;
    z *= 1.0F + 0.25F * h;
  }
  return z;
}

// y_i = x_i (1 + alpha/5 sum_{j = i-2}^{i+2} x_j^2)^-3/4 for the channels of each pixel. The
// squares of several pixels are written before any is read: a read so soon behind the write would
// wait.
template <class Source, class Destination>
[[gnu::always_inline]] inline void NormaliseRow(const typename Source::Stored* source,
                                                std::size_t pixels,
                                                std::size_t channels,
                                                float inverse_scale,
                                                typename Destination::Stored* destination) {
  constexpr std::size_t kTogether = 8;  // pixels
  constexpr std::size_t kBeside = kLrnParameters.size / 2;
  constexpr float kFactor = kLrnParameters.alpha / static_cast<float>(kLrnParameters.size);
  constexpr bool kIsExact = std::is_same_v<Destination, F32>;
  // Each pixel's channels with zeros on both sides.
  std::array<float, kTogether*(kMostChannels + 2 * kBeside)> squares{};
  const std::size_t pitch = channels + 2 * kBeside;
  for (std::size_t first = 0; first < pixels; first += kTogether) {
    const std::size_t count = std::min(kTogether, pixels - first);
    for (std::size_t pixel = 0; pixel < count; ++pixel) {
      const auto* __restrict from = source + (first + pixel) * channels;
      float* __restrict square = squares.data() + pixel * pitch + kBeside;
      for (std::size_t c = 0; c < channels; ++c) {
        const float value = Source::Load(from[c], 1);
        square[c] = value * value;
      }
    }
    for (std::size_t pixel = 0; pixel < count; ++pixel) {
      const auto* __restrict from = source + (first + pixel) * channels;
      auto* __restrict to = destination + (first + pixel) * channels;
      const float* __restrict square = squares.data() + pixel * pitch;
      for (std::size_t c = 0; c < channels; ++c) {
        const float sum = square[c] + square[c + 1] + square[c + 2] + square[c + 3] + square[c + 4];
        const float power = PowerMinusThreeQuarters<kIsExact>(1.0F + kFactor * sum);
        to[c] = Destination::Store(Source::Load(from[c], 1) * power, inverse_scale);
      }
    }
  }
}

std::size_t RowValues(const Shape& shape) { return shape.w * shape.c; }

// A pass with its memory, while it runs.
struct PoolRun {
  const PoolPass& pass;
  std::span<const std::byte> source;
  std::span<std::byte> destination;
  std::span<std::byte> scratch;
  std::size_t out_height = OutputSide(pass.source.h, pass.window, Rounding::kUp);
  std::size_t out_width = OutputSide(pass.source.w, pass.window, Rounding::kUp);
  std::size_t row_values = RowValues(pass.source);
  std::size_t out_row_values = out_width * pass.source.c;
};

void Check(const PoolRun& run) {
  const PoolPass& pass = run.pass;
  Expects(pass.source.n == 1 && pass.window.kernel == kWindowSide, "one picture, windows of 3x3");
  Expects(run.source.size() >= pass.source.Count() * SizeOf(pass.source_encoding.element),
          "a source of the shape");
  Expects(run.destination.size() >=
              run.out_height * run.out_row_values * SizeOf(pass.destination_encoding.element),
          "room for the pooled map");
  Expects(run.scratch.size() >= PoolScratchBytes(pass),
          "scratch memory of the size that is asked for");
  if (pass.lrn == LrnPlace::kNone) {
    Expects(pass.source_encoding == pass.destination_encoding, "one encoding on both sides");
  } else {
    Expects(pass.source.c <= kMostChannels, "at most 192 channels");
  }
}

// Calls function(Source{}, Destination{}) for the pairs that LRN is made for.
template <class Function>
void DispatchLrn(const PoolPass& pass, const Function& function) {
  const ElementType source = pass.source_encoding.element;
  const ElementType destination = pass.destination_encoding.element;
  if (source == ElementType::kF32 && destination == ElementType::kF32)
    return function(F32{}, F32{});
  if (source == ElementType::kF32 && destination == ElementType::kU8) return function(F32{}, U8{});
  if (source == ElementType::kBf16 && destination == ElementType::kBf16)
    return function(Bf16{}, Bf16{});
  if (source == ElementType::kBf16 && destination == ElementType::kU8)
    return function(Bf16{}, U8{});
  throw ContractViolation("LRN from f32 or bf16 to the same or u8");
}

void Pool(const PoolRun& run) {
  const PoolPass& pass = run.pass;
  DispatchElement(pass.source_encoding.element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(run.source);
    auto* to = ValuesOf<Element>(run.destination);
    auto* column_max = ValuesOf<Element>(run.scratch);
    RunVectorised([&]() __attribute__((always_inline)) {
      const auto row = [&](std::size_t y) { return from + y * run.row_values; };
      for (std::size_t y = 0; y < run.out_height; ++y) {
        const auto at = Positions(y, pass.window, pass.source.h);
        PoolRow({row(at[0]), row(at[1]), row(at[2])},
                pass.source,
                pass.window,
                run.out_width,
                column_max,
                to + y * run.out_row_values);
      }
    });
  });
}

void PoolThenNormalise(const PoolRun& run) {
  const PoolPass& pass = run.pass;
  const float inverse_scale = 1 / pass.destination_encoding.scale;
  DispatchLrn(pass, [&]<class Source, class Destination>(Source, Destination) {
    const auto* from = ValuesOf<Source>(run.source);
    auto* to = ValuesOf<Destination>(run.destination);
    auto* column_max = ValuesOf<Source>(run.scratch);
    auto* pooled = column_max + run.row_values;
    RunVectorised([&]() __attribute__((always_inline)) {
      const auto row = [&](std::size_t y) { return from + y * run.row_values; };
      for (std::size_t y = 0; y < run.out_height; ++y) {
        const auto at = Positions(y, pass.window, pass.source.h);
        PoolRow({row(at[0]), row(at[1]), row(at[2])},
                pass.source,
                pass.window,
                run.out_width,
                column_max,
                pooled);
        NormaliseRow<Source, Destination>(
            pooled, run.out_width, pass.source.c, inverse_scale, to + y * run.out_row_values);
      }
    });
  });
}

void NormaliseThenPool(const PoolRun& run) {
  const PoolPass& pass = run.pass;
  const float inverse_scale = 1 / pass.destination_encoding.scale;
  DispatchLrn(pass, [&]<class Source, class Destination>(Source, Destination) {
    const auto* from = ValuesOf<Source>(run.source);
    auto* to = ValuesOf<Destination>(run.destination);
    auto* column_max = ValuesOf<Destination>(run.scratch);
    auto* normalised = column_max + run.row_values;  // the last three rows, row y at y mod 3
    RunVectorised([&]() __attribute__((always_inline)) {
      const auto row = [&](std::size_t y) { return normalised + y % kWindowSide * run.row_values; };
      std::size_t done = 0;  // rows normalised so far
      for (std::size_t y = 0; y < run.out_height; ++y) {
        const auto at = Positions(y, pass.window, pass.source.h);
        for (; done <= at.back(); ++done) {
          NormaliseRow<Source, Destination>(
              from + done * run.row_values, pass.source.w, pass.source.c, inverse_scale, row(done));
        }
        PoolRow<typename Destination::Stored>({row(at[0]), row(at[1]), row(at[2])},
                                              pass.source,
                                              pass.window,
                                              run.out_width,
                                              column_max,
                                              to + y * run.out_row_values);
      }
    });
  });
}

}  // namespace

std::size_t PoolScratchBytes(const PoolPass& pass) {
  const std::size_t source_row = RowValues(pass.source) * SizeOf(pass.source_encoding.element);
  const std::size_t destination_row =
      RowValues(pass.source) * SizeOf(pass.destination_encoding.element);
  switch (pass.lrn) {
    case LrnPlace::kNone:
      return source_row;
    case LrnPlace::kBehindPool:
      return 2 * source_row;
    case LrnPlace::kBeforePool:
      return (kWindowSide + 1) * destination_row;
  }
  throw ContractViolation("a known place of LRN");
}

void MaxPool(const PoolPass& pass,
             std::span<const std::byte> source,
             std::span<std::byte> destination,
             std::span<std::byte> scratch) {
  const PoolRun run = {
      .pass = pass, .source = source, .destination = destination, .scratch = scratch};
  Check(run);
  switch (pass.lrn) {
    case LrnPlace::kNone:
      return Pool(run);
    case LrnPlace::kBehindPool:
      return PoolThenNormalise(run);
    case LrnPlace::kBeforePool:
      return NormaliseThenPool(run);
  }
}

void AverageOverPixels(std::span<const std::byte> source,
                       std::size_t pixels,
                       Encoding encoding,
                       std::span<float> means) {
  const std::size_t channels = means.size();
  Expects(pixels > 0 && source.size() >= pixels * channels * SizeOf(encoding.element),
          "a map of the means' channels");
  DispatchElement(encoding.element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(source);
    RunVectorised([&]() __attribute__((always_inline)) {
      float* __restrict sums = means.data();
      for (std::size_t c = 0; c < channels; ++c) sums[c] = 0;
      for (std::size_t p = 0; p < pixels; ++p) {
        const auto* __restrict pixel = from + p * channels;
        for (std::size_t c = 0; c < channels; ++c)
          sums[c] += Element::Load(pixel[c], encoding.scale);
      }
      const auto count = static_cast<float>(pixels);
      for (std::size_t c = 0; c < channels; ++c) sums[c] /= count;
    });
  });
}

void AverageOverRowsAndColumns(std::span<const std::byte> source,
                               std::size_t side,
                               Encoding encoding,
                               std::span<float> means) {
  Expects(side > 0, "a map with pixels");
  const std::size_t channels = means.size() / (2 * side);
  Expects(means.size() == 2 * side * channels &&
              source.size() >= side * side * channels * SizeOf(encoding.element),
          "a square map of the means' channels");
  DispatchElement(encoding.element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(source);
    RunVectorised([&]() __attribute__((always_inline)) {
      float* __restrict sums = means.data();
      for (std::size_t i = 0; i < means.size(); ++i) sums[i] = 0;
      for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t x = 0; x < side; ++x) {
          const auto* __restrict pixel = from + (y * side + x) * channels;
          float* __restrict row = sums + y * channels;
          float* __restrict column = sums + (side + x) * channels;
          for (std::size_t c = 0; c < channels; ++c) {
            const float value = Element::Load(pixel[c], encoding.scale);
            row[c] += value;
            column[c] += value;
          }
        }
      }
      const auto count = static_cast<float>(side);
      for (std::size_t i = 0; i < means.size(); ++i) sums[i] /= count;
    });
  });
}

void AverageOverRowsAndColumnsBackward(std::span<const float> diff_means,
                                       std::size_t side,
                                       ElementType element,
                                       std::span<std::byte> diff_map) {
  Expects(side > 0, "a map with pixels");
  const std::size_t channels = diff_means.size() / (2 * side);
  Expects(diff_means.size() == 2 * side * channels &&
              diff_map.size() >= side * side * channels * SizeOf(element),
          "a square map of the means' channels");
  DispatchElement(element, [&]<class Element>(Element) {
    auto* to = reinterpret_cast<typename Element::Stored*>(diff_map.data());
    const auto count = static_cast<float>(side);
    RunVectorised([&]() __attribute__((always_inline)) {
      for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t x = 0; x < side; ++x) {
          auto* __restrict pixel = to + (y * side + x) * channels;
          const float* __restrict row = diff_means.data() + y * channels;
          const float* __restrict column = diff_means.data() + (side + x) * channels;
          for (std::size_t c = 0; c < channels; ++c) {
            pixel[c] = Element::Store(Element::Load(pixel[c], 1) + (row[c] + column[c]) / count, 1);
          }
        }
      }
    });
  });
}

}  // namespace deeper::kernels
