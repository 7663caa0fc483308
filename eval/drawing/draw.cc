#include "eval/drawing/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "core/error.h"
#include "core/random.h"
#include "core/text/float_text.h"
#include "eval/drawing/text.h"

namespace deeper {
namespace {

// Sizes in pixels, all derived from the picture's shorter side.
struct Style {
  int line_px = 1;             // of a box
  double letter_px = 12;       // height of a capital letter
  double least_letter_px = 7;  // what is still legible
};

Style StyleFor(const Image& image) {
  const int side = std::min(image.width, image.height);
  Style style;
  style.line_px = std::max(side < 150 ? 1 : 2, static_cast<int>(std::lround(side * 0.005)));
  style.letter_px = std::max(side < 200 ? style.least_letter_px : 9.0, side * 0.024);
  return style;
}

// A label's text as it will be drawn. All in pixels.
struct LabelText {
  std::string text;
  double letter_px = 0;
  int padding_px = 2;
  int text_width_px = 0;
  int text_height_px = 0;  // of capitals
  int below_px = 0;        // what "g" and "y" reach below the line

  int Width() const { return text_width_px + 2 * padding_px; }
  int Height() const { return text_height_px + below_px + 2 * padding_px; }
};

struct Frame {
  cv::Rect place;
  cv::Scalar colour;
  LineStyle style = LineStyle::kSolid;
};

struct Label {
  cv::Rect place;
  LabelText text;
  cv::Scalar colour;
};

LabelText Measure(std::string text, double letter_px) {
  LabelText measured{.text = std::move(text), .letter_px = letter_px};
  measured.padding_px = std::max(1, static_cast<int>(std::lround(letter_px * 0.35)));
  measured.text_width_px = TextWidth(measured.text, letter_px);
  measured.text_height_px = static_cast<int>(std::ceil(letter_px));
  measured.below_px = static_cast<int>(std::ceil(letter_px * 0.25));
  return measured;
}

// The text in the style's letters, in smaller ones or cut, so that it is no wider than the picture.
// Nothing if not even one letter fits.
std::optional<LabelText> FitText(const std::string& text, const Style& style, const Image& image) {
  constexpr double kStep = 0.9;
  double letter_px = style.letter_px;
  const int widest = image.width - Measure("", style.least_letter_px).Width();
  LabelText fitted = Measure(CutToWidth(text, style.least_letter_px, widest), letter_px);
  while (fitted.Width() > image.width && letter_px > style.least_letter_px) {
    letter_px = std::max(letter_px * kStep, style.least_letter_px);
    fitted = Measure(std::move(fitted.text), letter_px);
  }
  if (fitted.text.empty() || fitted.Height() > image.height) return std::nullopt;
  return fitted;
}

// The pixels that the box covers at least half of, inside the picture.
cv::Rect PixelsOf(const Box& box, const Image& image) {
  const Box inside = ClipToImage(box, image.width, image.height);
  if (inside.IsEmpty()) return {};
  const int x0 = std::min(static_cast<int>(std::lround(inside.x0)), image.width - 1);
  const int y0 = std::min(static_cast<int>(std::lround(inside.y0)), image.height - 1);
  const int x1 = std::max(static_cast<int>(std::lround(inside.x1)), x0 + 1);
  const int y1 = std::max(static_cast<int>(std::lround(inside.y1)), y0 + 1);
  return {x0, y0, x1 - x0, y1 - y0};
}

std::int64_t AreaUnderOthers(const cv::Rect& place, const std::vector<Label>& others) {
  return std::accumulate(
      others.begin(), others.end(), std::int64_t{0}, [&](std::int64_t area, const Label& other) {
        return area + (place & other.place).area();
      });
}

// A label's place: above the box, inside it at its top, below it, or inside at its bottom; at the
// box's left or right end. Returns the first place where the label covers the fewest pixels of
// `others`. Always inside the picture.
cv::Rect PlaceLabel(const LabelText& text,
                    const cv::Rect& box,
                    const Image& image,
                    const std::vector<Label>& others) {
  const int height = text.Height();
  const auto inside = [&](int x) { return std::clamp(x, 0, image.width - text.Width()); };
  const int left = inside(box.x);
  std::optional<cv::Rect> best;
  std::int64_t least_covered = 0;
  for (const int x : {left, inside(box.x + box.width - text.Width())}) {
    for (const int y : {box.y - height, box.y, box.y + box.height, box.y + box.height - height}) {
      if (y < 0 || y + height > image.height) continue;
      const cv::Rect place(x, y, text.Width(), height);
      const std::int64_t covered = AreaUnderOthers(place, others);
      if (best && covered >= least_covered) continue;
      best = place;
      least_covered = covered;
    }
  }
  return best.value_or(cv::Rect(left, 0, text.Width(), height));
}

cv::Scalar ScalarOf(const std::array<std::uint8_t, 3>& bgr) {
  return {double(bgr[0]), double(bgr[1]), double(bgr[2])};
}

// Black or white, whichever stands out more. Black is for a relative luminance from .179 on (WCAG
// 2, contrast ratio).
cv::Scalar TextColourOn(const cv::Scalar& bgr) {
  const auto linear = [](double value) {
    const double c = value / 255;
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  const double luminance =
      0.0722 * linear(bgr[0]) + 0.7152 * linear(bgr[1]) + 0.2126 * linear(bgr[2]);
  return luminance > 0.179 ? cv::Scalar(0, 0, 0) : cv::Scalar(255, 255, 255);
}

// Lengths of dashes and gaps in multiples of the line's width; no gap in a solid line.
struct Dashes {
  int dash = 1;
  int gap = 0;
};

Dashes DashesOf(LineStyle style) {
  switch (style) {
    case LineStyle::kDashed:
      return {.dash = 5, .gap = 3};
    case LineStyle::kDotted:
      return {.dash = 1, .gap = 2};
    case LineStyle::kSolid:
    case LineStyle::kThin:
      break;
  }
  return {};
}

// Fills the strip with pieces along its longer side.
void DrawStrip(cv::Mat& canvas,
               const cv::Rect& strip,
               const cv::Scalar& colour,
               const Dashes& dashes) {
  if (dashes.gap == 0) {
    canvas(strip).setTo(colour);
    return;
  }
  const bool across = strip.width >= strip.height;
  const int line = across ? strip.height : strip.width;
  const int length = across ? strip.width : strip.height;
  for (int at = 0; at < length; at += (dashes.dash + dashes.gap) * line) {
    const int piece = std::min(dashes.dash * line, length - at);
    canvas(across ? cv::Rect(strip.x + at, strip.y, piece, line)
                  : cv::Rect(strip.x, strip.y + at, line, piece))
        .setTo(colour);
  }
}

void DrawEdges(cv::Mat& canvas,
               const cv::Rect& box,
               int line_px,
               const cv::Scalar& colour,
               const Dashes& dashes) {
  const int t = line_px;
  DrawStrip(canvas, {box.x, box.y, box.width, t}, colour, dashes);
  DrawStrip(canvas, {box.x, box.y, t, box.height}, colour, dashes);
  DrawStrip(canvas, {box.x, box.y + box.height - t, box.width, t}, colour, dashes);
  DrawStrip(canvas, {box.x + box.width - t, box.y, t, box.height}, colour, dashes);
}

// A frame just inside the box's edge, thinner in boxes that it would fill.
void DrawFrame(cv::Mat& canvas, const Frame& frame, int line_px) {
  const cv::Rect& box = frame.place;
  const int wanted = frame.style == LineStyle::kThin ? std::max(1, line_px / 2) : line_px;
  const int t = std::clamp(std::min(box.width, box.height) / 5, 1, wanted);
  const Dashes dashes = DashesOf(frame.style);
  if (dashes.gap > 0) DrawEdges(canvas, box, t, cv::Scalar(0, 0, 0), {});
  DrawEdges(canvas, box, t, frame.colour, dashes);
}

void DrawLabel(cv::Mat& canvas, const Label& label) {
  cv::Mat area = canvas(label.place);  // letters that reach over are cut off at its edge
  area.setTo(label.colour);
  const LabelText& text = label.text;
  PutText(area,
          text.text,
          cv::Point(text.padding_px, text.padding_px + text.text_height_px),
          text.letter_px,
          TextColourOn(label.colour));
}

std::vector<std::size_t> ByDescendingScore(const std::vector<Detection>& detections) {
  std::vector<std::size_t> order(detections.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto score = [&](std::size_t i) {
    const float value = detections[i].score;
    return std::isnan(value) ? -std::numeric_limits<float>::infinity() : value;
  };
  std::ranges::stable_sort(order, std::ranges::greater{}, score);
  return order;
}

}  // namespace

std::array<std::uint8_t, 3> ColourOf(const std::string& class_name) {
  // 24 hues in three tones. The salt is the best of 20,000 tried: with it, the two most alike
  // colours of the VOC classes differ most in CIE Lab (a distance of 23).
  constexpr std::uint64_t kSalt = 525;
  constexpr std::uint64_t kHues = 24;
  struct Tone {
    double saturation, value;
  };
  constexpr std::array<Tone, 3> kTones = {{{0.72, 0.98}, {0.45, 1}, {0.85, 0.68}}};
  const std::uint64_t pick = Random(Fnv1a(class_name) ^ kSalt).Below(kHues * kTones.size());
  const Tone tone = kTones.at(pick / kHues);
  const double hue = static_cast<double>(pick % kHues) * 6 / static_cast<double>(kHues);
  // HSV to RGB, for n = 5, 3, 1:
  //   k = (n + hue) mod 6,
  //   channel = v (1 - s max(0, min(k, 4 - k, 1))).
  const auto channel = [&](double n) {
    const double k = std::fmod(n + hue, 6);
    const double part =
        tone.value * (1 - tone.saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
    return static_cast<std::uint8_t>(std::lround(255 * part));
  };
  return {channel(1), channel(3), channel(5)};
}

std::string FontFaultOf(const ClassTable& classes) {
  for (const ClassInfo& info : classes.classes) {
    const std::string character = CharacterWithoutFont(info.name);
    if (character.empty()) continue;
    return fmt::format(
        "no font has the '{}' of class '{}': drawings show '?' for it; install a font of its "
        "script, "
        "such as fonts-droid-fallback or fonts-noto-core",
        character,
        info.name);
  }
  return "";
}

Image DrawMarks(const Image& image, const std::vector<Mark>& marks) {
  Image drawn = image;
  if (image.IsEmpty()) return drawn;
  const Style style = StyleFor(image);
  std::vector<Frame> frames;
  std::vector<Label> labels;
  for (const Mark& mark : marks) {
    const cv::Rect box = PixelsOf(mark.box, image);
    if (box.empty()) continue;
    const cv::Scalar colour = ScalarOf(mark.bgr);
    frames.push_back({.place = box, .colour = colour, .style = mark.style});
    if (mark.text.empty()) continue;
    if (const std::optional<LabelText> fitted = FitText(DrawableText(mark.text), style, image)) {
      labels.push_back(
          {.place = PlaceLabel(*fitted, box, image, labels), .text = *fitted, .colour = colour});
    }
  }
  cv::Mat canvas(drawn.height, drawn.width, CV_8UC3, drawn.bgr.data());
  std::ranges::reverse(frames);  // the best end on top
  std::ranges::reverse(labels);
  for (const Frame& frame : frames) DrawFrame(canvas, frame, style.line_px);
  for (const Label& label : labels) DrawLabel(canvas, label);
  return drawn;
}

Image DrawDetections(const Image& image,
                     const std::vector<Detection>& detections,
                     const ClassTable& classes) {
  std::vector<Mark> marks;
  for (const std::size_t i : ByDescendingScore(detections)) {
    const std::string& name = classes.Name(detections[i].class_id);
    marks.push_back({.box = detections[i].box,
                     .text = name + " " + ScoreText(detections[i].score),
                     .bgr = ColourOf(name)});
  }
  return DrawMarks(image, marks);
}

std::vector<std::uint8_t> EncodeJpeg(const Image& image, int quality) {
  Expects(!image.IsEmpty(), "a picture to encode has pixels");
  Expects(quality >= 1 && quality <= 100, "JPEG's quality is 1 to 100");
  constexpr int kMostPixels = 65500;
  if (image.width > kMostPixels || image.height > kMostPixels) {
    throw Error(fmt::format(
        "expected a picture of at most {} pixels a side for JPEG, found {} x {}; scale it down",
        kMostPixels,
        image.width,
        image.height));
  }
  Image pixels = image;  // OpenCV has no view of constant pixels
  std::vector<std::uint8_t> encoded;
  if (!cv::imencode(".jpg",
                    cv::Mat(pixels.height, pixels.width, CV_8UC3, pixels.bgr.data()),
                    encoded,
                    {cv::IMWRITE_JPEG_QUALITY, quality})) {
    throw Error(fmt::format(
        "cannot encode a picture of {} x {} pixels as JPEG", image.width, image.height));
  }
  return encoded;
}

}  // namespace deeper
