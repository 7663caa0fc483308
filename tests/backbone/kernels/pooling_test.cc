#include "backbone/kernels/pooling.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/kernels/onednn.h"
#include "backbone/kernels/reference.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// The vectorised pools and LRN against the reference, on inputs that the element type represents
// exactly.

namespace deeper::kernels {
namespace {

using test::RandomTensor;

constexpr Encoding kF32 = {.element = ElementType::kF32};
constexpr Encoding kBf16 = {.element = ElementType::kBf16};

Shape PooledShape(const Shape& source, const Window& window) {
  return {1,
          source.c,
          OutputSide(source.h, window, Rounding::kUp),
          OutputSide(source.w, window, Rounding::kUp)};
}

// `source` after it was stored and loaded.
Tensor Stored(const Tensor& source, Encoding encoding) {
  AlignedBytes bytes(source.shape.Count() * SizeOf(encoding.element));
  ToNhwc(source, encoding, bytes.bytes());
  return FromNhwc(bytes.bytes(), source.shape, encoding);
}

Tensor Run(const Tensor& source, const PoolPass& pass) {
  const Shape destination_shape = PooledShape(pass.source, pass.window);
  AlignedBytes source_bytes(source.shape.Count() * SizeOf(pass.source_encoding.element));
  AlignedBytes destination(destination_shape.Count() * SizeOf(pass.destination_encoding.element));
  AlignedBytes scratch(PoolScratchBytes(pass));
  ToNhwc(source, pass.source_encoding, source_bytes.bytes());
  MaxPool(pass, source_bytes.bytes(), destination.bytes(), scratch.bytes());
  return FromNhwc(destination.bytes(), destination_shape, pass.destination_encoding);
}

double LargestDifference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape == b.shape);
  double largest = 0;
  for (std::size_t i = 0; i < a.data.size(); ++i) {
    const double difference = std::abs(double{a.data[i]} - double{b.data[i]});
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

double LargestValue(const Tensor& tensor) {
  double largest = 0;
  for (const float value : tensor.data) largest = std::max(largest, std::abs(double{value}));
  return largest;
}

TEST_CASE("max pools are the reference's exactly, windows over the edge included") {
  const Encoding u8 = {.element = ElementType::kU8, .scale = 0.25F};
  for (const Encoding encoding : {kF32, kBf16, u8}) {
    for (const Shape& shape : {Shape{1, 64, 112, 112},
                               Shape{1, 480, 14, 14},
                               Shape{1, 24, 7, 5},
                               Shape{1, 1, 6, 9},
                               Shape{1, 17, 3, 3}}) {
      for (const Window& window : {kStridedPool, kInceptionPool}) {
        CAPTURE(encoding.element, shape.c, shape.h, shape.w, window.stride);
        const Tensor source = Stored(RandomTensor(shape, 1, 0, 60), encoding);
        Tensor reference = MakeTensor(PooledShape(shape, window));
        MaxPoolReference(source, window, Rounding::kUp, reference);
        const Tensor found = Run(source,
                                 {.source = shape,
                                  .window = window,
                                  .source_encoding = encoding,
                                  .destination_encoding = encoding});
        CHECK(LargestDifference(found, reference) == 0);
      }
    }
  }
}

// The error that LRN may have: 1e-5 in f32; in bf16 half of its step of 2^-8, and in u8 half a
// step, both with the power's own 1e-4.
double LrnTolerance(Encoding to, const Tensor& reference) {
  const double largest = LargestValue(reference);
  if (to.element == ElementType::kF32) return 1e-5 * largest;
  if (to.element == ElementType::kBf16) return 5e-3 * largest;
  return 0.5 * double{to.scale} + 1e-4 * largest;
}

// A step with which u8 holds all of the tensor.
float StepFor(const Tensor& tensor, ElementType element) {
  return element == ElementType::kU8 ? static_cast<float>(LargestValue(tensor)) / 250 : 1;
}

void RequireLrnWithPool(Encoding from, Encoding to) {
  for (const Shape& shape :
       {Shape{1, 64, 112, 112}, Shape{1, 192, 56, 56}, Shape{1, 32, 5, 7}, Shape{1, 3, 4, 4}}) {
    for (const float largest : {1.0F, 100.0F, 3000.0F}) {
      CAPTURE(from.element, to.element, shape.c, shape.h, largest);
      const Tensor source = Stored(RandomTensor(shape, 1, 0, largest), from);
      Tensor pooled = MakeTensor(PooledShape(shape, kStridedPool));
      MaxPoolReference(source, kStridedPool, Rounding::kUp, pooled);
      Tensor reference = MakeTensor(pooled.shape);
      LrnReference(pooled, kLrnParameters, reference);
      to.scale = StepFor(reference, to.element);
      PoolPass pass = {.source = shape,
                       .window = kStridedPool,
                       .lrn = LrnPlace::kBehindPool,
                       .source_encoding = from,
                       .destination_encoding = to};
      const Tensor pool_first = Run(source, pass);
      CHECK(LargestDifference(pool_first, reference) <= LrnTolerance(to, reference));

      Tensor normalised = MakeTensor(shape);
      LrnReference(source, kLrnParameters, normalised);
      MaxPoolReference(normalised, kStridedPool, Rounding::kUp, reference);
      to.scale = StepFor(reference, to.element);
      pass.lrn = LrnPlace::kBeforePool;
      pass.destination_encoding = to;
      const Tensor lrn_first = Run(source, pass);
      CHECK(LargestDifference(lrn_first, reference) <= LrnTolerance(to, reference));
    }
  }
}

TEST_CASE("LRN beside a max pool agrees with the reference, for small activations and large") {
  RequireLrnWithPool(kF32, kF32);
  RequireLrnWithPool(kF32, {.element = ElementType::kU8});
  RequireLrnWithPool(kBf16, kBf16);
  RequireLrnWithPool(kBf16, {.element = ElementType::kU8});
}

TEST_CASE("LRN of a pair of types that no network needs is refused") {
  AlignedBytes bytes(1 << 16);
  const PoolPass pass = {.source = {1, 8, 4, 4},
                         .window = kStridedPool,
                         .lrn = LrnPlace::kBehindPool,
                         .source_encoding = kF32,
                         .destination_encoding = kBf16};
  REQUIRE_THROWS_AS(MaxPool(pass, bytes.bytes(), bytes.bytes(), bytes.bytes()), ContractViolation);
}

TEST_CASE("a pool without LRN does not change how values are stored") {
  AlignedBytes bytes(1 << 16);
  const PoolPass pass = {.source = {1, 8, 4, 4},
                         .window = kStridedPool,
                         .source_encoding = kF32,
                         .destination_encoding = kBf16};
  REQUIRE_THROWS_AS(MaxPool(pass, bytes.bytes(), bytes.bytes(), bytes.bytes()), ContractViolation);
}

TEST_CASE("pools refuse other windows, more than one picture, and memory that is too small") {
  AlignedBytes bytes(4096);
  const auto pool = [&](const Shape& shape, const Window& window, std::size_t scratch_bytes) {
    MaxPool(
        {.source = shape, .window = window, .source_encoding = kF32, .destination_encoding = kF32},
        bytes.bytes(),
        bytes.bytes(),
        bytes.bytes().first(scratch_bytes));
  };
  REQUIRE_THROWS_AS(pool({1, 4, 4, 4}, {.kernel = 2, .stride = 2}, 4096), ContractViolation);
  REQUIRE_THROWS_AS(pool({2, 4, 4, 4}, kStridedPool, 4096), ContractViolation);
  REQUIRE_THROWS_AS(pool({1, 4, 4, 4}, kStridedPool, 60), ContractViolation);
  REQUIRE_THROWS_AS(pool({1, 64, 8, 8}, kStridedPool, 4096), ContractViolation);
}

TEST_CASE("the average over pixels is each channel's own, in f32 from every element type") {
  const Tensor map = {.shape = {1, 2, 1, 2}, .data = {1, 2, 10, 30}};
  for (const Encoding encoding : {kF32, kBf16, Encoding{ElementType::kU8, 0.5F}}) {
    std::vector<std::byte> bytes(16);
    ToNhwc(map, encoding, bytes);
    std::vector<float> means(2, -1.0F);
    AverageOverPixels(bytes, 2, encoding, means);
    REQUIRE(means == std::vector<float>{1.5F, 20});
  }
}

TEST_CASE("the averages over rows and columns keep where in the map a channel is large") {
  // Channel 0 is 1, 2 over 3, 6; channel 1 is 10, 30 over 0, 0.
  const Tensor map = {.shape = {1, 2, 2, 2}, .data = {1, 2, 3, 6, 10, 30, 0, 0}};
  for (const Encoding encoding : {kF32, kBf16, Encoding{ElementType::kU8, 0.5F}}) {
    std::vector<std::byte> bytes(32);
    ToNhwc(map, encoding, bytes);
    std::vector<float> means(8, -1.0F);
    AverageOverRowsAndColumns(bytes, 2, encoding, means);
    REQUIRE(means == std::vector<float>{1.5F, 20, 4.5F, 0, 2, 5, 4, 15});
    REQUIRE_THROWS_AS(AverageOverRowsAndColumns(bytes, 3, encoding, means), ContractViolation);
  }
}

TEST_CASE("derivatives of the averages over rows and columns are added to the map's") {
  // A pixel gets half of its row's and half of its column's: of channel 0 (2 + 10) / 2 at the top
  // left. Channel 1's derivatives are 0 but for the second column's.
  const std::vector<float> diff_means = {2, 0, 4, 0, 10, 0, 20, 8};
  const Tensor before = {.shape = {1, 2, 2, 2}, .data = {1, 1, 1, 1, 0, 0, 0, 3}};
  for (const Encoding encoding : {kF32, kBf16}) {
    std::vector<std::byte> bytes(32);
    ToNhwc(before, encoding, bytes);
    AverageOverRowsAndColumnsBackward(diff_means, 2, encoding.element, bytes);
    REQUIRE(FromNhwc(bytes, before.shape, encoding).data ==
            std::vector<float>{7, 12, 8, 13, 0, 4, 0, 7});
    REQUIRE_THROWS_AS(AverageOverRowsAndColumnsBackward(diff_means, 3, encoding.element, bytes),
                      ContractViolation);
  }
}

}  // namespace
}  // namespace deeper::kernels
