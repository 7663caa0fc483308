#include "detector/explain.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "detector/heads/region_features.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// Two classes that read one feature each: the score of class j is feature j.
Model TwoClasses() {
  Model model;
  model.classes = ClassTableOf({"cat", "dog"});
  model.scaling = {.norm = FeatureNorm::kMean, .target_norm = 1, .mean_norm = 1};
  model.classifiers = {.feature_dim = 2, .weights = {1, 0, 0, 1}, .biases = {0, 0}};
  return model;
}

Box Square(float x0) { return {.x0 = x0, .y0 = 10, .x1 = x0 + 20, .y1 = 30}; }

RegionFeatures RegionsOf(std::vector<Box> boxes, std::vector<float> features) {
  return {.image_width = 100,
          .image_height = 80,
          .feature_dim = 2,
          .boxes = std::move(boxes),
          .features = std::move(features)};
}

std::vector<Candidate> Explain(const Model& model,
                               const RegionFeatures& regions,
                               const DetectOptions& options) {
  return ExplainDetections(ScoreRegions(model, regions, options.box_regression),
                           regions.image_width,
                           regions.image_height,
                           options);
}

// The candidate of the class among those of the region.
const Candidate& Of(const std::vector<Candidate>& candidates, std::size_t region, int class_index) {
  const ClassId id = ClassAt(static_cast<std::size_t>(class_index));
  return *std::ranges::find_if(candidates, [&](const Candidate& candidate) {
    return candidate.region == region && candidate.detection.class_id == id;
  });
}

TEST_CASE("every region has a candidate of each class, and each a reason") {
  // As cats: the first is best, the second overlaps it by .6, the third stands apart, the fourth
  // scores too little.
  const auto regions =
      RegionsOf({Square(0), Square(5), Square(60), Square(30)}, {3, -9, 2, -9, 1, -9, -2, -9});
  const auto candidates =
      Explain(TwoClasses(), regions, {.min_score = -1, .nms = {.max_iou = 0.3}});
  REQUIRE(candidates.size() == 8);
  CHECK(Of(candidates, 0, 0).fate == Fate::kKept);
  REQUIRE(Of(candidates, 0, 0).given_out.has_value());
  CHECK(*Of(candidates, 0, 0).given_out == Of(candidates, 0, 0).detection);
  CHECK(Of(candidates, 1, 0).fate == Fate::kSuppressed);
  CHECK(Of(candidates, 1, 0).suppressor_iou == Approx(0.6));
  REQUIRE(Of(candidates, 1, 0).suppressor.has_value());
  CHECK(candidates[*Of(candidates, 1, 0).suppressor] == Of(candidates, 0, 0));
  CHECK(Of(candidates, 2, 0).fate == Fate::kKept);
  CHECK(Of(candidates, 3, 0).fate == Fate::kBelowMinScore);
  for (std::size_t i = 0; i < 4; ++i) CHECK(Of(candidates, i, 1).fate == Fate::kBelowMinScore);
}

TEST_CASE("beyond the most of a class a candidate that nothing suppresses says so") {
  const auto regions =
      RegionsOf({Square(0), Square(30), Square(32), Square(2)}, {4, 0, 3, 0, 2, 0, 1, 0});
  const auto candidates = Explain(
      TwoClasses(), regions, {.min_score = 0.5F, .nms = {.max_iou = 0.3, .max_per_class = 1}});
  CHECK(Of(candidates, 0, 0).fate == Fate::kKept);
  CHECK(Of(candidates, 1, 0).fate == Fate::kBeyondMost);
  CHECK(Of(candidates, 2, 0).fate == Fate::kBeyondMost);  // what it overlaps was not kept either
  CHECK(Of(candidates, 3, 0).fate == Fate::kSuppressed);
}

TEST_CASE("of two regions with one and the same detection the first is kept") {
  const auto regions = RegionsOf({Square(0), Square(0)}, {1, 0, 1, 0});
  const auto candidates = Explain(TwoClasses(), regions, {.min_score = 0.5F});
  CHECK(Of(candidates, 0, 0).fate == Fate::kKept);
  CHECK(Of(candidates, 1, 0).fate == Fate::kSuppressed);
}

