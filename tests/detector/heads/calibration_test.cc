#include "detector/heads/calibration.h"

#include <cmath>
#include <vector>

#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("the logistic curve is a half where its argument is zero, and never overflows") {
  const LogisticCurve curve = {.slope = 2, .offset = -1};
  CHECK(curve(0.5) == 0.5);
  CHECK(curve(1e6) == 1);
  CHECK(curve(-1e6) == 0);
  CHECK(curve(1) == Approx(1 / (1 + std::exp(-1.0))));
}

TEST_CASE("a curve that made the examples is found again") {
  const LogisticCurve truth = {.slope = 1.7, .offset = -0.6};
  Random random(1);
  std::vector<float> margins;
  std::vector<bool> correct;
  for (int i = 0; i < 40'000; ++i) {
    margins.push_back(static_cast<float>(random.Uniform() * 6 - 3));
    correct.push_back(random.Uniform() < truth(margins.back()));
  }
  const LogisticCurve found = FitLogisticCurve(margins, correct);
  // The standard errors of slope and offset are 0.018 and 0.015 with so many examples.
  CHECK(found.slope == Approx(truth.slope).margin(0.06));
  CHECK(found.offset == Approx(truth.offset).margin(0.05));
}

TEST_CASE("no other curve near the fitted one makes its smoothed targets likelier") {
  const std::vector<float> margins = {-2, -1.5F, -0.3F, 0.1F, 0.2F, 0.9F, 1.5F, 3};
  const std::vector<bool> correct = {false, false, true, false, true, true, false, true};
  const auto loss = [&](const LogisticCurve& curve) {
    double sum = 0;
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const double target = correct[i] ? 5.0 / 6 : 1.0 / 6;  // four of each kind
      const double p = curve(double{margins[i]});
      sum -= target * std::log(p) + (1 - target) * std::log(1 - p);
    }
    return sum;
  };
  const LogisticCurve fitted = FitLogisticCurve(margins, correct);
  for (const double slope : {-1e-3, 0.0, 1e-3}) {
    for (const double offset : {-1e-3, 0.0, 1e-3}) {
      CHECK(loss(fitted) <=
            loss({.slope = fitted.slope + slope, .offset = fitted.offset + offset}));
    }
  }
}

TEST_CASE("margins that separate perfectly still give a finite curve") {
  const LogisticCurve curve =
      FitLogisticCurve(std::vector<float>{-2, -1, 1, 2}, {false, false, true, true});
  CHECK(std::isfinite(curve.slope));
  CHECK(curve(2) < 1);
  CHECK(curve(2) > 0.7);  // the target of two of two is 3/4
}

TEST_CASE("examples of one kind alone give the same probability everywhere") {
  const LogisticCurve none = FitLogisticCurve(std::vector<float>{-1, 0, 2}, {false, false, false});
  CHECK(none.slope == 0);
  CHECK(none(5) == Approx(1.0 / 5));  // (0 + 1) of (3 + 2), as the smoothed targets' odds 1 : 4
  CHECK(FitLogisticCurve({}, {})(1) == 0.5);
}

}  // namespace
}  // namespace deeper
