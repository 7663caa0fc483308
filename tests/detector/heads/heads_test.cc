#include "detector/heads/heads.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "detector/heads/dot.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

std::vector<float> RandomFloats(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(random.Uniform() * 2 - 1);
  return values;
}

double NormOf(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double(value) * double(value);
  return std::sqrt(sum);
}

TEST_CASE("the inner product equals the plain sum for every length around the lanes") {
  for (const std::size_t length : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 33U, 1023U, 1024U, 1025U}) {
    const std::vector<float> a = RandomFloats(length, 1), b = RandomFloats(length, 2);
    double expected = 0;
    for (std::size_t i = 0; i < length; ++i) expected += double(a[i]) * double(b[i]);
    CAPTURE(length);
    CHECK(Dot(a, b) == Approx(expected).margin(1e-5));  // 64 additions a lane of values around 1
  }
}

TEST_CASE("adding a scaled vector adds to every value, also behind the lanes") {
  std::vector<float> dst = RandomFloats(37, 3);
  const std::vector<float> before = dst, src = RandomFloats(37, 4);
  AddScaled(0.5F, src, dst);
  for (std::size_t i = 0; i < dst.size(); ++i) CHECK(dst[i] == before[i] + 0.5F * src[i]);
}

TEST_CASE("unit scaling gives every row the target norm and leaves a zero row") {
  std::vector<float> features = RandomFloats(3 * 50, 5);
  std::fill(features.begin() + 50, features.begin() + 100, 0.0F);
  const std::vector<float> before = features;
  ScaleFeatures(features, 50, {.norm = FeatureNorm::kUnit, .target_norm = 20});
  const std::span<const float> rows(features);
  CHECK(NormOf(rows.subspan(0, 50)) == Approx(20));
  CHECK(NormOf(rows.subspan(50, 50)) == 0);
  CHECK(NormOf(rows.subspan(100, 50)) == Approx(20));
  CHECK(features[0] / before[0] == Approx(features[1] / before[1]));
}

TEST_CASE("mean scaling multiplies all by target over mean") {
  std::vector<float> features = {1, 2, 3, 4};
  ScaleFeatures(features, 2, {.norm = FeatureNorm::kMean, .target_norm = 20, .mean_norm = 5});
  CHECK(features == std::vector<float>{4, 8, 12, 16});
  const FeatureScaling unknown = {.norm = FeatureNorm::kMean, .mean_norm = 0};
  CHECK_THROWS_AS(ScaleFeatures(features, 2, unknown), ContractViolation);
}

TEST_CASE("norm names read back") {
  for (const FeatureNorm norm : {FeatureNorm::kMean, FeatureNorm::kUnit}) {
    CHECK(FeatureNormFromName(NameOf(norm)) == norm);
  }
  CHECK_THROWS_WITH(FeatureNormFromName("max"), Catch::Contains("mean or unit"));
}

TEST_CASE("a margin is the inner product with the class's weights plus its bias") {
  const std::size_t dim = 33, classes = 3, crops = 4;
  const LinearClassifiers classifiers = {
      .feature_dim = dim, .weights = RandomFloats(classes * dim, 6), .biases = {0.5F, -1, 2}};
  const std::vector<float> features = RandomFloats(crops * dim, 7);
  const std::vector<float> margins = Score(classifiers, features);
  REQUIRE(margins.size() == crops * classes);
  for (std::size_t i = 0; i < crops; ++i) {
    for (std::size_t j = 0; j < classes; ++j) {
      double expected = double(classifiers.biases[j]);
      for (std::size_t k = 0; k < dim; ++k) {
        expected += double(classifiers.weights[j * dim + k]) * double(features[i * dim + k]);
      }
      CAPTURE(i, j);
      CHECK(margins[i * classes + j] == Approx(expected).margin(1e-5));
    }
  }
}

TEST_CASE("the margins of a crop do not depend on its neighbours") {
  const LinearClassifiers classifiers = {
      .feature_dim = 40, .weights = RandomFloats(5 * 40, 8), .biases = RandomFloats(5, 9)};
  const std::vector<float> features = RandomFloats(7 * 40, 10);
  const std::vector<float> together = Score(classifiers, features);
  for (std::size_t i = 0; i < 7; ++i) {
    const std::vector<float> alone = Score(classifiers, std::span(features).subspan(i * 40, 40));
    CHECK(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<long>(i) * 5));
  }
}

TEST_CASE("scores of no crops are none, and of a wrong length a broken contract") {
  const LinearClassifiers classifiers = {.feature_dim = 4, .weights = {1, 2, 3, 4}, .biases = {0}};
  CHECK(Score(classifiers, {}).empty());
  const std::vector<float> ragged(6);
  CHECK_THROWS_AS(Score(classifiers, ragged), ContractViolation);
}

