#include "detector/heads/training_boxes.h"

#include <algorithm>
#include <set>
#include <vector>

#include "core/random.h"
#include "detector/heads/region_features.h"
#include "detector/heads/training_images.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

Box BoxAt(float x0) { return {.x0 = x0, .y0 = 0, .x1 = x0 + 10, .y1 = 10}; }

// Two objects, at 0 and at 1000.
AnnotatedImage TwoObjects() {
  AnnotatedImage image;
  image.id = "000043";
  image.annotations = {{.box = BoxAt(0)}, {.box = BoxAt(1000)}};
  return image;
}

// `near` proposals on the first object, among `far` ones away from both, alternating while both
// last.
std::vector<Box> Proposals(std::size_t near, std::size_t far) {
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < std::max(near, far); ++i) {
    if (i < near) boxes.push_back(BoxAt(0.001F * static_cast<float>(i)));
    if (i < far) boxes.push_back(BoxAt(20 + static_cast<float>(i)));
  }
  return boxes;
}

std::size_t CountNear(const std::vector<Box>& boxes) {
  return static_cast<std::size_t>(
      std::count_if(boxes.begin() + 2, boxes.end(), [](const Box& box) { return box.x0 < 10; }));
}

TEST_CASE("the annotations' boxes come first and all proposals follow when they fit") {
  const std::vector<Box> proposals = Proposals(5, 7);
  std::vector<Box> expected = {BoxAt(0), BoxAt(1000)};
  expected.insert(expected.end(), proposals.begin(), proposals.end());
  CHECK(SampleTrainingBoxes(TwoObjects(), proposals, 12, 1) == expected);
  CHECK(SampleTrainingBoxes(TwoObjects(), proposals, 0, 1) == std::vector{BoxAt(0), BoxAt(1000)});
}

TEST_CASE("proposals on objects get half of the seats, and the seats that the others leave") {
  CHECK(CountNear(SampleTrainingBoxes(TwoObjects(), Proposals(300, 300), 100, 1)) == 50);
  CHECK(CountNear(SampleTrainingBoxes(TwoObjects(), Proposals(20, 300), 100, 1)) == 20);
  CHECK(CountNear(SampleTrainingBoxes(TwoObjects(), Proposals(300, 30), 100, 1)) == 70);
  CHECK(CountNear(SampleTrainingBoxes(TwoObjects(), Proposals(300, 0), 100, 1)) == 100);
  for (const std::size_t near : {300U, 20U, 0U}) {
    CHECK(SampleTrainingBoxes(TwoObjects(), Proposals(near, 300), 100, 1).size() == 102);
  }
}

TEST_CASE("a proposal of IoU 0.3 with an object is near it, and one of less is not") {
  AnnotatedImage image;
  image.annotations = {{.box = {.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 10}}};
  const Box at_limit = {.x0 = 0, .y0 = 0, .x1 = 3, .y1 = 10};
  const Box below = {.x0 = 0, .y0 = 0, .x1 = 2.9F, .y1 = 10};
  // One seat; half of it is none. So the far proposal gets it, whatever the seed.
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto boxes = SampleTrainingBoxes(image, {at_limit, below}, 1, seed);
    REQUIRE(boxes.size() == 2);
    REQUIRE(boxes[1] == below);
  }
}

TEST_CASE("the sample keeps the order, has no duplicates and is even over the ranks") {
  const std::vector<Box> boxes = SampleTrainingBoxes(TwoObjects(), Proposals(0, 900), 90, 5);
  REQUIRE(boxes.size() == 92);
  for (std::size_t i = 0; i < 90; ++i) {
    const auto rank = static_cast<std::size_t>(boxes[i + 2].x0 - 20);
    CAPTURE(i, rank);
    CHECK(rank / 10 == i);  // one of each ten
  }
}

TEST_CASE("the sample depends on the seed and on the picture's name, and on nothing else") {
  const std::vector<Box> proposals = Proposals(0, 900);
  AnnotatedImage other = TwoObjects();
  other.id = "000044";
  const auto sample = SampleTrainingBoxes(TwoObjects(), proposals, 90, 5);
  CHECK(SampleTrainingBoxes(TwoObjects(), proposals, 90, 5) == sample);
  CHECK(SampleTrainingBoxes(TwoObjects(), proposals, 90, 6) != sample);
  CHECK(SampleTrainingBoxes(other, proposals, 90, 5) != sample);
}

TEST_CASE("a picture without objects gives a sample of its proposals") {
  CHECK(SampleTrainingBoxes({}, Proposals(0, 50), 10, 1).size() == 10);
  CHECK(SampleTrainingBoxes({}, {}, 10, 1).empty());
}

TEST_CASE("a context is joined behind each region's features, once") {
  RegionFeatures regions = {.image_width = 9,
                            .image_height = 9,
                            .feature_dim = 2,
                            .boxes = {Box{}, Box{}},
                            .features = {1, 2, 3, 4},
                            .context = {7, 8, 9}};
  JoinContext(regions);
  CHECK(regions.feature_dim == 5);
  CHECK(regions.features == std::vector<float>{1, 2, 7, 8, 9, 3, 4, 7, 8, 9});
  const RegionFeatures before = regions;
  JoinContext(regions);
  CHECK(regions == before);
}

TEST_CASE("box regression learns from the proposals that are on an object, even over their order") {
  AnnotatedImage image = TwoObjects();
  const std::vector<Box> proposals = Proposals(5, 7);
  const std::vector<Box> all = SampleBoxesToMove(image, proposals, 0.6, 100);
  REQUIRE(all.size() == 5);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == proposals[2 * i]);
  CHECK(SampleBoxesToMove(image, proposals, 0.6, 2) == std::vector<Box>{all[0], all[2]});
  // Exactly min_iou is not above it.
  CHECK(SampleBoxesToMove(image, {BoxAt(0)}, 1, 100).empty());
  image.annotations[0].difficult = true;
  CHECK(SampleBoxesToMove(image, proposals, 0.6, 100).empty());
}

}  // namespace
}  // namespace deeper
