#include "eval/analysis/error_analysis.h"

#include <string>

#include "core/error.h"
#include "eval/formats/voc.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

constexpr ClassId kCat{0};
constexpr ClassId kDog{1};

// 100 x 100 at place `i`, moved right by `shift`: IoU with the place is (100 - shift) / (100 +
// shift).
Box Place(int i, float shift = 0) {
  const float x0 = 1000 * static_cast<float>(i) + shift;
  return {.x0 = x0, .y0 = 0, .x1 = x0 + 100, .y1 = 100};
}
constexpr float kBadly = 50;   // IoU 1/3
constexpr float kBarely = 90;  // IoU 10/190 = .05

struct Case {
  Dataset dataset{
      .name = "d", .classes = ClassTableOf({"cat", "dog"}), .images = {}, .blacklist = {}};
  DetectionSet detections{.classes = ClassTableOf({"cat", "dog"}), .images = {}};

  Case(std::vector<Annotation> truth, std::vector<Detection> found) {
    dataset.images.push_back({.id = "a", .image_path = {}, .annotations = std::move(truth)});
    detections.images.push_back({.id = "a", .detections = std::move(found)});
  }
  Evaluation Evaluated(Protocol protocol = Protocol::kVoc12) const {
    return Evaluate(dataset, detections, {.protocol = protocol});
  }
  ErrorAnalysis Analysed(Protocol protocol = Protocol::kVoc12) const {
    return AnalyseErrors(dataset, detections, Evaluated(protocol));
  }
};

Annotation Object(const Box& box, ClassId id = kCat) { return {.box = box, .class_id = id}; }
Detection Found(const Box& box, float score, ClassId id = kCat) {
  return {.box = box, .class_id = id, .score = score};
}

// The kind of the only false positive of a case.
ErrorKind KindOf(const Case& made) {
  const ErrorAnalysis analysis = made.Analysed();
  std::optional<ErrorKind> kind;
  for (const auto& of_class : analysis.errors) {
    for (const auto& error : of_class) {
      if (!error) continue;
      REQUIRE(!kind);
      kind = error->kind;
    }
  }
  REQUIRE(kind);
  return *kind;
}

double Delta(const ErrorAnalysis& analysis, ErrorKind kind) {
  return analysis.delta_ap.at(static_cast<std::size_t>(kind));
}
std::size_t Count(const ErrorAnalysis& analysis, ErrorKind kind) {
  return analysis.counts.at(static_cast<std::size_t>(kind));
}

}  // namespace

TEST_CASE("each false positive is of the kind that its overlaps make it") {
  CHECK(KindOf({{Object(Place(0), kDog)}, {Found(Place(0), 1)}}) == ErrorKind::kClass);
  CHECK(KindOf({{Object(Place(0))}, {Found(Place(0, kBadly), 1)}}) == ErrorKind::kLocation);
  CHECK(KindOf({{Object(Place(0), kDog)}, {Found(Place(0, kBadly), 1)}}) == ErrorKind::kBoth);
  CHECK(KindOf({{Object(Place(0))}, {Found(Place(0), 1), Found(Place(0), .5F)}}) ==
        ErrorKind::kDuplicate);
  CHECK(KindOf({{Object(Place(0))}, {Found(Place(1), 1)}}) == ErrorKind::kBackground);
  CHECK(KindOf({{Object(Place(0))}, {Found(Place(0, kBarely), 1)}}) == ErrorKind::kBackground);
  CHECK(KindOf({{}, {Found(Place(0), 1)}}) == ErrorKind::kBackground);
}

TEST_CASE("a badly placed box of the right class is Loc even where it lies well on another class") {
  CHECK(KindOf({{Object(Place(0, kBadly)), Object(Place(0), kDog)}, {Found(Place(0), 1)}}) ==
        ErrorKind::kLocation);
}

TEST_CASE("a second box on a found object is Cls where it lies well on another class too") {
  CHECK(KindOf({{Object(Place(0)), Object(Place(0, 5), kDog)},
                {Found(Place(0), 1), Found(Place(0), .5F)}}) == ErrorKind::kClass);
}

TEST_CASE("an object that a Cls or Loc error is about is no Miss") {
  const ErrorAnalysis analysis = Case({Object(Place(0)), Object(Place(1), kDog), Object(Place(2))},
                                      {Found(Place(0, kBadly), 1), Found(Place(1), .9F)})
                                     .Analysed();
  CHECK(analysis.missed == std::vector<MissedObject>{{.image = 0, .object = 0, .covered = true},
                                                     {.image = 0, .object = 1, .covered = true},
                                                     {.image = 0, .object = 2, .covered = false}});
  CHECK(Count(analysis, ErrorKind::kMiss) == 1);
}

TEST_CASE("the oracles of a hand-worked ranking give back what they should") {
  // Cats by score: background, found, badly placed on the second. Objects: 3, the third missed.
  // Precision 0, 1/2, 1/3 at recall 0, 1/3, 1/3: AP 1/6.
  const Case made({Object(Place(0)), Object(Place(1)), Object(Place(2))},
                  {Found(Place(8), .9F), Found(Place(0), .8F), Found(Place(1, kBadly), .7F)});
  const ErrorAnalysis analysis = made.Analysed();
  CHECK(analysis.mean_average_precision == Approx(1.0 / 6));
  // Without the background: found, false: AP 1/3.
  CHECK(Delta(analysis, ErrorKind::kBackground) == Approx(1.0 / 3 - 1.0 / 6));
  // The third becomes right: 0, 1/2, 2/3 at 0, 1/3, 2/3; envelope 2/3: AP 2/3 * 2/3.
  CHECK(Delta(analysis, ErrorKind::kLocation) == Approx(4.0 / 9 - 1.0 / 6));
  // One object less: recall 1/2 at precision 1/2.
  CHECK(Delta(analysis, ErrorKind::kMiss) == Approx(1.0 / 4 - 1.0 / 6));
  CHECK(Delta(analysis, ErrorKind::kClass) == 0);
  CHECK(Delta(analysis, ErrorKind::kDuplicate) == 0);
  CHECK(Delta(analysis, ErrorKind::kBoth) == 0);
}

