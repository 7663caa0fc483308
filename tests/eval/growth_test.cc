#include "tests/support/growth.h"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/random.h"
#include "eval/align.h"
#include "eval/analysis/breakdown.h"
#include "eval/evaluate.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

struct Found {
  Dataset dataset;
  DetectionSet detections;
};

// Pictures of four objects each, every second of them found, and four false detections.
Found FoundIn(std::size_t pictures, std::size_t classes) {
  Random random(1);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < classes; ++i) names.push_back(fmt::format("class {}", i));
  Found found{
      .dataset = {.name = "d", .classes = ClassTableOf(names), .images = {}, .blacklist = {}},
      .detections = {.classes = ClassTableOf(names), .images = {}}};
  for (std::size_t i = 0; i < pictures; ++i) {
    AnnotatedImage image{.id = fmt::format("{}", i), .image_path = {}};
    ImageDetections detected{.id = image.id, .detections = {}};
    for (int k = 0; k < 4; ++k) {
      const auto x = static_cast<float>(100 * k);
      const Box box{.x0 = x, .y0 = 0, .x1 = x + 50, .y1 = 50};
      const ClassId own = ClassAt(random.Below(classes));
      image.annotations.push_back({.box = box, .class_id = own});
      const auto score = static_cast<float>(random.Uniform());
      if (k % 2 == 0) detected.detections.push_back({box, own, score});
      detected.detections.push_back({box, ClassAt(random.Below(classes)), score / 2});
    }
    found.dataset.images.push_back(image);
    found.detections.images.push_back(detected);
  }
  return found;
}

double GrowthOfEvaluation(std::size_t size, const std::function<Found(std::size_t)>& make) {
  return test::GrowthByFour(size, [&](std::size_t count) {
    return [found = make(count)] {
      const Evaluation evaluation = Evaluate(found.dataset, found.detections, {});
      REQUIRE(evaluation.classes.size() == found.dataset.classes.Size());
      REQUIRE(!CountConfusions(found.dataset, found.detections, evaluation, 0.5).cells.empty());
    };
  });
}

}  // namespace

TEST_CASE("the time of an evaluation and its confusions grows with the pictures") {
  CHECK(GrowthOfEvaluation(2000, [](std::size_t pictures) { return FoundIn(pictures, 20); }) <
        test::kMostGrowth);
}

TEST_CASE("the time of an evaluation and its confusions grows with the classes") {
  CHECK(GrowthOfEvaluation(2500, [](std::size_t classes) { return FoundIn(500, classes); }) <
        test::kMostGrowth);
}

TEST_CASE("the confusions of 10,000 classes take the room of those that there are") {
  const Found found = FoundIn(300, 10000);
  const ConfusionMatrix matrix = CountConfusions(
      found.dataset, found.detections, Evaluate(found.dataset, found.detections, {}), 0.5);
  CHECK(matrix.cells.size() <= 300 * (4 + 6));  // at most one for each object and detection
}
