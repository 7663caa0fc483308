#include "eval/evaluate.h"

#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

const ClassTable& Pets() {
  static const ClassTable table = ClassTableOf({"cat", "dog"});
  return table;
}
constexpr ClassId kCat{0};
constexpr ClassId kDog{1};

// Boxes 100 x 100 that do not touch each other.
Box Place(int i) {
  const auto x0 = static_cast<float>(200 * i);
  return {.x0 = x0, .y0 = 0, .x1 = x0 + 100, .y1 = 100};
}

Annotation ObjectAt(int place, ClassId id = kCat, bool difficult = false) {
  return {.box = Place(place), .class_id = id, .difficult = difficult};
}
Detection DetectionAt(int place, float score, ClassId id = kCat) {
  return {.box = Place(place), .class_id = id, .score = score};
}

struct Case {
  Dataset dataset{.name = "pets", .classes = Pets(), .images = {}, .blacklist = {}};
  DetectionSet detections{.classes = Pets(), .images = {}};

  void AddImage(const std::string& id,
                std::vector<Annotation> truth,
                std::vector<Detection> found) {
    dataset.images.push_back({.id = id, .image_path = {}, .annotations = std::move(truth)});
    detections.images.push_back({.id = id, .detections = std::move(found)});
  }
  Evaluation Run(Protocol protocol = Protocol::kVoc12, int workers = 1) const {
    return Evaluate(dataset, detections, {.protocol = protocol, .workers = workers});
  }
};

// Pictures with up to 4 objects and 12 detections of 7 classes near and far from them, with many
// equal scores.
Case RandomCase(std::uint64_t seed) {
  Random random(seed);
  Case made;
  made.dataset.classes = ClassTableOf({"a", "b", "c", "d", "e", "f", "g"});
  made.detections.classes = made.dataset.classes;
  const auto some_class = [&] { return ClassAt(random.Below(7)); };
  const auto some_place = [&] { return static_cast<int>(random.Below(4)); };
  for (int i = 0; i < 200; ++i) {
    std::vector<Annotation> truth(random.Below(5));
    for (Annotation& object : truth)
      object = ObjectAt(some_place(), some_class(), random.Below(5) == 0);
    std::vector<Detection> found(random.Below(13));
    for (Detection& detection : found) {
      detection = DetectionAt(some_place(), static_cast<float>(random.Below(8)), some_class());
    }
    made.AddImage("picture" + std::to_string(i), truth, found);
  }
  return made;
}

}  // namespace

TEST_CASE("a hand-worked ranking over two pictures gives its average precisions") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0), ObjectAt(1)}, {DetectionAt(0, .9F), DetectionAt(2, .8F)});
  pets.AddImage("two",
                {ObjectAt(0), ObjectAt(3)},
                {DetectionAt(0, .7F), DetectionAt(0, .6F), DetectionAt(3, .5F)});
  // .9 found, .8 false, .7 found, .6 duplicate, .5 found: precision 1, 1/2, 2/3, 2/4, 3/5 at recall
  // 1/4, 1/4, 2/4, 2/4, 3/4.
  const Evaluation area = pets.Run(Protocol::kVoc12);
  const ClassResult& cat = area.classes.at(0);
  CHECK(cat.objects == 4);
  CHECK(cat.detections == 5);
  CHECK(cat.true_positives == 3);
  CHECK(cat.curve.score == std::vector<float>{.9F, .8F, .7F, .6F, .5F});
  CHECK(cat.curve.precision == std::vector<double>{1, 1.0 / 2, 2.0 / 3, 2.0 / 4, 3.0 / 5});
  CHECK(cat.curve.recall == std::vector<double>{.25, .25, .5, .5, .75});
  CHECK(cat.average_precision.value() == Approx(.25 * (1 + 2.0 / 3 + 3.0 / 5)).epsilon(1e-14));
  // Points 0, .1, .2: 1; .3, .4, .5: 2/3; .6, .7: 3/5.
  CHECK(pets.Run(Protocol::kVoc07).classes.at(0).average_precision.value() ==
        Approx((3 * 1 + 3 * 2.0 / 3 + 2 * 3.0 / 5) / 11).epsilon(1e-14));
  // No dog anywhere: no average precision, and the mean is the cats'.
  CHECK(!area.classes.at(1).average_precision);
  CHECK(area.mean_average_precision == *cat.average_precision);
  CHECK(area.median_average_precision == *cat.average_precision);
}

