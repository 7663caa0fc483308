#include "detector/heads/softmax_classifier.h"

#include <linear.h>

#include <cmath>
#include <span>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "detector/heads/region_features.h"
#include "detector/heads/training_images.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr std::size_t kDim = 6;

// Boxes far from each other: slot k starts at 100 k.
Box Slot(std::size_t k) {
  const auto x0 = static_cast<float>(100 * k);
  return {.x0 = x0, .y0 = 0, .x1 = x0 + 50, .y1 = 50};
}

// Noise of one half plus `strength` at the dimension of the class.
std::vector<float> FeatureOf(std::size_t class_index, double strength, Random& random) {
  std::vector<float> feature(kDim);
  for (float& value : feature) value = static_cast<float>(random.Uniform() - 0.5);
  feature[class_index] += static_cast<float>(strength);
  return feature;
}

void AddBox(TrainingImage& image, const Box& box, const std::vector<float>& feature) {
  image.regions.boxes.push_back(box);
  image.regions.features.insert(image.regions.features.end(), feature.begin(), feature.end());
}

// Pictures with one object of each class and three proposals of background.
std::vector<TrainingImage> Pictures(std::size_t count, std::size_t classes, double strength) {
  Random random(7);
  std::vector<TrainingImage> images(count);
  for (TrainingImage& image : images) {
    image.regions.feature_dim = kDim;
    for (std::size_t j = 0; j < classes; ++j) {
      image.truth.push_back({.box = Slot(j), .class_id = ClassAt(j)});
      AddBox(image, Slot(j), FeatureOf(j, strength, random));
    }
    for (std::size_t k = 0; k < 3; ++k) {
      AddBox(image, Slot(classes + k), FeatureOf(0, 0, random));
    }
  }
  return images;
}

// The margin of class 0 is that of a logistic regression. With w_1 = -w_0 = v / 2 the softmax's
// loss is
//   1/2 (1/2 |v|^2 + 2 C sum log(1 + exp(-y v.x))),
// which is liblinear's L2R_LR with twice the C.
TEST_CASE("with one class the margins are those of liblinear's logistic regression") {
  const std::vector<TrainingImage> images = Pictures(40, 1, 0.6);
  const SoftmaxTrainingOptions options = {.c = 0.7};
  const LinearClassifiers found = TrainSoftmax(images, 1, options, 2, {}).classifiers;

  std::vector<std::vector<feature_node>> rows;
  std::vector<double> labels;
  for (const TrainingImage& image : images) {
    for (std::size_t i = 0; i < image.regions.boxes.size(); ++i) {
      std::vector<feature_node>& row = rows.emplace_back();
      int index = 0;
      for (const float value : image.regions.Row(i))
        row.push_back({.index = ++index, .value = double{value}});
      row.push_back({.index = ++index, .value = 1});  // bias
      row.push_back({.index = -1, .value = 0});
      labels.push_back(i == 0 ? 1 : -1);
    }
  }
  std::vector<feature_node*> row_pointers;
  for (std::vector<feature_node>& row : rows) row_pointers.push_back(row.data());
  problem liblinear_problem{};
  liblinear_problem.l = static_cast<int>(rows.size());
  liblinear_problem.n = static_cast<int>(kDim) + 1;
  liblinear_problem.y = labels.data();
  liblinear_problem.x = row_pointers.data();
  liblinear_problem.bias = -1;  // it is among the features
  parameter parameters{};
  parameters.solver_type = L2R_LR;
  parameters.C = 2 * options.c;
  parameters.eps = 1e-8;
  set_print_string_function([](const char*) {});
  model* trained = train(&liblinear_problem, &parameters);

  const std::vector<float> margins = Score(found, images[0].regions.features);
  for (std::size_t i = 0; i < images[0].regions.boxes.size(); ++i) {
    double expected = 0;
    for (std::size_t k = 0; k <= kDim; ++k) {
      expected += trained->w[k] * rows[i][k].value;
    }
    // Both stop at gradients 1e-3 and 1e-8 of the first.
    CHECK(double{margins[i]} == Approx(expected).margin(0.01));
  }
  free_and_destroy_model(&trained);
}

