#include "backbone/training/losses.h"

#include <cmath>
#include <functional>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using Loss = std::function<double(std::span<const float>, std::span<float>)>;

// Checks the gradient of `loss` at `values` against central differences. The step is a power of
// two, so that it is exact in f32.
void CheckGradient(const Loss& loss, const std::vector<float>& values, double tolerance) {
  constexpr float kStep = 0x1p-10F;
  std::vector<float> gradient(values.size());
  std::vector<float> unused(values.size());
  loss(values, gradient);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::vector<float> above = values;
    std::vector<float> below = values;
    above[i] += kStep;
    below[i] -= kStep;
    const double difference = (loss(above, unused) - loss(below, unused)) /
                              (static_cast<double>(above[i]) - static_cast<double>(below[i]));
    CAPTURE(i, difference);
    CHECK(static_cast<double>(gradient[i]) == Approx(difference).margin(tolerance));
  }
}

TEST_CASE("the softmax loss of scores ln 1, ln 2, ln 5 is -ln of the label's probability") {
  const std::vector<float> scores = {0, std::log(2.0F), std::log(5.0F)};
  std::vector<float> gradient(3);
  CHECK(SoftmaxLoss(scores, 1, gradient) == Approx(std::log(4.0)));
  CHECK(gradient[0] == Approx(0.125));
  CHECK(gradient[1] == Approx(0.25 - 1));
  CHECK(gradient[2] == Approx(0.625));
}

TEST_CASE("the softmax loss neither overflows nor changes when all scores are shifted") {
  std::vector<float> gradient(2);
  for (const float shift : {-1e5F, 0.0F, 1e5F}) {
    CAPTURE(shift);
    CHECK(SoftmaxLoss(std::vector<float>{shift, shift + 2}, 0, gradient) ==
          Approx(std::log1p(std::exp(2.0))));
  }
}

TEST_CASE("gradients of the losses agree with central differences") {
  const std::vector<float> values = {0.25F, -1.5F, 3, 0.125F, -0.75F};
  const std::vector<float> targets = {0, 1, 2.5F, 0.0625F, 0.5F};
  for (std::size_t label = 0; label < values.size(); ++label) {
    CAPTURE(label);
    CheckGradient([&](auto x, auto g) { return SoftmaxLoss(x, label, g); }, values, 1e-6);
  }
  CheckGradient([&](auto x, auto g) { return SmoothL1Loss(x, targets, g); }, values, 1e-6);
  CheckGradient([&](auto x, auto g) { return L2Loss(x, targets, g); }, values, 1e-6);
}

TEST_CASE("smooth L1 is half a square near its target and linear, with slope one, far from it") {
  std::vector<float> gradient(2);
  CHECK(SmoothL1Loss(std::vector<float>{0.5F, -3}, std::vector<float>{0, 0}, gradient) ==
        Approx(0.125 + 2.5));
  CHECK(gradient == std::vector<float>{0.5F, -1});
}

TEST_CASE("a label outside the scores is refused") {
  std::vector<float> gradient(2);
  CHECK_THROWS_AS(SoftmaxLoss(std::vector<float>{0, 1}, 2, gradient), ContractViolation);
}

}  // namespace
}  // namespace deeper
