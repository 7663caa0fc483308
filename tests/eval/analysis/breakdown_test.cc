#include "eval/analysis/breakdown.h"

#include <vector>

#include "core/random.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

constexpr ClassId kCat{0};
constexpr ClassId kDog{1};

Box Place(int i, float side = 100) {
  const float x0 = 1000 * static_cast<float>(i);
  return {.x0 = x0, .y0 = 0, .x1 = x0 + side, .y1 = side};
}
Detection Found(const Box& box, float score, ClassId id = kCat) {
  return {.box = box, .class_id = id, .score = score};
}

struct Case {
  Dataset dataset{
      .name = "d", .classes = ClassTableOf({"cat", "dog"}), .images = {}, .blacklist = {}};
  DetectionSet detections{.classes = ClassTableOf({"cat", "dog"}), .images = {}};

  Case(std::vector<Annotation> truth, std::vector<Detection> found) {
    dataset.images.push_back({.id = "a", .image_path = {}, .annotations = std::move(truth)});
    detections.images.push_back({.id = "a", .detections = std::move(found)});
  }
  Evaluation Evaluated(const EvaluationOptions& options = {}) const {
    return Evaluate(dataset, detections, options);
  }
  ConfusionMatrix Confusions(const EvaluationOptions& options = {}) const {
    return CountConfusions(dataset, detections, Evaluated(options), options.min_iou);
  }
};

std::vector<std::vector<std::size_t>> RowsOf(const ConfusionMatrix& matrix) {
  std::vector<std::vector<std::size_t>> rows(matrix.classes + 1);
  for (std::size_t t = 0; t <= matrix.classes; ++t) {
    for (std::size_t d = 0; d <= matrix.classes; ++d) rows[t].push_back(matrix.At(t, d));
  }
  return rows;
}

}  // namespace

TEST_CASE("the operating point is where F1 is highest, at whole scores") {
  const PrecisionRecallCurve curve{.score = {.9F, .8F, .8F, .1F},
                                   .precision = {1, 1, 2.0 / 3, 1.0 / 2},
                                   .recall = {1.0 / 3, 2.0 / 3, 2.0 / 3, 2.0 / 3}};
  // (1, 1/3): 1/2; (2/3, 2/3): 2/3; (1/2, 2/3): 4/7. (1, 2/3) is no point: .8 comes with .8.
  CHECK(BestOperatingPoint(curve) ==
        OperatingPoint{.score = .8F, .precision = 2.0 / 3, .recall = 2.0 / 3, .f1 = 2.0 / 3});
  CHECK(!BestOperatingPoint({}));
  CHECK(!BestOperatingPoint({.score = {1}, .precision = {0}, .recall = {0}}));
}

TEST_CASE("confusions count true classes against detected ones, background and missed") {
  const Case made({{.box = Place(0), .class_id = kCat},
                   {.box = Place(1), .class_id = kDog},
                   {.box = Place(2), .class_id = kDog},
                   {.box = Place(3), .class_id = kDog},
                   {.box = Place(4), .class_id = kDog, .difficult = true}},
                  {Found(Place(0), .9F, kCat),
                   Found(Place(8), .95F, kDog),  // on nothing
                   Found(Place(1), .9F, kDog),
                   Found(Place(2), .92F, kCat),   // a dog taken for a cat
                   Found(Place(2), .91F, kDog),   // too late: taken
                   Found(Place(4), .99F, kDog),   // difficult: left out
                   Found(Place(0), .1F, kDog)});  // below the operating point
  using Rows = std::vector<std::vector<std::size_t>>;
  //                                cat dog missed
  CHECK(RowsOf(made.Confusions()) == Rows{{1, 0, 0},    // cat
                                          {0, 2, 1},    // dog
                                          {1, 1, 0}});  // background
}

TEST_CASE("a person on a horse, both found, are on the diagonal") {
  // Each box overlaps the other's object more than its own.
  const Box rider{.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100};
  const Box horse{.x0 = 0, .y0 = 30, .x1 = 100, .y1 = 130};
  const Case made({{.box = rider, .class_id = kCat}, {.box = horse, .class_id = kDog}},
                  {Found(horse, .9F, kCat), Found(rider, .8F, kDog)});
  using Rows = std::vector<std::vector<std::size_t>>;
  CHECK(RowsOf(made.Confusions()) == Rows{{1, 0, 0}, {0, 1, 0}, {0, 0, 0}});
}

