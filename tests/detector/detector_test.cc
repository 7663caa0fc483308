#include "detector/detector.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "backbone/files/weight_files.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/random.h"
#include "detector/model/model_file.h"
#include "eval/drawing/draw.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"
#include "tests/support/remedy.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// A detector of random weights that scores the ten best proposals. Equal seeds share a network.
Model RandomModel(std::uint64_t heads_seed, float context_weight = 0) {
  Model model;
  model.classes = ClassTableOf({"red", "blue"});
  model.backbone = test::RandomWeights(1);
  model.backbone_fingerprint = FingerprintOf(*model.backbone);
  model.proposals = DefaultProposals();
  model.proposals.max_boxes = 10;
  model.context_weight = context_weight;
  model.classifiers.feature_dim = context_weight > 0 ? 2 * kFeatureDim : kFeatureDim;
  model.classifiers.weights =
      test::RandomTensor({2, model.classifiers.feature_dim, 1, 1}, heads_seed, -0.1F, 0.1F).data;
  model.classifiers.biases.assign(2, 0);
  model.min_score = -1000;
  model.nms.max_iou = 0.1;  // not the default, so that a forgotten one shows
  return model;
}

Image Rectangles(std::uint64_t seed) {
  Random random(seed);
  Image image = MakeImage(160, 120, 110, 120, 130);
  for (int y = 30; y < 90; ++y) {
    for (int x = 20; x < 80; ++x) image.Row(y)[3 * x] = static_cast<std::uint8_t>(random.Below(99));
  }
  return image;
}

// Models in files, and detectors of them in f32.
struct Models {
  test::TemporaryDirectory directory;

  fs::path Save(const std::string& name, const Model& model) const {
    SaveModel(model, directory / name);
    return directory / name;
  }
  static DetectorOptions InF32() { return {.precision = Precision::kF32}; }
};

TEST_CASE("a detector detects as its model says, in every thread the same") {
  const Models models;
  const Detector detector = LoadDetector(models.Save("a", RandomModel(1)), Models::InF32());
  const Image image = Rectangles(1);
  const std::vector<Detection> found = detector.Detect(image);
  REQUIRE(!found.empty());

  DetectOptions options = DetectOptionsOf(detector.first());
  CHECK(options.nms.max_iou == 0.1);
  CHECK(detector.Detect(image, options).detections == found);
  options.nms.max_iou = 0.9;
  CHECK(detector.Detect(image, options).detections != found);

  std::vector<std::vector<Detection>> by_thread(3);
  {
    std::vector<std::jthread> threads;
    for (auto& own : by_thread) threads.emplace_back([&] { own = detector.Detect(image); });
  }
  for (const std::vector<Detection>& own : by_thread) CHECK(own == found);
}

TEST_CASE("the whole picture's features are read by models that have learned from them") {
  const Models models;
  const Detector detector = LoadDetector(models.Save("a", RandomModel(1, 0.5F)), Models::InF32());
  CHECK(!detector.Detect(Rectangles(1)).empty());
}

TEST_CASE("a picture's file gives what its pixels give") {
  const Models models;
  const Detector detector = LoadDetector(models.Save("a", RandomModel(1)), Models::InF32());
  const fs::path file = models.directory / "picture.jpg";
  WriteFileWhole(file, EncodeJpeg(Rectangles(2), 95));
  CHECK(detector.Detect(file) == detector.Detect(ReadImage(file)));
  CHECK_THROWS_AS(detector.Detect(models.directory / "none.jpg"), Error);
}

TEST_CASE("two models score the same regions, and their scores are joined by their weights") {
  const Models models;
  const std::vector<fs::path> files = {models.Save("a", RandomModel(1)),
                                       models.Save("b", RandomModel(2))};
  const Image image = Rectangles(3);
  DetectorOptions options = Models::InF32();
  options.weights = {1, 1e-6};
  const Detector::Scored both = LoadDetector(files, options).Score(image, true);
  const Detector::Scored first = LoadDetector(files[0], Models::InF32()).Score(image, true);
  REQUIRE(both.by_model.size() == 2);
  CHECK(both.boxes == first.boxes);
  CHECK(both.by_model[0].scores == first.by_model[0].scores);
  CHECK(both.by_model[1].scores != first.by_model[0].scores);
}

