#include "detector/heads/svm_classifiers.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "detector/heads/training_images.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr std::size_t kDim = 12;

// Boxes far from each other: slot k starts at 100 k.
Box Slot(std::size_t k) {
  const auto x0 = static_cast<float>(100 * k);
  return {.x0 = x0, .y0 = 0, .x1 = x0 + 50, .y1 = 50};
}

// Noise of one half plus `strength` at the dimension of the class; background is noise alone.
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

TrainingImage EmptyImage() {
  TrainingImage image;
  image.regions.feature_dim = kDim;
  return image;
}

void AddObject(TrainingImage& image,
               std::size_t slot,
               std::size_t class_index,
               const std::vector<float>& feature,
               bool difficult = false) {
  image.truth.push_back(
      {.box = Slot(slot), .class_id = ClassAt(class_index), .difficult = difficult});
  AddBox(image, Slot(slot), feature);
}

// Pictures of two objects of random classes, the same boxes once more as proposals, and background.
std::vector<TrainingImage> RandomImages(std::size_t count,
                                        std::size_t class_count,
                                        std::size_t backgrounds,
                                        std::uint64_t seed,
                                        double strength = 1.5) {
  Random random(seed);
  std::vector<TrainingImage> images;
  for (std::size_t i = 0; i < count; ++i) {
    TrainingImage image = EmptyImage();
    const std::size_t first = random.Below(class_count), second = random.Below(class_count);
    AddObject(image, 0, first, FeatureOf(first, strength, random));
    AddObject(image, 1, second, FeatureOf(second, strength, random));
    AddBox(image, Slot(0), FeatureOf(first, strength - 0.1, random));
    AddBox(image, Slot(1), FeatureOf(second, strength - 0.1, random));
    for (std::size_t k = 0; k < backgrounds; ++k) {
      AddBox(image, Slot(2 + k), FeatureOf(kDim - 1, random.Uniform(), random));
    }
    images.push_back(std::move(image));
  }
  return images;
}