TEST_CASE("a class with objects and no detection has average precision 0 and counts in the mean") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0), ObjectAt(1, kDog)}, {DetectionAt(0, .9F)});
  const Evaluation evaluation = pets.Run();
  CHECK(evaluation.classes.at(0).average_precision.value() == 1);
  CHECK(evaluation.classes.at(1).average_precision.value() == 0);
  CHECK(evaluation.mean_average_precision == 0.5);
  CHECK(evaluation.median_average_precision == 0.5);
}

TEST_CASE(
    "a class with detections and no object has no average precision and leaves the mean alone") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0)}, {DetectionAt(0, .9F), DetectionAt(1, .8F, kDog)});
  const Evaluation evaluation = pets.Run();
  CHECK(!evaluation.classes.at(1).average_precision);
  CHECK(evaluation.classes.at(1).detections == 1);
  CHECK(evaluation.classes.at(1).curve.precision == std::vector<double>{0});
  CHECK(evaluation.mean_average_precision == 1);
}

TEST_CASE("a data set without pictures or objects has no mean") {
  CHECK_FALSE(Case().Run().mean_average_precision);
  Case pets;
  pets.AddImage("one", {}, {DetectionAt(0, 1)});
  CHECK_FALSE(pets.Run().mean_average_precision);
  CHECK_FALSE(pets.Run().median_average_precision);
}

TEST_CASE("pictures without detections count with their objects") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0)}, {DetectionAt(0, .9F)});
  pets.dataset.images.push_back({.id = "two", .image_path = {}, .annotations = {ObjectAt(0)}});
  CHECK(pets.Run().classes.at(0).objects == 2);
  CHECK(pets.Run().mean_average_precision == 0.5);
}

TEST_CASE("difficult objects of VOC count neither as found nor as missed") {
  Case pets;
  pets.AddImage(
      "one", {ObjectAt(0), ObjectAt(1, kCat, true)}, {DetectionAt(1, .9F), DetectionAt(0, .8F)});
  const ClassResult voc = pets.Run(Protocol::kVoc12).classes.at(0);
  CHECK(voc.objects == 1);
  CHECK(voc.detections == 2);
  CHECK(voc.true_positives == 1);
  CHECK(voc.curve.score == std::vector<float>{.8F});
  CHECK(voc.average_precision.value() == 1);
  // ILSVRC ignores the flag.
  CHECK(pets.Run(Protocol::kIlsvrc).classes.at(0).objects == 2);
  CHECK(pets.Run(Protocol::kIlsvrc).classes.at(0).true_positives == 2);
}

TEST_CASE("a class of difficult objects alone has no average precision") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0, kCat, true)}, {DetectionAt(0, .9F)});
  CHECK(!pets.Run(Protocol::kVoc12).classes.at(0).average_precision);
}

TEST_CASE("blacklisted classes of a picture count neither way, other classes there do") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0)}, {DetectionAt(0, .5F)});
  pets.AddImage("two",
                {ObjectAt(0), ObjectAt(1, kDog)},
                {DetectionAt(0, .9F), DetectionAt(3, .8F), DetectionAt(1, .7F, kDog)});
  pets.dataset.blacklist.emplace(1, kCat);
  const Evaluation evaluation = pets.Run(Protocol::kIlsvrc);
  CHECK(evaluation.classes.at(0).objects == 1);
  CHECK(evaluation.classes.at(0).detections == 3);
  CHECK(evaluation.classes.at(0).curve.score == std::vector<float>{.5F});
  CHECK(evaluation.classes.at(0).average_precision.value() == 1);
  CHECK(evaluation.classes.at(1).true_positives == 1);
}

TEST_CASE(
    "equal scores rank by the data set's pictures, whatever the order of the detections' "
    "pictures") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0)}, {DetectionAt(0, .5F)});
  pets.AddImage("two", {}, {DetectionAt(0, .5F)});
  // "one" first: found, then false. The other way round the precision would be 1/2.
  CHECK(pets.Run().mean_average_precision == 1);
  std::swap(pets.detections.images[0], pets.detections.images[1]);
  CHECK(pets.Run().mean_average_precision == 1);
  std::swap(pets.dataset.images[0], pets.dataset.images[1]);
  CHECK(pets.Run().mean_average_precision == 0.5);
}

TEST_CASE("equal scores in a picture rank by their order there") {
  Case pets;
  pets.AddImage("one", {ObjectAt(0)}, {DetectionAt(1, .5F), DetectionAt(0, .5F)});
  CHECK(pets.Run().mean_average_precision == 0.5);
  std::swap(pets.detections.images[0].detections[0], pets.detections.images[0].detections[1]);
  CHECK(pets.Run().mean_average_precision == 1);
}

