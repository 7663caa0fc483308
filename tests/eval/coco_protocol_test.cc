#include "eval/coco_protocol.h"

#include "eval/evaluate.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

// 100 x 100 unless said otherwise: "large" for COCO.
Box Square(float x0, float side = 100) { return {.x0 = x0, .y0 = 0, .x1 = x0 + side, .y1 = side}; }
TrueObject ObjectAt(const Box& box, bool crowd = false) {
  TrueObject object;
  object.box = box;
  object.crowd = crowd;
  object.area_px = Area(box);
  return object;
}
RankedDetection DetectionAt(const Box& box, float score = 1) {
  return {.box = box, .score = score, .image = 0, .position = 0};
}

constexpr std::uint16_t kAllIous = 0x3FF;

}  // namespace

TEST_CASE("the thresholds are .50, .55, ..., .95") {
  CHECK(CocoIou(0) == 0.5);
  CHECK(CocoIou(5) == 0.75);
  CHECK(CocoIou(9) == 0.95);
}

TEST_CASE("a detection is found at the thresholds that its overlap reaches") {
  const std::vector<TrueObject> objects = {ObjectAt(Square(0))};
  // 100 x 75 of 100 x 100: IoU .75.
  const std::vector<RankedDetection> detections = {
      DetectionAt({.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 75})};
  const CocoImageResult result = MatchCoco(detections, objects);
  CHECK(result.outcomes.at(0).found[0] == 0b0000111111);
  CHECK(result.outcomes.at(0).ignored[0] == 0);
  CHECK(result.matches.at(0).verdict == Verdict::kTruePositive);
}

TEST_CASE("a second detection of an object is false, and a duplicate") {
  const std::vector<TrueObject> objects = {ObjectAt(Square(0))};
  const std::vector<RankedDetection> detections = {DetectionAt(Square(0)), DetectionAt(Square(0))};
  const CocoImageResult result = MatchCoco(detections, objects);
  CHECK(result.outcomes[0].found[0] == kAllIous);
  CHECK(result.outcomes[1].found[0] == 0);
  CHECK(result.outcomes[1].ignored[0] == 0);
  CHECK(result.matches[1].verdict == Verdict::kDuplicate);
}

TEST_CASE("any number of detections inside a crowd are ignored, and real objects come first") {
  const std::vector<TrueObject> objects = {
      ObjectAt({.x0 = 0, .y0 = 0, .x1 = 1000, .y1 = 500}, true), ObjectAt(Square(0))};
  const std::vector<RankedDetection> detections = {DetectionAt(Square(0)),
                                                   DetectionAt(Square(0)),
                                                   DetectionAt(Square(400)),
                                                   // half of it inside
                                                   DetectionAt(Square(950)),
                                                   DetectionAt(Square(2000))};
  const CocoImageResult result = MatchCoco(detections, objects);
  CHECK(result.outcomes[0].found[0] == kAllIous);
  CHECK(result.outcomes[1].ignored[0] == kAllIous);
  CHECK(result.outcomes[2].ignored[0] == kAllIous);
  CHECK(result.outcomes[3].ignored[0] == 1);  // .5 alone
  CHECK(result.outcomes[4].ignored[0] == 0);
  CHECK(CountCocoObjects(objects) == std::array<std::size_t, kCocoAreas>{1, 0, 0, 1});
}

TEST_CASE("outside its area range a match counts neither way, and so does a false box") {
  const std::vector<TrueObject> objects = {ObjectAt(Square(0, 20))};
  const std::vector<RankedDetection> detections = {
      DetectionAt(Square(0, 20)), DetectionAt(Square(500, 20)), DetectionAt(Square(500, 50))};
  const CocoImageResult result = MatchCoco(detections, objects);
  // all, small, medium, large
  CHECK(result.outcomes[0].found == std::array<std::uint16_t, 4>{kAllIous, kAllIous, 0, 0});
  CHECK(result.outcomes[0].ignored == std::array<std::uint16_t, 4>{0, 0, kAllIous, kAllIous});
  CHECK(result.outcomes[1].ignored == std::array<std::uint16_t, 4>{0, 0, kAllIous, kAllIous});
  CHECK(result.outcomes[2].ignored == std::array<std::uint16_t, 4>{0, kAllIous, 0, kAllIous});
}

TEST_CASE("an object of exactly 32 x 32 pixels is small and medium") {
  CHECK(CountCocoObjects(std::vector<TrueObject>{ObjectAt(Square(0, 32))}) ==
        std::array<std::size_t, kCocoAreas>{1, 1, 1, 0});
}

TEST_CASE("of a class in a picture the 101st detection does not count") {
  const ClassTable classes = ClassTableOf({"thing"});
  Dataset dataset{.name = "d", .classes = classes, .images = {}, .blacklist = {}};
  dataset.images.push_back({.id = "a", .image_path = {}, .annotations = {{.box = Square(0)}}});
  DetectionSet found{.classes = classes, .images = {{.id = "a", .detections = {}}}};
  for (int i = 0; i < 100; ++i) {
    found.images[0].detections.push_back({.box = Square(500), .score = 1});
  }
  found.images[0].detections.push_back({.box = Square(0), .score = 0.5F});
  Evaluation evaluation = Evaluate(dataset, found, {.protocol = Protocol::kCoco});
  CHECK(evaluation.mean_average_precision == 0);
  CHECK(evaluation.classes[0].outcomes.back().verdict == Verdict::kIgnored);
  found.images[0].detections.erase(found.images[0].detections.begin());
  evaluation = Evaluate(dataset, found, {.protocol = Protocol::kCoco});
  CHECK(evaluation.mean_average_precision.value() == Approx(0.01));
}

TEST_CASE("a hand-worked case: AP over ten overlaps, recall at 1, 10 and 100") {
  const ClassTable classes = ClassTableOf({"thing", "unseen"});
  Dataset dataset{.name = "d", .classes = classes, .images = {}, .blacklist = {}};
  dataset.images.push_back(
      {.id = "a", .image_path = {}, .annotations = {{.box = Square(0)}, {.box = Square(200)}}});
  // The first found with IoU 1, the second with .75: found at six of ten thresholds.
  const DetectionSet found{
      .classes = classes,
      .images = {
          {.id = "a",
           .detections = {{.box = Square(0), .score = 0.9F},
                          {.box = {.x0 = 200, .y0 = 0, .x1 = 300, .y1 = 75}, .score = 0.8F}}}}};
  const Evaluation evaluation = Evaluate(dataset, found, {.protocol = Protocol::kCoco});
  const CocoNumbers& numbers = evaluation.coco.value();
  // Recall 1/2 alone fills 51 of 101 points.
  const double half = 51.0 / 101;
  CHECK(numbers[0].value() == Approx((6 * 1.0 + 4 * half) / 10));
  CHECK(numbers[1].value() == Approx(1));  // AP50
  CHECK(numbers[2].value() == Approx(1));  // AP75
  CHECK(!numbers[3]);                      // no small object
  CHECK(numbers[5].value() == Approx(numbers[0].value()));
  CHECK(numbers[6].value() == Approx(0.5));            // AR1: the best detection alone
  CHECK(numbers[7].value() == Approx((1 + 0.6) / 2));  // AR10
  CHECK(evaluation.classes[0].true_positives == 2);
  CHECK(!evaluation.classes[1].average_precision);
}
