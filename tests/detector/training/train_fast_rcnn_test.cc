#include "detector/training/train_fast_rcnn.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/pictures/read_image.h"
#include "detector/detector.h"
#include "detector/model/model_file.h"
#include "detector/training/fast_rcnn_detector.h"
#include "detector/training/train_ranker.h"
#include "eval/formats/voc.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/coloured_data_set.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

struct Ground {
  test::TemporaryDirectory directory;
  Dataset dataset = ReadVocDataset(test::WriteDataSet(directory / "data"), "train").dataset;

  FastRcnnOptions Options(const std::string& name, int workers) const {
    FastRcnnOptions options;
    options.training.plan.frozen = "inception_4d";
    options.training.steps = 6;
    options.training.validate_every = 3;
    options.training.solver.schedule.rate = 0.002;
    options.training.solver.schedule.warmup = 0;
    options.training.precision = Precision::kF32;
    options.training.workers = workers;
    options.training.file = directory / name;
    options.proposals_cache = directory / "proposals";
    options.sampling.regions = 16;
    options.short_sides_px = {96, 128};
    options.scale = {.short_side_px = 128, .long_side_px = 192};
    options.holdout = 0.5;
    return options;
  }
  FastRcnnReport Train(const FastRcnnOptions& options, const Monitor& monitor = {}) const {
    return TrainFastRcnn(dataset, test::RandomWeights(1), options, monitor);
  }
};

TEST_CASE("a training learns, and gives the same with any workers, stopped in between or not") {
  const Ground ground;
  const FastRcnnReport whole = ground.Train(ground.Options("whole", 1));
  REQUIRE(whole.finished);
  CHECK(whole.training_pictures > 0);
  CHECK(whole.held_out_pictures > 0);
  CHECK(whole.figures.steps == 6);
  CHECK(whole.figures.validation.contains("map"));
  CHECK(whole.figures.validation.contains("box_loss"));
  CHECK(ground.Train(ground.Options("two", 2)).model == whole.model);

  int steps = 0;
  bool trains = false;
  Monitor monitor;
  monitor.begin = [&](const std::string& what, const std::string&, std::size_t, std::size_t) {
    trains = what == "training";
  };
  monitor.advance = [&](std::size_t) { steps += trains ? 1 : 0; };
  monitor.stop_asked = [&] { return steps >= 3; };
  const FastRcnnReport stopped = ground.Train(ground.Options("stopped", 2), monitor);
  CHECK_FALSE(stopped.finished);
  CHECK(stopped.goes_on_from == ground.Options("stopped", 2).training.CheckpointPath());
  CHECK(ground.Train(ground.Options("stopped", 1)).model == whole.model);
}

TEST_CASE("what was trained is saved, loaded and detects") {
  const Ground ground;
  const FastRcnnReport report = ground.Train(ground.Options("model", 2));
  const std::filesystem::path file = ground.directory / "mine.safetensors";
  SaveModel(report.model, file);
  CHECK(LoadModel(file) == report.model);
  const Detector detector = LoadDetector(file);
  const Image image = ReadImage(ground.dataset.images.front().image_path);
  const std::vector<Detection> found = detector.Detect(image);
  REQUIRE_FALSE(found.empty());
  for (const Detection& detection : found) {
    CHECK(detection.score >= report.model.min_score);
    CHECK(detection.score <= 1);
    CHECK(detection.box.x1 <= static_cast<float>(image.width));
  }
}

TEST_CASE("all parts of a detector are trained in order, and judged on held-out pictures") {
  const Ground ground;
  const FastRcnnDetectorOptions options = {
      .work = ground.directory / "work", .steps = 2, .holdout = 0.5, .workers = 2};
  std::filesystem::create_directories(options.work);
  const FastRcnnDetectorReport report =
      TrainFastRcnnDetector(ground.dataset, test::RandomWeights(1), options, {});
  REQUIRE(report.finished);
  const TrainedHeads& trained = report.detector;
  CHECK(trained.model.ranker.has_value());
  CHECK(trained.model.quantization.has_value());
  CHECK(trained.training_pictures + trained.held_out_pictures == ground.dataset.images.size());
  REQUIRE(trained.voc07.has_value());
  CHECK(trained.voc07->classes.size() == 2);
  CHECK(report.ranker.recall.size() == 4);
  // It is judged as it is given out: calibrated where that was possible.
  CHECK(trained.model.training.contains("calibrated on") == !trained.stays_uncalibrated);
}

