#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <string>

#include "core/error.h"
#include "detector/nearest_object.h"
#include "detector/training.h"

namespace deeper {
namespace {

// A class with fewer pairs than this gets the regressor for all classes.
constexpr std::size_t kFewestPairs = 10;

// Pairs that are added to the normal equations together.
constexpr std::size_t kBlock = 256;

// A proposal and the object that it should move to.
struct Pair {
  std::span<const float> feature;
  Box proposal;
  const Annotation* object = nullptr;
};

// Girshick et al. 2014, equations 6 to 9: where and how large the object is, seen from the
// proposal.
Eigen::RowVector4d TargetsOf(const Box& proposal, const Box& object) {
  const double width = double{proposal.x1} - double{proposal.x0};
  const double height = double{proposal.y1} - double{proposal.y0};
  const double object_width = double{object.x1} - double{object.x0};
  const double object_height = double{object.y1} - double{object.y0};
  const double dx =
      (double{object.x0} + double{object.x1} - double{proposal.x0} - double{proposal.x1}) / 2;
  const double dy =
      (double{object.y0} + double{object.y1} - double{proposal.y0} - double{proposal.y1}) / 2;
  return {
      dx / width, dy / height, std::log(object_width / width), std::log(object_height / height)};
}

// The pairs of a picture. A proposal whose nearest object is difficult has none.
void AppendPairs(const TrainingImage& image, double min_iou, std::vector<Pair>& pairs) {
  for (std::size_t row = image.truth.size(); row < image.regions.boxes.size(); ++row) {
    const Box& proposal = image.regions.boxes[row];
    const NearestObject nearest = FindNearestObject(proposal, image.truth);
    if (nearest.iou <= min_iou || nearest.annotation->difficult) continue;
    pairs.push_back(
        {.feature = image.regions.Row(row), .proposal = proposal, .object = nearest.annotation});
  }
}

// Ridge regression, Girshick et al. 2014, equation 5: W = (X'X + lambda I)^-1 X'(Y - m) with a last
// column of ones in X, regularised as the others, and m the mean of Y, which the last row of the
// result gets back. R-CNN's code also whitens the targets, Y' = (Y - m) T, and undoes it in the
// prediction; with one lambda for all four that changes nothing, as W T T^-1 = W. Returns (dim + 1)
// x 4.
Eigen::MatrixXd Fit(const std::vector<Pair>& pairs, double lambda) {
  const std::size_t dim = pairs[0].feature.size();
  const auto columns = static_cast<Eigen::Index>(dim + 1);
  Eigen::RowVector4d mean = Eigen::RowVector4d::Zero();
  for (const Pair& pair : pairs) mean += TargetsOf(pair.proposal, pair.object->box);
  mean /= static_cast<double>(pairs.size());

  Eigen::MatrixXd xx = lambda * Eigen::MatrixXd::Identity(columns, columns);  // lower triangle
  Eigen::MatrixXd xy = Eigen::MatrixXd::Zero(columns, 4);
  for (std::size_t begin = 0; begin < pairs.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, pairs.size() - begin);
    Eigen::MatrixXd x(columns, static_cast<Eigen::Index>(count));  // an example a column
    Eigen::MatrixXd y(static_cast<Eigen::Index>(count), 4);
    for (std::size_t i = 0; i < count; ++i) {
      const Pair& pair = pairs[begin + i];
      const auto column = static_cast<Eigen::Index>(i);
      x.col(column).head(columns - 1) =
          Eigen::Map<const Eigen::VectorXf>(pair.feature.data(), columns - 1).cast<double>();
      x(columns - 1, column) = 1;
      y.row(column) = TargetsOf(pair.proposal, pair.object->box) - mean;
    }
    xx.selfadjointView<Eigen::Lower>().rankUpdate(x);
    xy.noalias() += x * y;
  }
  Eigen::MatrixXd weights = xx.selfadjointView<Eigen::Lower>().llt().solve(xy);
  weights.row(columns - 1) += mean;
  return weights;
}

void AppendWeights(const Eigen::MatrixXd& fitted, std::vector<float>& weights) {
  for (const double value : fitted.reshaped()) weights.push_back(static_cast<float>(value));
}

}  // namespace

void BoxRegressionTrainingOptions::Validate() const {
  if (!(min_iou >= 0 && min_iou < 1)) {
    throw Error("box regression min_iou = " + std::to_string(min_iou) +
                ": expected at least 0, less than 1");
  }
  if (!(lambda > 0 && std::isfinite(lambda))) {
    throw Error("box regression lambda = " + std::to_string(lambda) +
                ": expected a finite number above 0");
  }
}

BoxRegression TrainBoxRegression(const std::vector<TrainingImage>& images,
                                 std::size_t class_count,
                                 const BoxRegressionTrainingOptions& options) {
  options.Validate();
  std::vector<Pair> pairs;
  for (const TrainingImage& image : images) AppendPairs(image, options.min_iou, pairs);
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

  const Eigen::MatrixXd for_all = Fit(pairs, options.lambda);
  if (!options.per_class) {
    AppendWeights(for_all, regression.weights);
    return regression;
  }
  for (std::size_t j = 0; j < class_count; ++j) {
    std::vector<Pair> of_class;
    std::copy_if(pairs.begin(), pairs.end(), std::back_inserter(of_class), [&](const Pair& pair) {
      return IndexOf(pair.object->class_id) == j;
    });
    const bool is_enough = of_class.size() >= kFewestPairs;
    AppendWeights(is_enough ? Fit(of_class, options.lambda) : for_all, regression.weights);
  }
  return regression;
}

}  // namespace deeper
