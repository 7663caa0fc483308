#include "eval/drawing/draw_story.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/text/float_text.h"
#include "eval/drawing/draw_thumbnail.h"
#include "eval/drawing/text.h"

namespace deeper {
namespace {

// All in pixels.
constexpr int kGap = 16;
constexpr int kWidth = 1240;
constexpr int kPictureWidth = 700;
constexpr int kPictureHeight = 640;
constexpr int kPanelSide = 160;
constexpr int kPanelStep = kPanelSide + 34;
constexpr int kPanelLeft = kGap + kPictureWidth + kGap;
constexpr int kBarsLeft = kPanelLeft + kPanelSide + kGap;
constexpr int kBarStep = 26;
constexpr int kNameWidth = 120;
constexpr int kScoreWidth = 56;
constexpr int kTitleHeight = 50;
constexpr int kLineHeight = 25;
constexpr int kTextLeft = 150;

const cv::Scalar kGround(32, 27, 22);
const cv::Scalar kTrack(61, 52, 44);
const cv::Scalar kText(235, 230, 225);
const cv::Scalar kSoft(175, 166, 154);
const cv::Scalar kBar(160, 150, 140);
const cv::Scalar kChosen(122, 199, 44);

// A capital's height in pixels.
double LetterPx(double scale) { return 22 * scale; }

int WidthOf(const std::string& text, double scale) { return TextWidth(text, LetterPx(scale)); }

// The text, cut if it is wider than `width`.
void Put(cv::Mat& page,
         std::string_view text,
         cv::Point at,
         int width,
         double scale,
         const cv::Scalar& colour) {
  const std::string shown = CutToWidth(DrawableText(text), LetterPx(scale), width);
  PutText(page, shown, at, LetterPx(scale), colour);
}

// The text in lines no wider than `width`, broken at blanks.
std::vector<std::string> Wrap(std::string_view text, int width, double scale) {
  std::vector<std::string> lines(1);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string word = DrawableText(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::string longer = lines.back().empty() ? word : lines.back() + " " + word;
    if (lines.back().empty() || WidthOf(longer, scale) <= width) {
      lines.back() = longer;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

// As large as fits.
Image Resized(Image image, int width, int height, double& scale) {
  scale = std::min(double(width) / image.width, double(height) / image.height);
  const auto side = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(scale * pixels)));
  };
  const cv::Size size(side(image.width), side(image.height));
  Image resized = MakeImage(size.width, size.height, 0, 0, 0);
  cv::Mat pixels(resized.height, resized.width, CV_8UC3, resized.bgr.data());
  cv::resize(cv::Mat(image.height, image.width, CV_8UC3, image.bgr.data()),
             pixels,
             size,
             0,
             0,
             scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  return resized;
}

void Paste(Image image, cv::Mat& page, cv::Point at) {
  cv::Mat(image.height, image.width, CV_8UC3, image.bgr.data())
      .copyTo(page(cv::Rect(at.x, at.y, image.width, image.height)));
}

// The part to show: the whole picture, or the marks with their surroundings if the marks fill less
// than a third of either side.
Box PartOf(const Story& story) {
  const Box all{.x0 = 0,
                .y0 = 0,
                .x1 = static_cast<float>(story.picture.width),
                .y1 = static_cast<float>(story.picture.height)};
  Box marked = {};
  for (const Mark& mark : story.marks) {
    const Box box = ClipToImage(mark.box, story.picture.width, story.picture.height);
    if (box.IsEmpty()) continue;
    marked = marked.IsEmpty() ? box
                              : Box{.x0 = std::min(marked.x0, box.x0),
                                    .y0 = std::min(marked.y0, box.y0),
                                    .x1 = std::max(marked.x1, box.x1),
                                    .y1 = std::max(marked.y1, box.y1)};
  }
  const bool is_small =
      3 * marked.Width() < all.Width() && 3 * marked.Height() < all.Height() && !marked.IsEmpty();
  return is_small ? WithMargin(marked, 0.9) : all;
}

Image DrawPicture(const Story& story) {
  const int whole = std::max(story.picture.width, story.picture.height);
  const Thumbnail part = MakeThumbnail(story.picture, PartOf(story), whole);
  double scale = 1;
  const Image resized = Resized(part.image, kPictureWidth, kPictureHeight, scale);
  std::vector<Mark> marks = story.marks;
  for (Mark& mark : marks) {
    const auto place = [&](float at, float origin) {
      return static_cast<float>(scale * double{at - origin});
    };
    mark.box = {.x0 = place(mark.box.x0, part.part_in_image.x0),
                .y0 = place(mark.box.y0, part.part_in_image.y0),
                .x1 = place(mark.box.x1, part.part_in_image.x0),
                .y1 = place(mark.box.y1, part.part_in_image.y0)};
  }
  return DrawMarks(resized, marks);
}

// Bars begin at the lowest score shown, so that negative scores have a length too.
void DrawBars(const std::vector<StoryBar>& bars, float low, float high, int top, cv::Mat& page) {
  const int left = kBarsLeft + kNameWidth;
  const int length = kWidth - kGap - kScoreWidth - left;
  int y = top;
  for (const StoryBar& bar : bars) {
    const cv::Scalar colour = bar.chosen ? kChosen : kBar;
    const double part = high > low ? double{bar.score - low} / double{high - low} : 1;
    Put(page, bar.name, {kBarsLeft, y + 15}, kNameWidth - 6, 0.45, bar.chosen ? kText : kSoft);
    page(cv::Rect(left, y + 3, length, 14)).setTo(kTrack);
    page(cv::Rect(left, y + 3, std::max(2, static_cast<int>(part * length)), 14)).setTo(colour);
    Put(page, ScoreText(bar.score), {left + length + 8, y + 15}, kScoreWidth - 8, 0.45, kText);
    y += kBarStep;
  }
}

void DrawPanels(const std::vector<StoryPanel>& panels, cv::Mat& page) {
  float low = 0;
  float high = 0;
  for (const StoryPanel& panel : panels) {
    for (const StoryBar& bar : panel.bars) {
      Expects(std::isfinite(bar.score), "scores are finite");
      low = std::min(low, bar.score);
      high = std::max(high, bar.score);
    }
  }
  low -= 0.1F * (high - low);
  int top = kTitleHeight;
  for (const StoryPanel& panel : panels) {
    double scale = 1;
    Paste(Resized(panel.picture, kPanelSide, kPanelSide, scale), page, {kPanelLeft, top});
    Put(page,
        panel.caption,
        {kPanelLeft, top + kPanelSide + 18},
        kWidth - kGap - kPanelLeft,
        0.45,
        kSoft);
    DrawBars(panel.bars, low, high, top, page);
    top += kPanelStep;
  }
}

}  // namespace

Image DrawStory(const Story& story) {
  constexpr double kLineScale = 0.5;
  Expects(!story.picture.IsEmpty(), "a story has a picture");
  const Image picture = DrawPicture(story);
  const int panels = static_cast<int>(story.panels.size()) * kPanelStep;
  const int text_top = kTitleHeight + std::max(picture.height, panels) + kGap;
  std::vector<std::pair<std::string, std::string>> lines;
  for (const auto& [what, text] : story.lines) {
    const std::vector<std::string> wrapped = Wrap(text, kWidth - kGap - kTextLeft, kLineScale);
    for (std::size_t i = 0; i < wrapped.size(); ++i) {
      lines.emplace_back(i == 0 ? what : "", wrapped[i]);
    }
  }
  Image image = MakeImage(kWidth,
                          text_top + static_cast<int>(lines.size()) * kLineHeight + kGap,
                          static_cast<std::uint8_t>(kGround[0]),
                          static_cast<std::uint8_t>(kGround[1]),
                          static_cast<std::uint8_t>(kGround[2]));
  cv::Mat page(image.height, image.width, CV_8UC3, image.bgr.data());
  Put(page, story.title, {kGap, 32}, kWidth - 2 * kGap, 0.75, kText);
  Paste(picture, page, {kGap, kTitleHeight});
  DrawPanels(story.panels, page);
  int y = text_top + 16;
  for (const auto& [what, text] : lines) {
    Put(page, what, {kGap, y}, kTextLeft - kGap - 8, kLineScale, kSoft);
    Put(page, text, {kTextLeft, y}, kWidth - kGap - kTextLeft, kLineScale, kText);
    y += kLineHeight;
  }
  return image;
}

}  // namespace deeper
