#include "detector/heads/box_regression.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/task_arena.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>

#include "core/error.h"
#include "core/out_of_range.h"
#include "detector/heads/nearest_object.h"

namespace deeper {
namespace {

namespace tbb = oneapi::tbb;

// A class with fewer pairs than this gets the regressor for all classes.
constexpr std::size_t kFewestPairs = 10;

// Pairs that a thread processes at a time.
constexpr std::size_t kPairsTogether = 64;

// Conjugate gradients end when the residual is this small relative to the right side, or after this
// many steps.
constexpr double kTolerance = 1e-6;
constexpr int kMaxSteps = 300;

// For each of the four targets one value per feature, and then the bias.
using Coefficients = Eigen::Matrix<double, Eigen::Dynamic, 4, Eigen::RowMajor>;

// A proposal and the object that it should move to.
struct Pair {
  std::span<const float> feature;
  Box proposal;
  const Annotation* object = nullptr;
};

Eigen::RowVector4d TargetsOf(const Box& proposal, const Box& object) {
  const BoxOffsets offsets = OffsetsBetween(proposal, object);
  return {offsets[0], offsets[1], offsets[2], offsets[3]};
}

// The pairs of a picture. A proposal whose nearest object is difficult has none.
void AppendPairs(const BoxTrainingImage& image, double min_iou, std::vector<Pair>& pairs) {
  for (std::size_t row = 0; row < image.proposals.boxes.size(); ++row) {
    const Box& proposal = image.proposals.boxes[row];
    const Annotation* object = FindObjectToMoveTo(proposal, image.truth, min_iou);
    if (object == nullptr) continue;
    pairs.push_back({.feature = image.proposals.Row(row), .proposal = proposal, .object = object});
  }
}

// The sum of what add_pair adds for each pair. The order of the additions does not depend on the
// number of threads.
template <typename AddPair>
Coefficients SumOver(const std::vector<Pair>& pairs, const AddPair& add_pair) {
  const auto rows = static_cast<Eigen::Index>(pairs[0].feature.size() + 1);
  return tbb::parallel_deterministic_reduce(
      tbb::blocked_range<std::size_t>(0, pairs.size(), kPairsTogether),
      Coefficients(Coefficients::Zero(rows, 4)),
      [&](const tbb::blocked_range<std::size_t>& range, Coefficients sum) {
        for (std::size_t i = range.begin(); i < range.end(); ++i) add_pair(pairs[i], sum);
        return sum;
      },
      [](Coefficients a, const Coefficients& b) { return Coefficients(a += b); });
}

// Computes
//   sum += x factors,
// where x is the pair's features and a 1.
void AddOuter(const Pair& pair, const Eigen::RowVector4d& factors, Coefficients& sum) {
  Eigen::Index k = 0;
  for (const float value : pair.feature) sum.row(k++) += double{value} * factors;
  sum.row(k) += factors;
}

// Returns x' coefficients.
Eigen::RowVector4d Predict(const Pair& pair, const Coefficients& coefficients) {
  Eigen::RowVector4d sum = coefficients.row(coefficients.rows() - 1);
  Eigen::Index k = 0;
  for (const float value : pair.feature) sum += double{value} * coefficients.row(k++);
  return sum;
}

// Ridge regression, Girshick et al. 2014, equation 5:
//   W = (X'X + lambda I)^-1 X'(Y - m).
// X has a last column of ones, regularised like the others. m is the mean of Y; the last row of the
// result gets it back. Returns W, (dim + 1) x 4.
//
// R-CNN's code also whitens the targets, Y' = (Y - m) T, and undoes it in the prediction. With one
// lambda for all four that changes nothing, as W T T^-1 = W.
//
// X'X, of 14,337 squared values, is never made: the four columns of W are found by conjugate
// gradients side by side.
Coefficients Fit(const std::vector<Pair>& pairs, double lambda, const Progress& progress) {
  Eigen::RowVector4d mean = Eigen::RowVector4d::Zero();
  for (const Pair& pair : pairs) mean += TargetsOf(pair.proposal, pair.object->box);
  mean /= static_cast<double>(pairs.size());

  Coefficients residual = SumOver(pairs, [&](const Pair& pair, Coefficients& sum) {
    AddOuter(pair, TargetsOf(pair.proposal, pair.object->box) - mean, sum);
  });
  Coefficients weights = Coefficients::Zero(residual.rows(), 4);
  Coefficients direction = residual;
  Eigen::Array4d norms = residual.colwise().squaredNorm();
  const Eigen::Array4d small_enough = kTolerance * kTolerance * norms;
  for (int step = 0; step < kMaxSteps && (norms > small_enough).any(); ++step) {
    if (progress) progress(static_cast<std::size_t>(step), kMaxSteps);
    Coefficients image = SumOver(pairs, [&](const Pair& pair, Coefficients& sum) {
      AddOuter(pair, Predict(pair, direction), sum);
    });
    image += lambda * direction;
    // A finished column stays as it is: its step is 0.
    const Eigen::Array4d curvature = direction.cwiseProduct(image).colwise().sum();
    const Eigen::Array4d length = (norms > small_enough).select(norms / curvature, 0);
    weights += direction * length.matrix().asDiagonal();
    residual -= image * length.matrix().asDiagonal();
    const Eigen::Array4d left = residual.colwise().squaredNorm();
    const Eigen::Array4d ratio = (norms > small_enough).select(left / norms, 0);
    direction = residual + direction * ratio.matrix().asDiagonal();
    norms = left;
  }
  if (progress) progress(kMaxSteps, kMaxSteps);
  weights.row(weights.rows() - 1) += mean;
  return weights;
}

void AppendWeights(const Coefficients& fitted, std::vector<float>& weights) {
  for (const double value : fitted.reshaped<Eigen::ColMajor>())
    weights.push_back(static_cast<float>(value));
}

}  // namespace

void BoxRegressionTrainingOptions::Validate() const {
  if (!(min_iou >= 0 && min_iou < 1)) {
    throw OutOfRange("min_iou", min_iou, "at least 0, less than 1");
  }
  if (!(lambda > 0 && std::isfinite(lambda))) {
    throw OutOfRange("lambda", lambda, "a finite number above 0");
  }
}

BoxRegression TrainBoxRegression(const std::vector<BoxTrainingImage>& images,
                                 std::size_t class_count,
                                 const BoxRegressionTrainingOptions& options,
                                 int workers,
                                 const Progress& progress) {
  options.Validate();
  std::vector<Pair> pairs;
  for (const BoxTrainingImage& image : images) AppendPairs(image, options.min_iou, pairs);
  if (pairs.empty()) {
    throw Error(
        "training of box regression: expected proposals that overlap an object by more than "
        "min_iou = " +
        std::to_string(options.min_iou) + ", found none in " + std::to_string(images.size()) +
        " pictures; annotate more objects, lower min_iou, or train without box regression");
  }
  BoxRegression regression = {.feature_dim = pairs[0].feature.size(), .weights = {}};
  for (const Pair& pair : pairs) {
    Expects(pair.feature.size() == regression.feature_dim, "features of one length");
    Expects(IndexOf(pair.object->class_id) < class_count, "annotations of known classes");
  }

  tbb::task_arena(workers).execute([&] {
    const Coefficients for_all = Fit(pairs, options.lambda, progress);
    if (!options.per_class) {
      AppendWeights(for_all, regression.weights);
      return;
    }
    const Progress keep_last = [&](std::size_t, std::size_t) {
      if (progress) progress(kMaxSteps, kMaxSteps);
    };
    for (std::size_t j = 0; j < class_count; ++j) {
      std::vector<Pair> of_class;
      std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(of_class), [&](const Pair& pair) {
        return IndexOf(pair.object->class_id) == j;
      });
      const bool is_enough = of_class.size() >= kFewestPairs;
      AppendWeights(is_enough ? Fit(of_class, options.lambda, keep_last) : for_all,
                    regression.weights);
    }
  });
  return regression;
}

}  // namespace deeper
