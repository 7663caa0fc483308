#include "eval/drawing/colours.h"

#include <algorithm>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <set>

#include "tests/support/catch.h"

using namespace deeper;

namespace {

double LabDistance(const Colour& a, const Colour& b) {
  cv::Mat pixels(1, 2, CV_32FC3);
  pixels.at<cv::Vec3f>(0, 0) = cv::Vec3f(a[0], a[1], a[2]) / 255.0F;
  pixels.at<cv::Vec3f>(0, 1) = cv::Vec3f(b[0], b[1], b[2]) / 255.0F;
  cv::cvtColor(pixels, pixels, cv::COLOR_BGR2Lab);
  return cv::norm(pixels.at<cv::Vec3f>(0, 0) - pixels.at<cv::Vec3f>(0, 1));
}

double LeastDistance(const std::vector<Colour>& colours) {
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < colours.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k)
      least = std::min(least, LabDistance(colours[i], colours[k]));
  }
  return least;
}

}  // namespace

// A just noticeable difference is about 2.3 (Mahy, Van Eycken and Oosterlinck 1994).
TEST_CASE("few classes have colours far apart, 64 still different ones") {
  CHECK(LeastDistance(DistinctColours(3)) > 80);
  CHECK(LeastDistance(DistinctColours(8)) > 50);
  CHECK(LeastDistance(DistinctColours(20)) > 30);
  CHECK(LeastDistance(DistinctColours(64)) > 10);
}

TEST_CASE("no colour is near white or black, and more classes begin with the colours of fewer") {
  const std::vector<Colour> colours = DistinctColours(64);
  for (const Colour& colour : colours) {
    CHECK(LabDistance(colour, {255, 255, 255}) > 25);
    CHECK(LabDistance(colour, {0, 0, 0}) > 25);
  }
  const std::vector<Colour> few = DistinctColours(5);
  CHECK(std::equal(few.begin(), few.end(), colours.begin()));
}

TEST_CASE("beyond 64 colours repeat in turn, and of no class there is none") {
  const std::vector<Colour> many = DistinctColours(130);
  CHECK(std::set<Colour>(many.begin(), many.end()).size() == 64);
  CHECK(many[64] == many[0]);
  CHECK(DistinctColours(0).empty());
}

TEST_CASE("a colour is read as #rrggbb or by its name, and a wrong one is told the nearest") {
  CHECK(ColourFromText("#ff8001") == Colour{1, 128, 255});
  CHECK(ColourFromText("#FF8001") == Colour{1, 128, 255});
  CHECK(ColourFromText("red") == Colour{0, 0, 255});
  for (const char* text : {"", "#ff800", "#ff80011", "#ff800g", "ff8001", "# f8001", "#-f8001"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH(ColourFromText(text), Catch::Contains("#rrggbb"));
  }
  CHECK_THROWS_WITH(ColourFromText("gren"), Catch::Contains("did you mean 'green'?"));
}
