#include "tools/verbs/detect_picture.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/work/parallel.h"
#include "core/work/stopwatch.h"
#include "eval/formats/lines/detection_lines.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

PictureDetector::PictureDetector(const Detector& detector, const PictureDetectorOptions& options)
    : detector_(&detector), options_(options) {}

PictureDetections PictureDetector::Run(const Picture& picture) const {
  PictureDetections result;
  ScaledImage scaled;
  try {
    scaled = Timed<ProcessorWatch>(result.times.decode_s, [&] {
      return detector_->Read(picture.path, options_.reading.ForReading());
    });
  } catch (const Error& error) {
    result.error = error.what();
    return result;
  }
  const Image& image = scaled.image;
  Found found = detector_->Detect(image, options_.detect, picture.id);
  result.times += found.times;
  result.proposals = found.proposals;
  result.replaced_kept = found.replaced_kept;
  ImageDetections detections{
      .id = picture.id, .detections = std::move(found.detections), .file_name = picture.file_name};
  detections.width = scaled.full_width;
  detections.height = scaled.full_height;
  ScaleBoxes(image.width, image.height, detections.width, detections.height, detections.detections);
  if (options_.drawing) DrawFound(image, detections, *options_.drawing);
  result.json = JsonLineOf(detections, detector_->classes());
  return result;
}

std::string PictureDetector::Redraw(const Picture& picture, const ImageDetections& found) const {
  Image image;
  try {
    image = detector_->Read(picture.path, options_.reading.ForReading()).image;
  } catch (const Error& error) {
    return error.what();
  }
  DrawFound(image, found, options_.drawing.value());
  return "";
}

std::string PictureDetector::Configuration() const {
  const DetectOptions& detect = options_.detect;
  return detector_->Configuration() +
         fmt::format(
             "no_box_regression {}\nmin_score {}\nnms_iou {}\nmax_per_class {}\nsoft_nms {}\n"
             "vote_iou {}\nvote_offset {}\n",
             detect.box_regression ? "no" : "yes",
             detect.min_score,
             detect.nms.max_iou,
             detect.nms.max_per_class,
             detect.nms.soft_sigma,
             detect.nms.vote_iou,
             detect.nms.vote_offset) +
         options_.reading.Text();
}

std::size_t DrawEarlier(const PictureDetector& detect,
                        const std::vector<EarlierFound>& earlier,
                        int workers) {
  if (earlier.empty()) return 0;
  ProgressLine progress("drawing", "pictures", earlier.size());
  std::size_t missing = 0;
  ForEachInOrder<std::string>(
      earlier.size(),
      workers,
      StopAsked,
      [&](std::size_t i) { return detect.Redraw(*earlier[i].picture, *earlier[i].found); },
      [&](std::size_t, const std::string& error) {
        if (!error.empty()) {
          progress.Say("not drawn: " + error);
          ++missing;
        }
        progress.Advance();
      });
  return missing;
}

}  // namespace deeper::tools