TEST_CASE("confusions count what overlaps by the IoU that the evaluation asks for") {
  // IoU 40 / 160 = .25 with its own object.
  const Box far{.x0 = 60, .y0 = 0, .x1 = 160, .y1 = 100};
  const Case made({{.box = Place(0), .class_id = kCat}, {.box = Place(1), .class_id = kDog}},
                  {Found(far, .9F, kCat), Found(Place(1), .8F, kDog)});
  CHECK(made.Confusions({.min_iou = 0.25}).At(0, 0) == 1);
  CHECK(made.Confusions({.min_iou = 0.5}).At(0, 0) == 0);
  CHECK(made.Confusions({.min_iou = 0.5}).At(0, 2) == 1);
}

TEST_CASE("the diagonal is what is found, and rows sum to the objects, by any rules and IoU") {
  Random random(3);
  constexpr std::size_t kClasses = 4;
  const auto box = [&] {
    const auto x = static_cast<float>(random.Below(60));
    const auto y = static_cast<float>(random.Below(60));
    const auto side = static_cast<float>(8 + random.Below(40));
    return Box{.x0 = x, .y0 = y, .x1 = x + side, .y1 = y + side};
  };
  for (int round = 0; round < 200; ++round) {
    Dataset dataset{
        .name = "d", .classes = ClassTableOf({"a", "b", "c", "d"}), .images = {}, .blacklist = {}};
    DetectionSet detections{.classes = dataset.classes, .images = {}};
    for (const char* id : {"x", "y", "z"}) {
      std::vector<Annotation> truth;
      std::vector<Detection> found;
      for (int i = 0; i < 6; ++i) {
        truth.push_back({.box = box(),
                         .class_id = ClassAt(random.Below(kClasses)),
                         .difficult = random.Below(6) == 0,
                         .crowd = random.Below(8) == 0});
      }
      for (int i = 0; i < 12; ++i) {
        Box near = random.Below(3) == 0 ? box() : truth[random.Below(6)].box;
        near.x1 += static_cast<float>(random.Below(10));
        found.push_back({.box = near,
                         .class_id = ClassAt(random.Below(kClasses)),
                         .score = static_cast<float>(random.Below(8)) / 8});
      }
      dataset.images.push_back({.id = id, .image_path = {}, .annotations = truth});
      detections.images.push_back({.id = id, .detections = found});
    }
    dataset.blacklist.emplace(1, ClassAt(2));
    for (const Protocol protocol :
         {Protocol::kVoc07, Protocol::kVoc12, Protocol::kIlsvrc, Protocol::kCoco}) {
      for (const double min_iou : {0.1, 0.3, 0.5, 0.8}) {
        if (protocol == Protocol::kCoco && min_iou != 0.5) continue;
        CAPTURE(round, NameOf(protocol), min_iou);
        const Evaluation evaluation =
            Evaluate(dataset, detections, {.protocol = protocol, .min_iou = min_iou});
        const ConfusionMatrix matrix = CountConfusions(dataset, detections, evaluation, min_iou);
        for (std::size_t c = 0; c < kClasses; ++c) {
          const ClassResult& result = evaluation.classes[c];
          const auto point = BestOperatingPoint(result.curve);
          std::size_t found = 0;
          for (const Outcome& outcome : result.outcomes) {
            if (point && outcome.score >= point->score &&
                outcome.verdict == Verdict::kTruePositive) {
              ++found;
            }
          }
          REQUIRE(matrix.At(c, c) == found);
          std::size_t sum = 0;
          for (std::size_t d = 0; d <= kClasses; ++d) sum += matrix.At(c, d);
          REQUIRE(sum == result.objects);
        }
      }
    }
  }
}