// 1/2 |w|^2 + C sum c_i (log sum_k exp z_k - z_label) in plain sums.
double ObjectiveOf(const LinearClassifiers& classifiers,
                   const std::vector<TrainingImage>& images,
                   const SoftmaxTrainingOptions& options) {
  double objective = 0;
  for (const float w : classifiers.weights) objective += double{w} * double{w} / 2;
  for (const float b : classifiers.biases) objective += double{b} * double{b} / 2;
  for (const TrainingImage& image : images) {
    for (std::size_t i = 0; i < image.regions.boxes.size(); ++i) {
      const std::size_t label = i < image.truth.size() ? 1 + i : 0;
      double sum = 0;
      double own = 0;
      for (std::size_t k = 0; k < classifiers.biases.size(); ++k) {
        double z = classifiers.biases[k];
        for (std::size_t d = 0; d < kDim; ++d) {
          z += double{classifiers.weights[k * kDim + d]} * double{image.regions.Row(i)[d]};
        }
        sum += std::exp(z);
        if (k == label) own = z;
      }
      objective += options.c * (label == 0 ? 1 : options.positive_weight) * (std::log(sum) - own);
    }
  }
  return objective;
}

TEST_CASE("moving any weight or bias of the solution raises the loss") {
  const std::vector<TrainingImage> images = Pictures(20, 2, 1);
  const SoftmaxTrainingOptions options = {.c = 0.5, .positive_weight = 2};
  const LinearClassifiers found = TrainSoftmax(images, 2, options, 1, {}).classifiers;
  REQUIRE(found.biases.size() == 3);
  const double best = ObjectiveOf(found, images, options);
  for (std::size_t k = 0; k < found.weights.size() + found.biases.size(); ++k) {
    for (const float by : {-0.05F, 0.05F}) {
      LinearClassifiers moved = found;
      (k < found.weights.size() ? moved.weights[k] : moved.biases[k - found.weights.size()]) += by;
      CAPTURE(k, by);
      CHECK(ObjectiveOf(moved, images, options) > best);
    }
  }
}

TEST_CASE("softmax classifiers tell classes and background apart, whatever the workers") {
  const std::vector<TrainingImage> images = Pictures(30, 3, 3);
  const LinearClassifiers one = TrainSoftmax(images, 3, {.c = 1}, 1, {}).classifiers;
  CHECK(one == TrainSoftmax(images, 3, {.c = 1}, 4, {}).classifiers);
  CHECK(TrainSoftmax(images, 3, {.c = 1}, 1, {}).at_limit == 0);
  CHECK(TrainSoftmax(images, 3, {.c = 1, .max_steps = 1}, 1, {}).at_limit == 1);
  for (const TrainingImage& image : images) {
    const std::vector<float> margins = Score(one, image.regions.features);
    for (std::size_t i = 0; i < image.regions.boxes.size(); ++i) {
      for (std::size_t j = 0; j < 3; ++j) CHECK((margins[i * 3 + j] > 0) == (i == j));
    }
  }
}

TEST_CASE("what overlaps an object a little, or a difficult one, teaches nothing") {
  std::vector<TrainingImage> images = Pictures(10, 1, 2);
  const SoftmaxTrainingOptions options = {.c = 1, .negative_max_iou = 0.3};
  const LinearClassifiers before = TrainSoftmax(images, 1, options, 1, {}).classifiers;
  Box near = Slot(0);
  near.x1 -= 30;  // IoU 0.4
  AddBox(images[0], near, std::vector<float>(kDim, 9));
  images[1].truth.push_back({.box = Slot(9), .class_id = ClassAt(0), .difficult = true});
  RegionFeatures& regions = images[1].regions;
  regions.boxes.insert(regions.boxes.begin() + 1, Slot(9));
  regions.features.insert(regions.features.begin() + kDim, kDim, 9.0F);
  AddBox(images[1], Slot(9), std::vector<float>(kDim, 9));
  CHECK(TrainSoftmax(images, 1, options, 1, {}).classifiers == before);
}

TEST_CASE("options of softmax training out of range are refused by name") {
  const auto message = [](const SoftmaxTrainingOptions& options) {
    return [options] { options.Validate(); };
  };
  CHECK_THROWS_WITH(message({.c = 0})(), Catch::Contains("softmax_c is 0"));
  CHECK_THROWS_WITH(message({.positive_weight = -1})(), Catch::Contains("positive_weight"));
  CHECK_THROWS_WITH(message({.positive_min_iou = 0.4})(), Catch::Contains("softmax_negative_iou"));
  CHECK_THROWS_WITH(message({.max_steps = 0})(), Catch::Contains("softmax_steps"));
  CHECK_THROWS_AS(TrainSoftmax({}, 1, {}, 1, {}), Error);
}

}  // namespace
}  // namespace deeper
