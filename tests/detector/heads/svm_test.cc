#include "detector/heads/svm.h"

#include <linear.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

struct Problem {
  std::vector<std::vector<float>> features;
  std::vector<signed char> labels;

  std::vector<std::span<const float>> Rows() const { return {features.begin(), features.end()}; }
};

// Two clouds of Gaussian-like noise whose means are `distance` apart along the first axis.
Problem TwoClouds(std::size_t positives,
                  std::size_t negatives,
                  std::size_t dim,
                  double distance,
                  std::uint64_t seed) {
  Random random(seed);
  Problem problem;
  for (std::size_t i = 0; i < positives + negatives; ++i) {
    const bool is_positive = i < positives;
    std::vector<float> x(dim);
    for (float& value : x) {
      double sum = 0;  // of four uniforms: nearly Gaussian
      for (int k = 0; k < 4; ++k) sum += random.Uniform() - 0.5;
      value = static_cast<float>(sum);
    }
    x[0] += static_cast<float>(is_positive ? distance / 2 : -distance / 2);
    problem.features.push_back(std::move(x));
    problem.labels.push_back(is_positive ? 1 : -1);
  }
  return problem;
}

SvmSolution Train(const Problem& problem, const SvmOptions& options) {
  return TrainLinearSvm(problem.Rows(), problem.labels, options);
}

double MarginOf(const std::vector<double>& weight, double bias, const std::vector<float>& x) {
  double margin = bias;
  for (std::size_t k = 0; k < x.size(); ++k) margin += weight[k] * double(x[k]);
  return margin;
}

double MarginOf(const LinearSvm& svm, const std::vector<float>& x) {
  return MarginOf({svm.weight.begin(), svm.weight.end()}, double(svm.bias), x);
}

// The primal objective in plain sums, as the header states it.
double ObjectiveOf(const Problem& problem,
                   const SvmOptions& options,
                   const std::vector<double>& weight,
                   double bias) {
  const double w_of_bias = options.bias_input > 0 ? bias / options.bias_input : 0;
  double objective = w_of_bias * w_of_bias / 2;
  for (const double w : weight) objective += w * w / 2;
  for (std::size_t i = 0; i < problem.labels.size(); ++i) {
    const double c = options.c * (problem.labels[i] > 0 ? options.positive_weight : 1);
    objective +=
        c * std::max(0.0, 1 - problem.labels[i] * MarginOf(weight, bias, problem.features[i]));
  }
  return objective;
}

struct OracleSvm {
  std::vector<double> weight;
  double bias = 0;
};

std::string& LiblinearSays() {
  static std::string text;
  return text;
}

// liblinear's solution of the same problem, with the bias as one more feature, to 1e-6.
OracleSvm TrainLiblinear(const Problem& data, const SvmOptions& options) {
  const std::size_t dim = data.features[0].size();
  std::vector<std::vector<feature_node>> nodes;
  std::vector<feature_node*> rows;
  std::vector<double> labels;
  for (std::size_t i = 0; i < data.features.size(); ++i) {
    std::vector<feature_node>& row = nodes.emplace_back();
    for (std::size_t k = 0; k < dim; ++k) row.push_back({int(k) + 1, double(data.features[i][k])});
    row.push_back({int(dim) + 1, options.bias_input});
    row.push_back({-1, 0});
    labels.push_back(double(data.labels[i]));
  }
  for (auto& row : nodes) rows.push_back(row.data());
  problem liblinear_problem{};
  liblinear_problem.l = int(rows.size());
  liblinear_problem.n = int(dim) + 1;
  liblinear_problem.y = labels.data();
  liblinear_problem.x = rows.data();
  liblinear_problem.bias = -1;  // it is among the features
  std::array<int, 1> weighted_label = {1};
  std::array<double, 1> weight = {options.positive_weight};
  parameter parameters{};
  parameters.solver_type = L2R_L1LOSS_SVC_DUAL;
  parameters.eps = 1e-6;
  parameters.C = options.c;
  parameters.nr_weight = 1;
  parameters.weight_label = weighted_label.data();
  parameters.weight = weight.data();
  LiblinearSays().clear();
  set_print_string_function([](const char* text) { LiblinearSays() += text; });
  model* trained = train(&liblinear_problem, &parameters);
  CHECK_THAT(LiblinearSays(), !Catch::Contains("WARNING"));  // it stops after 300 passes
  const double sign = trained->label[0];
  OracleSvm oracle;
  for (std::size_t k = 0; k < dim; ++k) oracle.weight.push_back(sign * trained->w[k]);
  oracle.bias = sign * trained->w[dim] * options.bias_input;
  free_and_destroy_model(&trained);
  return oracle;
}

