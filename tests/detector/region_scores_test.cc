#include "detector/region_scores.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "backbone/network.h"
#include "core/error.h"
#include "core/random.h"
#include "detector/heads/region_features.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// Two classes that read one feature each: the margin of class j is feature j - 1.
Model TwoClasses() {
  Model model;
  model.classes = {
      .classes = {{.name = "cat", .wordnet_id = ""}, {.name = "dog", .wordnet_id = ""}}};
  model.scaling = {.norm = FeatureNorm::kMean, .target_norm = 1, .mean_norm = 1};
  model.classifiers = {.feature_dim = 2, .weights = {1, 0, 0, 1}, .biases = {-1, -1}};
  return model;
}

RegionFeatures RegionsOf(std::vector<Box> boxes, std::vector<float> features) {
  return {.image_width = 100,
          .image_height = 80,
          .feature_dim = 2,
          .boxes = std::move(boxes),
          .features = std::move(features)};
}

const Box kLeft = {.x0 = 10, .y0 = 10, .x1 = 30, .y1 = 30};
const Box kRight = {.x0 = 60, .y0 = 10, .x1 = 80, .y1 = 30};

// Regressors whose biases alone act: one group of (dx, dy, log w, log h) each.
BoxRegression RegressionOf(const std::vector<std::vector<float>>& targets) {
  BoxRegression regression = {.feature_dim = 2, .weights = {}};
  for (const std::vector<float>& group : targets) {
    for (const float target : group) {
      regression.weights.insert(regression.weights.end(), {0, 0, target});
    }
  }
  return regression;
}

TEST_CASE("a region is detected as every class whose margin reaches min_score") {
  const auto regions = RegionsOf({kLeft, kRight}, {3, 0.5F, -4, 1.25F});
  const auto detections = DetectFromFeatures(TwoClasses(), regions, {.min_score = -0.5F});
  CHECK(detections ==
        std::vector<Detection>{{.box = kLeft, .class_id = ClassAt(0), .score = 2},
                               {.box = kRight, .class_id = ClassAt(1), .score = 0.25F},
                               {.box = kLeft, .class_id = ClassAt(1), .score = -0.5F}});
}

TEST_CASE("features are scaled as the model says before they are scored") {
  Model model = TwoClasses();
  model.scaling = {.norm = FeatureNorm::kUnit, .target_norm = 10};
  const auto detections = DetectFromFeatures(model, RegionsOf({kLeft}, {3, 4}), {});
  REQUIRE(detections.size() == 2);
  CHECK(detections[0].score == Approx(7));  // 8 - 1, the dog
  CHECK(detections[1].score == Approx(5));
}

TEST_CASE("one regressor for all moves the boxes of every class") {
  Model model = TwoClasses();
  model.box_regression = RegressionOf({{0.5F, 0, 0, 0}});
  const auto regions = RegionsOf({kLeft}, {3, 2});
  const Box moved = {.x0 = 20, .y0 = 10, .x1 = 40, .y1 = 30};
  for (const Detection& d : DetectFromFeatures(model, regions, {})) CHECK(d.box == moved);
  for (const Detection& d : DetectFromFeatures(model, regions, {.box_regression = false})) {
    CHECK(d.box == kLeft);
  }
}

TEST_CASE("with one regressor a class each class moves its own way") {
  Model model = TwoClasses();
  model.box_regression = RegressionOf({{0.5F, 0, 0, 0}, {0, 1, 0, 0}});
  const auto detections = DetectFromFeatures(model, RegionsOf({kLeft}, {3, 2}), {});
  REQUIRE(detections.size() == 2);
  CHECK(detections[0].box == Box{.x0 = 20, .y0 = 10, .x1 = 40, .y1 = 30});
  CHECK(detections[1].box == Box{.x0 = 10, .y0 = 30, .x1 = 30, .y1 = 50});
}

TEST_CASE("a regression that reads profiles moves boxes to where the regions' offsets say") {
  Model model = TwoClasses();
  model.box_regression = {.feature_dim = kProfileDim,
                          .weights = std::vector<float>(4 * (kProfileDim + 1))};
  RegionFeatures regions = RegionsOf({kLeft, kRight}, {3, -9, 2, -9});
  CHECK_THROWS_AS(ScoreRegions(model, regions, true), ContractViolation);
  regions.offsets = {0.5F, 0, 0, 0, 0, 0.25F, 0, std::log(2.0F)};
  CHECK(ScoreRegions(model, regions, false).boxes == regions.boxes);
  const std::vector<Box> moved = ScoreRegions(model, regions, true).boxes;
  REQUIRE(moved.size() == 2);
  CHECK(moved[0] == Box{.x0 = 20, .y0 = 10, .x1 = 40, .y1 = 30});
  CHECK(moved[1].x0 == 60);
  CHECK(moved[1].y0 == Approx(5));
  CHECK(moved[1].y1 == Approx(45));

  model.box_regression->weights.resize(2 * 4 * (kProfileDim + 1));
  regions.boxes.pop_back();
  regions.features.resize(2);
  const std::vector<Box> by_class = ScoreRegions(model, regions, true).boxes;
  REQUIRE(by_class.size() == 2);
  CHECK(by_class[0] == moved[0]);
  CHECK(by_class[1].y0 == Approx(5));
}

