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

std::array<std::uint8_t, 3> At(const Image& image, int x, int y) {
  const std::uint8_t* pixel = image.Row(y) + std::ptrdiff_t{3} * x;
  return {pixel[0], pixel[1], pixel[2]};
}

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

TEST_CASE("dashes and dots leave gaps of a dark line, solid frames do not") {
  const Image ground = MakeImage(400, 300, 90, 100, 110);
  const auto colours = [&](LineStyle style) {
    const Image drawn = DrawMarks(ground,
                                  {{.box = {.x0 = 50, .y0 = 50, .x1 = 350, .y1 = 250},
                                    .text = "",
                                    .bgr = {10, 200, 250},
                                    .style = style}});
    std::size_t line = 0;
    std::size_t gap = 0;
    for (int x = 50; x < 350; ++x) {
      line += At(drawn, x, 50) == std::array<std::uint8_t, 3>{10, 200, 250} ? 1U : 0U;
      gap += At(drawn, x, 50) == std::array<std::uint8_t, 3>{0, 0, 0} ? 1U : 0U;
    }
    CHECK(line + gap == 300);
    return line;
  };
  CHECK(colours(LineStyle::kSolid) == 300);
  CHECK(colours(LineStyle::kThin) == 300);
  CHECK(colours(LineStyle::kDashed) == Approx(300 * 5.0 / 8).margin(8));
  CHECK(colours(LineStyle::kDotted) == Approx(300 / 3.0).margin(8));
}

TEST_CASE("a contact sheet holds its pictures in rows as high as their highest") {
  const Image wide = MakeImage(400, 200, 0, 0, 255);
  const Image high = MakeImage(40, 80, 0, 0, 255);
  const Image sheet = MakeContactSheet(
      {wide, high, wide}, {"a", "b", "caf\xC3\xA9"}, {.columns = 2, .tile_px = 100});
  CHECK(sheet.width == 2 * 112 + 12);
  CHECK(sheet.height == 12 + (80 + 26 + 12) + (50 + 26 + 12));
  const std::array<std::uint8_t, 3> pure = {0, 0, 255};
  // The first is 100 x 50 in the middle of its row's 80 pixels.
  CHECK(At(sheet, 12, 12 + 15) == pure);
  CHECK(At(sheet, 12 + 99, 12 + 64) == pure);
  CHECK(At(sheet, 12, 12 + 14) != pure);
  CHECK(At(sheet, 12 + 112 + 30, 12) == pure);             // the second, not enlarged
  CHECK(At(sheet, 12, 12 + 118) == pure);                  // the second row begins at once
  CHECK(At(sheet, 12 + 112 + 50, 12 + 118 + 20) != pure);  // no fourth
  CHECK(MakeContactSheet({}, {}).IsEmpty());
}
