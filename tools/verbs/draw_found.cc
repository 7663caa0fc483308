#include "tools/verbs/draw_found.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/files/file.h"
#include "core/pictures/picture_files.h"
#include "core/text/json_line.h"
#include "detector/detector.h"

namespace deeper::tools {

namespace {

constexpr int kLongestSide = 4096;  // pixels

std::vector<Detection> AtLeast(const std::vector<Detection>& detections,
                               const std::vector<float>& drawn_from) {
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    if (detection.score >= drawn_from[IndexOf(detection.class_id)]) kept.push_back(detection);
  }
  return kept;
}

}  // namespace

std::string FoundDrawing::Text() const {
  nlohmann::ordered_json from = nlohmann::ordered_json::array();
  for (const float score : drawn_from) from.push_back(fmt::format("{}", score));
  return LineOf({{"from", from}, {"line_px", style.line_px}, {"colours", style.colours}});
}

void DrawFound(const Image& image, const ImageDetections& found, const FoundDrawing& drawing) {
  std::vector<Detection> shown = AtLeast(found.detections, drawing.drawn_from);
  const int longer = std::max(image.width, image.height);
  const double scale = std::min(1.0, double{kLongestSide} / longer);
  const auto scaled = [&](int side) {
    return std::max(1, static_cast<int>(std::lround(scale * side)));
  };
  const int width = scaled(image.width);
  const int height = scaled(image.height);
  ScaleBoxes(found.width, found.height, width, height, shown);
  const Image drawn =
      DrawDetections(longer <= kLongestSide ? image : ShrinkImage(image, width, height),
                     shown,
                     drawing.classes,
                     drawing.style);
  WriteFileWhole(drawing.directory / DrawingFile(found.id), EncodeJpeg(drawn));
}

}  // namespace deeper::tools
