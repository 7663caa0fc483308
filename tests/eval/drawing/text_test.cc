#include "eval/drawing/text.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <string>

#include "core/class_table.h"
#include "eval/drawing/draw.h"
#include "tests/support/catch.h"

using namespace deeper;

namespace {

const std::string kCat = "\xE7\x8C\xAB";  // 猫
const std::string kCar = "\xE8\xBD\xA6";  // 车

cv::Mat Drawn(const std::string& text) {
  cv::Mat canvas(40, 300, CV_8UC3, cv::Scalar(0, 0, 0));
  PutText(canvas, DrawableText(text), {5, 30}, 16, cv::Scalar(255, 255, 255));
  return canvas;
}

bool AreSame(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF) == 0; }

}  // namespace

TEST_CASE("names of other scripts are drawn as themselves where a font has them") {
  if (!CharacterWithoutFont(kCat + kCar).empty()) {
    WARN("skipped: needs a font with Chinese, such as fonts-droid-fallback");
    return;
  }
  CHECK(DrawableText(kCat) == kCat);
  CHECK_FALSE(AreSame(Drawn(kCat), Drawn(kCar)));
  CHECK_FALSE(AreSame(Drawn(kCat), Drawn("?")));
  CHECK(cv::countNonZero(Drawn(kCat + " 0.87").reshape(1)) >
        cv::countNonZero(Drawn("0.87").reshape(1)));
  CHECK(FontFaultOf(ClassTableOf({kCat,
                                  "Stra\xC3\x9F"
                                  "e"}))
            .empty());
}

TEST_CASE("letters stand on their base line, as high as they were asked for") {
  const cv::Mat canvas = Drawn("HHH");
  cv::Mat gray;
  cv::extractChannel(canvas, gray, 0);
  int top = 40;
  int bottom = 0;
  for (int y = 0; y < 40; ++y) {
    if (cv::norm(gray.row(y), cv::NORM_INF) < 128) continue;
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
  CHECK(std::abs(bottom - 29) <= 1);
  CHECK(std::abs(bottom + 1 - top - 16) <= 2);
}

TEST_CASE("a text is as wide as what is drawn of it, and longer texts are wider") {
  const cv::Mat canvas = Drawn("Hallo Welt");
  int right = 0;
  for (int x = 0; x < canvas.cols; ++x) {
    if (cv::norm(canvas.col(x), cv::NORM_INF) > 0) right = x;
  }
  CHECK(std::abs(right - 5 - TextWidth("Hallo Welt", 16)) <= 4);
  CHECK(TextWidth("Hallo Welt!", 16) > TextWidth("Hallo", 16));
  CHECK(TextWidth("", 16) == 0);
}

TEST_CASE("what no font has shows as a question mark, and bytes that are no text too") {
  CHECK(DrawableText("a\nb") == "a?b");
  CHECK(DrawableText("\xF4\x8F\xBF\xBF") == "?");  // U+10FFFF, which is no character
  CHECK(CharacterWithoutFont("a\xF4\x8F\xBF\xBF") == "\xF4\x8F\xBF\xBF");
  CHECK_THAT(FontFaultOf(ClassTableOf({"a\xF4\x8F\xBF\xBF"})), Catch::Contains("install a font"));
  CHECK(DrawableText("caf\xE9").starts_with("caf"));
}

TEST_CASE("a text is cut to a width, by whole characters") {
  const std::string text = "a" + kCat + "b";
  CHECK(CutToWidth(text, 16, 1000) == text);
  CHECK(CutToWidth(text, 16, TextWidth("a" + kCat, 16)) == "a" + kCat);
  CHECK(CutToWidth(text, 16, TextWidth("a", 16)) == "a");
  CHECK(CutToWidth(text, 16, 0).empty());
  const std::string cut = CutToWidth(std::string(1'000'000, 'w'), 16, 200);
  CHECK(TextWidth(cut, 16) <= 200);
  CHECK(TextWidth(cut + "w", 16) > 200);
}
