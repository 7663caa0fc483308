#include "detector/heads/lbfgs.h"

#include <cmath>
#include <deque>
#include <numeric>
#include <utility>

namespace deeper {
namespace {

using Vector = std::vector<double>;

double Inner(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// a + factor * b
Vector Plus(const Vector& a, double factor, const Vector& b) {
  Vector sum = a;
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] += factor * b[i];
  return sum;
}

// A step, and the change of the gradient over it.
struct Pair {
  Vector s;
  Vector y;
  double rho = 0;  // 1 / (s . y)
};

// The inverse Hessian as estimated from the pairs, times the gradient (algorithm 7.4).
Vector Precondition(const std::deque<Pair>& pairs, const Vector& gradient) {
  Vector q = gradient;
  Vector alpha(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    alpha[i] = pairs[i].rho * Inner(pairs[i].s, q);
    q = Plus(q, -alpha[i], pairs[i].y);
  }
  if (!pairs.empty()) {
    const Pair& last = pairs.back();
    const double scale = 1 / (last.rho * Inner(last.y, last.y));
    for (double& value : q) value *= scale;
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double beta = pairs[i].rho * Inner(pairs[i].y, q);
    q = Plus(q, alpha[i] - beta, pairs[i].s);
  }
  return q;
}

}  // namespace

Minimum MinimizeLbfgs(const Objective& objective,
                      std::vector<double> start,
                      const LbfgsOptions& options,
                      const std::function<void(int step)>& progress) {
  constexpr double kDecrease = 1e-4;  // Armijo's c1
  constexpr double kSmallestShare = 1e-12;
  Vector gradient(start.size());
  Minimum minimum = {.x = std::move(start), .value = 0, .steps = 0};
  minimum.value = objective(minimum.x, gradient);
  const double first_norm = std::sqrt(Inner(gradient, gradient));
  std::deque<Pair> pairs;
  Vector next_gradient(gradient.size());
  while (std::sqrt(Inner(gradient, gradient)) > options.tolerance * first_norm) {
    minimum.is_at_limit = minimum.steps >= options.max_steps;
    if (minimum.is_at_limit) break;
    const Vector direction = Precondition(pairs, gradient);  // to be gone against
    const double descent = Inner(direction, gradient);
    // The first step has no scale yet: its length is 1.
    double share = pairs.empty() ? 1 / std::sqrt(Inner(direction, direction)) : 1;
    Vector next;
    double value = 0;
    for (; share > kSmallestShare; share /= 2) {
      next = Plus(minimum.x, -share, direction);
      value = objective(next, next_gradient);
      if (value <= minimum.value - kDecrease * share * descent) break;
    }
    if (share <= kSmallestShare) break;  // as low as the arithmetic tells

    Pair pair = {.s = Plus(next, -1, minimum.x), .y = Plus(next_gradient, -1, gradient), .rho = 0};
    const double curvature = Inner(pair.s, pair.y);
    if (curvature > 0) {
      pair.rho = 1 / curvature;
      pairs.push_back(std::move(pair));
      if (pairs.size() > options.memory) pairs.pop_front();
    }
    minimum.x = std::move(next);
    minimum.value = value;
    std::swap(gradient, next_gradient);
    ++minimum.steps;
    if (progress) progress(minimum.steps);
  }
  return minimum;
}

}  // namespace deeper
