#include "eval/average_precision.h"

#include <cstddef>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

// 5 objects; found, missed, found, missed, found: tp/n = 1, 1/2, 2/3, 2/4, 3/5 at recalls .2 .2 .4
// .4 .6.
PrecisionRecallCurve Zigzag() {
  return {.score = {5, 4, 3, 2, 1},
          .precision = {1.0, 1.0 / 2, 2.0 / 3, 2.0 / 4, 3.0 / 5},
          .recall = {0.2, 0.2, 0.4, 0.4, 0.6}};
}

}  // namespace

TEST_CASE("the area of a curve is that under its monotone envelope") {
  // Envelope 1, 2/3, 2/3, 3/5, 3/5: .2 * 1 + .2 * 2/3 + .2 * 3/5.
  CHECK(AveragePrecisionByArea(Zigzag()) == Approx(0.2 + 0.2 * 2 / 3 + 0.2 * 3 / 5).epsilon(1e-14));
}

TEST_CASE("eleven points take the best precision at each recall or beyond") {
  // 0, .1, .2: 1; .3, .4: 2/3; .5, .6: 3/5; beyond: 0.
  CHECK(AveragePrecisionAt11Points(Zigzag()) ==
        Approx((3 + 2 * 2.0 / 3 + 2 * 0.6) / 11).epsilon(1e-14));
}

TEST_CASE("a perfect ranking of every object has average precision 1") {
  const PrecisionRecallCurve curve{.score = {2, 1}, .precision = {1, 1}, .recall = {0.5, 1}};
  CHECK(AveragePrecisionByArea(curve) == 1);
  CHECK(AveragePrecisionAt11Points(curve) == Approx(1).epsilon(1e-14));
}

TEST_CASE("an empty curve has average precision 0") {
  CHECK(AveragePrecisionByArea({}) == 0);
  CHECK(AveragePrecisionAt11Points({}) == 0);
}

namespace {

// The curve of these detections, true where one is found, of this many objects.
PrecisionRecallCurve CurveOf(const std::vector<bool>& found, int objects) {
  PrecisionRecallCurve curve;
  int count = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    count += found[i] ? 1 : 0;
    curve.score.push_back(-static_cast<float>(i));
    curve.precision.push_back(count / static_cast<double>(i + 1));
    curve.recall.push_back(count / static_cast<double>(objects));
  }
  return curve;
}

// The mean over i = 0 .. steps of the best precision where found * steps >= i * objects, with
// whole numbers alone up to the last division.
double ExactAveragePrecision(const std::vector<bool>& found, int objects, int steps) {
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    int best_found = 0;
    int best_of = 1;
    int count = 0;
    for (std::size_t j = 0; j < found.size(); ++j) {
      count += found[j] ? 1 : 0;
      const int of = static_cast<int>(j) + 1;
      const bool is_reached = count * steps >= i * objects;
      if (is_reached && count * best_of > best_found * of) {
        best_found = count;
        best_of = of;
      }
    }
    sum += best_found / static_cast<double>(best_of);
  }
  return sum / (steps + 1);
}

}  // namespace

TEST_CASE("7 of 10 objects found and none false reach eight of the eleven points") {
  CHECK(100 * AveragePrecisionAt11Points(CurveOf(std::vector<bool>(7, true), 10)) ==
        Approx(72.7272727272727).epsilon(1e-13));
}

TEST_CASE("eleven points are those of exact fractions, for any number found of any number") {
  std::size_t wrong = 0;
  for (int objects = 1; objects <= 200; ++objects) {
    for (int found = 1; found <= objects; ++found) {
      const double points =
          11 * AveragePrecisionAt11Points(
                   CurveOf(std::vector<bool>(static_cast<std::size_t>(found), true), objects));
      if (points != Approx(1 + found * 10 / objects).epsilon(1e-14)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("eleven points of any ranking are those of exact fractions") {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    const int objects = 1 + static_cast<int>(random.Below(60));
    std::vector<bool> found;
    int left = objects;
    for (int i = 0; i < 2 * objects; ++i) {
      found.push_back(left > 0 && random.Below(2) == 0);
      if (found.back()) --left;
    }
    CAPTURE(round, objects);
    REQUIRE(AveragePrecisionAt11Points(CurveOf(found, objects)) ==
            Approx(ExactAveragePrecision(found, objects, 10)).epsilon(1e-13));
  }
}

TEST_CASE("COCO's points are pycocotools' doubles, ten of which lie just above their fraction") {
  std::vector<int> above;
  for (int found = 0; found <= 100; ++found) {
    const PrecisionRecallCurve curve{.score = {1}, .precision = {1}, .recall = {found / 100.0}};
    const double points = 101 * AveragePrecisionAt101Points(curve);
    if (points < found + 0.5) above.push_back(found);
  }
  CHECK(above == std::vector<int>{35, 41, 47, 57, 69, 70, 82, 83, 94, 95});
}

TEST_CASE("a curve with more precisions than recalls is refused") {
  CHECK_THROWS_AS(AveragePrecisionByArea({.score = {1}, .precision = {1}, .recall = {}}),
                  ContractViolation);
}
