#include "detector/regions/classification_views.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "core/error.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

std::size_t Different(const std::vector<ClassificationView>& views) {
  std::set<std::tuple<float, float, float, float, bool>> seen;
  for (const auto& [box, mirrored] : views) {
    seen.emplace(box.x0, box.y0, box.x1, box.y1, mirrored);
  }
  return seen.size();
}

bool Contains(const std::vector<ClassificationView>& views, const Box& wanted) {
  return std::ranges::any_of(
      views, [&](const ClassificationView& view) { return Iou(view.box, wanted) > 0.9999; });
}

}  // namespace

TEST_CASE("there are as many views as asked for, inside the picture, half of them mirrored") {
  for (const auto& [width, height] : {std::pair(500, 375), {375, 500}, {224, 224}, {1, 900}}) {
    for (const int count : {10, 144}) {
      CAPTURE(width, height, count);
      const auto views = ClassificationViews(width, height, count);
      CHECK(views.size() == static_cast<std::size_t>(count));
      CHECK(2 * std::ranges::count(views, true, &ClassificationView::mirrored) == count);
      for (const ClassificationView& view : views) {
        const Box clipped = ClipToImage(view.box, width, height);
        CHECK(Area(clipped) == Approx(Area(view.box)));
        CHECK_FALSE(view.box.IsEmpty());
      }
    }
  }
}

TEST_CASE("the 144 views of a wide picture are those of the paper's section 7") {
  // Shorter side 704 = 2 x 352, so that the largest scale halves the picture.
  const auto views = ClassificationViews(1000, 704, 144);
  // At each scale and in each square the centre and four corners differ; the whole square is the
  // same at every scale.
  CHECK(Different(views) == 2 * (4 * 3 * 5 + 3));
  CHECK(Contains(views, {.x0 = 0, .y0 = 0, .x1 = 448, .y1 = 448}));       // left, upper left
  CHECK(Contains(views, {.x0 = 552, .y0 = 256, .x1 = 1000, .y1 = 704}));  // right, lower right
  CHECK(Contains(views, {.x0 = 276, .y0 = 128, .x1 = 724, .y1 = 576}));   // middle, centre
  CHECK(Contains(views, {.x0 = 148, .y0 = 0, .x1 = 852, .y1 = 704}));     // middle square
  CHECK(Contains(views, {.x0 = 0, .y0 = 0, .x1 = 616, .y1 = 616}));       // 224 of 256
}

TEST_CASE("of a high picture the squares are at its top, middle and bottom") {
  const auto views = ClassificationViews(100, 300, 144);
  CHECK(Contains(views, {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100}));
  CHECK(Contains(views, {.x0 = 0, .y0 = 100, .x1 = 100, .y1 = 200}));
  CHECK(Contains(views, {.x0 = 0, .y0 = 200, .x1 = 100, .y1 = 300}));
}

TEST_CASE("the ten views are among the 144") {
  const auto all = ClassificationViews(640, 480, 144);
  for (const ClassificationView& view : ClassificationViews(640, 480, 10)) {
    CHECK(std::ranges::find(all, view) != all.end());
  }
}

TEST_CASE("the one view is the middle of the whole picture, whatever its shape") {
  const auto views = ClassificationViews(512, 256, 1);
  REQUIRE(views.size() == 1);
  CHECK(views[0].box == Box{.x0 = 32, .y0 = 16, .x1 = 480, .y1 = 240});
  CHECK_FALSE(views[0].mirrored);
}

TEST_CASE("another number of views is a mistake") {
  CHECK_THROWS_AS(ClassificationViews(10, 10, 2), ContractViolation);
  CHECK_THROWS_AS(ClassificationViews(0, 10, 10), ContractViolation);
}