TEST_CASE("the solution is liblinear's: objective to 0.1 % and margins close") {
  struct Case {
    const char* name;
    Problem problem;
    SvmOptions options;
  };
  std::vector<Case> cases;
  cases.push_back({"overlapping", TwoClouds(150, 250, 20, 1, 1), {.c = 0.1, .bias_input = 1}});
  cases.push_back({"separable", TwoClouds(100, 100, 10, 6, 2), {.c = 1, .bias_input = 1}});
  cases.push_back({"unbalanced", TwoClouds(20, 4000, 64, 1.5, 3), {.c = 0.01, .bias_input = 1}});
  cases.push_back({"R-CNN's constants", TwoClouds(60, 600, 100, 2, 4), {}});
  cases.push_back({"wide", TwoClouds(30, 60, 300, 1, 5), {.c = 0.1, .positive_weight = 1}});
  cases.push_back({"no bias", TwoClouds(50, 80, 10, 1, 6), {.c = 0.5, .bias_input = 0}});
  Problem doubled = TwoClouds(60, 90, 15, 1, 7);
  for (std::size_t i = 0; i < 150; ++i) {  // every example twice, a tenth with the opposite label
    const std::vector<float> copy = doubled.features[i];
    doubled.features.push_back(copy);
    const int label = i % 10 == 0 ? -doubled.labels[i] : doubled.labels[i];
    doubled.labels.push_back(static_cast<signed char>(label));
  }
  cases.push_back({"duplicates", doubled, {.c = 0.2, .bias_input = 1}});

  for (const Case& c : cases) {
    CAPTURE(c.name);
    SvmOptions options = c.options;
    options.tolerance = 1e-5;
    options.max_passes = 20'000;
    const SvmSolution ours = Train(c.problem, options);
    const OracleSvm oracle = TrainLiblinear(c.problem, options);
    CHECK(ours.converged);
    const double expected = ObjectiveOf(c.problem, options, oracle.weight, oracle.bias);
    CHECK(ours.objective == Approx(expected).epsilon(1e-3));
    const std::vector<double> weight(ours.svm.weight.begin(), ours.svm.weight.end());
    CHECK(ours.objective ==
          Approx(ObjectiveOf(c.problem, options, weight, double(ours.svm.bias))).epsilon(1e-5));
    double largest = 0;
    for (const std::vector<float>& x : c.problem.features) {
      largest = std::max(largest,
                         std::abs(MarginOf(ours.svm, x) - MarginOf(oracle.weight, oracle.bias, x)));
    }
    CHECK(largest <
          0.01);  // the objective is strongly convex in w: tolerance 1e-3 leaves that little
  }
}

