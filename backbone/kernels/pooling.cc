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

struct OutSize {
  std::size_t height, width;
};
OutSize OutSizeOf(const Shape& source, const Window& window) {
  return {OutputSide(source.h, window, Rounding::kUp), OutputSide(source.w, window, Rounding::kUp)};
}

void CheckSizes(const Shape& source_shape,
                const Window& window,
                std::span<const std::byte> source,
                std::size_t source_value_bytes,
                std::span<const std::byte> destination,
                std::size_t destination_value_bytes,
                std::span<const std::byte> scratch,
                std::size_t scratch_bytes) {
  const OutSize out = OutSizeOf(source_shape, window);
  Expects(source_shape.n == 1 && window.kernel == kWindowSide, "one picture and windows of 3x3");
  Expects(source.size() >= source_shape.Count() * source_value_bytes, "a source of the shape");
  Expects(destination.size() >= out.height * out.width * source_shape.c * destination_value_bytes,
          "room for the pooled map");
  Expects(scratch.size() >= scratch_bytes, "scratch memory of the size that is asked for");
}

// Calls function(Source{}, Destination{}) for the pairs that LRN is made for: one type throughout,
// or from bf16 to u8.
template <class Function>
void DispatchLrn(ElementType source, ElementType destination, const Function& function) {
  if (source == ElementType::kF32 && destination == ElementType::kF32)
    return function(F32{}, F32{});
  if (source == ElementType::kBf16 && destination == ElementType::kBf16)
    return function(Bf16{}, Bf16{});
  if (source == ElementType::kBf16 && destination == ElementType::kU8)
    return function(Bf16{}, U8{});
  throw ContractViolation("LRN from f32 to f32 or from bf16 to bf16 or u8");
}

}  // namespace

std::size_t MaxPoolScratchBytes(const Shape& source_shape, ElementType element) {
  return RowValues(source_shape) * SizeOf(element);
}

void MaxPool(const Shape& source_shape,
             const Window& window,
             ElementType element,
             std::span<const std::byte> source,
             std::span<std::byte> destination,
             std::span<std::byte> scratch) {
  CheckSizes(source_shape,
             window,
             source,
             SizeOf(element),
             destination,
             SizeOf(element),
             scratch,
             MaxPoolScratchBytes(source_shape, element));
  const OutSize out = OutSizeOf(source_shape, window);
  const std::size_t row_values = RowValues(source_shape);
  DispatchElement(element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(source);
    auto* to = ValuesOf<Element>(destination);
    auto* column_max = ValuesOf<Element>(scratch);
    RunVectorised([&]() __attribute__((always_inline)) {
      for (std::size_t y = 0; y < out.height; ++y) {
        const auto at = Positions(y, window, source_shape.h);
        PoolRow({from + at[0] * row_values, from + at[1] * row_values, from + at[2] * row_values},
                source_shape,
                window,
                out.width,
                column_max,
                to + y * out.width * source_shape.c);
      }
    });
  });
}

std::size_t MaxPoolThenLrnScratchBytes(const Shape& source_shape, ElementType source_element) {
  return 2 * RowValues(source_shape) * SizeOf(source_element);
}

void MaxPoolThenLrn(const Shape& source_shape,
                    const Window& window,
                    ElementType source_element,
                    std::span<const std::byte> source,
                    Encoding destination_encoding,
                    std::span<std::byte> destination,
                    std::span<std::byte> scratch) {
  CheckSizes(source_shape,
             window,
             source,
             SizeOf(source_element),
             destination,
             SizeOf(destination_encoding.element),
             scratch,
             MaxPoolThenLrnScratchBytes(source_shape, source_element));
  Expects(source_shape.c <= kMostChannels, "at most 192 channels");
  const OutSize out = OutSizeOf(source_shape, window);
  const std::size_t row_values = RowValues(source_shape);
  const std::size_t channels = source_shape.c;
  const float inverse_scale = 1 / destination_encoding.scale;
  DispatchLrn(
      source_element,
      destination_encoding.element,
      [&]<class Source, class Destination>(Source, Destination) {
        const auto* from = ValuesOf<Source>(source);
        auto* to = ValuesOf<Destination>(destination);
        auto* column_max = ValuesOf<Source>(scratch);
        auto* pooled = column_max + row_values;
        RunVectorised([&]() __attribute__((always_inline)) {
          for (std::size_t y = 0; y < out.height; ++y) {
            const auto at = Positions(y, window, source_shape.h);
            PoolRow(
                {from + at[0] * row_values, from + at[1] * row_values, from + at[2] * row_values},
                source_shape,
                window,
                out.width,
                column_max,
                pooled);
            NormaliseRow<Source, Destination>(
                pooled, out.width, channels, inverse_scale, to + y * out.width * channels);
          }
        });
      });
}

std::size_t LrnThenMaxPoolScratchBytes(const Shape& source_shape, Encoding destination_encoding) {
  return (kWindowSide + 1) * RowValues(source_shape) * SizeOf(destination_encoding.element);
}

void LrnThenMaxPool(const Shape& source_shape,
                    const Window& window,
                    ElementType source_element,
                    std::span<const std::byte> source,
                    Encoding destination_encoding,
                    std::span<std::byte> destination,
                    std::span<std::byte> scratch) {
  CheckSizes(source_shape,
             window,
             source,
             SizeOf(source_element),
             destination,
             SizeOf(destination_encoding.element),
             scratch,
             LrnThenMaxPoolScratchBytes(source_shape, destination_encoding));
  Expects(source_shape.c <= kMostChannels, "at most 192 channels");
  const OutSize out = OutSizeOf(source_shape, window);
  const std::size_t row_values = RowValues(source_shape);
  const float inverse_scale = 1 / destination_encoding.scale;
  DispatchLrn(
      source_element,
      destination_encoding.element,
      [&]<class Source, class Destination>(Source, Destination) {
        const auto* from = ValuesOf<Source>(source);
        auto* to = ValuesOf<Destination>(destination);
        auto* column_max = ValuesOf<Destination>(scratch);
        auto* normalised = column_max + row_values;  // the last three rows, row y at y mod 3
        RunVectorised([&]() __attribute__((always_inline)) {
          std::size_t done = 0;  // rows normalised so far
          for (std::size_t y = 0; y < out.height; ++y) {
            const auto at = Positions(y, window, source_shape.h);
            for (; done <= at.back(); ++done) {
              NormaliseRow<Source, Destination>(from + done * row_values,
                                                source_shape.w,
                                                source_shape.c,
                                                inverse_scale,
                                                normalised + done % kWindowSide * row_values);
            }
            const auto row = [&](std::size_t i) {
              return normalised + i % kWindowSide * row_values;
            };
            PoolRow<typename Destination::Stored>({row(at[0]), row(at[1]), row(at[2])},
                                                  source_shape,
                                                  window,
                                                  out.width,
                                                  column_max,
                                                  to + y * out.width * source_shape.c);
          }
        });
      });
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

}  // namespace deeper::kernels
