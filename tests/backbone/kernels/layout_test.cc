#include "backbone/kernels/layout.h"

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper::kernels {
namespace {

using test::RandomTensor;

TEST_CASE("bf16 rounds to the nearest, and ties to even") {
  const float one = 1.0F;
  const float step = 0x1.0p-7F;  // between neighbours of bf16 just above one
  REQUIRE(FloatFromBf16(Bf16FromFloat(one)) == one);
  REQUIRE(FloatFromBf16(Bf16FromFloat(one + 0.4F * step)) == one);
  REQUIRE(FloatFromBf16(Bf16FromFloat(one + 0.6F * step)) == one + step);
  REQUIRE(FloatFromBf16(Bf16FromFloat(one + 0.5F * step)) == one);
  REQUIRE(FloatFromBf16(Bf16FromFloat(one + 1.5F * step)) == one + 2 * step);
  REQUIRE(FloatFromBf16(Bf16FromFloat(-one - 1.5F * step)) == -one - 2 * step);
}

TEST_CASE(
    "bf16 keeps infinities, NaN and the sign of zero, and rounds the largest f32 to infinity") {
  const float infinity = std::numeric_limits<float>::infinity();
  REQUIRE(FloatFromBf16(Bf16FromFloat(infinity)) == infinity);
  REQUIRE(FloatFromBf16(Bf16FromFloat(-infinity)) == -infinity);
  REQUIRE(FloatFromBf16(Bf16FromFloat(std::numeric_limits<float>::max())) == infinity);
  REQUIRE(std::signbit(FloatFromBf16(Bf16FromFloat(-0.0F))));
  // The NaN with the fewest bits: rounding would carry it to infinity, or cutting would turn it
  // into one.
  for (const std::uint32_t bits : {0x7F800001U, 0x7FFFFFFFU, 0xFFFFFFFFU}) {
    CAPTURE(bits);
    REQUIRE(std::isnan(FloatFromBf16(Bf16FromFloat(std::bit_cast<float>(bits)))));
  }
}

TEST_CASE("every bf16 comes back from f32 as it was") {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const float value = FloatFromBf16(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    if (Bf16FromFloat(value) != bits) FAIL("bits " << bits);
  }
}

TEST_CASE("a pixel's channels lie side by side in NHWC") {
  const Tensor source = {.shape = {1, 3, 1, 2}, .data = {1, 2, 10, 20, 100, 200}};
  std::vector<float> values(6);
  ToNhwc(source, {ElementType::kF32}, std::as_writable_bytes(std::span(values)));
  REQUIRE(values == std::vector<float>{1, 10, 100, 2, 20, 200});
}

TEST_CASE("a tensor comes back from NHWC: as it was in f32, rounded in bf16") {
  // More pixels than a block, and not a multiple of one.
  for (const Shape& shape : {Shape{2, 3, 17, 31}, Shape{1, 1, 1, 1}, Shape{3, 40, 2, 3}}) {
    CAPTURE(shape.n, shape.c, shape.h, shape.w);
    const Tensor tensor = RandomTensor(shape, 1);
    std::vector<std::byte> bytes(shape.Count() * 4);
    ToNhwc(tensor, {ElementType::kF32}, bytes);
    REQUIRE(FromNhwc(bytes, shape, {ElementType::kF32}) == tensor);
    Tensor rounded = tensor;
    for (float& value : rounded.data) value = FloatFromBf16(Bf16FromFloat(value));
    ToNhwc(tensor, {ElementType::kBf16}, bytes);
    REQUIRE(FromNhwc(bytes, shape, {ElementType::kBf16}) == rounded);
  }
}

TEST_CASE("u8 holds whole steps, the nearest of them, from none to 255") {
  const Encoding encoding = {.element = ElementType::kU8, .scale = 0.5F};
  const Tensor tensor = {.shape = {1, 1, 1, 6}, .data = {0, 0.7F, 0.8F, 127.5F, 128, -3}};
  std::vector<std::byte> bytes(6);
  ToNhwc(tensor, encoding, bytes);
  REQUIRE(FromNhwc(bytes, tensor.shape, encoding).data ==
          std::vector<float>{0, 0.5F, 1, 127.5F, 127.5F, 0});
}

TEST_CASE("channels are copied to their place, and the others stay") {
  const std::vector<float> source = {1, 2, 3, 4};
  std::vector<float> destination(10, -1.0F);
  CopyIntoChannels(std::as_bytes(std::span(source)),
                   {.pixels = 2, .first = 1, .channels = 2, .total_channels = 5},
                   ElementType::kF32,
                   std::as_writable_bytes(std::span(destination)));
  REQUIRE(destination == std::vector<float>{-1, 1, 2, -1, -1, -1, 3, 4, -1, -1});
}

TEST_CASE("a slice that passes the last channel is refused") {
  std::vector<std::byte> bytes(64);
  const ChannelSlice slice = {.pixels = 1, .first = 3, .channels = 2, .total_channels = 4};
  REQUIRE_THROWS_AS(CopyIntoChannels(bytes, slice, ElementType::kF32, bytes), ContractViolation);
}

}  // namespace
}  // namespace deeper::kernels