TEST_CASE("at the solution every example satisfies the optimality conditions") {
  const Problem problem = TwoClouds(80, 300, 25, 1, 8);
  const SvmOptions options = {.c = 0.05, .tolerance = 1e-4, .max_passes = 20'000};
  const SvmSolution solution = Train(problem, options);
  REQUIRE(solution.converged);
  const double slack = 2e-4;
  for (std::size_t i = 0; i < problem.labels.size(); ++i) {
    const double upper = options.c * (problem.labels[i] > 0 ? options.positive_weight : 1);
    const double y_margin = problem.labels[i] * MarginOf(solution.svm, problem.features[i]);
    CAPTURE(i, y_margin, solution.alpha[i]);
    REQUIRE(solution.alpha[i] >= 0);
    REQUIRE(solution.alpha[i] <= upper);
    if (y_margin > 1 + slack) REQUIRE(solution.alpha[i] == 0);
    if (y_margin < 1 - slack) REQUIRE(solution.alpha[i] == upper);
  }
}

TEST_CASE("a start from the solution ends there in a tenth of the passes") {
  const Problem problem = TwoClouds(100, 400, 30, 1, 9);
  const SvmOptions options = {.c = 0.05, .max_passes = 20'000};
  const SvmSolution cold = Train(problem, options);
  const SvmSolution warm = TrainLinearSvm(problem.Rows(), problem.labels, options, cold.alpha);
  CHECK(warm.converged);
  CHECK(warm.passes <= cold.passes / 10);
  CHECK(warm.objective == Approx(cold.objective).epsilon(1e-4));
}

TEST_CASE("two runs give the same bits") {
  const Problem problem = TwoClouds(50, 200, 40, 1, 10);
  const SvmOptions options = {.c = 0.1};
  const SvmSolution first = Train(problem, options), second = Train(problem, options);
  CHECK(first.svm == second.svm);
  CHECK(first.alpha == second.alpha);
}

TEST_CASE("a larger weight of positives moves the boundary towards the negatives") {
  const Problem problem = TwoClouds(40, 400, 10, 1, 11);
  const SvmSolution even = Train(problem, {.c = 0.01, .positive_weight = 1});
  const SvmSolution heavy = Train(problem, {.c = 0.01, .positive_weight = 10});
  const auto accepted = [&](const LinearSvm& svm) {
    return std::count_if(problem.features.begin(),
                         problem.features.end(),
                         [&](const std::vector<float>& x) { return MarginOf(svm, x) > 0; });
  };
  CHECK(accepted(heavy.svm) > accepted(even.svm));
}

TEST_CASE("a run that is cut short says so and still gives a separator") {
  const Problem problem = TwoClouds(100, 100, 10, 0.2, 12);
  const SvmSolution solution = Train(problem, {.c = 10, .tolerance = 1e-9, .max_passes = 2});
  CHECK(!solution.converged);
  CHECK(solution.passes == 2);
  CHECK(std::isfinite(solution.objective));
}

TEST_CASE("one example is put on its margin or as near as C allows") {
  Problem problem;
  problem.features = {{3, 4}};
  problem.labels = {-1};
  const SvmSolution free = Train(problem, {.c = 1, .bias_input = 0});
  CHECK(MarginOf(free.svm, problem.features[0]) == Approx(-1));
  const SvmSolution bound = Train(problem, {.c = 0.01, .bias_input = 0});
  CHECK(MarginOf(bound.svm, problem.features[0]) == Approx(-0.25));  // alpha = 0.01, |x|^2 = 25
}

TEST_CASE("an example of zeros without a bias changes nothing") {
  Problem problem = TwoClouds(20, 30, 5, 2, 13);
  const SvmOptions options = {.c = 0.1, .bias_input = 0, .max_passes = 20'000};
  const SvmSolution without = Train(problem, options);
  problem.features.push_back(std::vector<float>(5, 0.0F));
  problem.labels.push_back(1);
  const SvmSolution with = Train(problem, options);
  CHECK(with.converged);
  CHECK(with.objective == Approx(without.objective + 0.1 * 2).epsilon(1e-3));
}

TEST_CASE("broken preconditions of SVM training are reported") {
  Problem problem = TwoClouds(3, 3, 2, 1, 14);
  CHECK_THROWS_AS(TrainLinearSvm({}, {}, {}), ContractViolation);
  const std::vector<double> two = {0, 0};
  CHECK_THROWS_AS(TrainLinearSvm(problem.Rows(), problem.labels, {}, two), ContractViolation);
  problem.features[4][1] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(Train(problem, {}), ContractViolation);
  problem.features[4] = {1};
  CHECK_THROWS_AS(Train(problem, {}), ContractViolation);
  problem.features[4] = {1, 2};
  problem.labels[0] = 0;
  CHECK_THROWS_AS(Train(problem, {}), ContractViolation);
}

TEST_CASE("SVM options outside their bounds are refused by name") {
  CHECK_NOTHROW(SvmOptions{}.Validate());
  CHECK_THROWS_WITH((SvmOptions{.c = 0}.Validate()), Catch::Contains("svm_c"));
  CHECK_THROWS_WITH((SvmOptions{.positive_weight = -1}.Validate()),
                    Catch::Contains("positive_weight"));
  CHECK_THROWS_WITH((SvmOptions{.bias_input = std::nan("")}.Validate()),
                    Catch::Contains("bias_input"));
  CHECK_THROWS_WITH((SvmOptions{.tolerance = 0}.Validate()), Catch::Contains("tolerance"));
  CHECK_THROWS_WITH((SvmOptions{.max_passes = 0}.Validate()), Catch::Contains("max_passes"));
}

}  // namespace
}  // namespace deeper
