#include "backbone/training/solver.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

const std::vector<Blob> kBlobs = {{.name = "a/weight", .shape = {1, 1, 1, 2}},
                                  {.name = "a/bias", .shape = {1, 1, 1, 1}, .is_bias = true}};

Weights Values(float w0, float w1, float bias) {
  return {{"a/weight", {.shape = {1, 1, 1, 2}, .data = {w0, w1}}},
          {"a/bias", {.shape = {1, 1, 1, 1}, .data = {bias}}}};
}

SolverOptions Constant(double rate) {
  SolverOptions options;
  options.schedule.rate = rate;
  options.weight_decay = 0;
  options.momentum = 0;
  options.bias_rate = 1;
  return options;
}

TEST_CASE("the step schedule drops the rate by its factor every so many steps") {
  const RateSchedule schedule = {
      .kind = ScheduleKind::kStep, .rate = 0.5, .factor = 0.96, .every = 8};
  CHECK(RateAt(schedule, 0) == 0.5);
  CHECK(RateAt(schedule, 7) == 0.5);
  CHECK(RateAt(schedule, 8) == Approx(0.48));
  CHECK(RateAt(schedule, 24) == Approx(0.5 * 0.96 * 0.96 * 0.96));
}

TEST_CASE("the poly schedule falls to zero at its end and stays there") {
  const RateSchedule schedule = {
      .kind = ScheduleKind::kPoly, .rate = 0.1, .total = 100, .power = 0.5};
  CHECK(RateAt(schedule, 0) == Approx(0.1));
  CHECK(RateAt(schedule, 75) == Approx(0.05));
  CHECK(RateAt(schedule, 100) == 0);
  CHECK(RateAt(schedule, 1000) == 0);
}

TEST_CASE("warming up rises in equal steps to the rate of the schedule") {
  RateSchedule schedule;
  schedule.rate = 1;
  schedule.warmup = 4;
  for (std::uint64_t step = 0; step < 4; ++step) {
    CAPTURE(step);
    CHECK(RateAt(schedule, step) == Approx(0.2 * static_cast<double>(step + 1)));
  }
  CHECK(RateAt(schedule, 4) == 1);
}

TEST_CASE("a step without momentum goes against the gradient by the rate") {
  SolverState state = BeginSolver(kBlobs, Values(1, 2, 3));
  ApplyGradients(kBlobs, {}, Constant(0.5), Values(4, -2, 1), state);
  CHECK(state.weights == Values(-1, 3, 2.5F));
  CHECK(state.step == 1);
}

TEST_CASE("momentum sums past steps, each less by its factor") {
  SolverOptions options = Constant(1);
  options.momentum = 0.5;
  SolverState state = BeginSolver(kBlobs, Values(0, 0, 0));
  for (int i = 0; i < 3; ++i) ApplyGradients(kBlobs, {}, options, Values(1, 0, 2), state);
  // 1, 1.5, 1.75 are the steps.
  CHECK(state.weights == Values(-4.25F, 0, -8.5F));
}

TEST_CASE("weights decay and biases do not; biases and new blobs have rates of their own") {
  SolverOptions options = Constant(0.5);
  options.weight_decay = 0.25;
  options.bias_rate = 2;
  options.new_layer_rate = 4;
  SolverState state = BeginSolver(kBlobs, Values(8, -8, 8));
  ApplyGradients(kBlobs, {}, options, Values(0, 0, 1), state);
  CHECK(state.weights == Values(7, -7, 7));
  state = BeginSolver(kBlobs, Values(8, -8, 8));
  ApplyGradients(kBlobs, {"a/bias"}, options, Values(0, 0, 1), state);
  CHECK(state.weights == Values(7, -7, 4));
}

TEST_CASE("the average is the plain mean at first and then forgets by its decay") {
  SolverOptions options = Constant(1);
  options.average_decay = 0.9;
  SolverState state = BeginSolver(kBlobs, Values(0, 0, 0));
  double expected = 0;
  for (int i = 1; i <= 30; ++i) {
    ApplyGradients(kBlobs, {}, options, Values(-1, 0, 0), state);  // the weight is i
    // Up to nine steps it is the mean of 0, 1, ... i.
    expected = i <= 9 ? i / 2.0 : expected + 0.1 * (i - expected);
    CAPTURE(i);
    CHECK(static_cast<double>(state.averages.at("a/weight").data[0]) == Approx(expected));
  }
}

TEST_CASE("without averaging the averages are the weights") {
  SolverState state = BeginSolver(kBlobs, Values(1, 2, 3));
  ApplyGradients(kBlobs, {}, Constant(0.5), Values(4, -2, 1), state);
  CHECK(state.averages == state.weights);
}

TEST_CASE("a gradient that is not finite is an error that says what to try, and changes nothing") {
  SolverState state = BeginSolver(kBlobs, Values(1, 2, 3));
  const SolverState before = state;
  CHECK_THROWS_WITH(
      ApplyGradients(
          kBlobs, {}, Constant(0.5), Values(1, 1, std::numeric_limits<float>::quiet_NaN()), state),
      Catch::Contains("diverged") && Catch::Contains("lower the learning rate"));
  CHECK(state == before);
}

TEST_CASE("options out of range are refused by name") {
  SolverOptions options;
  options.momentum = 1;
  CHECK_THROWS_WITH(options.Validate(), Catch::Contains("momentum is 1"));
  options = {};
  options.schedule.rate = 0;
  CHECK_THROWS_WITH(options.Validate(), Catch::Contains("rate is 0"));
  CHECK_THROWS_WITH(ScheduleKindFromName("cosine"), Catch::Contains("step or poly"));
}

}  // namespace
}  // namespace deeper