TEST_CASE("no fused score is below the least, though each model's own is above it") {
  const Models models;
  std::vector<fs::path> files;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Model model = RandomModel(seed);
    model.calibration = Calibration{.curves = std::vector<LogisticCurve>(2, {.slope = 0.02}),
                                    .operating_points = {0.5, 0.5}};
    model.min_score = 0;
    files.push_back(models.Save("m" + std::to_string(seed), model));
  }
  DetectorOptions options = Models::InF32();
  options.fusion = Fusion::kBoxes;
  const Detector detector = LoadDetector(files, options);
  DetectOptions detect = detector.DefaultOptions();
  const Image image = Rectangles(3);
  const std::vector<Detection> all = detector.Detect(image, detect).detections;
  REQUIRE(!all.empty());
  detect.min_score = all[all.size() / 2].score;
  const std::vector<Detection> found = detector.Detect(image, detect).detections;
  CHECK(!found.empty());
  for (const Detection& detection : found) CHECK(detection.score >= detect.min_score);
}

TEST_CASE("kept features give the same detections") {
  const Models models;
  const fs::path file = models.Save("a", RandomModel(1));
  DetectorOptions options = Models::InF32();
  options.feature_cache = models.directory / "cache";
  const Image image = Rectangles(4);
  const auto detect = [&] {
    const Detector detector = LoadDetector(file, options);
    return detector.Detect(image, detector.DefaultOptions(), "picture").detections;
  };
  const std::vector<Detection> extracted = detect();
  CHECK(detect() == extracted);
  CHECK(LoadDetector(file, Models::InF32()).Detect(image) == extracted);
}

TEST_CASE("models that cannot score together, and options out of range, are refused by name") {
  const Models models;
  const fs::path file = models.Save("a", RandomModel(1));
  Model other = RandomModel(2);
  other.classes = ClassTableOf({"red", "green"});
  const fs::path other_file = models.Save("b", other);
  CHECK_THROWS_WITH(LoadDetector({file, other_file}, Models::InF32()),
                    Catch::Contains("its classes are not those of"));
  CHECK_THROWS_WITH(LoadDetector(std::vector{file}, {.fusion = Fusion::kBoxes}),
                    Catch::Contains("needs probabilities"));
  CHECK(test::RemedyOf([&] { LoadDetector(std::vector{file}, {.fusion = Fusion::kBoxes}); }) ==
        Remedy::kCalibrate);
  CHECK_THROWS_WITH(LoadDetector(std::vector{file}, {.weights = {1, 1}}),
                    Catch::Contains("expected a weight for each of the 1 models, found 2"));
  CHECK_THROWS_WITH(LoadDetector(std::vector{file}, {.fusion_iou = 2}),
                    Catch::Contains("fusion_iou"));
}

// The same heads on windows of the whole picture's map.
Model WholePictureModel(std::uint64_t heads_seed) {
  Model model = RandomModel(heads_seed);
  model.picture_scale = {.short_side_px = 128, .long_side_px = 192};
  return model;
}

// A ranker that prefers windows in which channel 5 is strong.
RegionRanker SomeRanker() {
  RegionRanker ranker = {.weights = std::vector<float>(9 * 832), .bias = 1};
  for (std::size_t part = 0; part < 9; ++part) ranker.weights[part * 832 + 5] = 1;
  return ranker;
}

TEST_CASE("a model of whole pictures detects, in every thread the same") {
  const Models models;
  const Detector detector = LoadDetector(models.Save("a", WholePictureModel(1)), Models::InF32());
  const Image image = Rectangles(1);
  const std::vector<Detection> found = detector.Detect(image);
  REQUIRE(!found.empty());
  CHECK(found != LoadDetector(models.Save("b", RandomModel(1)), Models::InF32()).Detect(image));
  std::vector<std::vector<Detection>> by_thread(3);
  {
    std::vector<std::jthread> threads;
    for (auto& own : by_thread) threads.emplace_back([&] { own = detector.Detect(image); });
  }
  for (const std::vector<Detection>& own : by_thread) CHECK(own == found);
}

