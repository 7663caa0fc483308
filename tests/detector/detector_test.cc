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
#include "detector/regions/picture_features.h"
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
    files.push_back(models.Save(std::to_string(seed), model));
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

TEST_CASE("kept features are of a picture's pixels, not of its name") {
  const Models models;
  const fs::path file = models.Save("a", RandomModel(1, 0.5F));
  DetectorOptions options = Models::InF32();
  options.feature_cache = models.directory / "cache";
  const Detector detector = LoadDetector(file, options);
  const Detector fresh = LoadDetector(file, Models::InF32());
  const auto detect = [&](const Image& image, const std::string& id) {
    return detector.Detect(image, detector.DefaultOptions(), id);
  };
  const Image image = Rectangles(4);
  Image other = Rectangles(5);
  CHECK(!detect(image, "picture").replaced_kept);
  const Found replaced = detect(other, "picture");
  CHECK(replaced.replaced_kept);
  CHECK(replaced.detections == fresh.Detect(other));
  CHECK(replaced.detections != fresh.Detect(image));
  CHECK(!detect(other, "picture").replaced_kept);
  // Its context is kept beside the features of a picture that has its name.
  const Found of_name = detect(image, "picture-context");
  CHECK(!of_name.replaced_kept);
  CHECK(of_name.detections == fresh.Detect(image));
  CHECK(detect(other, "picture").detections == fresh.Detect(other));
}