TEST_CASE("soft suppression keeps all and lowers scores by each better one that overlaps") {
  // As cats at 0, 5 and 12, of probabilities .9, .8 and .7; the last at 60 overlaps none.
  const auto regions =
      RegionsOf({Square(0), Square(5), Square(12), Square(60)}, {.9F, 0, .8F, 0, .7F, 0, .6F, 0});
  const DetectOptions options{.min_score = 0.1F, .nms = {.soft_sigma = 0.5}};
  const auto candidates = Explain(TwoClasses(), regions, options);
  REQUIRE(candidates.size() == 8);
  for (const std::size_t region : {0U, 1U, 2U, 3U}) {
    CAPTURE(region);
    const Candidate& candidate = Of(candidates, region, 0);
    REQUIRE(candidate.fate == Fate::kKept);
    const auto place = static_cast<std::size_t>(&candidate - candidates.data());
    double score = candidate.detection.score;
    for (const Lowering& lowering : LoweringsOf(candidates, place, options.nms).of_it) {
      score *= lowering.factor;
      CHECK(candidates[lowering.candidate].kept_before < candidate.kept_before);
    }
    CHECK(candidate.given_out->score == Approx(score).epsilon(1e-6));
  }
  CHECK(Of(candidates, 0, 0).given_out->score == .9F);
  CHECK(Of(candidates, 1, 0).given_out->score < .6F);
  CHECK(Of(candidates, 3, 0).given_out->score == .6F);
  const Lowerings of_best = LoweringsOf(candidates, 0, options.nms);
  CHECK(of_best.of_it.empty());
  REQUIRE(of_best.by_it.size() == 2);
  CHECK(of_best.by_it[0].factor ==
        Approx(std::exp(-of_best.by_it[0].iou * of_best.by_it[0].iou / .5)));
  CHECK(LoweringsOf(candidates, 0, {.soft_sigma = 0}).by_it.empty());
}

TEST_CASE("what soft suppression lowers below the least score says so") {
  const auto regions = RegionsOf({Square(0), Square(2), Square(60)}, {.9F, 0, .8F, 0, .5F, 0});
  const DetectOptions options{.min_score = 0.4F, .nms = {.soft_sigma = 0.5}};
  const auto candidates = Explain(TwoClasses(), regions, options);
  CHECK(Of(candidates, 0, 0).fate == Fate::kKept);
  CHECK(Of(candidates, 1, 0).fate == Fate::kLowered);
  CHECK(Of(candidates, 2, 0).fate == Fate::kKept);
  DetectOptions one = options;
  one.nms.max_per_class = 1;
  CHECK(Of(Explain(TwoClasses(), regions, one), 1, 0).fate == Fate::kBeyondMost);
}

TEST_CASE("what is kept is what detection gives, whatever the regions and options") {
  Random random(5);
  Model model = TwoClasses();
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    std::vector<Box> boxes;
    std::vector<float> features;
    for (int i = 0; i < 30; ++i) {
      const auto x = static_cast<float>(random.Below(60));
      const auto y = static_cast<float>(random.Below(50));
      boxes.push_back({.x0 = x,
                       .y0 = y,
                       .x1 = x + 10 + static_cast<float>(random.Below(40)),
                       .y1 = y + 10 + static_cast<float>(random.Below(40))});
      for (int j = 0; j < 2; ++j) features.push_back(static_cast<float>(4 * random.Uniform() - 2));
    }
    if (round % 2 == 1) {
      const std::vector<float> moves = {.1F, 0, 0, 0, .1F, .05F, .1F, .1F, 0, 0, 0, .2F};
      model.box_regression = BoxRegression{.feature_dim = 2, .weights = moves};
      if (round % 8 == 1) {  // one per class
        model.box_regression->weights.insert(
            model.box_regression->weights.end(), moves.rbegin(), moves.rend());
      }
    }
    const auto regions = RegionsOf(boxes, features);
    const DetectOptions options{.box_regression = round % 4 == 1,
                                .min_score = static_cast<float>(random.Uniform() - 1),
                                .nms = {.max_iou = 0.2 + 0.5 * random.Uniform(),
                                        .max_per_class = round % 3 == 0 ? 4 : 100,
                                        .soft_sigma = round % 7 == 0 ? 0.5 : 0,
                                        .vote_iou = round % 5 == 0 ? 0.5 : 0}};
    std::vector<Detection> kept;
    for (const Candidate& candidate : Explain(model, regions, options)) {
      if (candidate.fate != Fate::kKept) continue;
      kept.push_back(candidate.given_out.value());
    }
    std::ranges::sort(kept, std::ranges::greater{}, &Detection::score);
    CHECK(kept == DetectFromFeatures(model, regions, options));
  }
}

}  // namespace
}  // namespace deeper