TEST_CASE("average precision by size: the smallest tenth, and so on, by class") {
  // Ten cats of rising side: parts of 1, 2, 4, 2 and 1. The smallest and the seventh are found.
  std::vector<Annotation> truth;
  for (int i = 0; i < 10; ++i) {
    truth.push_back({.box = Place(i, 10 + 10 * static_cast<float>(i)), .class_id = kCat});
  }
  const Case made(truth,
                  {Found(truth[6].box, .9F), Found(Place(20), .8F), Found(truth[0].box, .7F)});
  const auto parts = AveragePrecisionByPart(made.dataset, made.Evaluated(), ObjectProperty::kArea);
  const std::array<std::size_t, kParts> objects = {1, 2, 4, 2, 1};
  const std::array<std::size_t, kParts> found = {1, 0, 1, 0, 0};
  // XS: the false one comes first, 1/2 at recall 1. M: 1 at recall 1/4.
  const std::array<double, kParts> ap = {1.0 / 2, 0, 1.0 / 4, 0, 0};
  for (std::size_t i = 0; i < kParts; ++i) {
    CAPTURE(kSizeNames.at(i));
    CHECK(parts.at(i).objects == objects.at(i));
    CHECK(parts.at(i).found == found.at(i));
    CHECK(parts.at(i).mean_average_precision.value() == Approx(ap.at(i)));
  }
}

TEST_CASE("by aspect, tall objects come before wide ones; parts without objects have no number") {
  const Box tall{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 100};
  const Box wide{.x0 = 1000, .y0 = 0, .x1 = 1100, .y1 = 10};
  const Case made({{.box = tall, .class_id = kCat}, {.box = wide, .class_id = kCat}},
                  {Found(wide, .9F)});
  const auto parts =
      AveragePrecisionByPart(made.dataset, made.Evaluated(), ObjectProperty::kAspect);
  CHECK(parts[1].mean_average_precision.value() == 0);  // the tall one: rank 1 of 2 is at 25%
  CHECK(parts[3].mean_average_precision.value() == 1);  // the wide one: at 75%
  CHECK(!parts[0].mean_average_precision);
  CHECK(!parts[2].mean_average_precision);
}

TEST_CASE("the calibration curve gives precision against score in bins of equal width") {
  const Case made({{.box = Place(0), .class_id = kCat}, {.box = Place(1), .class_id = kCat}},
                  {Found(Place(0), .9F),
                   Found(Place(1), .8F),
                   Found(Place(4), .2F),
                   Found(Place(5), .1F),
                   Found(Place(6), 0.F)});
  const std::vector<CalibrationBin> curve = CalibrationCurve(made.Evaluated(), 2);
  REQUIRE(curve.size() == 2);
  CHECK(curve[0].mean_score == Approx(0.1));
  CHECK(curve[0].precision == 0);
  CHECK(curve[0].detections == 3);
  CHECK(curve[1].mean_score == Approx(0.85));
  CHECK(curve[1].precision == 1);
  // Of nine bins, five hold nothing; the highest score is of the last, not beyond it.
  const std::vector<CalibrationBin> fine = CalibrationCurve(made.Evaluated(), 9);
  REQUIRE(fine.size() == 4);
  CHECK(fine[3].detections == 2);
  CHECK(CalibrationCurve({}, 10).empty());
}

TEST_CASE("the expected calibration error weighs each bin by its detections") {
  const std::vector<CalibrationBin> curve = {
      {.mean_score = 0.1, .precision = 0.2, .detections = 30},
      {.mean_score = 0.9, .precision = 0.5, .detections = 10}};
  CHECK(ExpectedCalibrationError(curve).value() == Approx((30 * 0.1 + 10 * 0.4) / 40));
  CHECK_FALSE(ExpectedCalibrationError({}).has_value());
}

TEST_CASE("a calibration curve of one score is one bin") {
  const Case made({{.box = Place(0), .class_id = kCat}},
                  {Found(Place(0), .5F), Found(Place(5), .5F)});
  const std::vector<CalibrationBin> curve = CalibrationCurve(made.Evaluated(), 10);
  REQUIRE(curve.size() == 1);
  CHECK(curve[0].precision == Approx(0.5));
}
