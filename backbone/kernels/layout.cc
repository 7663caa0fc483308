#include "backbone/kernels/layout.h"

#include <bit>
#include <cstring>

#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper::kernels {

std::uint16_t Bf16FromFloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t half_and_even = 0x7FFFU + ((bits >> 16U) & 1U);
  const std::uint32_t quiet_nan = (bits >> 16U) | 0x40U;
  const std::uint32_t rounded = (bits + half_and_even) >> 16U;
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return static_cast<std::uint16_t>(is_nan ? quiet_nan : rounded);
}

float FloatFromBf16(std::uint16_t value) {
  return std::bit_cast<float>(std::uint32_t{value} << 16U);
}

void ToNhwc(TensorView source, Encoding encoding, std::span<std::byte> destination) {
  const auto [n, c, h, w] = source.shape;
  Expects(destination.size() >= source.shape.Count() * SizeOf(encoding.element),
          "room for the whole tensor");
  const float inverse_scale = 1 / encoding.scale;
  DispatchElement(encoding.element, [&, n = n, c = c, pixels = h * w]<class Element>(Element) {
    auto* to = ValuesOf<Element>(destination);
    for (std::size_t picture = 0; picture < n; ++picture) {
      for (std::size_t channel = 0; channel < c; ++channel) {
        const float* plane = source.data.data() + (picture * c + channel) * pixels;
        auto* first = to + picture * c * pixels + channel;
        for (std::size_t p = 0; p < pixels; ++p) {
          first[p * c] = Element::Store(plane[p], inverse_scale);
        }
      }
    }
  });
}

Tensor FromNhwc(std::span<const std::byte> source, const Shape& shape, Encoding encoding) {
  Expects(source.size() >= shape.Count() * SizeOf(encoding.element), "the whole tensor");
  Tensor tensor = MakeTensor(shape);
  const std::size_t pixels = shape.h * shape.w;
  DispatchElement(encoding.element, [&]<class Element>(Element) {
    const auto* from = ValuesOf<Element>(source);
    for (std::size_t picture = 0; picture < shape.n; ++picture) {
      for (std::size_t channel = 0; channel < shape.c; ++channel) {
        for (std::size_t p = 0; p < pixels; ++p) {
          tensor.data[(picture * shape.c + channel) * pixels + p] =
              Element::Load(from[(picture * pixels + p) * shape.c + channel], encoding.scale);
        }
      }
    }
  });
  return tensor;
}

void CopyIntoChannels(std::span<const std::byte> source,
                      const ChannelSlice& slice,
                      ElementType element,
                      std::span<std::byte> destination) {
  Expects(slice.first + slice.channels <= slice.total_channels,
          "a slice inside the map's channels");
  const std::size_t run_bytes = slice.channels * SizeOf(element);
  const std::size_t pitch_bytes = slice.total_channels * SizeOf(element);
  Expects(
      source.size() >= slice.pixels * run_bytes && destination.size() >= slice.pixels * pitch_bytes,
      "maps of the slice's size");
  const std::byte* from = source.data();
  std::byte* to = destination.data() + slice.first * SizeOf(element);
  for (std::size_t p = 0; p < slice.pixels; ++p, from += run_bytes, to += pitch_bytes) {
    std::memcpy(to, from, run_bytes);
  }
}

}  // namespace deeper::kernels
