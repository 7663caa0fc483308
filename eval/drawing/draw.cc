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
#include "core/text/float_text.h"
#include "eval/drawing/place_labels.h"
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
  Colour colour = {};
  LineStyle style = LineStyle::kSolid;
};

struct Label {
  cv::Rect place;
  cv::Rect box;  // that it is of
  LabelText text;
  Colour colour = {};
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

cv::Scalar ScalarOf(const Colour& bgr) { return {double(bgr[0]), double(bgr[1]), double(bgr[2])}; }

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

// Fills the strip with pieces along its longer side, as far as it lies on the canvas.
void DrawStrip(cv::Mat& canvas,
               const cv::Rect& strip,
               const cv::Scalar& colour,
               const Dashes& dashes) {
  const cv::Rect whole(0, 0, canvas.cols, canvas.rows);
  if (dashes.gap == 0) {
    canvas(strip & whole).setTo(colour);
    return;
  }
  const bool across = strip.width >= strip.height;
  const int line = across ? strip.height : strip.width;
  const int length = across ? strip.width : strip.height;
  for (int at = 0; at < length; at += (dashes.dash + dashes.gap) * line) {
    const int piece = std::min(dashes.dash * line, length - at);
    const cv::Rect place = across ? cv::Rect(strip.x + at, strip.y, piece, line)
                                  : cv::Rect(strip.x, strip.y + at, line, piece);
    canvas(place & whole).setTo(colour);
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

int BorderOf(int line_px) { return std::max(1, line_px / 3); }

// A line just inside the box's edge, thinner in boxes that it would fill, between two borders of
// the contrasting tone: one around the box, one within the line where there is room.
void DrawFrame(cv::Mat& canvas, const Frame& frame, int line_px) {
  const cv::Rect& box = frame.place;
  const int shorter = std::min(box.width, box.height);
  const int wanted = frame.style == LineStyle::kThin ? std::max(1, line_px / 2) : line_px;
  const int line = std::clamp(shorter / 5, 1, wanted);
  const int border = BorderOf(line);
  const int within = std::clamp(shorter / 2 - line, 0, border);
  const cv::Rect around(
      box.x - border, box.y - border, box.width + 2 * border, box.height + 2 * border);
  DrawEdges(canvas, around, border + line + within, ScalarOf(ContrastTo(frame.colour)), {});
  DrawEdges(canvas, box, line, ScalarOf(frame.colour), DashesOf(frame.style));
}

// The line from a label that stands apart from its box to the box's nearest point.
void DrawLeader(cv::Mat& canvas, const Label& label, int line_px) {
  const cv::Rect& place = label.place;
  const cv::Rect& box = label.box;
  const cv::Rect grown(place.x - 1, place.y - 1, place.width + 2, place.height + 2);
  if (!(grown & box).empty()) return;
  const auto ends = [](int a_begin, int a_size, int b_begin, int b_size) {
    const int middle = a_begin + a_size / 2;
    return std::pair(middle, std::clamp(middle, b_begin, b_begin + b_size - 1));
  };
  const auto [from_x, to_x] = ends(place.x, place.width, box.x, box.width);
  const auto [from_y, to_y] = ends(place.y, place.height, box.y, box.height);
  const int width = std::max(1, line_px / 2);
  const cv::Point from(from_x, from_y);
  const cv::Point to(to_x, to_y);
  cv::line(canvas,
           from,
           to,
           ScalarOf(ContrastTo(label.colour)),
           width + 2 * BorderOf(width),
           cv::LINE_AA);
  cv::line(canvas, from, to, ScalarOf(label.colour), width, cv::LINE_AA);
}

void DrawLabel(cv::Mat& canvas, const Label& label) {
  cv::Mat area = canvas(label.place);  // letters that reach over are cut off at its edge
  area.setTo(ScalarOf(label.colour));
  DrawEdges(area, {0, 0, area.cols, area.rows}, 1, ScalarOf(ContrastTo(label.colour)), {});
  const LabelText& text = label.text;
  PutText(area,
          text.text,
          cv::Point(text.padding_px, text.padding_px + text.text_height_px),
          text.letter_px,
          ScalarOf(ContrastTo(label.colour)));
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

Image DrawMarks(const Image& image, const std::vector<Mark>& marks, int line_px) {
  Image drawn = image;
  if (image.IsEmpty()) return drawn;
  Style style = StyleFor(image);
  if (line_px > 0) style.line_px = line_px;
  std::vector<Frame> frames;
  std::vector<Label> labels;
  std::vector<cv::Rect> taken;
  for (const Mark& mark : marks) {
    const cv::Rect box = PixelsOf(mark.box, image);
    if (box.empty()) continue;
    frames.push_back({.place = box, .colour = mark.bgr, .style = mark.style});
    if (mark.text.empty()) continue;
    if (const std::optional<LabelText> fitted = FitText(DrawableText(mark.text), style, image)) {
      taken.push_back(
          PlaceLabel({fitted->Width(), fitted->Height()}, box, {image.width, image.height}, taken));
      labels.push_back({.place = taken.back(), .box = box, .text = *fitted, .colour = mark.bgr});
    }
  }
  cv::Mat canvas(drawn.height, drawn.width, CV_8UC3, drawn.bgr.data());
  std::ranges::reverse(frames);  // the best end on top
  std::ranges::reverse(labels);
  for (const Frame& frame : frames) DrawFrame(canvas, frame, style.line_px);
  for (const Label& label : labels) DrawLeader(canvas, label, style.line_px);
  for (const Label& label : labels) DrawLabel(canvas, label);
  return drawn;
}

std::vector<Mark> MarksOf(const std::vector<Detection>& detections,
                          const ClassTable& classes,
                          const DrawingStyle& style) {
  Expects(style.colours.empty() || style.colours.size() == classes.Size(),
          "a drawing has one colour a class");
  const std::vector<Colour> colours =
      style.colours.empty() ? DistinctColours(classes.Size()) : style.colours;
  std::vector<Mark> marks;
  for (const std::size_t i : ByDescendingScore(detections)) {
    const Detection& detection = detections[i];
    marks.push_back({.box = detection.box,
                     .text = classes.Name(detection.class_id) + " " + ScoreText(detection.score),
                     .bgr = colours[IndexOf(detection.class_id)]});
  }
  return marks;
}

Image DrawDetections(const Image& image,
                     const std::vector<Detection>& detections,
                     const ClassTable& classes,
                     const DrawingStyle& style) {
  return DrawMarks(image, MarksOf(detections, classes, style), style.line_px);
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
