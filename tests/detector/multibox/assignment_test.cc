#include "detector/multibox/assignment.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Problem {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> costs;
};

// distinct_costs: 0 draws any numbers in [-1, 1), else whole numbers below it, with many ties.
Problem RandomProblem(std::size_t rows,
                      std::size_t columns,
                      std::uint64_t distinct_costs,
                      std::uint64_t seed) {
  Random random(seed);
  Problem problem = {.rows = rows, .columns = columns, .costs = {}};
  for (std::size_t i = 0; i < rows * columns; ++i) {
    problem.costs.push_back(distinct_costs == 0
                                ? 2 * random.Uniform() - 1
                                : static_cast<double>(random.Below(distinct_costs)));
  }
  return problem;
}

// The sum of an assignment's costs; infinite when a column is taken twice.
double CostOf(const Problem& problem, const std::vector<std::size_t>& column_of) {
  REQUIRE(column_of.size() == problem.rows);
  double cost = 0;
  std::set<std::size_t> taken;
  for (std::size_t i = 0; i < problem.rows; ++i) {
    REQUIRE(column_of[i] < problem.columns);
    cost += taken.insert(column_of[i]).second ? problem.costs[i * problem.columns + column_of[i]]
                                              : kInfinity;
  }
  return cost;
}

// Every order of the columns; the rows take the first ones.
double CheapestByTryingAll(const Problem& problem) {
  std::vector<std::size_t> columns(problem.columns);
  std::iota(columns.begin(), columns.end(), 0);
  double cheapest = kInfinity;
  do {
    double cost = 0;
    for (std::size_t i = 0; i < problem.rows; ++i)
      cost += problem.costs[i * problem.columns + columns[i]];
    cheapest = std::min(cheapest, cost);
  } while (std::next_permutation(columns.begin(), columns.end()));
  return cheapest;
}

// Column by column: the least cost of giving columns to each set of rows.
double CheapestBySets(const Problem& problem) {
  std::vector<double> cost(std::size_t{1} << problem.rows, kInfinity);
  cost[0] = 0;
  for (std::size_t j = 0; j < problem.columns; ++j) {
    for (std::size_t rows = cost.size(); rows-- > 0;) {
      for (std::size_t i = 0; i < problem.rows; ++i) {
        const std::size_t row = std::size_t{1} << i;
        if ((rows & row) == 0) continue;
        cost[rows] =
            std::min(cost[rows], cost[rows ^ row] + problem.costs[i * problem.columns + j]);
      }
    }
  }
  return cost.back();
}

TEST_CASE("no order of the columns is cheaper, with negative costs and with ties") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::size_t columns = 1 + seed % 7;
    const std::size_t rows = 1 + seed / 7 % columns;
    const Problem problem = RandomProblem(rows, columns, seed % 2 == 0 ? 0 : 3, seed);
    CAPTURE(seed, rows, columns);
    CHECK(CostOf(problem, CheapestAssignment(problem.costs, columns)) ==
          Approx(CheapestByTryingAll(problem)).margin(1e-12));
  }
}

TEST_CASE("with 200 columns, as MultiBox has boxes, it is as cheap as dynamic programming finds") {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Problem problem = RandomProblem(1 + seed, 200, seed % 2 == 0 ? 0 : 5, seed);
    CAPTURE(seed);
    CHECK(CostOf(problem, CheapestAssignment(problem.costs, 200)) ==
          Approx(CheapestBySets(problem)).margin(1e-12));
  }
}

TEST_CASE("a row gives way to one that loses more by another column") {
  CHECK(CheapestAssignment(std::vector<double>{1, 2, 3, 100}, 2) == std::vector<std::size_t>{1, 0});
}

TEST_CASE("no rows are assigned to nothing, and more rows than columns are refused") {
  CHECK(CheapestAssignment({}, 5).empty());
  CHECK(CheapestAssignment({}, 0).empty());
  CHECK_THROWS_AS(CheapestAssignment(std::vector<double>{1, 2}, 1), ContractViolation);
}

}  // namespace
}  // namespace deeper
