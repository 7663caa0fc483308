#include "detector/heads/softmax_classifier.h"

#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>

#include "core/error.h"
#include "core/out_of_range.h"
#include "detector/heads/lbfgs.h"
#include "detector/heads/nearest_object.h"
#include "detector/heads/region_features.h"

namespace deeper {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using RowMajorDouble = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::size_t kIgnored = static_cast<std::size_t>(-1);

// Pictures are summed in this many parts, and then the parts in order, so that the sums do not
// depend on the number of threads.
constexpr std::size_t kParts = 16;

// The label of each region of a picture: 0 is background, 1 + class an object, kIgnored neither.
std::vector<std::size_t> LabelsOf(const TrainingImage& image,
                                  const SoftmaxTrainingOptions& options) {
  std::vector<std::size_t> labels;
  for (std::size_t row = 0; row < image.regions.boxes.size(); ++row) {
    if (row < image.truth.size()) {
      const Annotation& own = image.truth[row];
      labels.push_back(own.difficult ? kIgnored : 1 + IndexOf(own.class_id));
      continue;
    }
    const NearestObject nearest = FindNearestObject(image.regions.boxes[row], image.truth);
    if (nearest.iou < options.negative_max_iou) {
      labels.push_back(0);
    } else if (nearest.iou >= options.positive_min_iou && !nearest.annotation->difficult) {
      labels.push_back(1 + IndexOf(nearest.annotation->class_id));
    } else {
      labels.push_back(kIgnored);
    }
  }
  return labels;
}

// Loss and gradient of some pictures.
struct Part {
  double loss = 0;
  RowMajorDouble gradient;  // rows x (features + 1)
};

class SoftmaxObjective {
 public:
  SoftmaxObjective(const std::vector<TrainingImage>& images,
                   std::size_t class_count,
                   const SoftmaxTrainingOptions& options)
      : images_(images),
        rows_(static_cast<Eigen::Index>(1 + class_count)),
        columns_(static_cast<Eigen::Index>(images[0].regions.feature_dim + 1)),
        options_(options) {
    for (const TrainingImage& image : images) labels_.push_back(LabelsOf(image, options));
  }

  std::size_t size() const { return static_cast<std::size_t>(rows_ * columns_); }

  // Returns
  //   1/2 |x|^2 + C sum_i c_i (log sum_k exp z_k - z_label)
  // and computes its gradient.
  double operator()(const std::vector<double>& x, std::vector<double>& gradient) const {
    const Eigen::Map<const RowMajorDouble> weights(x.data(), rows_, columns_);
    const RowMajor weights_f32 = weights.cast<float>();
    std::array<Part, kParts> parts;
    tbb::parallel_for(std::size_t{0}, kParts, [&](std::size_t p) {
      parts[p].gradient = RowMajorDouble::Zero(rows_, columns_);
      const std::size_t end = images_.size() * (p + 1) / kParts;
      for (std::size_t i = images_.size() * p / kParts; i < end; ++i) Add(i, weights_f32, parts[p]);
    });
    Eigen::Map<RowMajorDouble> sum(gradient.data(), rows_, columns_);
    sum = weights;
    double value = weights.squaredNorm() / 2;
    for (const Part& part : parts) {
      value += options_.c * part.loss;
      sum += options_.c * part.gradient;
    }
    return value;
  }

 private:
  void Add(std::size_t image, const RowMajor& weights, Part& part) const {
    const RegionFeatures& regions = images_[image].regions;
    const auto count = static_cast<Eigen::Index>(regions.boxes.size());
    if (count == 0) return;
    const Eigen::Map<const RowMajor> features(regions.features.data(), count, columns_ - 1);
    RowMajor outputs = features * weights.leftCols(columns_ - 1).transpose();
    outputs.rowwise() += weights.col(columns_ - 1).transpose();
    for (Eigen::Index i = 0; i < count; ++i) {
      const std::size_t label = labels_[image][static_cast<std::size_t>(i)];
      auto row = outputs.row(i);  // becomes the loss's derivative
      if (label == kIgnored) {
        row.setZero();
        continue;
      }
      const double weight = label == 0 ? 1 : options_.positive_weight;
      const float largest = row.maxCoeff();
      row.array() -= largest;
      const float own = row(static_cast<Eigen::Index>(label));
      row = row.array().exp().matrix().eval();
      const float sum = row.sum();
      part.loss += weight * (std::log(double{sum}) - double{own});
      row *= static_cast<float>(weight) / sum;
      row(static_cast<Eigen::Index>(label)) -= static_cast<float>(weight);
    }
    const RowMajor product = outputs.transpose() * features;
    part.gradient.leftCols(columns_ - 1) += product.cast<double>();
    part.gradient.col(columns_ - 1) += outputs.colwise().sum().transpose().cast<double>();
  }

  const std::vector<TrainingImage>& images_;
  Eigen::Index rows_;
  Eigen::Index columns_;
  SoftmaxTrainingOptions options_;
  std::vector<std::vector<std::size_t>> labels_;  // by picture and region
};

}  // namespace

void SoftmaxTrainingOptions::Validate() const {
  const auto require = [](bool holds, const char* field, double value, const char* expected) {
    if (!holds) throw OutOfRange(field, value, expected);
  };
  require(c > 0 && std::isfinite(c), "softmax_c", c, "a number above 0");
  require(positive_weight > 0 && std::isfinite(positive_weight),
          "softmax_positive_weight",
          positive_weight,
          "a number above 0");
  require(positive_min_iou > 0 && positive_min_iou <= 1,
          "softmax_positive_iou",
          positive_min_iou,
          "above 0, at most 1");
  require(negative_max_iou > 0 && negative_max_iou <= positive_min_iou,
          "softmax_negative_iou",
          negative_max_iou,
          "above 0, at most the IoU of positives");
  require(max_steps >= 1, "softmax_steps", static_cast<double>(max_steps), "at least 1");
}

TrainedClassifiers TrainSoftmax(const std::vector<TrainingImage>& images,
                                std::size_t class_count,
                                const SoftmaxTrainingOptions& options,
                                int workers,
                                const Progress& progress) {
  options.Validate();
  Expects(workers >= 1, "at least one worker");
  if (images.empty()) throw Error("training of classifiers: expected pictures, found none");
  ExpectTrainable(images, class_count);

  const SoftmaxObjective objective(images, class_count, options);
  const auto total = static_cast<std::size_t>(options.max_steps);
  tbb::task_arena arena(workers);
  const Minimum minimum = arena.execute([&] {
    return MinimizeLbfgs(objective,
                         std::vector<double>(objective.size()),
                         {.max_steps = options.max_steps, .tolerance = 1e-3, .memory = 10},
                         [&](int step) {
                           if (progress) progress(static_cast<std::size_t>(step), total);
                         });
  });

  LinearClassifiers classifiers = {.kind = ClassifierKind::kSoftmax,
                                   .feature_dim = images[0].regions.feature_dim,
                                   .weights = {},
                                   .biases = {}};
  const std::size_t columns = classifiers.feature_dim + 1;
  for (std::size_t i = 0; i < minimum.x.size(); ++i) {
    const auto value = static_cast<float>(minimum.x[i]);
    (i % columns == columns - 1 ? classifiers.biases : classifiers.weights).push_back(value);
  }
  return {.classifiers = std::move(classifiers),
          .at_limit = minimum.is_at_limit ? std::size_t{1} : 0};
}

}  // namespace deeper