TEST_CASE("a training goes on from a detector's network, classifier and box regression") {
  const Ground ground;
  FastRcnnOptions options = ground.Options("first", 2);
  const Model first = ground.Train(options).model;
  CHECK(first.training.at("steps") == "6 of 2 pictures, 16 regions of each");

  // At a rate of nearly nothing what was learned stays, but for its rounding to bf16 and back.
  options = ground.Options("second", 2);
  options.training.steps = 1;
  options.training.solver.schedule.rate = 1e-12;
  options.learned = first;
  const Model second = TrainFastRcnn(ground.dataset, *first.backbone, options, {}).model;
  CHECK(second.backbone_fingerprint == first.backbone_fingerprint);
  const auto are_near = [](const std::vector<float>& a, const std::vector<float>& b) {
    return std::ranges::equal(
        a, b, [](float x, float y) { return x == Approx(y).epsilon(1e-6).margin(1e-9); });
  };
  CHECK(are_near(second.classifiers.weights, first.classifiers.weights));
  CHECK(are_near(second.classifiers.biases, first.classifiers.biases));
  CHECK(are_near(second.box_regression->weights, first.box_regression->weights));

  // A box regression of an earlier version read the features: the means of the profiles.
  BoxRegression earlier = {.feature_dim = kFeatureDim, .weights = {}};
  for (std::size_t i = 0; i < 4 * (kFeatureDim + 1); ++i)
    earlier.weights.push_back(static_cast<float>(i % 97) / 1000);
  options.learned->box_regression = earlier;
  options.training.file = ground.directory / "third";
  const BoxRegression third =
      TrainFastRcnn(ground.dataset, *first.backbone, options, {}).model.box_regression.value();
  REQUIRE(third.feature_dim == kProfileDim);
  for (std::size_t k = 0; k < 4; ++k) {
    const std::size_t row = k * (kFeatureDim + 1);
    const std::size_t profile_row = k * (kProfileDim + 1);
    CHECK(third.weights[profile_row + kProfileDim] ==
          Approx(earlier.weights[row + kFeatureDim]).margin(1e-6));
    for (const std::size_t i : {std::size_t{3}, 5 * kFeatureDim + 3, 13 * kFeatureDim + 3}) {
      CHECK(third.weights[profile_row + i] == Approx(earlier.weights[row + 3] / 14).margin(1e-6));
    }
  }

  // A detector of other classes passes on where objects lie, and not which they are.
  options.learned = first;
  options.learned->classes = ClassTableOf({"other", "classes"});
  options.training.file = ground.directory / "fourth";
  const Model fourth = TrainFastRcnn(ground.dataset, *first.backbone, options, {}).model;
  CHECK(are_near(fourth.box_regression->weights, first.box_regression->weights));
  CHECK_FALSE(are_near(fourth.classifiers.weights, first.classifiers.weights));
}

TEST_CASE("hard examples are another training than all examples") {
  const Ground ground;
  FastRcnnOptions options = ground.Options("hard", 2);
  options.training.steps = 2;
  const Model plain = ground.Train(options).model;
  options.candidates = 48;
  options.training.file = ground.directory / "hard2";
  CHECK(ground.Train(options).model.backbone_fingerprint != plain.backbone_fingerprint);
}

TEST_CASE("the map's boxes are learned from beside Selective Search's, where a map proposes") {
  const Ground ground;
  FastRcnnOptions options = ground.Options("first", 2);
  options.training.steps = 1;
  Model first = ground.Train(options).model;
  options.learned = first;
  options.map_boxes = 50;
  const auto train = [&](const std::string& file) {
    options.training.file = ground.directory / file;
    return TrainFastRcnn(ground.dataset, *first.backbone, options, {});
  };
  CHECK_THROWS_WITH(train("without"), Catch::Contains("map_boxes") && Catch::Contains("ranker"));
  options.learned->ranker =
      TrainRanker(
          ground.dataset, first, {.proposals_cache = options.proposals_cache, .pictures = 4}, {})
          .ranker;
  // At no rate a ranker that is learned on from stays as it is.
  const RegionRanker& ranker = *options.learned->ranker;
  const RegionRanker same =
      TrainRanker(
          ground.dataset,
          first,
          {.proposals_cache = options.proposals_cache, .pictures = 1, .learned = ranker, .rate = 0},
          {})
          .ranker;
  const auto is_near = [](float x, float y) { return x == Approx(y).epsilon(1e-5).margin(1e-9); };
  CHECK(std::ranges::equal(same.weights, ranker.weights, is_near));
  CHECK(std::ranges::equal(same.offset_weights, ranker.offset_weights, is_near));
  CHECK(std::ranges::equal(same.offset_biases, ranker.offset_biases, is_near));
  CHECK(same.bias == ranker.bias);

  const RegionCounts both = train("both").regions;
  CHECK(train("both again").model.training.at("the map's boxes") == "50");
  options.map_boxes = 0;
  const RegionCounts searched = train("searched").regions;
  CHECK(both.foreground + both.background > searched.foreground + searched.background);
}

TEST_CASE("a box regression without weight stays as it began, but for its decay") {
  const Ground ground;
  FastRcnnOptions options = ground.Options("boxes", 2);
  options.training.steps = 2;
  options.training.solver.weight_decay = 0;
  options.box_weight = 0;
  const BoxRegression first = ground.Train(options).model.box_regression.value();
  options.training.steps = 1;
  options.training.file = ground.directory / "boxes2";
  CHECK(ground.Train(options).model.box_regression == first);
}

TEST_CASE("what cannot be trained is refused before any work, by name") {
  const Ground ground;
  const auto message_of = [&](auto change) {
    FastRcnnOptions options = ground.Options("refused", 1);
    change(options);
    try {
      ground.Train(options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK_THAT(message_of([](auto& o) { o.short_sides_px = {100}; }), Catch::Contains("100"));
  CHECK_THAT(message_of([](auto& o) { o.short_sides_px = {}; }), Catch::Contains("short_sides_px"));
  CHECK_THAT(message_of([](auto& o) { o.training.plan.frozen = "inception_4e"; }),
             Catch::Contains("inception_4e"));
  CHECK_THAT(message_of([](auto& o) { o.holdout = 1; }), Catch::Contains("holdout"));
  CHECK_THAT(message_of([](auto& o) { o.sampling.foreground = 2; }), Catch::Contains("foreground"));
  CHECK_FALSE(std::filesystem::exists(ground.directory / "proposals"));
}

}  // namespace
}  // namespace deeper
