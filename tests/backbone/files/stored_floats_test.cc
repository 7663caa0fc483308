#include "backbone/files/stored_floats.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using Catch::Contains;

float ThroughDType(float value, DType dtype) {
  return LoadFloats(StoreFloats(std::span(&value, 1), {1}, dtype), "x")[0];
}

std::uint16_t StoredBits(float value, DType dtype) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, StoreFloats(std::span(&value, 1), {1}, dtype).bytes.data(), sizeof bits);
  return bits;
}

StoredTensor FromBits(std::uint16_t bits, DType dtype) {
  std::vector<std::uint8_t> bytes(sizeof bits);
  std::memcpy(bytes.data(), &bits, sizeof bits);
  return {.dtype = dtype, .shape = {1}, .bytes = bytes};
}

TEST_CASE("f32 values are stored exactly, bit by bit") {
  for (const float value : {0.1F, -0.0F, 1e-45F, std::numeric_limits<float>::max()}) {
    REQUIRE(std::bit_cast<std::uint32_t>(ThroughDType(value, DType::kF32)) ==
            std::bit_cast<std::uint32_t>(value));
  }
}

TEST_CASE("every 16-bit value survives widening and narrowing") {
  for (const DType dtype : {DType::kBf16, DType::kF16}) {
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
      const float value = LoadFloats(FromBits(static_cast<std::uint16_t>(bits), dtype), "x")[0];
      const std::uint16_t back = StoredBits(value, dtype);
      if (std::isnan(value)) {
        const std::uint32_t quiet = dtype == DType::kF16 ? 0x0200U : 0x0040U;
        if (back != (bits | quiet)) FAIL("NaN " << bits << " became " << back);
      } else if (back != bits) {
        FAIL(bits << " became " << back);
      }
    }
  }
}

// The nearest value of `dtype` by search: the oracle for rounding. Neighbours of the same sign have
// neighbouring bits. So the nearer of `bits` and `bits + 1` is right; on a tie, the even one.
std::uint16_t NearestByComparison(float value, std::uint16_t below, DType dtype) {
  const auto above = static_cast<std::uint16_t>(below + 1);
  const double low = double{LoadFloats(FromBits(below, dtype), "x")[0]};
  const double high = double{LoadFloats(FromBits(above, dtype), "x")[0]};
  const double to_low = std::abs(double{value} - low);
  const double to_high = std::abs(high - double{value});
  if (to_low != to_high) return to_low < to_high ? below : above;
  return below % 2 == 0 ? below : above;
}

TEST_CASE("narrowing rounds to the nearest value, ties to even, subnormals included") {
  Random random(3);
  for (const DType dtype : {DType::kBf16, DType::kF16}) {
    // Finite values below the largest, whose upper neighbour is finite too.
    const std::uint32_t largest = dtype == DType::kF16 ? 0x7BFEU : 0x7F7EU;
    for (int i = 0; i < 20000; ++i) {
      const auto sign = static_cast<std::uint16_t>(random.Below(2) << 15U);
      const auto below = static_cast<std::uint16_t>(sign | random.Below(largest + 1));
      const float low = LoadFloats(FromBits(below, dtype), "x")[0];
      const float high = LoadFloats(FromBits(static_cast<std::uint16_t>(below + 1), dtype), "x")[0];
      // Half of the trials lie exactly between two neighbours.
      const double share = i % 2 == 0 ? 0.5 : random.Uniform();
      const auto value = static_cast<float>(double{low} + share * (double{high} - double{low}));
      if (StoredBits(value, dtype) != NearestByComparison(value, below, dtype)) {
        FAIL(NameOf(dtype) << ": " << value << " became " << StoredBits(value, dtype));
      }
    }
  }
}

TEST_CASE("what is too large for f16 becomes infinite from the midpoint on") {
  REQUIRE(ThroughDType(65504.0F, DType::kF16) == 65504.0F);
  REQUIRE(ThroughDType(65519.996F, DType::kF16) == 65504.0F);
  REQUIRE(ThroughDType(65520.0F, DType::kF16) == std::numeric_limits<float>::infinity());
  REQUIRE(ThroughDType(-1e30F, DType::kF16) == -std::numeric_limits<float>::infinity());
  REQUIRE(ThroughDType(std::numeric_limits<float>::max(), DType::kBf16) ==
          std::numeric_limits<float>::infinity());
}

TEST_CASE("NaN stays NaN, even one whose upper bits are those of infinity") {
  const auto sneaky = std::bit_cast<float>(0x7F800001U);
  REQUIRE(std::isnan(ThroughDType(sneaky, DType::kBf16)));
  REQUIRE(std::isnan(ThroughDType(sneaky, DType::kF16)));
}

TEST_CASE("integers are not taken for floats, nor floats for integers") {
  const StoredTensor bytes{.dtype = DType::kI8, .shape = {1}, .bytes = {1}};
  REQUIRE_THROWS_WITH(LoadFloats(bytes, "svm/weight"), Contains("'svm/weight' holds I8"));
  REQUIRE_THROWS_AS(StoreFloats(std::vector<float>{1}, {1}, DType::kI8), ContractViolation);
  REQUIRE_THROWS_AS(StoreFloats(std::vector<float>{1}, {2}), ContractViolation);
}

TEST_CASE("a tensor has one to four sizes") {
  using Floats = std::vector<float>;
  REQUIRE_THROWS_WITH(LoadTensor(StoreFloats(Floats{1}, {1, 1, 1, 1, 1}), "x"),
                      Contains("'x' has 5 dimensions"));
  REQUIRE_THROWS_AS(LoadTensor(StoreFloats(Floats{1}, {}), "x"), Error);
}

}  // namespace
}  // namespace deeper
