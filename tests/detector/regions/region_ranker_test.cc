#include "detector/regions/region_ranker.h"

#include <cmath>
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
  return {.weights = test::RandomTensor({kParts, kShape.c, 1, 1}, 5).data,
          .bias = 0.25F,
          .offset_weights = test::RandomTensor({4 * kParts, kShape.c, 1, 1}, 6).data,
          .offset_biases = {0.1F, 0.2F, 0.3F, 0.4F}};
}

// What the weights are multiplied with for one window, in plain words: 9 parts x channels. The
// window's parts are cut into 64 x 64 points.
std::vector<double> PartMeans(const Tensor& map, const RegionWindow& window) {
  constexpr int kPoints = 64;
  const auto cell = [](double px) { return std::floor((px - 6.5) / 16); };
  std::vector<double> means(kParts * map.shape.c);
  for (std::size_t part = 0; part < kParts; ++part) {
    for (int i = 0; i < kPoints * kPoints; ++i) {
      const auto along = [&](double begin, double end, std::size_t third, int point) {
        return cell(begin + (end - begin) * (double(third) + (point + 0.5) / kPoints) / 3);
      };
      const double y = along(window.y0, window.y1, part / 3, i / kPoints);
      const double x = along(window.x0, window.x1, part % 3, i % kPoints);
      if (!(y >= 0 && y < double(map.shape.h) && x >= 0 && x < double(map.shape.w))) continue;
      for (std::size_t c = 0; c < map.shape.c; ++c) {
        const std::size_t row = c * map.shape.h + static_cast<std::size_t>(y);
        means[part * map.shape.c + c] +=
            double{map.data[row * map.shape.w + static_cast<std::size_t>(x)]} / kPoints / kPoints;
      }
    }
  }
  return means;
}

TEST_CASE("a window that is nine whole cells has each part's own cell") {
  const Tensor tensor = test::RandomTensor(kShape, 1, 0, 9);
  const Stored stored(tensor, {ElementType::kF32});
  // Cell i is centred on pixel 16 i + 14.5 and as wide as 16: cells 2 to 4 and 3 to 5.
  const RegionWindow window = {.x0 = 38.5, .y0 = 54.5, .x1 = 86.5, .y1 = 102.5};
  for (std::size_t part = 0; part < kParts; ++part) {
    RegionRanker ranker = {.weights = std::vector<float>(kParts * kShape.c)};
    ranker.weights[part * kShape.c + 7] = 1;
    const std::size_t cell = (7 * kShape.h + 3 + part / 3) * kShape.w + 2 + part % 3;
    CHECK(RankedMap(ranker, stored.map).Score(window) == Approx(tensor.data[cell]));
  }
}

TEST_CASE("score and offsets are the weights times the parts' means, in every element type") {
  const Tensor tensor = test::RandomTensor(kShape, 2, 0, 20);
  const RegionRanker ranker = RandomRanker();
  for (const kernels::Encoding encoding : {kernels::Encoding{ElementType::kF32},
                                           kernels::Encoding{ElementType::kBf16},
                                           kernels::Encoding{ElementType::kU8, 0.1F}}) {
    CAPTURE(encoding.element);
    const Stored stored(tensor, encoding);
    const RankedMap map(ranker, stored.map);
    for (const RegionWindow& window : kWindows) {
      const std::vector<double> means = PartMeans(tensor, window);
      const auto weighed = [&](std::size_t first) {
        const std::vector<float>& all = first == 0 ? ranker.weights : ranker.offset_weights;
        double sum = 0;
        for (std::size_t k = 0; k < means.size(); ++k)
          sum += double{all[(first == 0 ? 0 : first - 1) * means.size() + k]} * means[k];
        return sum;
      };
      constexpr double kPointsAndRounding = 1.0;  // of sums of 180 products up to 20
      CHECK(double{map.Score(window)} == Approx(0.25 + weighed(0)).margin(kPointsAndRounding));
      const BoxOffsets offsets = map.Offsets(window);
      for (std::size_t k = 0; k < offsets.size(); ++k) {
        CHECK(offsets[k] ==
              Approx(double{ranker.offset_biases[k]} + weighed(1 + k)).margin(kPointsAndRounding));
      }
    }
  }
}

TEST_CASE("derivatives are spread over the cells as a score gathers them") {
  const Tensor tensor = test::RandomTensor(kShape, 7, 0, 20);
  const Stored stored(tensor, {ElementType::kF32});
  const RegionRanker ranker = RandomRanker();
  const RankedMap map(ranker, stored.map);
  for (const RegionWindow& window : kWindows) {
    std::vector<float> cells(kShape.h * kShape.w * kParts * 2);
    SpreadOverParts(window, std::vector<float>{1, -2}, kShape.h, kShape.w, cells);
    double sum = 0;
    for (std::size_t cell = 0; cell < kShape.h * kShape.w; ++cell) {
      for (std::size_t part = 0; part < kParts; ++part) {
        const std::size_t place = (cell * kParts + part) * 2;
        CHECK(cells[place + 1] == -2 * cells[place]);
        for (std::size_t c = 0; c < kShape.c; ++c) {
          sum += double{cells[place]} * double{ranker.weights[part * kShape.c + c]} *
                 double{tensor.data[c * kShape.h * kShape.w + cell]};
        }
      }
    }
    CHECK(sum == Approx(double{map.Score(window)} - 0.25).margin(1e-3));
  }
}

TEST_CASE("outside the map there is nothing: score and offsets are the biases") {
  const Stored stored(test::RandomTensor(kShape, 3, 0, 20), {ElementType::kF32});
  const RankedMap map(RandomRanker(), stored.map);
  CHECK(map.Score(kWindows[3]) == 0.25F);
  CHECK(map.Offsets(kWindows[3])[3] == Approx(0.4));
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
  CHECK_THROWS_AS(RankedMap(ranker, stored.map), ContractViolation);
  ranker = RandomRanker();
  ranker.offset_weights.pop_back();
  CHECK_THROWS_AS(RankedMap(ranker, stored.map), ContractViolation);
}

}  // namespace
}  // namespace deeper
