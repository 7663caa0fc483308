#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "backbone/tensor.h"

namespace deeper::kernels {

// The types in which the fast kernels keep activations. The layout is NHWC, dense, channels
// innermost, so that a pixel's channels are one run of memory. bf16 is the upper half of an f32; u8
// is a number of steps.
enum class ElementType { kF32, kBf16, kU8 };

// Bytes of one value.
constexpr std::size_t SizeOf(ElementType element) {
  return element == ElementType::kF32 ? 4 : element == ElementType::kBf16 ? 2 : 1;
}

// How the values of a map are stored. For u8
//   value = stored * scale, scale > 0
// f32 and bf16 have no scale.
struct Encoding {
  ElementType element = ElementType::kF32;
  float scale = 1;

  bool operator==(const Encoding&) const = default;
};

// The bf16 nearest to `value`, ties to even; a NaN stays one.
std::uint16_t Bf16FromFloat(float value);
float FloatFromBf16(std::uint16_t value);

// Writes `source` (NCHW, f32) to `destination` (NHWC of `encoding`). Values that u8 cannot hold
// become the nearest that it can. Expects a destination of source.shape.Count() values.
void ToNhwc(TensorView source, Encoding encoding, std::span<std::byte> destination);

// Returns `source` (NHWC of `encoding`) as an f32 tensor of this shape.
Tensor FromNhwc(std::span<const std::byte> source, const Shape& shape, Encoding encoding);

// Copies maps of `channels` channels into channels [first, first + channels) of maps of
// `total_channels`. Both are NHWC of `element`. pixels: those of the map, over all pictures.
struct ChannelSlice {
  std::size_t pixels = 0;
  std::size_t first = 0;
  std::size_t channels = 0;
  std::size_t total_channels = 0;
};
void CopyIntoChannels(std::span<const std::byte> source,
                      const ChannelSlice& slice,
                      ElementType element,
                      std::span<std::byte> destination);

}  // namespace deeper::kernels
