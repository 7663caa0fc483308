#include "eval/analysis/bootstrap.h"

#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

Box Place(int i) {
  const auto x0 = static_cast<float>(200 * i);
  return {.x0 = x0, .y0 = 0, .x1 = x0 + 100, .y1 = 100};
}

struct Case {
  Dataset dataset;
  DetectionSet detections;
};

// `images` pictures with up to 3 objects of so many classes, some found, and false detections.
Case RandomCase(int images, std::uint64_t seed, std::size_t class_count = 2) {
  Random random(seed);
  std::vector<std::string> names;
  for (std::size_t c = 0; c < class_count; ++c) names.push_back(std::to_string(c));
  const ClassTable classes = ClassTableOf(names);
  Case made{.dataset = {.name = "d", .classes = classes, .images = {}, .blacklist = {}},
            .detections = {.classes = classes, .images = {}}};
  for (int i = 0; i < images; ++i) {
    std::vector<Annotation> truth;
    std::vector<Detection> found;
    const auto some_class = [&] { return ClassAt(random.Below(class_count)); };
    for (std::uint64_t object = random.Below(4); object > 0; --object) {
      truth.push_back({.box = Place(static_cast<int>(object)), .class_id = some_class()});
      if (random.Below(3) > 0) {
        found.push_back({.box = truth.back().box,
                         .class_id = truth.back().class_id,
                         .score = static_cast<float>(random.Uniform())});
      }
    }
    for (std::uint64_t n = random.Below(3); n > 0; --n) {
      found.push_back({.box = Place(9),
                       .class_id = some_class(),
                       .score = static_cast<float>(random.Uniform())});
    }
    const std::string id = std::to_string(i);
    made.dataset.images.push_back({.id = id, .image_path = {}, .annotations = truth});
    made.detections.images.push_back({.id = id, .detections = found});
  }
  return made;
}

Evaluation EvaluationOf(const Case& made, Protocol protocol) {
  return Evaluate(made.dataset, made.detections, {.protocol = protocol});
}

}  // namespace

TEST_CASE("a replicate's mAP is that of a data set with the drawn pictures, under each protocol") {
  // One picture drawn alone gives no spread, so every replicate is the data set itself.
  const Protocol protocol =
      GENERATE(Protocol::kVoc07, Protocol::kVoc12, Protocol::kIlsvrc, Protocol::kCoco);
  CAPTURE(NameOf(protocol));
  Case made = RandomCase(40, 3);
  // All objects and detections in one picture, far from each other.
  Case joined{.dataset = made.dataset, .detections = made.detections};
  joined.dataset.images = {{.id = "all", .image_path = {}, .annotations = {}}};
  joined.detections.images = {{.id = "all", .detections = {}}};
  float shift = 0;
  for (std::size_t i = 0; i < made.dataset.images.size(); ++i, shift += 5000) {
    for (Annotation object : made.dataset.images[i].annotations) {
      object.box.x0 += shift;
      object.box.x1 += shift;
      joined.dataset.images[0].annotations.push_back(object);
    }
    for (Detection detection : made.detections.images[i].detections) {
      detection.box.x0 += shift;
      detection.box.x1 += shift;
      joined.detections.images[0].detections.push_back(detection);
    }
  }
  const Evaluation evaluation = EvaluationOf(joined, protocol);
  const ConfidenceInterval interval = BootstrapMeanAveragePrecision(
      joined.dataset, evaluation, {.replicates = 5, .confidence = 0.9, .seed = 1});
  CHECK(interval.low == Approx(evaluation.mean_average_precision.value()).epsilon(1e-12));
  CHECK(interval.high == Approx(evaluation.mean_average_precision.value()).epsilon(1e-12));
}

TEST_CASE("the interval holds the mAP, narrows as the square root of the pictures, and is seeded") {
  const Case few = RandomCase(100, 5);
  const Case many = RandomCase(1600, 6);
  const Evaluation of_few = EvaluationOf(few, Protocol::kVoc12);
  const Evaluation of_many = EvaluationOf(many, Protocol::kVoc12);
  const ConfidenceInterval wide = BootstrapMeanAveragePrecision(few.dataset, of_few);
  const ConfidenceInterval narrow = BootstrapMeanAveragePrecision(many.dataset, of_many);
  CHECK(wide.low < of_few.mean_average_precision.value());
  CHECK(wide.high > of_few.mean_average_precision.value());
  CHECK(wide.standard_error / narrow.standard_error == Approx(4).margin(1));
  CHECK(BootstrapMeanAveragePrecision(few.dataset, of_few, {.workers = 2}) == wide);
  CHECK(BootstrapMeanAveragePrecision(few.dataset, of_few, {.seed = 2}) != wide);
}

TEST_CASE("the interval covers the mean of many other samples about as often as it says") {
  const std::size_t classes = GENERATE(2U, 20U);  // with about 75 objects each, and with 8
  CAPTURE(classes);
  double truth = 0;
  constexpr int kSamples = 60;
  std::vector<ConfidenceInterval> intervals;
  for (int i = 0; i < kSamples; ++i) {
    const Case made = RandomCase(100, 1000 + static_cast<std::uint64_t>(i), classes);
    const Evaluation evaluation = EvaluationOf(made, Protocol::kVoc12);
    truth += evaluation.mean_average_precision.value() / kSamples;
    intervals.push_back(
        BootstrapMeanAveragePrecision(made.dataset, evaluation, {.replicates = 200}));
  }
  int covered = 0;
  for (const ConfidenceInterval& interval : intervals) {
    covered += interval.low <= truth && truth <= interval.high ? 1 : 0;
  }
  // 95% of 60 is 57; binomial standard deviation 1.7.
  CHECK(covered >= 52);
}

TEST_CASE("no pictures give an empty interval, and options out of range are refused") {
  const Dataset nothing{.name = "d", .classes = {}, .images = {}, .blacklist = {}};
  CHECK(BootstrapMeanAveragePrecision(nothing, {}) == ConfidenceInterval{});
  CHECK_THROWS_WITH(BootstrapMeanAveragePrecision(nothing, {}, {.replicates = 1}),
                    Catch::Contains("replicates"));
  CHECK_THROWS_WITH(BootstrapMeanAveragePrecision(nothing, {}, {.confidence = 1}),
                    Catch::Contains("confidence"));
}
