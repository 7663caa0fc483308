#include "backbone/kernels/layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

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

namespace {

// How a value of each element type is stored.
struct F32 {
  using Stored = float;
  static float Load(float stored) { return stored; }
  static float Store(float value) { return value; }
};
struct Bf16 {
  using Stored = std::uint16_t;
  static float Load(std::uint16_t stored) { return FloatFromBf16(stored); }
  static std::uint16_t Store(float value) { return Bf16FromFloat(value); }
};

// Calls `function` with the element's F32{} or Bf16{}.
template <class Function>
void Dispatch(ElementType element, const Function& function) {
  if (element == ElementType::kF32) {
    function(F32{});
  } else {
    function(Bf16{});
  }
}

template <class Stored>
std::span<const Stored> ValuesOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const Stored*>(bytes.data()), bytes.size() / sizeof(Stored)};
}
template <class Stored>
std::span<Stored> ValuesOf(std::span<std::byte> bytes) {
  return {reinterpret_cast<Stored*>(bytes.data()), bytes.size() / sizeof(Stored)};
}

// Planes, one behind the other, to pixels: to[p c + k] = from[k pixels + p]. In blocks that stay in
// the first cache, converted before they are spread, which lets the compiler vectorise the
// conversion. `channels` is a number, or a constant for the compiler to unroll by.
template <class Element, class Channels>
void InterleaveChannels(std::span<const float> from,
                        Channels channels,
                        std::span<typename Element::Stored> to) {
  constexpr std::size_t kBlock = 256;
  std::array<typename Element::Stored, kBlock> block;
  const std::size_t c = channels;
  const std::size_t pixels = from.size() / c;
  for (std::size_t first = 0; first < pixels; first += kBlock) {
    const std::size_t count = std::min(kBlock, pixels - first);
    for (std::size_t k = 0; k < c; ++k) {
      const float* plane = from.data() + k * pixels + first;
      for (std::size_t i = 0; i < count; ++i) block[i] = Element::Store(plane[i]);
      auto* pixel = to.data() + first * c + k;
      for (std::size_t i = 0; i < count; ++i) pixel[i * c] = block[i];
    }
  }
}

}  // namespace

void ToNhwc(TensorView source, ElementType element, std::span<std::byte> destination) {
  const auto [n, c, h, w] = source.shape;
  Expects(destination.size() >= source.shape.Count() * SizeOf(element),
          "room for the whole tensor");
  Dispatch(element, [&, n = n, c = c, pixels = h * w]<class Element>(Element) {
    const auto to = ValuesOf<typename Element::Stored>(destination);
    for (std::size_t picture = 0; picture < n; ++picture) {
      const std::size_t first = picture * c * pixels;
      const auto from_picture = source.data.subspan(first, c * pixels);
      const auto to_picture = to.subspan(first, c * pixels);
      if (c == 3) {
        InterleaveChannels<Element>(
            from_picture, std::integral_constant<std::size_t, 3>(), to_picture);
      } else {
        InterleaveChannels<Element>(from_picture, c, to_picture);
      }
    }
  });
}

Tensor FromNhwc(std::span<const std::byte> source, const Shape& shape, ElementType element) {
  Expects(source.size() >= shape.Count() * SizeOf(element), "the whole tensor");
  Tensor tensor = MakeTensor(shape);
  const std::size_t pixels = shape.h * shape.w;
  Dispatch(element, [&]<class Element>(Element) {
    const auto from = ValuesOf<typename Element::Stored>(source);
    for (std::size_t picture = 0; picture < shape.n; ++picture) {
      for (std::size_t channel = 0; channel < shape.c; ++channel) {
        for (std::size_t p = 0; p < pixels; ++p) {
          tensor.data[(picture * shape.c + channel) * pixels + p] =
              Element::Load(from[(picture * pixels + p) * shape.c + channel]);
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

void AverageOverPixels(std::span<const std::byte> source,
                       std::size_t pixels,
                       ElementType element,
                       std::span<float> means) {
  const std::size_t channels = means.size();
  Expects(pixels > 0 && source.size() >= pixels * channels * SizeOf(element),
          "a map of the means' channels");
  std::fill(means.begin(), means.end(), 0.0F);
  Dispatch(element, [&]<class Element>(Element) {
    const auto* pixel = reinterpret_cast<const typename Element::Stored*>(source.data());
    for (std::size_t p = 0; p < pixels; ++p, pixel += channels) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        means[channel] += Element::Load(pixel[channel]);
      }
    }
  });
  for (float& mean : means) mean /= static_cast<float>(pixels);
}

}  // namespace deeper::kernels
