#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "backbone/kernels/layout.h"

namespace deeper::kernels {

// How a value of each element type is stored and read, so that one loop serves them all. Values
// that are not negative are ordered as their `Stored` are. All is inline, to be vectorised with the
// loop around it.
struct F32 {
  using Stored = float;
  [[gnu::always_inline]] static float Load(float stored, float /*scale*/) { return stored; }
  [[gnu::always_inline]] static float Store(float value, float /*inverse_scale*/) { return value; }
};

struct Bf16 {
  using Stored = std::int16_t;
  [[gnu::always_inline]] static float Load(std::int16_t stored, float /*scale*/) {
    return std::bit_cast<float>(std::uint32_t{static_cast<std::uint16_t>(stored)} << 16U);
  }
  // To the nearest, ties to even; finite values only.
  [[gnu::always_inline]] static std::int16_t Store(float value, float /*inverse_scale*/) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::int16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
  }
};

struct U8 {
  using Stored = std::uint8_t;
  [[gnu::always_inline]] static float Load(std::uint8_t stored, float scale) {
    return static_cast<float>(stored) * scale;
  }
  // To the nearest, half up, of 0 to 255 steps.
  [[gnu::always_inline]] static std::uint8_t Store(float value, float inverse_scale) {
    const float steps = value * inverse_scale + 0.5F;
    const float not_negative = steps > 0.0F ? steps : 0.0F;
    return static_cast<std::uint8_t>(
        static_cast<std::int32_t>(not_negative < 255.0F ? not_negative : 255.0F));
  }
};

// Calls `function` with the element's F32{}, Bf16{} or U8{}.
template <class Function>
void DispatchElement(ElementType element, const Function& function) {
  switch (element) {
    case ElementType::kF32:
      return function(F32{});
    case ElementType::kBf16:
      return function(Bf16{});
    case ElementType::kU8:
      return function(U8{});
  }
}

template <class Element>
const typename Element::Stored* ValuesOf(std::span<const std::byte> bytes) {
  return reinterpret_cast<const typename Element::Stored*>(bytes.data());
}
template <class Element>
typename Element::Stored* ValuesOf(std::span<std::byte> bytes) {
  return reinterpret_cast<typename Element::Stored*>(bytes.data());
}

}  // namespace deeper::kernels
