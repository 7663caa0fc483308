#include "detector/suppression/fusion.h"

#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Detection At(float x0, float score, std::size_t class_index = 0) {
  return {.box = {.x0 = x0, .y0 = 0, .x1 = x0 + 10, .y1 = 10},
          .class_id = ClassAt(class_index),
          .score = score};
}

TEST_CASE("boxes that two models agree on become their mean, weighted by score") {
  const std::vector<std::vector<Detection>> models = {{At(0, 0.9F)}, {At(2, 0.3F)}};
  const auto fused = FuseBoxes(models, std::vector<double>{1, 1}, 0.55);
  REQUIRE(fused.size() == 1);
  CHECK(fused[0].box.x0 == Approx(0.5));  // (0 x 0.9 + 2 x 0.3) / 1.2
  CHECK(fused[0].box.x1 == Approx(10.5));
  CHECK(fused[0].score == Approx(0.6));
}

TEST_CASE("a fused detection names what it was made of, the largest weighted score first") {
  const std::vector<std::vector<Detection>> models = {{At(50, 0.9F), At(0, 0.3F)}, {At(1, 0.8F)}};
  const std::vector<double> weights = {4, 1};
  const auto fused = FuseBoxesWithMembers(models, weights, 0.55);
  REQUIRE(fused.size() == 2);
  using Member = FusedDetection::Member;
  CHECK(fused[0].members == std::vector<Member>{{.model = 0, .detection = 0}});
  CHECK(fused[1].members ==
        std::vector<Member>{{.model = 0, .detection = 1}, {.model = 1, .detection = 0}});
  const auto plain = FuseBoxes(models, weights, 0.55);
  REQUIRE(plain.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) CHECK(plain[i] == fused[i].detection);
}

TEST_CASE("what one of three models sees keeps a third of its score") {
  const std::vector<std::vector<Detection>> models = {{At(0, 0.9F)}, {}, {}};
  const auto fused = FuseBoxes(models, std::vector<double>{1, 1, 1}, 0.55);
  REQUIRE(fused.size() == 1);
  CHECK(fused[0].score == Approx(0.3));
  CHECK(fused[0].box == At(0, 0).box);
}

TEST_CASE("more members than models gain nothing over as many") {
  const std::vector<std::vector<Detection>> models = {{At(0, 0.8F), At(1, 0.8F)}, {At(0, 0.8F)}};
  const auto fused = FuseBoxes(models, std::vector<double>{1, 1}, 0.5);
  REQUIRE(fused.size() == 1);
  CHECK(fused[0].score == Approx(0.8));
}

TEST_CASE("a model of twice the weight counts twice, in boxes and in scores") {
  const std::vector<std::vector<Detection>> models = {{At(0, 0.6F)}, {At(3, 0.6F)}};
  const auto fused = FuseBoxes(models, std::vector<double>{2, 1}, 0.5);
  REQUIRE(fused.size() == 1);
  CHECK(fused[0].box.x0 == Approx(1));
  CHECK(fused[0].score == Approx((1.2 + 0.6) / 2 * 2 / 3));
}

TEST_CASE("classes are fused apart, and boxes that overlap little stay apart") {
  const std::vector<std::vector<Detection>> models = {{At(0, 0.9F), At(50, 0.4F)},
                                                      {At(0, 0.8F, 1), At(58, 0.5F)}};
  CHECK(FuseBoxes(models, std::vector<double>{1, 1}, 0.55).size() == 4);
}

TEST_CASE("a box joins the cluster as it is by then, and scores may not be negative") {
  // The third overlaps the fused box of the first two by more than 0.6, but the first alone by
  // less.
  const std::vector<std::vector<Detection>> models = {{At(0, 0.9F)}, {At(2, 0.89F)}, {At(3, 0.5F)}};
  CHECK(FuseBoxes(models, std::vector<double>{1, 1, 1}, 0.6).size() == 1);
  CHECK(FuseBoxes(std::vector{models[0], models[2]}, std::vector<double>{1, 1}, 0.6).size() == 2);
  CHECK_THROWS_AS(
      FuseBoxes(std::vector<std::vector<Detection>>{{At(0, -1)}}, std::vector<double>{1}, 0.5),
      ContractViolation);
  CHECK(FuseBoxes({}, {}, 0.5).empty());
}

}  // namespace
}  // namespace deeper
