#include "backbone/kernels/region_pool.h"

#include <cmath>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/kernels/reference.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// The vectorised pooling of a region against plain loops, and these against pool4 and central
// differences.

namespace deeper::kernels {
namespace {

using test::RandomTensor;

constexpr RegionWindow kWholeCrop = {.x0 = 0, .y0 = 0, .x1 = 224, .y1 = 224};

// Inside the map, across its edges, far outside, and smaller than a cell.
const std::vector<RegionWindow> kWindows = {kWholeCrop,
                                            {.x0 = 33.5, .y0 = 20.25, .x1 = 130, .y1 = 190.75},
                                            {.x0 = -70, .y0 = -20, .x1 = 150, .y1 = 700},
                                            {.x0 = 900, .y0 = 900, .x1 = 1200, .y1 = 1000},
                                            {.x0 = 60, .y0 = 61, .x1 = 64, .y1 = 63}};

Shape RegionShape(std::size_t channels) { return {1, channels, kRegionSide, kRegionSide}; }

std::vector<std::byte> Stored(const Tensor& tensor, ElementType element) {
  std::vector<std::byte> bytes(tensor.shape.Count() * SizeOf(element));
  ToNhwc(tensor, {element}, bytes);
  return bytes;
}

double LargestDifference(std::span<const float> a, std::span<const float> b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(double{a[i]} - double{b[i]});
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

TEST_CASE("a window of a crop's size gives what pool4 makes of a crop") {
  const Tensor map = RandomTensor({1, 70, 14, 14}, 1, 0, 60);
  Tensor pooled = MakeTensor(RegionShape(70));
  MaxPoolReference(map, kStridedPool, Rounding::kUp, pooled);
  Tensor region = MakeTensor(RegionShape(70));
  RegionPoolReference(map, kWholeCrop, region);
  CHECK(region.data == pooled.data);

  std::vector<std::byte> fast(region.shape.Count() * sizeof(float));
  RegionPool(Stored(map, ElementType::kF32), map.shape, ElementType::kF32, kWholeCrop, fast);
  CHECK(FromNhwc(fast, region.shape, {ElementType::kF32}).data == pooled.data);
}

TEST_CASE("a window moved by a cell gives what pool4 makes of the map from there") {
  const Tensor map = RandomTensor({1, 3, 20, 18}, 2, 0, 1);
  Tensor part = MakeTensor({1, 3, 14, 14});
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t y = 0; y < 14; ++y) {
      for (std::size_t x = 0; x < 14; ++x)
        part.data[(c * 14 + y) * 14 + x] = map.data[(c * 20 + y + 5) * 18 + x + 3];
    }
  }
  Tensor pooled = MakeTensor(RegionShape(3));
  MaxPoolReference(part, kStridedPool, Rounding::kUp, pooled);
  Tensor region = MakeTensor(RegionShape(3));
  RegionPoolReference(map, {.x0 = 48, .y0 = 80, .x1 = 48 + 224, .y1 = 80 + 224}, region);
  CHECK(region.data == pooled.data);
}

TEST_CASE("pooled regions are the plain loops', in every element type") {
  const Shape shape = {1, 100, 9, 12};
  for (const ElementType element : {ElementType::kF32, ElementType::kBf16, ElementType::kU8}) {
    const Tensor map = FromNhwc(Stored(RandomTensor(shape, 3, 0, 60), element), shape, {element});
    for (const RegionWindow& window : kWindows) {
      CAPTURE(element, window.x0, window.x1);
      Tensor reference = MakeTensor(RegionShape(shape.c));
      RegionPoolReference(map, window, reference);
      std::vector<std::byte> region(reference.shape.Count() * SizeOf(element));
      RegionPool(Stored(map, element), shape, element, window, region);
      // Half a step of the type at 60.
      const double step = element == ElementType::kF32    ? 1e-5
                          : element == ElementType::kBf16 ? 0.126
                                                          : 0.501;
      CHECK(LargestDifference(FromNhwc(region, reference.shape, {element}).data, reference.data) <=
            step);
    }
  }
}

TEST_CASE("the gradient of a pooled region is the plain loops', and is added") {
  const Shape shape = {1, 100, 9, 12};
  for (const ElementType element : {ElementType::kF32, ElementType::kBf16}) {
    const Tensor map = FromNhwc(Stored(RandomTensor(shape, 4, 0, 60), element), shape, {element});
    const Tensor diff = FromNhwc(
        Stored(RandomTensor(RegionShape(shape.c), 5), element), RegionShape(shape.c), {element});
    for (const RegionWindow& window : kWindows) {
      CAPTURE(element, window.x0, window.x1);
      Tensor reference = MakeTensor(shape);
      RegionPoolBackwardReference(map, window, diff, reference);
      std::vector<float> sums(shape.Count(), 1.0F);
      RegionPoolBackward(Stored(map, element), shape, element, window, Stored(diff, element), sums);
      const Tensor found = FromNhwc(std::as_bytes(std::span(sums)), shape, {ElementType::kF32});
      std::vector<float> expected = reference.data;
      for (float& value : expected) value += 1;
      CHECK(LargestDifference(found.data, expected) <= 2e-5);
    }
  }
}

TEST_CASE("the plain gradient of a pooled region agrees with central differences") {
  const Shape shape = {1, 2, 6, 7};
  Tensor map = RandomTensor(shape, 6, 0, 10);
  const Tensor diff = RandomTensor(RegionShape(shape.c), 7);
  const RegionWindow window = {.x0 = 11, .y0 = -20, .x1 = 90, .y1 = 70};
  Tensor gradient = MakeTensor(shape);
  RegionPoolBackwardReference(map, window, diff, gradient);
  const auto loss = [&] {
    Tensor region = MakeTensor(RegionShape(shape.c));
    RegionPoolReference(map, window, region);
    double sum = 0;
    for (std::size_t i = 0; i < region.data.size(); ++i)
      sum += double{region.data[i]} * double{diff.data[i]};
    return sum;
  };
  constexpr float kStep = 1.0F / 256;
  for (std::size_t i = 0; i < map.data.size(); ++i) {
    const float before = map.data[i];
    map.data[i] = before + kStep;
    const double above = loss();
    map.data[i] = before - kStep;
    const double below = loss();
    map.data[i] = before;
    CAPTURE(i);
    CHECK(std::abs((above - below) / (2 * double{kStep}) - double{gradient.data[i]}) <= 2e-3);
  }
}

TEST_CASE("an empty window breaks the contract") {
  const Tensor map = RandomTensor({1, 1, 4, 4}, 8);
  Tensor region = MakeTensor(RegionShape(1));
  CHECK_THROWS_AS(RegionPoolReference(map, {.x0 = 5, .y0 = 0, .x1 = 5, .y1 = 9}, region),
                  ContractViolation);
}

}  // namespace
}  // namespace deeper::kernels
