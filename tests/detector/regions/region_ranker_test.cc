#include "detector/regions/region_ranker.h"

#include <vector>

#include "backbone/kernels/layout.h"
#include "core/error.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using kernels::ElementType;
using kernels::RegionWindow;

constexpr std::size_t kParts = 9;
const Shape kShape = {1, 20, 12, 15};

// Inside, across the edges, smaller than a cell, and outside.
const std::vector<RegionWindow> kWindows = {{.x0 = 20, .y0 = 30, .x1 = 200, .y1 = 150},
                                            {.x0 = -60, .y0 = 100, .x1 = 130, .y1 = 400},
                                            {.x0 = 50, .y0 = 50, .x1 = 55, .y1 = 52},
                                            {.x0 = 900, .y0 = 0, .x1 = 990, .y1 = 90}};

struct Stored {
  std::vector<std::byte> bytes;
  PictureMap map;

  Stored(const Tensor& tensor, kernels::Encoding encoding)
      : bytes(tensor.shape.Count() * SizeOf(encoding.element)) {
    kernels::ToNhwc(tensor, encoding, bytes);
    map = {.bytes = bytes, .shape = tensor.shape, .encoding = encoding};
  }
};

RegionRanker RandomRanker() {
  return {.weights = test::RandomTensor({kParts, kShape.c, 1, 1}, 5).data, .bias = 0.25F};
}

TEST_CASE("a window that is nine whole cells has each part's own cell") {
  const Stored stored(test::RandomTensor(kShape, 1, 0, 9), {ElementType::kF32});
  // Cell i is centred on pixel 16 i + 14.5 and as wide as 16: cells 2 to 4 and 3 to 5.
  const RegionWindow window = {.x0 = 38.5, .y0 = 54.5, .x1 = 86.5, .y1 = 102.5};
  const std::vector<float> means = PartMeans(stored.map, window);
  const auto* cells = reinterpret_cast<const float*>(stored.bytes.data());
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::size_t cell = (3 + part / 3) * kShape.w + 2 + part % 3;
    for (std::size_t c = 0; c < kShape.c; ++c)
      REQUIRE(means[part * kShape.c + c] == Approx(cells[cell * kShape.c + c]));
  }
}

TEST_CASE("a score is the weights times the parts' means, in every element type") {
  const Tensor tensor = test::RandomTensor(kShape, 2, 0, 20);
  const RegionRanker ranker = RandomRanker();
  for (const kernels::Encoding encoding : {kernels::Encoding{ElementType::kF32},
                                           kernels::Encoding{ElementType::kBf16},
                                           kernels::Encoding{ElementType::kU8, 0.1F}}) {
    CAPTURE(encoding.element);
    const Stored stored(tensor, encoding);
    const std::vector<float> scores = RankRegions(ranker, stored.map, kWindows);
    REQUIRE(scores.size() == kWindows.size());
    for (std::size_t i = 0; i < kWindows.size(); ++i) {
      const std::vector<float> means = PartMeans(stored.map, kWindows[i]);
      double expected = double{ranker.bias};
      for (std::size_t k = 0; k < means.size(); ++k)
        expected += double{ranker.weights[k]} * double{means[k]};
      CHECK(double{scores[i]} == Approx(expected).margin(1e-4));
    }
  }
}

TEST_CASE("outside the map there is nothing: the score is the bias") {
  const Stored stored(test::RandomTensor(kShape, 3, 0, 20), {ElementType::kF32});
  CHECK(RankRegions(RandomRanker(), stored.map, {{kWindows[3]}}).front() == 0.25F);
}

TEST_CASE("the highest are given in their order, of equals the first") {
  const std::vector<float> scores = {1, 5, 3, 5, 4};
  CHECK(HighestOf(scores, 1) == std::vector<std::size_t>{1});
  CHECK(HighestOf(scores, 3) == std::vector<std::size_t>{1, 3, 4});
  CHECK(HighestOf(scores, 9) == std::vector<std::size_t>{0, 1, 2, 3, 4});
  CHECK(HighestOf(scores, 0).empty());
}

TEST_CASE("boxes close to a higher one come after all others") {
  const Box first = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100};
  const Box close = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 90};  // IoU 0.9 with the first
  const Box apart = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 60};  // 0.6, and 0.67 with the second
  const Box far = {.x0 = 200, .y0 = 0, .x1 = 300, .y1 = 100};
  const std::vector<Box> boxes = {far, close, first, apart};
  const std::vector<float> scores = {1, 4, 5, 3};
  CHECK(HighestApart(scores, boxes, 2, 0.75) == std::vector<std::size_t>{2, 3});
  CHECK(HighestApart(scores, boxes, 3, 0.75) == std::vector<std::size_t>{0, 2, 3});
  CHECK(HighestApart(scores, boxes, 4, 0.75) == std::vector<std::size_t>{0, 1, 2, 3});
  CHECK(HighestApart(scores, boxes, 2, 0.95) == std::vector<std::size_t>{1, 2});
  CHECK(HighestApart(scores, boxes, 9, 0.5) == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("weights of another number of channels break the contract") {
  const Stored stored(test::RandomTensor(kShape, 4), {ElementType::kF32});
  RegionRanker ranker = RandomRanker();
  ranker.weights.pop_back();
  CHECK_THROWS_AS(RankRegions(ranker, stored.map, kWindows), ContractViolation);
}

}  // namespace
}  // namespace deeper
