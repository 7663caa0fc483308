#include "eval/drawing/place_labels.h"

#include "core/random.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

constexpr int kWidth = 60;
constexpr int kHeight = 12;
const cv::Size kLabel(kWidth, kHeight);
const cv::Size kPicture(500, 375);

bool IsInside(const cv::Rect& place) {
  return (place & cv::Rect({0, 0}, kPicture)) == place && place.size() == kLabel;
}

}  // namespace

TEST_CASE("the labels of forty objects in one place do not cover one another") {
  std::vector<cv::Rect> taken;
  for (int i = 0; i < 40; ++i) {
    const cv::Rect place = PlaceLabel(kLabel, {200 + i, 150 + i % 7, 80, 100}, kPicture, taken);
    CAPTURE(i, place);
    CHECK(IsInside(place));
    for (const cv::Rect& other : taken) CHECK((place & other).empty());
    taken.push_back(place);
  }
}

TEST_CASE("of boxes anywhere, also at the borders, labels are inside the picture") {
  Random random(23);
  std::vector<cv::Rect> taken;
  for (int i = 0; i < 300; ++i) {
    const auto below = [&](int end) {
      return static_cast<int>(random.Below(static_cast<std::uint64_t>(end)));
    };
    const int x = below(kPicture.width);
    const int y = below(kPicture.height);
    const cv::Rect box(x, y, 1 + below(kPicture.width - x), 1 + below(kPicture.height - y));
    taken.push_back(PlaceLabel(kLabel, box, kPicture, taken));
    CHECK(IsInside(taken.back()));
  }
}

TEST_CASE("a label goes along its box's edge before it leaves the box") {
  const cv::Rect box(100, 100, 300, 100);
  // Both ends are taken, outside and inside.
  std::vector<cv::Rect> taken;
  for (const int x : {100, 340}) {
    for (const int y : {88, 100, 200, 188}) taken.emplace_back(x, y, kWidth, kHeight);
  }
  const cv::Rect place = PlaceLabel(kLabel, box, kPicture, taken);
  CHECK(place.y + kHeight == box.y);
  CHECK(place.x > 100);
  CHECK(place.x < 340);
}

TEST_CASE("in a picture full of labels one more covers as little as it can") {
  const cv::Rect all({0, 0}, kPicture);
  const cv::Rect place = PlaceLabel(kLabel, {100, 100, 50, 50}, kPicture, {all});
  CHECK(IsInside(place));
}
