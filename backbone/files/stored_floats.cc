#include "backbone/files/stored_floats.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "backbone/kernels/layout.h"
#include "core/error.h"

namespace deeper {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian, as we are");

constexpr std::uint32_t kSign = 0x80000000U;
constexpr std::uint32_t kInfinity = 0x7F800000U;  // larger magnitudes are NaN

// `bits` without the lowest `count` of them, rounded to nearest, ties to even. A carry out of the
// mantissa raises the exponent, which is right, up to infinity.
std::uint32_t ShiftRounded(std::uint32_t bits, std::uint32_t count) {
  const std::uint32_t kept = bits >> count;
  const std::uint32_t rest = bits & ((1U << count) - 1);
  const std::uint32_t half = 1U << (count - 1);
  return kept + (rest > half || (rest == half && (kept & 1U) != 0) ? 1 : 0);
}

// f16: 1 sign bit, 5 of exponent (bias 15), 10 of mantissa; f32: 1, 8 (bias 127), 23.
std::uint16_t F16FromF32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits & kSign) >> 16U;
  const std::uint32_t magnitude = bits & ~kSign;
  constexpr std::uint32_t kF16Infinity = 0x7C00U;
  constexpr std::uint32_t kSmallestNormal = 113U << 23U;    // 2^-14
  constexpr std::uint32_t kSmallestInfinite = 143U << 23U;  // 2^16; what is near it rounds up to it

  std::uint32_t result = 0;
  if (magnitude > kInfinity) {
    result = kF16Infinity | 0x0200U | ((magnitude >> 13U) & 0x03FFU);  // NaN, quiet
  } else if (magnitude >= kSmallestInfinite) {
    result = kF16Infinity;
  } else if (magnitude >= kSmallestNormal) {
    result = ShiftRounded(magnitude - (112U << 23U), 13);
  } else {
    // Subnormal: a multiple of 2^-24. The mantissa with its leading one is shifted to that unit.
    const std::uint32_t exponent = magnitude >> 23U;
    const std::uint32_t mantissa = (magnitude & 0x007FFFFFU) | 0x00800000U;
    const std::uint32_t shift = 126U - exponent;  // 14 for the largest exponent here
    result = shift > 24U ? 0 : ShiftRounded(mantissa, shift);
  }
  return static_cast<std::uint16_t>(sign | result);
}

float F32FromF16(std::uint16_t value) {
  const std::uint32_t sign = (value & 0x8000U) << 16U;
  const std::uint32_t exponent = (value >> 10U) & 0x1FU;
  const std::uint32_t mantissa = value & 0x03FFU;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 0x1.0p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  const std::uint32_t widened = exponent == 0x1FU ? 0xFFU : exponent + 112U;
  return std::bit_cast<float>(sign | (widened << 23U) | (mantissa << 13U));
}

template <typename Convert>
std::vector<std::uint8_t> Narrow(std::span<const float> values, Convert convert) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t narrow = convert(values[i]);
    std::memcpy(bytes.data() + i * sizeof narrow, &narrow, sizeof narrow);
  }
  return bytes;
}

template <typename Convert>
std::vector<float> Widen(std::span<const std::uint8_t> bytes, Convert convert) {
  std::vector<float> values(bytes.size() / sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t narrow = 0;
    std::memcpy(&narrow, bytes.data() + i * sizeof narrow, sizeof narrow);
    values[i] = convert(narrow);
  }
  return values;
}

}  // namespace

StoredTensor StoreFloats(std::span<const float> values,
                         std::vector<std::uint64_t> shape,
                         DType dtype) {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) count *= size;
  Expects(count == values.size(), "there are as many values as the shape says");
  StoredTensor tensor{.dtype = dtype, .shape = std::move(shape), .bytes = {}};
  switch (dtype) {
    case DType::kF32:
      tensor.bytes.resize(values.size_bytes());
      if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
      return tensor;
    case DType::kBf16:
      tensor.bytes = Narrow(values, kernels::Bf16FromFloat);
      return tensor;
    case DType::kF16:
      tensor.bytes = Narrow(values, F16FromF32);
      return tensor;
    default:
      break;
  }
  throw ContractViolation("floats are stored as F32, BF16 or F16, not as " + NameOf(dtype));
}

std::vector<float> LoadFloats(const StoredTensor& tensor, const std::string& name) {
  switch (tensor.dtype) {
    case DType::kF32: {
      std::vector<float> values(tensor.bytes.size() / sizeof(float));
      if (!values.empty()) {
        std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(float));
      }
      return values;
    }
    case DType::kBf16:
      return Widen(tensor.bytes, kernels::FloatFromBf16);
    case DType::kF16:
      return Widen(tensor.bytes, F32FromF16);
    default:
      break;
  }
  throw Error("tensor '" + name + "' holds " + NameOf(tensor.dtype) +
              ", expected F32, BF16 or F16");
}

bool FitsBf16(const Tensor& tensor) {
  return std::ranges::all_of(tensor.data, [](float value) {
    return (std::bit_cast<std::uint32_t>(value) & 0xFFFFU) == 0;
  });
}

StoredTensor StoreTensor(const Tensor& tensor, DType dtype) {
  const Shape& shape = tensor.shape;
  return StoreFloats(tensor.data, {shape.n, shape.c, shape.h, shape.w}, dtype);
}

Tensor LoadTensor(const StoredTensor& stored, const std::string& name) {
  if (stored.shape.empty() || stored.shape.size() > 4) {
    throw Error("tensor '" + name + "' has " + std::to_string(stored.shape.size()) +
                " dimensions, expected 1 to 4");
  }
  std::array<std::uint64_t, 4> sizes = {1, 1, 1, 1};
  std::ranges::copy(stored.shape, sizes.begin());
  return {.shape = {.n = sizes[0], .c = sizes[1], .h = sizes[2], .w = sizes[3]},
          .data = LoadFloats(stored, name)};
}

void RoundToBf16(Weights& weights) {
  for (auto& [name, tensor] : weights) tensor = LoadTensor(StoreTensor(tensor, DType::kBf16), name);
}

}  // namespace deeper
