#include "eval/drawing/picture_marks.h"

#include <limits>

#include "tests/support/catch.h"

using namespace deeper;

namespace {

Box Square(float x0) { return {.x0 = x0, .y0 = 20, .x1 = x0 + 40, .y1 = 60}; }

// One picture with two cats, of which one is found, and once more, and a false detection.
struct Case {
  Dataset dataset{.name = "d", .classes = ClassTableOf({"cat"}), .images = {}, .blacklist = {}};
  DetectionSet detections{.classes = ClassTableOf({"cat"}), .images = {}};
  Evaluation evaluation;

  Case() {
    dataset.images.push_back(
        {.id = "a", .image_path = {}, .annotations = {{.box = Square(0)}, {.box = Square(100)}}});
    detections.images.push_back({.id = "a",
                                 .detections = {{.box = Square(2), .score = 0.9F},
                                                {.box = Square(4), .score = 0.8F},
                                                {.box = Square(200), .score = 0.1F}}});
    evaluation = Evaluate(dataset, detections, {});
  }
  PictureMarks Marked(float least_score) const {
    return MarkPictures(dataset, detections, evaluation, {least_score}).at(0);
  }
};

}  // namespace

TEST_CASE("found, duplicate, false and missed are counted and look different in colour and line") {
  const PictureMarks marks = Case().Marked(0);
  CHECK(marks.found == 1);
  CHECK(marks.duplicate == 1);
  CHECK(marks.false_positive == 1);
  CHECK(marks.missed == 1);
  REQUIRE(marks.marks.size() == 5);  // and the true box of what was found
  CHECK(marks.marks[0].text == "cat 0.90");
  CHECK(marks.marks[3].text == "cat");
  CHECK(marks.marks[4].text.empty());
  for (std::size_t i = 0; i < marks.marks.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK(marks.marks[i].bgr != marks.marks[j].bgr);
  }
  CHECK(marks.marks[0].style == LineStyle::kSolid);
  CHECK(marks.marks[1].style == LineStyle::kDashed);
  CHECK(marks.marks[3].style == LineStyle::kDotted);
}

TEST_CASE("below the least score nothing is shown, and what it found is missed") {
  const Case made;
  CHECK(made.Marked(0.85F).duplicate == 0);
  CHECK(made.Marked(0.85F).found == 1);
  CHECK(made.Marked(0.95F).missed == 2);
  CHECK(made.Marked(0.95F).marks.size() == 2);
  CHECK(BestLeastScores(made.evaluation) == std::vector<float>{0.9F});
  CHECK(BestLeastScores(
            Evaluate(made.dataset, {.classes = made.dataset.classes, .images = {}}, {})) ==
        std::vector<float>{std::numeric_limits<float>::infinity()});
}
