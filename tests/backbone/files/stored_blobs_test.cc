#include "backbone/files/stored_blobs.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "backbone/files/stored_floats.h"
#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Tensor NoiseBlob(const Shape& shape, double size, std::uint64_t seed) {
  Tensor blob = MakeTensor(shape);
  Random random(seed);
  for (float& value : blob.data) value = static_cast<float>(size * (2 * random.Uniform() - 1));
  return blob;
}

TEST_CASE("a value rounded to a byte is off by half a step at most") {
  const Tensor blob = NoiseBlob({20, 3, 5, 5}, 0.01, 1);
  const Tensor rounded = RoundedToBytes(blob);
  REQUIRE(rounded.shape == blob.shape);
  for (std::size_t row = 0; row < 20; ++row) {
    float largest = 0;
    for (std::size_t i = 75 * row; i < 75 * (row + 1); ++i)
      largest = std::max(largest, std::abs(blob.data[i]));
    for (std::size_t i = 75 * row; i < 75 * (row + 1); ++i) {
      const float error = std::abs(rounded.data[i] - blob.data[i]);
      CHECK(error <= largest * 1.004F / 254);
    }
  }
}

TEST_CASE(
    "rounding again changes nothing, and single values, zeros and tiny values keep their sense") {
  const Tensor rounded = RoundedToBytes(NoiseBlob({9, 40, 1, 1}, 3, 2));
  CHECK(RoundedToBytes(rounded) == rounded);
  const Tensor biases = NoiseBlob({9, 1, 1, 1}, 3, 3);
  CHECK(RoundedToBytes(biases) == biases);
  const Tensor zeros = MakeTensor({4, 5, 1, 1});
  CHECK(RoundedToBytes(zeros) == zeros);
  CHECK(RoundedToBytes(NoiseBlob({4, 5, 1, 1}, 1e-40, 4)) == zeros);
  for (const float value : RoundedToBytes(NoiseBlob({4, 500, 1, 1}, 1, 5)).data)
    CHECK_FALSE((value == 0 && std::signbit(value)));
}

TEST_CASE("each blob takes the fewest bytes that lose nothing, and comes back to the last bit") {
  const Tensor f32 = NoiseBlob({6, 30, 1, 1}, 1, 6);
  Tensor bf16 = f32;
  bf16.data = LoadFloats(StoreTensor(f32, DType::kBf16), "");
  const Tensor bytes = RoundedToBytes(f32);
  std::map<std::string, StoredTensor> tensors;
  StoreBlob("f32", f32, tensors);
  StoreBlob("bf16", bf16, tensors);
  StoreBlob("bytes", bytes, tensors);
  StoreBlob("bias", NoiseBlob({6, 1, 1, 1}, 1, 7), tensors);
  Tensor odd = bytes;
  odd.data[7] = std::nextafter(odd.data[7], 1.0F);
  StoreBlob("odd", odd, tensors);
  Tensor not_a_number = bytes;
  not_a_number.data[7] = NAN;
  StoreBlob("nan", not_a_number, tensors);
  Tensor negative_zero = MakeTensor({2, 3, 1, 1});
  negative_zero.data[1] = -0.0F;
  StoreBlob("negative zero", negative_zero, tensors);

  REQUIRE(tensors.size() == 8);
  CHECK(tensors.at("f32").dtype == DType::kF32);
  CHECK(tensors.at("bf16").dtype == DType::kBf16);
  CHECK(tensors.at("bytes").dtype == DType::kI8);
  CHECK(tensors.at("bytes").bytes.size() == 180);
  CHECK(tensors.at("bytes.step").shape == std::vector<std::uint64_t>{6});
  CHECK(tensors.at("bias").dtype == DType::kF32);
  CHECK(tensors.at("odd").dtype == DType::kF32);
  CHECK(tensors.at("nan").dtype == DType::kF32);
  CHECK(tensors.at("negative zero").dtype == DType::kBf16);
  const Weights loaded = LoadBlobs(tensors);
  REQUIRE(loaded.size() == 7);
  CHECK(loaded.at("f32") == f32);
  CHECK(loaded.at("bf16") == bf16);
  CHECK(loaded.at("bytes") == bytes);
  CHECK(loaded.at("odd") == odd);
}

TEST_CASE("bytes and steps that do not belong together are refused by name") {
  std::map<std::string, StoredTensor> good;
  StoreBlob("x", RoundedToBytes(NoiseBlob({6, 30, 1, 1}, 1, 8)), good);
  const auto refused = [&](auto damage, const char* what) {
    auto tensors = good;
    damage(tensors);
    CHECK_THROWS_WITH(LoadBlobs(tensors), Catch::Contains(what));
  };
  refused([](auto& tensors) { tensors.erase("x.step"); }, "'x' holds I8 without 'x.step'");
  refused([](auto& tensors) { tensors.erase("x"); }, "'x.step' holds steps of no I8 tensor");
  refused([](auto& tensors) { tensors["x"] = StoreFloats({}, {0}); }, "steps of no I8 tensor");
  refused([](auto& tensors) { tensors["x.step"] = StoreFloats({}, {0}); }, "6 rows, but 0 steps");
  refused([](auto& tensors) { tensors["x.step"] = tensors["x"]; }, "holds I8");
  refused([](auto& tensors) { tensors["x"].shape = {180}; }, "180 rows, but 6 steps");
}

}  // namespace
}  // namespace deeper