TEST_CASE("a ranker leaves the regions that it scores highest, for all models, with their scores") {
  const Models models;
  const fs::path all = models.Save("all", WholePictureModel(1));
  Model ranked = WholePictureModel(1);
  ranked.ranker = SomeRanker();
  ranked.max_regions = 4;
  const fs::path four = models.Save("four", ranked);
  const fs::path crops = models.Save("crops", RandomModel(2));
  const Image image = Rectangles(1);

  const Detector::Scored everything = LoadDetector(all, Models::InF32()).Score(image, true);
  REQUIRE(everything.boxes.size() == 10);
  const Detector::Scored chosen = LoadDetector(four, Models::InF32()).Score(image, true);
  REQUIRE(chosen.boxes.size() == 4);
  std::size_t place = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    while (place < 10 && everything.boxes[place] != chosen.boxes[i]) ++place;
    REQUIRE(place < 10);  // in the order in which they were proposed
    for (std::size_t j = 0; j < 2; ++j) {
      CHECK(chosen.by_model[0].scores[2 * i + j] == everything.by_model[0].scores[2 * place + j]);
    }
  }

  DetectorOptions options = Models::InF32();
  CHECK(LoadDetector({four, crops}, options).Score(image, true).by_model[1].scores.size() == 8);
  // The crops' model first in the list: the model that chooses still goes first.
  CHECK(LoadDetector({crops, four}, options).Score(image, true).boxes == chosen.boxes);
  options.max_regions = 7;
  CHECK(LoadDetector(four, options).Score(image, true).boxes.size() == 7);
  options.max_regions = 0;
  CHECK(LoadDetector(four, options).Score(image, true).boxes == everything.boxes);
}

TEST_CASE("models of crops score the best regions alone, and the others keep the first's scores") {
  const Models models;
  const fs::path whole = models.Save("whole", WholePictureModel(1));
  const fs::path crops = models.Save("crops", RandomModel(2, 0.5F));
  const Image image = Rectangles(1);
  DetectorOptions options = Models::InF32();
  const Detector::Scored all = LoadDetector({whole, crops}, options).Score(image, true);
  options.exact = 3;
  const Detector::Scored some = LoadDetector({whole, crops}, options).Score(image, true);
  CHECK(some.by_model[0].scores == all.by_model[0].scores);
  const std::vector<std::size_t> best = BestRegions(all.by_model[0], 3);
  for (std::size_t i = 0; i < all.boxes.size(); ++i) {
    const bool is_best = std::ranges::find(best, i) != best.end();
    for (std::size_t j = 0; j < 2; ++j) {
      CHECK(some.by_model[1].scores[2 * i + j] ==
            (is_best ? all : some).by_model[is_best ? 1 : 0].scores[2 * i + j]);
    }
  }
  CHECK_THROWS_WITH(LoadDetector({crops, whole}, options),
                    Catch::Contains("its regions are crops"));
}

TEST_CASE("kept features of whole pictures are those of the same scale and choice") {
  const Models models;
  Model model = WholePictureModel(1);
  model.ranker = SomeRanker();
  const fs::path file = models.Save("a", model);
  const Image image = Rectangles(1);
  DetectorOptions options = Models::InF32();
  options.feature_cache = models.directory / "cache";
  const DetectOptions defaults = DetectOptionsOf(model);
  const auto detect = [&] {
    return LoadDetector(file, options).Detect(image, defaults, "picture").detections;
  };
  const std::vector<Detection> first = detect();
  CHECK(detect() == first);
  options.picture_scale = {.short_side_px = 96, .long_side_px = 160};
  CHECK_THROWS_WITH(detect(), Catch::Contains("cache"));
  options.picture_scale.reset();
  options.max_regions = 3;
  CHECK_THROWS_WITH(detect(), Catch::Contains("cache"));
}

}  // namespace
}  // namespace deeper
