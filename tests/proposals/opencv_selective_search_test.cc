#include "proposals/opencv_selective_search.h"

#include <algorithm>
#include <set>

#include "tests/proposals/synthetic_pictures.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

std::vector<KeyedBox> Search(const Image& image, const SelectiveSearchOptions& options) {
  Random random(1);
  return OpenCvSelectiveSearch(image, options, random);
}

TEST_CASE("OpenCV's boxes come in an order that does not change from call to call") {
  const Image image = test::RectanglesPicture(120, 90, 15, 4);
  const std::vector<KeyedBox> first = Search(image, FastSelectiveSearch());
  CHECK(first.size() > 10);
  CHECK(Search(image, FastSelectiveSearch()) == first);
}

TEST_CASE("Larger boxes of OpenCV's stand further ahead before the random numbers") {
  const std::vector<KeyedBox> boxes =
      Search(test::RectanglesPicture(120, 90, 15, 4), FastSelectiveSearch());
  const auto area = [](const KeyedBox& k) { return k.box.Width() * k.box.Height(); };
  CHECK(std::is_sorted(boxes.begin(), boxes.end(), [&area](const KeyedBox& a, const KeyedBox& b) {
    return area(a) < area(b);
  }));
  Random same(1);
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    CHECK(boxes[i].key == static_cast<double>(boxes.size() - i) * same.Uniform());
  }
}

TEST_CASE("OpenCV's first k follows ours, so that x2 gives fewer boxes") {
  const Image image = test::RectanglesPicture(200, 150, 60, 8);
  CHECK(Search(image, DoubleSuperpixelSelectiveSearch()).size() <
        Search(image, FastSelectiveSearch()).size());
}

TEST_CASE("More than two colour spaces run OpenCV's quality preset, which adds boxes") {
  const Image image = test::RectanglesPicture(64, 48, 10, 8);
  CHECK(Search(image, QualitySelectiveSearch()).size() >
        Search(image, FastSelectiveSearch()).size());
}

}  // namespace
}  // namespace deeper