// A regressor of one feature: the targets are `t` when the feature is 1, and nothing moves when it
// is 0.
BoxRegression RegressorOf(float dx, float dy, float log_w, float log_h) {
  return {.feature_dim = 1, .weights = {dx, 0, dy, 0, log_w, 0, log_h, 0}};
}

TEST_CASE("a box moves by its own size and grows by the exponent") {
  const Box box = {.x0 = 10, .y0 = 20, .x1 = 30, .y1 = 60};
  const std::vector<float> one = {1}, zero = {0};
  const BoxRegression regression = RegressorOf(0.5F, -0.25F, std::log(2.0F), std::log(0.5F));
  const Box moved = MoveBox(box, OffsetsOf(regression, 0, one));
  // Centre (20, 40) + (0.5 x 20, -0.25 x 40); sides 20 x 2 and 40 / 2.
  CHECK(moved.x0 == Approx(10));
  CHECK(moved.x1 == Approx(50));
  CHECK(moved.y0 == Approx(20));
  CHECK(moved.y1 == Approx(40));
  CHECK(MoveBox(box, OffsetsOf(regression, 0, zero)) == box);
}

TEST_CASE("each regressor moves with its own weights") {
  BoxRegression regression = RegressorOf(0, 0, 0, 0);
  const BoxRegression second = RegressorOf(1, 0, 0, 0);
  regression.weights.insert(regression.weights.end(), second.weights.begin(), second.weights.end());
  REQUIRE(regression.RegressorCount() == 2);
  const Box box = {.x0 = 0, .y0 = 0, .x1 = 8, .y1 = 4};
  const std::vector<float> one = {1};
  CHECK(MoveBox(box, OffsetsOf(regression, 0, one)) == box);
  CHECK(MoveBox(box, OffsetsOf(regression, 1, one)) == Box{.x0 = 8, .y0 = 0, .x1 = 16, .y1 = 4});
  CHECK_THROWS_AS(OffsetsOf(regression, 2, one), ContractViolation);
}

TEST_CASE("a box grows at most 1000/16-fold") {
  const std::vector<float> one = {1};
  const Box box = {.x0 = -8, .y0 = -8, .x1 = 8, .y1 = 8};
  const Box moved = MoveBox(box, OffsetsOf(RegressorOf(0, 0, 100, 5000), 0, one));
  CHECK(moved.Width() == Approx(1000));
  CHECK(moved.Height() == Approx(1000));
}

TEST_CASE("a softmax's margins are the log-odds of its probabilities, background first") {
  const LinearClassifiers softmax = {.kind = ClassifierKind::kSoftmax,
                                     .feature_dim = 1,
                                     .weights = {0, 1, -2},
                                     .biases = {0.5F, 0, 0.25F}};
  REQUIRE(softmax.ClassCount() == 2);
  const std::vector<float> margins = Score(softmax, std::vector<float>{0.75F});
  REQUIRE(margins.size() == 2);
  const double background = std::exp(0.5), first = std::exp(0.75), second = std::exp(-1.25);
  CHECK(margins[0] == Approx(std::log(first / (background + second))));
  CHECK(margins[1] == Approx(std::log(second / (background + first))));
}

TEST_CASE("a softmax that is sure beyond what an exponential can hold has a finite margin") {
  const LinearClassifiers softmax = {.kind = ClassifierKind::kSoftmax,
                                     .feature_dim = 1,
                                     .weights = {0, 1, 0},
                                     .biases = {0, 0, 0}};
  const std::vector<float> margins = Score(softmax, std::vector<float>{5000});
  CHECK(std::isfinite(margins[0]));
  CHECK(margins[0] > 100);
  CHECK(margins[1] == Approx(-5000));
}

TEST_CASE("a kind of classifier is known by its name, and another name is refused") {
  CHECK(ClassifierKindFromName(NameOf(ClassifierKind::kSoftmax)) == ClassifierKind::kSoftmax);
  CHECK_THROWS_WITH(ClassifierKindFromName("forest"), Catch::Contains("svm or softmax"));
}

TEST_CASE("a context counts as if it stood behind the values of every crop") {
  const LinearClassifiers classifiers = {.kind = ClassifierKind::kSvm,
                                         .feature_dim = 5,
                                         .weights = RandomFloats(2 * 5, 11),
                                         .biases = {0.5F, -0.25F}};
  const std::vector<float> crops = RandomFloats(4 * 3, 12), context = RandomFloats(2, 13);
  std::vector<float> joined;
  for (std::size_t i = 0; i < 4; ++i) {
    joined.insert(joined.end(), &crops[3 * i], &crops[3 * i] + 3);
    joined.insert(joined.end(), context.begin(), context.end());
  }
  const std::vector<float> expected = Score(classifiers, joined);
  const std::vector<float> found = Score(classifiers, crops, context);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == Approx(expected[i]).margin(1e-6));
}

}  // namespace
}  // namespace deeper
