#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace deeper {

// A function to be minimised: returns its value at `x`, and replaces `gradient`, which has x's
// size.
using Objective =
    std::function<double(const std::vector<double>& x, std::vector<double>& gradient)>;

struct LbfgsOptions {
  int max_steps = 100;
  double tolerance = 1e-4;  // stops when |gradient| falls below this share of what it was
  std::size_t memory = 10;  // steps that the curvature is estimated from
};

struct Minimum {
  std::vector<double> x;
  double value = 0;
  int steps = 0;
  bool is_at_limit = false;  // max_steps ended the search, not the tolerance
};

// The minimum of a smooth convex function, from `start`, by limited-memory BFGS with backtracking
// (Nocedal and Wright 2006, algorithms 7.4, 7.5 and 3.1). `progress` is called after each step with
// the number of steps; it may be empty. An exception of either function ends the search and reaches
// the caller.
Minimum MinimizeLbfgs(const Objective& objective,
                      std::vector<double> start,
                      const LbfgsOptions& options,
                      const std::function<void(int step)>& progress = {});

}  // namespace deeper
