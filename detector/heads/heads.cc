#include "detector/heads/heads.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "detector/heads/dot.h"

namespace deeper {
namespace {

// Largest log of a side's growth: a box grows at most 1000/16-fold.
const double kMaxLogGrowth = std::log(1000.0 / 16.0);

void ScaleBy(double factor, std::span<float> values) {
  for (float& value : values) value *= static_cast<float>(factor);
}

// For each class c, appends
//   log(p_c / (1 - p_c)) = z_c - log(sum over k != c of exp z_k).
// The first output is background. The sum is that of the outputs before c and that of those behind
// it: no difference of sums, which would lose the small ones beside a large exp z_c.
void AppendLogOdds(std::span<const double> outputs, std::vector<float>& margins) {
  constexpr double kSmallest = 1e-300;  // keeps the logarithm finite when all others underflow
  const double largest = *std::max_element(outputs.begin(), outputs.end());
  std::vector<double> powers;
  for (const double output : outputs) powers.push_back(std::exp(output - largest));
  std::vector<double> sums_behind(outputs.size(), 0.0);
  for (std::size_t c = outputs.size() - 1; c > 0; --c)
    sums_behind[c - 1] = sums_behind[c] + powers[c];
  double sum_before = powers[0];
  for (std::size_t c = 1; c < outputs.size(); ++c) {
    const double others = sum_before + sums_behind[c];
    sum_before += powers[c];
    margins.push_back(
        static_cast<float>(outputs[c] - largest - std::log(std::max(others, kSmallest))));
  }
}

}  // namespace

std::string NameOf(FeatureNorm norm) { return norm == FeatureNorm::kMean ? "mean" : "unit"; }

FeatureNorm FeatureNormFromName(const std::string& name) {
  for (const FeatureNorm norm : {FeatureNorm::kMean, FeatureNorm::kUnit}) {
    if (NameOf(norm) == name) return norm;
  }
  throw Error("feature norm '" + name + "': expected mean or unit");
}

std::string NameOf(ClassifierKind kind) { return kind == ClassifierKind::kSvm ? "svm" : "softmax"; }

ClassifierKind ClassifierKindFromName(const std::string& name) {
  for (const ClassifierKind kind : {ClassifierKind::kSvm, ClassifierKind::kSoftmax}) {
    if (NameOf(kind) == name) return kind;
  }
  throw Error("classifier kind '" + name + "': expected svm or softmax");
}

void ScaleFeatures(std::span<float> features, std::size_t dim, const FeatureScaling& scaling) {
  Expects(dim > 0 && features.size() % dim == 0, "whole rows of features");
  if (scaling.norm == FeatureNorm::kMean) {
    Expects(scaling.mean_norm > 0, "a mean norm above 0");
    ScaleBy(double{scaling.target_norm} / double{scaling.mean_norm}, features);
    return;
  }
  for (std::size_t begin = 0; begin < features.size(); begin += dim) {
    const std::span row = features.subspan(begin, dim);
    const double norm = std::sqrt(Dot(row, row));
    if (norm > 0) ScaleBy(double{scaling.target_norm} / norm, row);
  }
}

void ScaleContext(std::span<float> context, const FeatureScaling& scaling, float weight) {
  if (context.empty()) return;
  ScaleFeatures(context, context.size(), scaling);
  ScaleBy(double{weight}, context);
}

std::vector<float> Score(const LinearClassifiers& classifiers,
                         std::span<const float> features,
                         std::span<const float> context) {
  const std::size_t weight_dim = classifiers.feature_dim;
  Expects(context.size() < weight_dim, "context behind the values of a crop");
  const std::size_t dim = weight_dim - context.size();
  Expects(features.size() % dim == 0, "whole rows of features");
  Expects(classifiers.weights.size() == classifiers.biases.size() * weight_dim, "one bias a row");
  const auto weights_of = [&](std::size_t j) {
    return std::span(classifiers.weights).subspan(j * weight_dim, weight_dim);
  };
  std::vector<double> biases;  // the same for all crops: with what the context adds
  for (std::size_t j = 0; j < classifiers.biases.size(); ++j) {
    biases.push_back(double{classifiers.biases[j]} + Dot(weights_of(j).subspan(dim), context));
  }
  std::vector<float> margins;
  margins.reserve(features.size() / dim * classifiers.ClassCount());
  std::vector<double> outputs(biases.size());
  for (std::size_t begin = 0; begin < features.size(); begin += dim) {
    const std::span feature = features.subspan(begin, dim);
    for (std::size_t j = 0; j < outputs.size(); ++j) {
      outputs[j] = Dot(weights_of(j).first(dim), feature) + biases[j];
    }
    if (classifiers.kind == ClassifierKind::kSoftmax) {
      AppendLogOdds(outputs, margins);
    } else {
      for (const double output : outputs) margins.push_back(static_cast<float>(output));
    }
  }
  return margins;
}

BoxOffsets OffsetsOf(const BoxRegression& regression,
                     std::size_t index,
                     std::span<const float> feature) {
  const std::size_t dim = regression.feature_dim;
  Expects(index < regression.RegressorCount(), "a regressor of this index");
  Expects(feature.size() == dim, "one feature vector");
  BoxOffsets t{};
  for (std::size_t k = 0; k < t.size(); ++k) {
    const std::span row =
        std::span(regression.weights).subspan((index * t.size() + k) * (dim + 1), dim + 1);
    t[k] = Dot(row.first(dim), feature) + double{row[dim]};
  }
  return t;
}

std::vector<float> AllOffsetsOf(const BoxRegression& regression, std::span<const float> feature) {
  std::vector<float> all;
  for (std::size_t j = 0; j < regression.RegressorCount(); ++j) {
    for (const double offset : OffsetsOf(regression, j, feature))
      all.push_back(static_cast<float>(offset));
  }
  return all;
}

BoxOffsets OffsetsBetween(const Box& box, const Box& object) {
  const double width = double{box.x1} - double{box.x0};
  const double height = double{box.y1} - double{box.y0};
  const double object_width = double{object.x1} - double{object.x0};
  const double object_height = double{object.y1} - double{object.y0};
  const double dx = (double{object.x0} + double{object.x1} - double{box.x0} - double{box.x1}) / 2;
  const double dy = (double{object.y0} + double{object.y1} - double{box.y0} - double{box.y1}) / 2;
  return {
      dx / width, dy / height, std::log(object_width / width), std::log(object_height / height)};
}

Box MoveBox(const Box& box, const BoxOffsets& t) {
  const double width = double{box.x1} - double{box.x0};
  const double height = double{box.y1} - double{box.y0};
  const double x = (double{box.x0} + double{box.x1}) / 2 + width * t[0];
  const double y = (double{box.y0} + double{box.y1}) / 2 + height * t[1];
  const double half_width = width / 2 * std::exp(std::min(t[2], kMaxLogGrowth));
  const double half_height = height / 2 * std::exp(std::min(t[3], kMaxLogGrowth));
  return {.x0 = static_cast<float>(x - half_width),
          .y0 = static_cast<float>(y - half_height),
          .x1 = static_cast<float>(x + half_width),
          .y1 = static_cast<float>(y + half_height)};
}

}  // namespace deeper