TEST_CASE("kept features of regions that others chose are of these regions") {
  const Models models;
  DetectorOptions options = Models::InF32();
  options.rounds = 2;
  for (const std::uint64_t seed : {1U, 2U}) {  // with one network; their heads move other regions
    Model model = RandomModel(seed);
    model.box_regression = BoxRegression{
        .feature_dim = kFeatureDim,
        .weights = test::RandomTensor({4, kFeatureDim + 1, 1, 1}, seed, -0.01F, 0.01F).data};
    const fs::path file = models.Save(std::to_string(seed), model);
    options.feature_cache.clear();
    const Image image = Rectangles(4);
    const Detector fresh = LoadDetector(file, options);
    options.feature_cache = models.directory / "cache";
    const Detector detector = LoadDetector(file, options);
    const Found found = detector.Detect(image, detector.DefaultOptions(), "picture");
    CHECK(found.detections == fresh.Detect(image));
    CHECK(!found.replaced_kept);
  }
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

TEST_CASE("several looks at a picture give the means of their scores and boxes") {
  const Models models;
  Model model = WholePictureModel(1);
  model.ranker = SomeRanker();
  model.max_regions = 4;
  const fs::path file = models.Save("a", model);
  const Image image = Rectangles(1);
  const PictureScale small = {.short_side_px = 96, .long_side_px = 160};
  const PictureScale large = {.short_side_px = 160, .long_side_px = 256};
  const auto scored = [&](const std::vector<PictureScale>& scales, std::size_t regions) {
    DetectorOptions options = Models::InF32();
    options.picture_scales = scales;
    options.max_regions = regions;
    return LoadDetector(file, options).Score(image, true);
  };
  // Both scales look at the regions that the first chose.
  const Detector::Scored both = scored({small, large}, 4);
  const Detector::Scored first = scored({small}, 4);
  const Detector::Scored second = scored({large}, 0);
  REQUIRE(both.boxes == first.boxes);
  REQUIRE(both.by_model.size() == 1);
  for (std::size_t i = 0; i < both.boxes.size(); ++i) {
    const auto place = static_cast<std::size_t>(std::ranges::find(second.boxes, both.boxes[i]) -
                                                second.boxes.begin());
    REQUIRE(place < second.boxes.size());
    for (std::size_t j = 0; j < 2; ++j) {
      const double mean = (double{first.by_model[0].scores[2 * i + j]} +
                           double{second.by_model[0].scores[2 * place + j]}) /
                          2;
      CHECK(both.by_model[0].scores[2 * i + j] == static_cast<float>(mean));
    }
  }
}

TEST_CASE("with its mirror image a picture and its mirror image have the same detections") {
  const Models models;
  const std::vector<fs::path> files = {models.Save("whole", WholePictureModel(1)),
                                       models.Save("crops", RandomModel(2))};
  const Image image = Rectangles(1);
  const Image mirrored = MirrorImage(image);
  for (const fs::path& file : files) {
    DetectorOptions options = Models::InF32();
    const Detector::Scored plain = LoadDetector(file, options).Score(image, true);
    options.mirror = true;
    const Detector detector = LoadDetector(file, options);
    const Detector::Scored seen = detector.Score(image, true);
    CHECK(seen.boxes == plain.boxes);
    CHECK(seen.by_model[0].scores != plain.by_model[0].scores);
    // Regions that were proposed in both: their scores are those of both views, whichever is first.
    const Detector::Scored other = detector.Score(mirrored, true);
    std::size_t compared = 0;
    for (std::size_t i = 0; i < seen.boxes.size(); ++i) {
      const auto found = std::ranges::find(other.boxes, MirrorBox(seen.boxes[i], image.width));
      if (found == other.boxes.end()) continue;
      const auto place = static_cast<std::size_t>(found - other.boxes.begin());
      for (std::size_t j = 0; j < 2; ++j) {
        CHECK(other.by_model[0].scores[2 * place + j] == seen.by_model[0].scores[2 * i + j]);
        ++compared;
      }
    }
    CHECK(compared >= 2);
  }
}

// By a tenth of the width.
BoxRegression ToTheRight() {
  BoxRegression regression = {.feature_dim = kFeatureDim,
                              .weights = std::vector<float>(4 * (kFeatureDim + 1))};
  regression.weights[kFeatureDim] = 0.1F;
  return regression;
}

TEST_CASE("a second round scores the regions where box regression moved them") {
  const Models models;
  const Image image = Rectangles(1);
  Model model = WholePictureModel(1);
  model.box_regression = ToTheRight();
  const fs::path file = models.Save("a", model);
  DetectorOptions options = Models::InF32();
  const Detector::Scored once = LoadDetector(file, options).Score(image, true);
  options.rounds = 2;
  const Detector twice = LoadDetector(file, options);
  const Detector::Scored scored = twice.Score(image, true);
  const std::size_t first = once.boxes.size();
  REQUIRE(scored.boxes.size() > first);
  CHECK(std::vector<Box>(scored.boxes.begin(), scored.boxes.begin() + 10) == once.boxes);

  // The features of a moved region, by the network itself.
  const PictureNetwork network(*model.backbone, {.precision = Precision::kF32});
  PictureFeatureExtractor extractor(network, *model.picture_scale, model.crop.mean_bgr);
  const std::vector<Box> moved(scored.boxes.begin() + 10, scored.boxes.end());
  StageTimes times;
  const RegionScores expected =
      ScoreRegions(model, extractor.ExtractForAll(image, moved, times).front(), true);
  const RegionScores& found = scored.by_model.front();
  CHECK(std::vector<float>(found.scores.begin() + 20, found.scores.end()) == expected.scores);
  CHECK(std::vector<Box>(found.boxes.begin() + 10, found.boxes.end()) == expected.boxes);
  REQUIRE(scored.origins.size() == scored.boxes.size());
  for (std::size_t i = first; i < scored.boxes.size(); ++i) {
    const Box& from = scored.boxes[scored.origins[i].moved_from.value()];
    CHECK(scored.boxes[i].x0 == Approx(from.x0 + 0.1F * (from.x1 - from.x0)).margin(1e-3));
  }
  // Without regression nothing moves, so that nothing is scored again.
  CHECK(twice.Score(image, false).boxes == once.boxes);
}

TEST_CASE("a ranker that proposes adds regions of its map, or stands in for the search") {
  const Models models;
  const Image image = Rectangles(1);
  Model model = WholePictureModel(1);
  model.ranker = SomeRanker();
  model.max_regions = 40;
  const fs::path silent = models.Save("silent", model);
  model.ranker->offset_weights.resize(4 * model.ranker->weights.size());
  const fs::path proposes = models.Save("proposes", model);
  DetectorOptions options = Models::InF32();
  const auto scored = [&](const fs::path& file, Proposers proposers) {
    options.proposers = proposers;
    return LoadDetector(file, options).Score(image, true);
  };
  const auto by_map = [](const Detector::Scored& of) {
    return std::ranges::count_if(of.origins, [](const auto& origin) { return origin.by_map; });
  };
  const Detector::Scored searched = scored(silent, Proposers::kSearch);
  CHECK(searched.boxes.size() == 10);
  CHECK(scored(proposes, Proposers::kSearch).boxes == searched.boxes);

  const Detector::Scored map = scored(proposes, Proposers::kMap);
  CHECK(map.boxes.size() == 40);
  CHECK(by_map(map) == 40);
  CHECK(map.times.proposals_s == 0);

  const Detector::Scored both = scored(proposes, Proposers::kBoth);
  REQUIRE(both.boxes.size() == 40);
  REQUIRE(both.origins.size() == 40);
  CHECK(by_map(both) > 0);
  for (std::size_t i = 0; i < both.boxes.size(); ++i) {
    const std::optional<int>& rank = both.origins[i].selective_search_rank;
    CHECK(rank.has_value() != both.origins[i].by_map);
    if (rank) CHECK(both.boxes[i] == searched.boxes[static_cast<std::size_t>(*rank)]);
  }

  CHECK_THROWS_WITH(scored(silent, Proposers::kMap), Catch::Contains("no ranker that proposes"));
  options.max_regions = 0;
  CHECK_THROWS_WITH(scored(proposes, Proposers::kBoth), Catch::Contains("max_regions 0"));
}

TEST_CASE("box regression of whole pictures reads the profiles of each region") {
  // The mean of all rows, and that of all columns, is the feature.
  const Models models;
  const Image image = Rectangles(1);
  Model by_features = WholePictureModel(1);
  by_features.scaling = {.norm = FeatureNorm::kMean, .target_norm = 1, .mean_norm = 1};
  Model by_profiles = by_features;
  BoxRegression& pooled = by_features.box_regression.emplace();
  pooled.feature_dim = kFeatureDim;
  BoxRegression& profiled = by_profiles.box_regression.emplace();
  profiled.feature_dim = kProfileDim;
  Random random(5);
  for (int row = 0; row < 4; ++row) {
    std::vector<float> weights(kFeatureDim);
    for (float& weight : weights) weight = static_cast<float>(random.Uniform() - 0.5) * 0.02F;
    pooled.weights.insert(pooled.weights.end(), weights.begin(), weights.end());
    pooled.weights.push_back(0.1F);
    for (std::size_t i = 0; i < kProfileDim; ++i)
      profiled.weights.push_back(weights[i % kFeatureDim] / 14);
    profiled.weights.push_back(0.1F);
  }
  const auto scored = [&](const std::string& name, const Model& model) {
    return LoadDetector(models.Save(name, model), Models::InF32()).Score(image, true);
  };
  const Detector::Scored expected = scored("features", by_features);
  const Detector::Scored found = scored("profiles", by_profiles);
  CHECK(found.by_model[0].scores == expected.by_model[0].scores);
  REQUIRE(found.by_model[0].boxes.size() == expected.boxes.size());
  bool moves = false;
  for (std::size_t i = 0; i < expected.boxes.size(); ++i) {
    const Box& box = found.by_model[0].boxes[i];
    const Box& as_before = expected.by_model[0].boxes[i];
    moves = moves || std::abs(box.x0 - expected.boxes[i].x0) > 1;
    CHECK(box.x0 == Approx(as_before.x0).margin(2e-3));
    CHECK(box.y1 == Approx(as_before.y1).margin(2e-3));
  }
  CHECK(moves);

  // One that reads the left column alone moves a region by what is there.
  std::ranges::fill(profiled.weights, 0.0F);
  for (std::size_t c = 0; c < kFeatureDim; ++c) profiled.weights[7 * kFeatureDim + c] = 0.001F;
  const Detector::Scored left = scored("left", by_profiles);
  std::ranges::fill(profiled.weights, 0.0F);
  for (std::size_t c = 0; c < kFeatureDim; ++c) profiled.weights[13 * kFeatureDim + c] = 0.001F;
  CHECK(left.by_model[0].boxes != scored("right", by_profiles).by_model[0].boxes);
}

TEST_CASE("kept features of whole pictures are those of the same scale and choice") {
  const Models models;
  Model model = WholePictureModel(1);
  model.ranker = SomeRanker();
  model.box_regression = ToTheRight();
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
  options.picture_scales = {{.short_side_px = 96, .long_side_px = 160}};
  CHECK_THROWS_WITH(detect(), Catch::Contains("cache"));
  options.picture_scales.clear();
  options.max_regions = 3;
  CHECK_THROWS_WITH(detect(), Catch::Contains("cache"));
  options.max_regions.reset();
  options.feature_cache = models.directory / "looks";
  options.mirror = true;
  options.rounds = 2;
  options.feature_cache.clear();
  const std::vector<Detection> seen_twice = detect();
  CHECK(seen_twice != first);
  options.feature_cache = models.directory / "looks";
  CHECK(detect() == seen_twice);
  CHECK(detect() == seen_twice);
  options.rounds = 1;
  CHECK_THROWS_WITH(detect(), Catch::Contains("rounds 2, now 1"));
}

}  // namespace
}  // namespace deeper
