#include "eval/matching.h"

#include <vector>

#include "tests/support/catch.h"

using namespace deeper;

namespace {

TrueObject ObjectAt(const Box& box, bool difficult = false) {
  TrueObject object;
  object.box = box;
  object.difficult = difficult;
  return object;
}

constexpr Box kSquare{.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100};
constexpr Box kUpperHalf{.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 50};  // IoU with kSquare: 1/2
constexpr Box kMost{.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 80};       // IoU with kSquare: 4/5

}  // namespace

TEST_CASE("ILSVRC asks for IoU 1/2 of large objects and less of small ones") {
  CHECK(IlsvrcThreshold(kSquare, 0.5) == 0.5);
  // 10 x 10: 100 / (20 * 20); 20 x 5: 100 / (30 * 15).
  CHECK(IlsvrcThreshold({.x0 = 3, .y0 = 4, .x1 = 13, .y1 = 14}, 0.5) == Approx(0.25));
  CHECK(IlsvrcThreshold({.x0 = 0, .y0 = 0, .x1 = 20, .y1 = 5}, 0.5) == Approx(100.0 / 450));
  // 100 x 100: 10000 / 12100 = .826; a stricter base is cut to it.
  CHECK(IlsvrcThreshold(kSquare, 0.9) == Approx(10000.0 / 12100));
}

TEST_CASE("a detection that just reaches the threshold has found the object") {
  std::vector<TrueObject> objects = {ObjectAt(kSquare)};
  CHECK(MatchVoc(kUpperHalf, objects, 0.5).verdict == Verdict::kTruePositive);
  objects = {ObjectAt(kSquare)};
  CHECK(MatchVoc(kUpperHalf, objects, 0.51).verdict == Verdict::kFalsePositive);
  objects = {ObjectAt(kSquare)};
  CHECK(MatchIlsvrc(kUpperHalf, objects, 0.5).verdict == Verdict::kTruePositive);
  objects = {ObjectAt(kSquare)};
  CHECK(MatchIlsvrc(kUpperHalf, objects, 0.51).verdict == Verdict::kFalsePositive);
}

TEST_CASE("a small object of ILSVRC is found at an overlap that VOC refuses") {
  const Box small{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 10};
  const Box third{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 3};  // IoU .3 >= .25
  std::vector<TrueObject> objects = {ObjectAt(small)};
  CHECK(MatchVoc(third, objects, 0.5).verdict == Verdict::kFalsePositive);
  CHECK(MatchIlsvrc(third, objects, 0.5).verdict == Verdict::kTruePositive);
}

TEST_CASE("a second detection of an object is a duplicate") {
  std::vector<TrueObject> objects = {ObjectAt(kSquare)};
  CHECK(MatchVoc(kMost, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(MatchVoc(kSquare, objects, 0.5).verdict == Verdict::kDuplicate);
  objects = {ObjectAt(kSquare)};
  CHECK(MatchIlsvrc(kMost, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(MatchIlsvrc(kSquare, objects, 0.5).verdict == Verdict::kDuplicate);
}

TEST_CASE("where the best object is taken, ILSVRC goes on to the next and VOC does not") {
  // The second detection lies best on the first object (IoU 1) and well on the second (.8).
  std::vector<TrueObject> objects = {ObjectAt(kSquare), ObjectAt(kMost)};
  CHECK(MatchVoc(kSquare, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(MatchVoc(kSquare, objects, 0.5).verdict == Verdict::kDuplicate);
  objects = {ObjectAt(kSquare), ObjectAt(kMost)};
  CHECK(MatchIlsvrc(kSquare, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(MatchIlsvrc(kSquare, objects, 0.5).verdict == Verdict::kTruePositive);
}

TEST_CASE("ILSVRC prefers an object whose threshold is reached to one of higher IoU") {
  const Box detection{.x0 = 0, .y0 = 0, .x1 = 20, .y1 = 20};
  const Box tall{.x0 = 0, .y0 = 0, .x1 = 20, .y1 = 44};  // IoU 400 / 880 = .45, asks for .5
  const Box flat{
      .x0 = 0, .y0 = 0, .x1 = 20, .y1 = 8};  // IoU 160 / 400 = .40, asks for 160 / (30 * 18) = .30
  std::vector<TrueObject> objects = {ObjectAt(tall), ObjectAt(flat)};
  CHECK(MatchIlsvrc(detection, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(!objects[0].matched);
  CHECK(objects[1].matched);
}

TEST_CASE("of two objects of equal IoU the first is taken") {
  std::vector<TrueObject> objects = {ObjectAt(kSquare), ObjectAt(kSquare)};
  CHECK(MatchIlsvrc(kMost, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(objects[0].matched);
  CHECK(!objects[1].matched);
  objects = {ObjectAt(kSquare), ObjectAt(kSquare)};
  CHECK(MatchVoc(kMost, objects, 0.5).verdict == Verdict::kTruePositive);
  CHECK(objects[0].matched);
  CHECK(!objects[1].matched);
}

TEST_CASE("VOC ignores every detection of a difficult object, ILSVRC knows no difficult ones") {
  std::vector<TrueObject> objects = {ObjectAt(kSquare, true)};
  CHECK(MatchVoc(kMost, objects, 0.5).verdict == Verdict::kIgnored);
  CHECK(MatchVoc(kMost, objects, 0.5).verdict == Verdict::kIgnored);
  CHECK(MatchVoc(kUpperHalf, objects, 0.6).verdict == Verdict::kFalsePositive);
  CHECK(MatchIlsvrc(kMost, objects, 0.5).verdict == Verdict::kTruePositive);
}

TEST_CASE("a detection far from all objects, an empty one and one without objects are false") {
  std::vector<TrueObject> objects = {ObjectAt(kSquare)};
  const Box far{.x0 = 100, .y0 = 0, .x1 = 200, .y1 = 100};
  const Box inverted{.x0 = 90, .y0 = 90, .x1 = 10, .y1 = 10};
  for (const Box& box : {far, inverted, Box{}}) {
    CHECK(MatchVoc(box, objects, 0.5).verdict == Verdict::kFalsePositive);
    CHECK(MatchIlsvrc(box, objects, 0.5).verdict == Verdict::kFalsePositive);
    CHECK(MatchVoc(box, {}, 0.5).verdict == Verdict::kFalsePositive);
    CHECK(MatchIlsvrc(box, {}, 0.5).verdict == Verdict::kFalsePositive);
  }
}

TEST_CASE("an empty object is never found, though its threshold is 0") {
  std::vector<TrueObject> objects = {ObjectAt(Box{.x0 = 5, .y0 = 5, .x1 = 5, .y1 = 9})};
  CHECK(IlsvrcThreshold(objects[0].box, 0.5) == 0);
  CHECK(MatchIlsvrc(kSquare, objects, 0.5).verdict == Verdict::kFalsePositive);
}

TEST_CASE("a match names the object that decided and its IoU") {
  std::vector<TrueObject> objects = {ObjectAt({.x0 = 500, .y0 = 0, .x1 = 600, .y1 = 100}),
                                     ObjectAt(kSquare)};
  for (const Verdict verdict : {Verdict::kTruePositive, Verdict::kDuplicate}) {
    const Match match = MatchVoc(kMost, objects, 0.5);
    CHECK(match.verdict == verdict);
    CHECK(match.object == std::optional<std::size_t>(1));
    CHECK(match.iou == Approx(0.8));
  }
  CHECK(MatchIlsvrc(kMost, objects, 0.5).object == std::optional<std::size_t>(1));
  CHECK(!MatchVoc(kUpperHalf, objects, 0.9).object);
}
