#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/box.h"

namespace deeper {

// How features are scaled before the linear heads.
enum class FeatureNorm {
  kMean,  // by one number that makes their mean norm over the training set target_norm (R-CNN)
  kUnit,  // each vector separately to target_norm
};

std::string NameOf(FeatureNorm norm);                      // "mean", "unit"
FeatureNorm FeatureNormFromName(const std::string& name);  // throws Error listing them otherwise

struct FeatureScaling {
  FeatureNorm norm = FeatureNorm::kUnit;
  float target_norm = 20;
  float mean_norm = 1;  // of the unscaled training features; used by kMean

  bool operator==(const FeatureScaling&) const = default;
};

// Scales `features` in place: rows x dim, row-major. A zero vector stays zero.
void ScaleFeatures(std::span<float> features, std::size_t dim, const FeatureScaling& scaling);

// Scales the features of a whole picture as one row, and then multiplies them by `weight`: how much
// they count beside a region's features.
void ScaleContext(std::span<float> context, const FeatureScaling& scaling, float weight);

// What the rows of LinearClassifiers are.
enum class ClassifierKind {
  kSvm,      // one per class, each against the rest
  kSoftmax,  // background, then the classes, against one another
};

std::string NameOf(ClassifierKind kind);                         // "svm", "softmax"
ClassifierKind ClassifierKindFromName(const std::string& name);  // throws Error listing them

// Linear classifiers over the same features.
struct LinearClassifiers {
  ClassifierKind kind = ClassifierKind::kSvm;
  std::size_t feature_dim = 0;
  std::vector<float> weights;  // rows x feature_dim, row-major
  std::vector<float> biases;   // rows

  std::size_t ClassCount() const {
    return biases.size() - (kind == ClassifierKind::kSoftmax && !biases.empty() ? 1 : 0);
  }
  bool operator==(const LinearClassifiers&) const = default;
};

// Returns the margins of crops: crops x classes, row-major. The margin is
//   w . x + b           for an SVM,
//   log(p / (1 - p))    for a softmax: the log-odds of the class.
// The margins of a crop do not depend on the other crops.
//
// features: crops x values, row-major, already scaled. `context` is appended to the values of each
// crop; both together have feature_dim values. Safe from several threads.
std::vector<float> Score(const LinearClassifiers& classifiers,
                         std::span<const float> features,
                         std::span<const float> context = {});

// Ridge regression to
//   (dx/w, dy/h, log w, log h),
// Girshick et al. 2014, appendix C. One regressor for all classes, or one per class. It reads the
// profiles of a region's last map, those of a crop divided by the length of the crop's features. In
// models of earlier versions it reads the scaled features instead.
struct BoxRegression {
  std::size_t feature_dim = 0;  // kProfileDim, or kFeatureDim
  std::vector<float> weights;   // regressors x 4 x (feature_dim + 1), the bias last

  std::size_t RegressorCount() const {
    return feature_dim == 0 ? 0 : weights.size() / (4 * (feature_dim + 1));
  }
  bool ReadsProfiles() const { return feature_dim == kProfileDim; }
  bool operator==(const BoxRegression&) const = default;
};

// dx/w, dy/h, log w, log h.
using BoxOffsets = std::array<double, 4>;

// The offsets that regressor `index` predicts from one vector of its input.
BoxOffsets OffsetsOf(const BoxRegression& regression,
                     std::size_t index,
                     std::span<const float> feature);

// Those of all regressors, one after the other: regressors x 4.
std::vector<float> AllOffsetsOf(const BoxRegression& regression, std::span<const float> feature);

// Girshick et al. 2014, equations 6 to 9: the offsets that move `box` to `object`. Expects boxes
// that are not empty.
BoxOffsets OffsetsBetween(const Box& box, const Box& object);

// The moved box, not clipped. log w and log h are capped at log(1000/16), so that no box becomes
// infinite.
Box MoveBox(const Box& box, const BoxOffsets& offsets);

}  // namespace deeper