TEST_CASE("boxes are suppressed as they lie after regression and clipping") {
  Model model = TwoClasses();
  model.box_regression = RegressionOf({{0, 0, std::log(60.0F), std::log(60.0F)}});
  // Both grow over the whole picture and become one.
  const auto detections = DetectFromFeatures(model, RegionsOf({kLeft, kRight}, {3, -9, 2, -9}), {});
  REQUIRE(detections.size() == 1);
  CHECK(detections[0].box == Box{.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 80});
  CHECK(detections[0].score == 2);
}

TEST_CASE("no score is below min_score, however soft suppression lowers it") {
  Random random(9);
  std::size_t soft = 0;
  std::size_t plain = 0;
  for (int round = 0; round < 200; ++round) {
    RegionScores regions{.class_count = 2, .scores = {}, .boxes = {}};
    for (int i = 0; i < 20; ++i) {
      const auto x = static_cast<float>(random.Below(40));
      regions.boxes.push_back({.x0 = x, .y0 = 10, .x1 = x + 30, .y1 = 40});
      for (int j = 0; j < 2; ++j) regions.scores.push_back(static_cast<float>(random.Uniform()));
    }
    DetectOptions options{.min_score = .2F, .nms = {.soft_sigma = 0.5}};
    const std::vector<Detection> found = DetectionsOf(regions, 100, 100, options);
    soft += found.size();
    for (const Detection& detection : found) REQUIRE(detection.score >= options.min_score);
    CHECK(std::ranges::is_sorted(found, std::ranges::greater{}, &Detection::score));
    options.min_score = 0;
    plain += DetectionsOf(regions, 100, 100, options).size();
  }
  CHECK(soft > 0);
  CHECK(soft < plain / 2);  // most are lowered below it
}

TEST_CASE("a box that regression moves out of the picture is dropped") {
  Model model = TwoClasses();
  model.box_regression = RegressionOf({{-10, 0, 0, 0}});
  CHECK(DetectFromFeatures(model, RegionsOf({kLeft}, {3, 3}), {}).empty());
}

TEST_CASE("no regions give no detections") {
  CHECK(DetectFromFeatures(TwoClasses(), RegionsOf({}, {}), {}).empty());
}

TEST_CASE("a model whose parts disagree is a broken contract") {
  Model model = TwoClasses();
  model.box_regression = RegressionOf({{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}});
  CHECK_THROWS_AS(DetectFromFeatures(model, RegionsOf({kLeft}, {3, 3}), {}), ContractViolation);
  model = TwoClasses();
  model.classes.classes.pop_back();
  CHECK_THROWS_AS(DetectFromFeatures(model, RegionsOf({kLeft}, {3, 3}), {}), ContractViolation);
}

TEST_CASE("a score limit that is not a number is refused") {
  CHECK_NOTHROW(DetectOptions{}.Validate());
  CHECK_THROWS_WITH((DetectOptions{.min_score = std::nanf("")}.Validate()),
                    Catch::Contains("min_score"));
}

TEST_CASE("a calibrated model's scores are probabilities, each class by its own curve") {
  Model model = TwoClasses();
  model.calibration = {.curves = {{.slope = 1, .offset = 0}, {.slope = 2, .offset = 1}},
                       .operating_points = {0.5, 0.5}};
  const RegionScores scores = ScoreRegions(model, RegionsOf({kLeft}, {3, 0.5F}), true);
  REQUIRE(scores.scores.size() == 2);
  CHECK(scores.scores[0] == Approx(1 / (1 + std::exp(-2.0))));  // margin 2
  CHECK(scores.scores[1] == Approx(0.5));                       // margin -0.5
}

TEST_CASE("an ensemble's scores and its boxes are weighted means") {
  const RegionScores first = {.class_count = 2, .scores = {1, 2}, .boxes = {kLeft}};
  const RegionScores second = {.class_count = 2, .scores = {4, -1}, .boxes = {kRight}};
  const std::vector<RegionScores> models = {first, second};
  const RegionScores mean = MeanScores(models, std::vector<double>{2, 1});
  CHECK(mean.scores == std::vector<float>{2, 1});
  CHECK(mean.boxes == std::vector<Box>{{.x0 = 80.0F / 3, .y0 = 10, .x1 = 140.0F / 3, .y1 = 30}});
}

TEST_CASE("models with a box a region and a box a class are averaged class by class") {
  const RegionScores shared = {.class_count = 2, .scores = {0, 0}, .boxes = {kLeft}};
  const RegionScores own = {.class_count = 2, .scores = {0, 0}, .boxes = {kLeft, kRight}};
  const std::vector<RegionScores> models = {shared, own};
  CHECK(MeanScores(models, std::vector<double>{1, 1}).boxes ==
        std::vector<Box>{kLeft, {.x0 = 35, .y0 = 10, .x1 = 55, .y1 = 30}});
}