TEST_CASE("a corrected class moves the detection to the ranking of the true one") {
  // Cats: one on a dog (.9), one right (.8): precision 1/2 at recall 1, AP 1/2. Dogs: none, AP 0.
  const ErrorAnalysis analysis =
      Case({Object(Place(0)), Object(Place(1), kDog)}, {Found(Place(1), .9F), Found(Place(0), .8F)})
          .Analysed();
  CHECK(analysis.mean_average_precision == Approx(0.25));
  CHECK(Delta(analysis, ErrorKind::kClass) == Approx(1 - 0.25));
}

TEST_CASE(
    "corrected detections of a found object go, and of several on one object the best stays") {
  // The cat is found at .5; a detection at .9 is badly placed on it. Correcting that would make a
  // duplicate, so it is removed.
  ErrorAnalysis analysis =
      Case({Object(Place(0))}, {Found(Place(0, kBadly), .9F), Found(Place(0), .5F)}).Analysed();
  CHECK(analysis.mean_average_precision == Approx(0.5));
  CHECK(Delta(analysis, ErrorKind::kLocation) == Approx(0.5));
  // Two badly placed on an object that is not found: one becomes right, the other is removed.
  analysis = Case({Object(Place(0))}, {Found(Place(0, kBadly), .9F), Found(Place(0, -kBadly), .5F)})
                 .Analysed();
  CHECK(Delta(analysis, ErrorKind::kLocation) == Approx(1));
}

TEST_CASE("what does not count explains nothing and is not missed") {
  Case made({Object(Place(0), kDog)}, {Found(Place(0), 1)});
  made.dataset.images[0].annotations[0].difficult = true;
  const ErrorAnalysis analysis = made.Analysed();
  CHECK(analysis.missed.empty());
  CHECK(Count(analysis, ErrorKind::kBackground) == 1);
}

TEST_CASE("ILSVRC's lower thresholds of small objects hold for the kinds too") {
  // 10 x 10 needs IoU .25; the second detection overlaps it by 3 of 10.
  const Box small{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 10};
  const Box third{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 3};
  const Case made({Object(small)}, {Found(small, 1), Found(third, .5F)});
  CHECK(Count(made.Analysed(Protocol::kIlsvrc), ErrorKind::kDuplicate) == 1);
  CHECK(Count(made.Analysed(Protocol::kVoc12), ErrorKind::kLocation) == 1);
}

TEST_CASE("COCO's differences are those of its AP at IoU .5") {
  const Case made({Object(Place(0))}, {Found(Place(1), .9F), Found(Place(0), .5F)});
  const ErrorAnalysis analysis = made.Analysed(Protocol::kCoco);
  CHECK(analysis.mean_average_precision == Approx(0.5));
  CHECK(Delta(analysis, ErrorKind::kBackground) == Approx(0.5));
}

TEST_CASE("thresholds out of range are refused") {
  CHECK_THROWS_WITH(ErrorOptions{.foreground_iou = 0}.Validate(), Catch::Contains("foreground"));
  CHECK_THROWS_WITH((ErrorOptions{.foreground_iou = .5, .background_iou = .5}.Validate()),
                    Catch::Contains("background"));
}

TEST_CASE("Hoiem's kinds: location, similar, other and background, of the best N") {
  const ClassTable& voc = VocClasses();
  const ClassId cat = voc.Find("cat").value();
  const ClassId dog = voc.Find("dog").value();
  const ClassId car = voc.Find("car").value();
  Dataset dataset{.name = "d", .classes = voc, .images = {}, .blacklist = {}};
  dataset.images.push_back({.id = "a",
                            .image_path = {},
                            .annotations = {Object(Place(0), cat),
                                            Object(Place(1), dog),
                                            Object(Place(2), car),
                                            Object(Place(3), cat),
                                            Object(Place(4), cat),
                                            Object(Place(5), cat)}});
  DetectionSet found{.classes = voc, .images = {{.id = "a", .detections = {}}}};
  found.images[0].detections = {Found(Place(0, kBadly), .9F, cat),
                                Found(Place(1), .8F, cat),
                                Found(Place(2, kBadly), .7F, cat),
                                Found(Place(3, kBarely), .6F, cat),
                                Found(Place(9), .5F, cat)};  // the fifth of four objects
  const auto counts =
      CountHoiemKinds(dataset, found, Evaluate(dataset, found, {}), HoiemGroups(dataset.classes));
  CHECK(counts.at(IndexOf(cat)) == std::array<std::size_t, kHoiemKinds>{1, 1, 1, 1});
  CHECK(counts.at(IndexOf(dog)) == std::array<std::size_t, kHoiemKinds>{});
  CHECK(HoiemGroups(voc).size() == 4);
  CHECK(HoiemGroups(ClassTableOf({"bird", "cat", "dog"})).empty());
}
