#include "detector/training/calibrate.h"

#include <cmath>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

// A class whose detections have these scores, right or wrong, by descending score.
ClassResult ResultOf(std::size_t index,
                     const std::vector<float>& scores,
                     const std::vector<bool>& right) {
  ClassResult result;
  result.class_id = ClassAt(index);
  result.objects = 20;
  result.detections = scores.size();
  std::size_t found = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (right[i]) ++found;
    result.outcomes.push_back(
        {.score = scores[i],
         .verdict = right[i] ? Verdict::kTruePositive : Verdict::kFalsePositive});
    result.curve.score.push_back(scores[i]);
    result.curve.precision.push_back(double(found) / double(i + 1));
    result.curve.recall.push_back(double(found) / 20);
  }
  result.true_positives = found;
  return result;
}

// Twelve right detections, the last below the first wrong one; then only wrong ones.
ClassResult WellSeen(std::size_t index) {
  return ResultOf(index,
                  {3, 2.9F, 2.8F, 2.7F, 2.6F, 2.5F, 2.4F, 2.3F, 2.2F, 2.1F, 2, 1, 0.9F, 0, -1, -2},
                  {true,
                   true,
                   true,
                   true,
                   true,
                   true,
                   true,
                   true,
                   true,
                   true,
                   true,
                   false,
                   true,
                   false,
                   false,
                   false});
}

TEST_CASE("a class that was often found has a curve of its own, another the common one") {
  Evaluation evaluation;
  evaluation.classes = {WellSeen(0), ResultOf(1, {5, 4, 3}, {false, true, false})};
  const Calibration calibration = CalibrationOf(evaluation).value();
  REQUIRE(calibration.curves.size() == 2);
  CHECK(calibration.curves[0] != calibration.curves[1]);
  CHECK(calibration.curves[0](3) > 0.9);
  CHECK(calibration.curves[0](-2) < 0.1);
  CHECK(calibration.curves[1].slope > 0);
}

TEST_CASE("a class's operating point is the probability at its best F1") {
  Evaluation evaluation;
  evaluation.classes = {WellSeen(0)};
  const Calibration calibration = CalibrationOf(evaluation).value();
  // F1 after the 13th, 12 of 13 right and 12 of 20 found, is 24/33; after the 11th 22/31.
  CHECK(calibration.operating_points[0] == Approx(calibration.curves[0](double{0.9F})));
}

TEST_CASE("a class that was rarely found has the operating point of all classes together") {
  Evaluation evaluation;
  // Alone, the second class would be cut at -9, where its only right one is.
  evaluation.classes = {
      WellSeen(0),
      ResultOf(1, {-6, -6.5F, -7, -7.5F, -8, -9}, {false, false, false, false, false, true})};
  const Calibration calibration = CalibrationOf(evaluation).value();
  // Of all by probability, after the 13th 12 are right, of 40 objects: 24/53. After the second
  // class's last it is 26/59 at best.
  CHECK(calibration.operating_points[1] == Approx(calibration.operating_points[0]));
  CHECK(calibration.operating_points[1] > calibration.curves[1](-6));
}

TEST_CASE("what counts neither way moves no curve") {
  Evaluation evaluation;
  evaluation.classes = {WellSeen(0)};
  const Calibration before = CalibrationOf(evaluation).value();
  evaluation.classes[0].outcomes.push_back({.score = 9, .verdict = Verdict::kIgnored});
  CHECK(CalibrationOf(evaluation) == before);
}

TEST_CASE("detections of which none is right calibrate nothing") {
  Evaluation evaluation;
  evaluation.classes = {ResultOf(0, {2, 1}, {false, false})};
  CHECK(!CalibrationOf(evaluation));
}

TEST_CASE("margins come back from the probabilities that a calibration made of them") {
  Model model;
  model.classes = ClassTableOf({"cat", "dog"});
  SetCalibration({.curves = {{.slope = 2, .offset = -1}, {.slope = 0.5, .offset = 3}},
                  .operating_points = {0.5, 0.5}},
                 model);
  DetectionSet margins{.classes = model.classes, .images = {{.id = "a", .detections = {}}}};
  DetectionSet probabilities = margins;
  for (const std::size_t j : {0U, 1U}) {
    for (const float margin : {-1.5F, 0.0F, 2.25F}) {
      margins.images[0].detections.push_back({.box = {}, .class_id = ClassAt(j), .score = margin});
      probabilities.images[0].detections.push_back(
          {.box = {},
           .class_id = ClassAt(j),
           .score = static_cast<float>(model.calibration->curves[j](double{margin}))});
    }
  }
  const DetectionSet back = MarginsOf(probabilities, model);
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(back.images[0].detections[i].score ==
          Approx(margins.images[0].detections[i].score).margin(1e-4));
  }
  model.calibration->curves[0].slope = 0;
  CHECK_THROWS_WITH(MarginsOf(probabilities, model), Catch::Contains("flat"));
}

}  // namespace
}  // namespace deeper
