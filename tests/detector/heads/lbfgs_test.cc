#include "detector/heads/lbfgs.h"

#include <vector>

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("a quadratic bowl of very unequal curvatures is minimised at its centre") {
  const std::vector<double> centre = {1, -2, 3, 0.5};
  const std::vector<double> curvature = {1, 100, 0.01, 10};
  const Objective bowl = [&](const std::vector<double>& x, std::vector<double>& gradient) {
    double value = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double away = x[i] - centre[i];
      value += curvature[i] * away * away / 2;
      gradient[i] = curvature[i] * away;
    }
    return value;
  };
  const Minimum minimum =
      MinimizeLbfgs(bowl, {0, 0, 0, 0}, {.max_steps = 200, .tolerance = 1e-10, .memory = 10});
  for (std::size_t i = 0; i < centre.size(); ++i) {
    CHECK(minimum.x[i] == Approx(centre[i]).margin(1e-6));
  }
  CHECK(minimum.steps < 200);
  CHECK(!minimum.is_at_limit);
}

// f = (1 - a)^2 + 100 (b - a^2)^2, Rosenbrock 1960: a bent valley whose floor is at (1, 1).
TEST_CASE("Rosenbrock's valley is followed to its floor") {
  const Objective valley = [](const std::vector<double>& x, std::vector<double>& gradient) {
    const double across = x[1] - x[0] * x[0];
    gradient[0] = -2 * (1 - x[0]) - 400 * x[0] * across;
    gradient[1] = 200 * across;
    return (1 - x[0]) * (1 - x[0]) + 100 * across * across;
  };
  const Minimum minimum =
      MinimizeLbfgs(valley, {-1.2, 1}, {.max_steps = 200, .tolerance = 1e-9, .memory = 5});
  CHECK(minimum.x[0] == Approx(1).epsilon(1e-6));
  CHECK(minimum.x[1] == Approx(1).epsilon(1e-6));
}

TEST_CASE("a start at the minimum takes no step, and the number of steps is a bound") {
  const Objective parabola = [](const std::vector<double>& x, std::vector<double>& gradient) {
    gradient[0] = 2 * x[0];
    return x[0] * x[0];
  };
  CHECK(MinimizeLbfgs(parabola, {0}, {}).steps == 0);
  CHECK(!MinimizeLbfgs(parabola, {0}, {.max_steps = 0}).is_at_limit);
  int reported = 0;
  const Minimum bounded =
      MinimizeLbfgs(parabola, {1e6}, {.max_steps = 1}, [&](int step) { reported = step; });
  CHECK(bounded.steps == 1);
  CHECK(bounded.is_at_limit);
  CHECK(reported == 1);
}

}  // namespace
}  // namespace deeper
