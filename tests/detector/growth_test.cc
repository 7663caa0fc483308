#include "tests/support/growth.h"

#include <cstddef>
#include <functional>
#include <vector>

#include "core/random.h"
#include "detector/heads/heads.h"
#include "detector/suppression/fusion.h"
#include "detector/suppression/nms.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// What `models` models find of the same objects: of each class as many as stand in a row, each
// seen by every model a little elsewhere.
std::vector<std::vector<Detection>> SeenBy(std::size_t models,
                                           std::size_t classes,
                                           std::size_t objects) {
  Random random(1);
  std::vector<std::vector<Detection>> seen(models);
  for (std::vector<Detection>& of_model : seen) {
    for (std::size_t j = 0; j < classes; ++j) {
      for (std::size_t i = 0; i < objects; ++i) {
        const float x = 20 * static_cast<float>(i) + static_cast<float>(random.Uniform());
        of_model.push_back({.box = {.x0 = x, .y0 = 0, .x1 = x + 10, .y1 = 10},
                            .class_id = ClassAt(j),
                            .score = static_cast<float>(random.Uniform())});
      }
    }
  }
  return seen;
}

double GrowthOfFusion(std::size_t size,
                      const std::function<std::vector<std::vector<Detection>>(std::size_t)>& make) {
  return test::GrowthByFour(size, [&](std::size_t count) {
    return [models = make(count)] {
      const std::vector<double> weights(models.size(), 1);
      REQUIRE(!FuseBoxes(models, weights, 0.55).empty());
    };
  });
}

TEST_CASE("the time of box fusion grows with the classes") {
  CHECK(GrowthOfFusion(100, [](std::size_t classes) { return SeenBy(6, classes, 20); }) <
        test::kMostGrowth);
}

TEST_CASE("the time of box fusion grows with the models") {
  CHECK(GrowthOfFusion(8, [](std::size_t models) { return SeenBy(models, 100, 20); }) <
        test::kMostGrowth);
}

TEST_CASE("the time of a softmax's log-odds grows with the classes") {
  // One feature, so that the classifiers themselves take little.
  const double growth = test::GrowthByFour(1000, [](std::size_t classes) {
    Random random(2);
    LinearClassifiers classifiers = {
        .kind = ClassifierKind::kSoftmax, .feature_dim = 1, .weights = {}, .biases = {}};
    for (std::size_t i = 0; i <= classes; ++i) {
      classifiers.weights.push_back(static_cast<float>(random.Uniform()));
      classifiers.biases.push_back(static_cast<float>(random.Uniform()));
    }
    return [classifiers] {
      const std::vector<float> features(100, 0.5F);
      REQUIRE(Score(classifiers, features).size() == 100 * classifiers.ClassCount());
    };
  });
  CHECK(growth < test::kMostGrowth);
}

TEST_CASE("the time of suppression grows with the boxes, of which it keeps so many a class") {
  const double growth = test::GrowthByFour(5000, [](std::size_t boxes) {
    Random random(3);
    std::vector<Detection> detections;
    for (std::size_t i = 0; i < boxes; ++i) {
      const auto x = static_cast<float>(random.Below(2000));
      const auto y = static_cast<float>(random.Below(2000));
      detections.push_back({.box = {.x0 = x, .y0 = y, .x1 = x + 50, .y1 = y + 50},
                            .class_id = ClassAt(random.Below(20)),
                            .score = static_cast<float>(random.Uniform())});
    }
    return [detections] { REQUIRE(!SuppressNonMaxima(detections, {}).empty()); };
  });
  CHECK(growth < test::kMostGrowth);
}

}  // namespace
}  // namespace deeper