const SvmTrainingOptions kOptions = {
    .svm = {.c = 0.1, .bias_input = 1, .tolerance = 1e-5, .max_passes = 20'000}};

std::vector<float> MarginsOf(const LinearClassifiers& classifiers,
                             const std::vector<TrainingImage>& images) {
  std::vector<float> margins;
  for (const TrainingImage& image : images) {
    const std::vector<float> of_image = Score(classifiers, image.regions.features);
    margins.insert(margins.end(), of_image.begin(), of_image.end());
  }
  return margins;
}

float LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

// The SVM of class `class_index` from all its examples at once, chosen by the definition.
LinearSvm TrainOnAll(const std::vector<TrainingImage>& images, std::size_t class_index) {
  std::vector<std::span<const float>> rows;
  std::vector<signed char> labels;
  for (const TrainingImage& image : images) {
    for (std::size_t row = 0; row < image.regions.boxes.size(); ++row) {
      double largest = 0;
      for (const Annotation& annotation : image.truth) {
        if (IndexOf(annotation.class_id) != class_index) continue;
        largest = std::max(largest, Iou(annotation.box, image.regions.boxes[row]));
      }
      const bool is_positive = row < image.truth.size() &&
                               IndexOf(image.truth[row].class_id) == class_index &&
                               !image.truth[row].difficult;
      const bool is_difficult = row < image.truth.size() && image.truth[row].difficult;
      if (!is_positive && (is_difficult || largest >= 0.3)) continue;
      rows.push_back(image.regions.Row(row));
      labels.push_back(is_positive ? 1 : -1);
    }
  }
  return TrainLinearSvm(rows, labels, kOptions.svm).svm;
}

TEST_CASE("mining ends at the classifiers that training on all examples at once gives") {
  const auto images = RandomImages(60, 3, 15, 1);
  LinearClassifiers expected = {.feature_dim = kDim, .weights = {}, .biases = {}};
  for (std::size_t j = 0; j < 3; ++j) {
    const LinearSvm svm = TrainOnAll(images, j);
    expected.weights.insert(expected.weights.end(), svm.weight.begin(), svm.weight.end());
    expected.biases.push_back(svm.bias);
  }
  SvmTrainingOptions options = kOptions;
  options.passes = 4;  // one is R-CNN's approximation
  for (const std::size_t retrain_after : {30U, 200U, 100'000U}) {
    CAPTURE(retrain_after);
    options.retrain_after = retrain_after;
    const LinearClassifiers mined = TrainClassifiers(images, 3, options, 1, {}).classifiers;
    CHECK(LargestDifference(MarginsOf(mined, images), MarginsOf(expected, images)) < 1e-3F);
  }
}

TEST_CASE("objects of the class score high and all else low") {
  const auto images = RandomImages(60, 3, 15, 2, 3.0);
  const LinearClassifiers classifiers = TrainClassifiers(images, 3, kOptions, 1, {}).classifiers;
  for (const TrainingImage& image : images) {
    const std::vector<float> margins = Score(classifiers, image.regions.features);
    for (std::size_t row = 0; row < image.regions.boxes.size(); ++row) {
      for (std::size_t j = 0; j < 3; ++j) {
        // Rows 2 and 3 are the proposals on the objects of rows 0 and 1.
        const bool is_object = row < 4 && IndexOf(image.truth[row % 2].class_id) == j;
        REQUIRE((margins[row * 3 + j] > 0) == is_object);
      }
    }
  }
}

TEST_CASE("the number of workers does not change a bit") {
  const auto images = RandomImages(40, 5, 10, 3);
  const LinearClassifiers one = TrainClassifiers(images, 5, kOptions, 1, {}).classifiers;
  CHECK(TrainClassifiers(images, 5, kOptions, 2, {}).classifiers == one);
  CHECK(TrainClassifiers(images, 5, kOptions, 1, {}).classifiers == one);
}

TEST_CASE("a class is trained alike whatever others are") {
  const auto images = RandomImages(40, 5, 10, 3);
  const LinearClassifiers all = TrainClassifiers(images, 5, kOptions, 1, {}).classifiers;
  SvmTrainingOptions some = kOptions;
  some.only = {ClassAt(4), ClassAt(1)};
  const LinearClassifiers two = TrainClassifiers(images, 5, some, 1, {}).classifiers;
  REQUIRE(two.biases == std::vector<float>{all.biases[4], all.biases[1]});
  const auto row = [&](const LinearClassifiers& of, std::size_t i) {
    return std::vector<float>(of.weights.begin() + static_cast<std::ptrdiff_t>(i * kDim),
                              of.weights.begin() + static_cast<std::ptrdiff_t>((i + 1) * kDim));
  };
  CHECK(row(two, 0) == row(all, 4));
  CHECK(row(two, 1) == row(all, 1));
}

TEST_CASE("a class without positives answers no to everything") {
  const auto images = RandomImages(10, 2, 5, 4);
  const LinearClassifiers classifiers = TrainClassifiers(images, 3, kOptions, 1, {}).classifiers;
  REQUIRE(classifiers.ClassCount() == 3);
  CHECK(classifiers.biases[2] == -1);
  CHECK(std::all_of(classifiers.weights.begin() + 2 * kDim,
                    classifiers.weights.end(),
                    [](float weight) { return weight == 0; }));
}

// Base pictures of class 0 and one more picture; only the kind of that one's box changes.
LinearClassifiers TrainWith(const TrainingImage& last) {
  auto images = RandomImages(20, 1, 5, 5);
  images.push_back(last);
  return TrainClassifiers(images, 1, kOptions, 1, {}).classifiers;
}

TEST_CASE("a difficult object, and what overlaps it, is neither positive nor negative") {
  Random random(6);
  const std::vector<float> loud = FeatureOf(5, 3, random);
  TrainingImage difficult = EmptyImage();
  AddObject(difficult, 0, 0, loud, true);
  AddBox(difficult, Slot(0), loud);
  TrainingImage positive = EmptyImage(), negative = EmptyImage();
  AddObject(positive, 0, 0, loud);
  AddBox(negative, Slot(0), loud);
  const LinearClassifiers without = TrainWith(EmptyImage());
  CHECK(TrainWith(difficult) == without);
  CHECK(TrainWith(positive) != without);
  CHECK(TrainWith(negative) != without);
}

TEST_CASE("a difficult object of one class is no negative of another") {
  Random random(7);
  const std::vector<float> loud = FeatureOf(5, 3, random);
  auto images = RandomImages(20, 2, 5, 8);
  const LinearClassifiers without = TrainClassifiers(images, 2, kOptions, 1, {}).classifiers;
  images.push_back(EmptyImage());
  AddObject(images.back(), 0, 1, loud, true);
  CHECK(TrainClassifiers(images, 2, kOptions, 1, {}).classifiers == without);
  images.back().truth[0].difficult = false;  // an object of class 1 is a negative of class 0
  const LinearClassifiers with = TrainClassifiers(images, 2, kOptions, 1, {}).classifiers;
  CHECK(Score(with, loud)[0] < Score(without, loud)[0]);
}

TEST_CASE("a proposal is a negative below negative_max_iou and ignored from there on") {
  Random random(9);
  const std::vector<float> loud = FeatureOf(5, 3, random);
  const std::vector<float> object = FeatureOf(0, 1.5, random);
  const auto with_overlap = [&](float width) {
    TrainingImage image = EmptyImage();
    AddObject(image, 0, 0, object);  // 50 x 50
    if (width > 0) AddBox(image, {.x0 = 0, .y0 = 0, .x1 = width, .y1 = 50}, loud);
    return TrainWith(image);
  };
  const LinearClassifiers without = with_overlap(0);
  CHECK(with_overlap(15) == without);  // IoU 0.3
  CHECK(with_overlap(14) != without);  // IoU 0.28
}

TEST_CASE("classes whose SVM is stopped by the limit of passes are counted") {
  const auto images = RandomImages(20, 2, 2, 10);
  SvmTrainingOptions options = kOptions;
  CHECK(TrainClassifiers(images, 3, options, 1, {}).at_limit == 0);
  options.svm.max_passes = 1;
  // The third class has no object, so that nothing is trained for it.
  CHECK(TrainClassifiers(images, 3, options, 1, {}).at_limit == 2);
}

TEST_CASE("progress grows to the whole work, in pictures times classes times passes") {
  const auto images = RandomImages(130, 2, 2, 10);
  SvmTrainingOptions options = kOptions;
  options.passes = 2;
  std::vector<std::size_t> seen;
  const LinearClassifiers with =
      TrainClassifiers(images, 3, options, 2, [&](std::size_t done, std::size_t total) {
        REQUIRE(total == 780);
        seen.push_back(done);
      }).classifiers;
  CHECK(seen.size() > 3);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.back() == 780);
  CHECK(with == TrainClassifiers(images, 3, options, 1, {}).classifiers);
}

TEST_CASE("what progress throws stops the training and reaches the caller") {
  const auto images = RandomImages(10, 2, 2, 11);
  const auto stop = [](std::size_t, std::size_t) { throw std::runtime_error("stopped"); };
  CHECK_THROWS_WITH(TrainClassifiers(images, 2, kOptions, 2, stop), "stopped");
}

TEST_CASE("what classifiers cannot be trained from is reported") {
  auto images = RandomImages(5, 2, 2, 12);
  CHECK_THROWS_AS(TrainClassifiers({}, 2, kOptions, 1, {}), Error);
  CHECK_THROWS_AS(TrainClassifiers(images, 1, kOptions, 1, {}),
                  ContractViolation);  // class 1 is unknown
  CHECK_THROWS_AS(TrainClassifiers(images, 2, kOptions, 0, {}), ContractViolation);
  images[3].regions.features.pop_back();
  CHECK_THROWS_AS(TrainClassifiers(images, 2, kOptions, 1, {}), ContractViolation);
}

TEST_CASE("SVM training options outside their bounds are refused by name") {
  CHECK_NOTHROW(SvmTrainingOptions{}.Validate());
  CHECK_THROWS_WITH((SvmTrainingOptions{.svm = {.c = -1}}.Validate()), Catch::Contains("svm_c"));
  CHECK_THROWS_WITH((SvmTrainingOptions{.negative_max_iou = 0}.Validate()),
                    Catch::Contains("negative_max_iou"));
  CHECK_THROWS_WITH((SvmTrainingOptions{.hard_margin = std::nan("")}.Validate()),
                    Catch::Contains("hard_margin"));
  CHECK_THROWS_WITH((SvmTrainingOptions{.evict_margin = -1}.Validate()),
                    Catch::Contains("evict_margin"));
  CHECK_THROWS_WITH((SvmTrainingOptions{.retrain_after = 0}.Validate()),
                    Catch::Contains("retrain_after"));
  CHECK_THROWS_WITH((SvmTrainingOptions{.passes = 0}.Validate()), Catch::Contains("passes"));
}

}  // namespace
}  // namespace deeper
