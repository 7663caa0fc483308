#include "tools/verbs/detect_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "core/work/stopwatch.h"
#include "eval/drawing/draw.h"
#include "eval/formats/lines/detection_lines.h"

namespace deeper::tools {

namespace {

constexpr int kDrawingSide = 4096;  // pixels

// The score from which a detection of each class is drawn.
std::vector<float> DrawnFrom(std::optional<float> min_score, const Model& model) {
  std::vector<float> drawn_from(model.classes.Size(), min_score.value_or(0));
  if (!min_score && model.calibration) {
    const std::vector<double>& points = model.calibration->operating_points;
    std::transform(points.begin(), points.end(), drawn_from.begin(), [](double point) {
      return static_cast<float>(point);
    });
  }
  return drawn_from;
}

std::vector<Detection> AtLeast(const std::vector<Detection>& detections,
                               const std::vector<float>& drawn_from) {
  std::vector<Detection> kept;
  for (const Detection& detection : detections) {
    if (detection.score >= drawn_from[IndexOf(detection.class_id)]) kept.push_back(detection);
  }
  return kept;
}

}  // namespace

PictureDetector::PictureDetector(const Detector& detector, const PictureDetectorOptions& options)
    : detector_(&detector),
      options_(options),
      drawn_from_(DrawnFrom(options.draw_min_score, detector.first())) {}

PictureDetections PictureDetector::Run(const Picture& picture) const {
  PictureDetections result;
  ScaledImage scaled;
  try {
    scaled = Timed(result.times.decode_s,
                   [&] { return detector_->Read(picture.path, options_.reading.ForReading()); });
  } catch (const Error& error) {
    result.error = error.what();
    return result;
  }
  const Image& image = scaled.image;
  Found found = detector_->Detect(image, options_.detect, picture.id);
  result.times += found.times;
  result.proposals = found.proposals;
  result.replaced_kept = found.replaced_kept;
  ImageDetections detections{.id = picture.id, .detections = std::move(found.detections)};
  if (!options_.drawings.empty()) Draw(image, detections);
  detections.width = scaled.full_width;
  detections.height = scaled.full_height;
  ScaleBoxes(image.width, image.height, detections.width, detections.height, detections.detections);
  result.json = JsonLineOf(detections, detector_->classes());
  return result;
}

std::string PictureDetector::Configuration() const {
  const DetectOptions& detect = options_.detect;
  return detector_->Configuration() +
         fmt::format("box regression {} min score {} nms {} {} {} {} {}",
                     detect.box_regression,
                     detect.min_score,
                     detect.nms.max_iou,
                     detect.nms.max_per_class,
                     detect.nms.soft_sigma,
                     detect.nms.vote_iou,
                     detect.nms.vote_offset) +
         options_.reading.Text();
}

// A drawing is for people: its longer side has kDrawingSide pixels at the most.
void PictureDetector::Draw(const Image& image, const ImageDetections& found) const {
  std::vector<Detection> shown = AtLeast(found.detections, drawn_from_);
  const int longer = std::max(image.width, image.height);
  Image drawing;
  if (longer <= kDrawingSide) {
    drawing = DrawDetections(image, shown, detector_->classes());
  } else {
    const double scale = double{kDrawingSide} / longer;
    const Image shrunken =
        ShrinkImage(image,
                    std::max(1, static_cast<int>(std::lround(scale * image.width))),
                    std::max(1, static_cast<int>(std::lround(scale * image.height))));
    ScaleBoxes(image.width, image.height, shrunken.width, shrunken.height, shown);
    drawing = DrawDetections(shrunken, shown, detector_->classes());
  }
  WriteFileWhole(options_.drawings / DrawingFile(found.id), EncodeJpeg(drawing));
}

}  // namespace deeper::tools
