#include "detector/examples/picture_regions.h"

#include <algorithm>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

constexpr Box kObject = {.x0 = 10, .y0 = 10, .x1 = 50, .y1 = 50};
constexpr Box kNear = {.x0 = 14, .y0 = 10, .x1 = 54, .y1 = 50};    // IoU 0.82
constexpr Box kBeside = {.x0 = 30, .y0 = 10, .x1 = 70, .y1 = 50};  // IoU 0.33
constexpr Box kFar = {.x0 = 100, .y0 = 100, .x1 = 140, .y1 = 140};

AnnotatedImage PictureWithObject() {
  return {.id = "a",
          .image_path = {},
          .width = 200,
          .height = 200,
          .annotations = {{.box = kObject, .class_id = ClassAt(2)}}};
}

const RegionLabelOptions kLabels = {.background_min_iou = 0.1};

TEST_CASE("regions have the label of their object, and where it lies") {
  const PictureRegions regions =
      RegionsOfPicture(PictureWithObject(), {kNear, kBeside, kFar}, kLabels);
  REQUIRE(regions.foreground.size() == 2);
  CHECK(regions.foreground[0] ==
        TargetRegion{.box = kObject, .label = 3, .offsets = BoxOffsets{0, 0, 0, 0}});
  CHECK(regions.foreground[1].label == 3);
  REQUIRE(regions.foreground[1].offsets);
  const Box moved = MoveBox(kNear, *regions.foreground[1].offsets);
  CHECK(moved.x0 == Approx(kObject.x0));
  CHECK(moved.x1 == Approx(kObject.x1));
  REQUIRE(regions.background.size() == 1);
  CHECK(regions.background[0] == TargetRegion{.box = kBeside});
}

TEST_CASE("where nothing is background by the rules, what is far from every object is") {
  const PictureRegions regions = RegionsOfPicture(PictureWithObject(), {kNear, kFar}, kLabels);
  CHECK(regions.foreground.size() == 2);
  REQUIRE(regions.background.size() == 1);
  CHECK(regions.background[0].box == kFar);
}

PictureRegions Many(std::size_t objects, std::size_t others) {
  PictureRegions regions;
  for (std::size_t i = 0; i < objects + others; ++i) {
    const Box box = {
        .x0 = static_cast<float>(i), .y0 = 0, .x1 = static_cast<float>(i) + 1, .y1 = 1};
    (i < objects ? regions.foreground : regions.background)
        .push_back({.box = box, .label = i < objects ? 1U : 0U});
  }
  return regions;
}

TEST_CASE("regions are drawn each at most once, a quarter of them objects, the same each time") {
  const PictureRegions many = Many(40, 500);
  const std::vector<TargetRegion> drawn = DrawRegions(many, {}, 7);
  REQUIRE(drawn.size() == 64);
  CHECK(std::ranges::count(drawn, 1U, &TargetRegion::label) == 16);
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) REQUIRE(drawn[i].box.x0 != drawn[j].box.x0);
  }
  CHECK(DrawRegions(many, {}, 7) == drawn);
  CHECK(DrawRegions(many, {}, 8) != drawn);
}

TEST_CASE("few objects leave their places to background, few regions are all taken") {
  const std::vector<TargetRegion> few_objects = DrawRegions(Many(3, 500), {}, 1);
  CHECK(few_objects.size() == 64);
  CHECK(std::ranges::count(few_objects, 1U, &TargetRegion::label) == 3);
  CHECK(DrawRegions(Many(3, 5), {}, 1).size() == 8);
  CHECK(DrawRegions(Many(30, 5), {}, 1).size() == 16 + 5);
}

TEST_CASE("every region comes up in many draws") {
  const PictureRegions regions = Many(20, 60);
  std::vector<int> times(80);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (const TargetRegion& region : DrawRegions(regions, {.regions = 16}, seed))
      ++times[static_cast<std::size_t>(region.box.x0)];
  }
  // Objects: 4 of 20 each time; others: 12 of 60. 200 draws give each 40 times on average.
  for (const int count : times) {
    CHECK(count > 15);
    CHECK(count < 70);
  }
}

}  // namespace
}  // namespace deeper