TEST_CASE("an ensemble of one is that model, to the last bit") {
  const RegionScores only = {.class_count = 1, .scores = {0.1F, 0.7F}, .boxes = {kLeft, kRight}};
  const RegionScores mean = MeanScores(std::vector{only}, std::vector<double>{3});
  CHECK(mean.scores == only.scores);
  CHECK(mean.boxes == only.boxes);
}

TEST_CASE("the best regions are those with the highest score of any class") {
  const RegionScores scores = {
      .class_count = 2, .scores = {1, 2, 5, 0, 3, 3, 0, 4}, .boxes = std::vector<Box>(4)};
  CHECK(BestRegions(scores, 2) == std::vector<std::size_t>{1, 3});
  CHECK(BestRegions(scores, 3) == std::vector<std::size_t>{1, 2, 3});
  CHECK(BestRegions(scores, 9).size() == 4);
}

TEST_CASE("scores of some regions replace those that all have") {
  const RegionScores all = {
      .class_count = 2, .scores = {1, 2, 3, 4, 5, 6}, .boxes = {kLeft, kLeft, kLeft}};
  const std::vector<std::size_t> second = {1};
  const RegionScores one_box = {.class_count = 2, .scores = {30, 40}, .boxes = {kRight}};
  const RegionScores replaced = WithReplaced(all, second, one_box);
  CHECK(replaced.scores == std::vector<float>{1, 2, 30, 40, 5, 6});
  CHECK(replaced.boxes == std::vector<Box>{kLeft, kRight, kLeft});
  const RegionScores box_a_class = {.class_count = 2, .scores = {30, 40}, .boxes = {kRight, kLeft}};
  CHECK(WithReplaced(all, second, box_a_class).boxes ==
        std::vector<Box>{kLeft, kLeft, kRight, kLeft, kLeft, kLeft});
  CHECK_THROWS_AS(WithReplaced(all, {}, one_box), ContractViolation);
}

TEST_CASE("regions of two lists are joined, with a box a class where one list has them") {
  const RegionScores shared = {.class_count = 2, .scores = {1, 2}, .boxes = {kLeft}};
  const RegionScores own = {.class_count = 2, .scores = {3, 4}, .boxes = {kLeft, kRight}};
  CHECK(Joined(shared, shared).boxes == std::vector<Box>{kLeft, kLeft});
  const RegionScores joined = Joined(shared, own);
  CHECK(joined.scores == std::vector<float>{1, 2, 3, 4});
  CHECK(joined.boxes == std::vector<Box>{kLeft, kLeft, kLeft, kRight});
}

TEST_CASE("the best regions' boxes are those of their best classes, once each, where they moved") {
  const Box moved = {.x0 = 12, .y0 = 10, .x1 = 32, .y1 = 30};
  const Box beyond = {.x0 = 90, .y0 = 70, .x1 = 120, .y1 = 90};
  const Box outside = {.x0 = 200, .y0 = 0, .x1 = 210, .y1 = 10};
  const std::vector<Box> regions = {kLeft, kRight, kLeft, kRight, kLeft};
  const RegionScores scores = {
      .class_count = 2,
      .scores = {0.1F, 0.9F, 0.8F, 0.1F, 0.3F, 0.2F, 0.5F, 0.4F, 0.6F, 0.1F},
      // Region 1 stays where it was; 2 is moved where 0 is; 3 is clipped; 4 leaves the picture.
      .boxes = {kRight, moved, kRight, moved, moved, kRight, beyond, kLeft, outside, kLeft}};
  const MovedRegions best = BestMoved(scores, regions, 100, 80);
  CHECK(best.from == std::vector<std::size_t>{0, 3});
  CHECK(best.boxes == std::vector<Box>{moved, {.x0 = 90, .y0 = 70, .x1 = 100, .y1 = 80}});
}

TEST_CASE("classifiers that read the whole picture add the same to all of its regions") {
  Model model = TwoClasses();
  const RegionFeatures plain = RegionsOf({kLeft, kRight}, {3, 1, 2, 5});
  const RegionScores before = ScoreRegions(model, plain, true);
  model.context_weight = 0.5;
  model.classifiers.feature_dim = 4;
  model.classifiers.weights = {1, 0, 2, 0, 0, 1, 0, -1};
  RegionFeatures regions = plain;
  regions.context = {6, 8};  // times 0.5: 3 and 4
  const RegionScores scores = ScoreRegions(model, regions, true);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(scores.scores[2 * i] == Approx(before.scores[2 * i] + 6));
    CHECK(scores.scores[2 * i + 1] == Approx(before.scores[2 * i + 1] - 4));
  }
  CHECK_THROWS_AS(ScoreRegions(model, plain, true), ContractViolation);
}

}  // namespace
}  // namespace deeper