TEST_CASE("the median of an even number of classes is the mean of the two in the middle") {
  Case pets;
  pets.dataset.classes = ClassTableOf({"a", "b", "c", "d"});
  pets.detections.classes = pets.dataset.classes;
  // a, b: found at once: 1. c: found second: 1/2. d: never: 0. Sorted 0, 1/2, 1, 1: median 3/4,
  // mean 5/8.
  pets.AddImage("one",
                {ObjectAt(0, ClassAt(0)),
                 ObjectAt(0, ClassAt(1)),
                 ObjectAt(0, ClassAt(2)),
                 ObjectAt(0, ClassAt(3))},
                {DetectionAt(0, 1, ClassAt(0)),
                 DetectionAt(0, 1, ClassAt(1)),
                 DetectionAt(5, 1, ClassAt(2)),
                 DetectionAt(0, 0, ClassAt(2))});
  CHECK(pets.Run().median_average_precision == 0.75);
  CHECK(pets.Run().mean_average_precision == 0.625);
}

TEST_CASE(
    "classes are matched by name or WordNet id, in whatever order the detections count them") {
  Case pets;
  pets.AddImage("one",
                {ObjectAt(0, kCat), ObjectAt(1, kDog)},
                {DetectionAt(1, .9F, ClassAt(0)), DetectionAt(0, .8F, ClassAt(2))});
  pets.dataset.classes.classes[1].wordnet_id = "n02084071";
  // A class without detections may be unknown.
  pets.detections.classes.classes = {{.name = "hound", .wordnet_id = "n02084071"},
                                     {.name = "unicorn", .wordnet_id = ""},
                                     {.name = "cat", .wordnet_id = ""}};
  CHECK(pets.Run().mean_average_precision == 1);
  pets.detections.images[0].detections[0].class_id = ClassAt(1);
  CHECK_THROWS_WITH(pets.Run(), Catch::Contains("'unicorn'") && Catch::Contains("'one'"));
}

TEST_CASE("a misspelt class is named together with the one that was meant") {
  Case pets;
  pets.AddImage("one", {}, {DetectionAt(0, 1)});
  pets.detections.classes.classes[0].name = "dogg";
  CHECK_THROWS_WITH(pets.Run(), Catch::Contains("did you mean 'dog'"));
}

TEST_CASE("pictures that the data set has not, or that come twice, are refused by name") {
  Case pets;
  pets.AddImage("one", {}, {});
  pets.detections.images[0].id = "eleven";
  CHECK_THROWS_WITH(pets.Run(), Catch::Contains("'eleven'") && Catch::Contains("'pets'"));
  pets.detections.images[0].id = "one";
  pets.detections.images.push_back(pets.detections.images[0]);
  CHECK_THROWS_WITH(pets.Run(), Catch::Contains("'one' is given twice"));
  pets.detections.images.clear();
  pets.dataset.images.push_back(pets.dataset.images[0]);
  CHECK_THROWS_WITH(pets.Run(), Catch::Contains("'one' is listed twice"));
}

TEST_CASE("scores that are not numbers and options out of range are errors") {
  Case pets;
  pets.AddImage("one", {}, {DetectionAt(0, std::numeric_limits<float>::quiet_NaN())});
  CHECK_THROWS_AS(pets.Run(), Error);
  pets.detections.images.clear();
  CHECK_THROWS_WITH(Evaluate(pets.dataset, pets.detections, {.min_iou = 0}),
                    Catch::Contains("min_iou"));
  CHECK_THROWS_WITH(Evaluate(pets.dataset, pets.detections, {.min_iou = 1.5}),
                    Catch::Contains("1.5"));
  CHECK_THROWS_WITH(Evaluate(pets.dataset, pets.detections, {.workers = 0}),
                    Catch::Contains("workers"));
}

TEST_CASE("the number of workers does not change anything") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  const Case made = RandomCase(seed);
  for (const Protocol protocol : {Protocol::kIlsvrc, Protocol::kVoc07, Protocol::kVoc12}) {
    const Evaluation alone = made.Run(protocol, 1);
    CHECK(alone.mean_average_precision > 0);
    CHECK(made.Run(protocol, 3) == alone);
  }
}

TEST_CASE(
    "a protocol has a name that leads back to it, and other names are refused with the list") {
  for (const Protocol protocol : {Protocol::kIlsvrc, Protocol::kVoc07, Protocol::kVoc12}) {
    CHECK(ProtocolFromName(NameOf(protocol)) == protocol);
  }
  CHECK(NameOf(Protocol::kVoc07) == "voc07");
  CHECK_THROWS_WITH(ProtocolFromName("voc"), Catch::Contains("'ilsvrc', 'voc07', 'voc12'"));
}
