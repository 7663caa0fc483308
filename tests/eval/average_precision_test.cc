#include "eval/average_precision.h"

#include "core/error.h"
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
  // 0, .1, .2: 1; .3, .4: 2/3; .5: 3/5; the point 6 * 0.1 = 0.6000000000000001 lies beyond the
  // recall of .6: 0.
  CHECK(AveragePrecisionAt11Points(Zigzag()) ==
        Approx((3 + 2 * 2.0 / 3 + 0.6) / 11).epsilon(1e-14));
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

TEST_CASE("a recall of exactly 3/10, 6/10 or 7/10 does not reach its point, one of 4/10 does") {
  const auto points_reached = [](double recall) {
    const PrecisionRecallCurve curve{.score = {1}, .precision = {1}, .recall = {recall}};
    return 11 * AveragePrecisionAt11Points(curve);
  };
  CHECK(points_reached(3.0 / 10) == Approx(3));
  CHECK(points_reached(4.0 / 10) == Approx(5));
  CHECK(points_reached(6.0 / 10) == Approx(6));
  CHECK(points_reached(7.0 / 10) == Approx(7));
  CHECK(points_reached(8.0 / 10) == Approx(9));
}

TEST_CASE("a curve with more precisions than recalls is refused") {
  CHECK_THROWS_AS(AveragePrecisionByArea({.score = {1}, .precision = {1}, .recall = {}}),
                  ContractViolation);
}
