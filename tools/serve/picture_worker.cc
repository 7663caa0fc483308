#include "tools/serve/picture_worker.h"

#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/remedy.h"
#include "core/text/json_line.h"
#include "core/work/parallel.h"
#include "core/work/stopwatch.h"
#include "eval/formats/lines/detection_lines.h"
#include "tools/explain/detection_story.h"
#include "tools/explain/explain_picture.h"
#include "tools/options/detector_options.h"
#include "tools/options/model_defaults.h"
#include "tools/options/option_errors.h"
#include "tools/options/remedy_words.h"
#include "tools/serve/memory_file.h"
#include "tools/serve/picture_list.h"

namespace deeper::tools {

namespace {

// The score from which detections are answered, if the request or the server names one.
std::optional<float> LeastScoreOf(const DetectQuery& started, const DetectQuery& asked) {
  return asked.min_score ? asked.min_score : started.min_score;
}

// What the request says, and for the rest what the server was started with.
DetectOptions OptionsOf(const Detector& detector,
                        const DetectQuery& started,
                        const DetectQuery& asked) {
  SuppressionOptions joined = asked.suppression;
  const SuppressionOptions& ours = started.suppression;
  if (!joined.nms_iou) joined.nms_iou = ours.nms_iou;
  if (!joined.soft_sigma) joined.soft_sigma = ours.soft_sigma;
  if (!joined.vote_iou) joined.vote_iou = ours.vote_iou;
  if (!joined.max_per_class) joined.max_per_class = ours.max_per_class;
  joined.no_box_regression = joined.no_box_regression || ours.no_box_regression;
  return joined.Over(detector, LeastScoreOf(started, asked));
}

PictureOutcome Failed(int status, const std::string& reason) {
  return {.status = status, .json = {}, .error = reason};
}

PictureOutcome Detect(const Detector& detector,
                      const PictureWorkerOptions& options,
                      const PictureJob& job) {
  const DetectQuery asked = ParseDetectQuery(job.options);
  const DetectOptions detect = OptionsOf(detector, options.detect, asked);
  PictureOutcome outcome;
  ScaledImage scaled;
  const MemoryFile file(job.file);
  try {
    scaled = Timed(outcome.times.decode_s,
                   [&] { return detector.Read(file.path(), options.reading.ForReadingAgain()); });
  } catch (const Error& error) {
    return Failed(422, file.Renamed(error.what(), job.id));
  }
  if (job.story_of > 0) {
    const StoryPicture picture = ExplainPicture(detector, detect, job.id, std::move(scaled));
    outcome.json = StoryOfDetection(picture, job.story_of).json;
    return outcome;
  }
  const Image& image = scaled.image;
  Found found = detector.Detect(image, detect);
  if (const auto least = LeastScoreOf(options.detect, asked)) {
    std::erase_if(found.detections, [&](const Detection& d) { return d.score < *least; });
  }
  outcome.times += found.times;
  ImageDetections detections{.id = job.id, .detections = std::move(found.detections)};
  detections.file_name = job.file_name;
  detections.width = scaled.full_width;
  detections.height = scaled.full_height;
  ScaleBoxes(image.width, image.height, detections.width, detections.height, detections.detections);
  outcome.json = JsonLineOf(detections, detector.classes());
  return outcome;
}

std::string ModelJson(const Detector& detector, const PictureWorkerOptions& options) {
  const Model& model = detector.first();
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  const std::vector<std::string> colours = ColourTexts(model.classes.Size());
  for (std::size_t i = 0; i < model.classes.Size(); ++i) {
    classes.push_back(
        {{"name", model.classes.classes[i].name},
         {"colour", colours[i]},
         {"operating_point", model.calibration ? model.calibration->operating_points[i] : 0.0}});
  }
  nlohmann::ordered_json json = {{"models", ShortNames(detector.files())},
                                 {"fingerprint", model.backbone_fingerprint},
                                 {"backbone", model.backbone_name},
                                 {"scores", model.calibration ? "probabilities" : "margins"},
                                 {"classes", classes},
                                 {"min_score", OptionsOf(detector, options.detect, {}).min_score},
                                 {"max_megapixels", options.reading.max_megapixels},
                                 {"annotations", options.has_annotations}};
  for (const ConfiguredOption& option : DefaultsOf(model, "")) {
    json["options"][option.name] = option.value;
  }
  return LineOf(json);
}

PictureOutcome DetectOrSay(const Detector& detector,
                           const PictureWorkerOptions& options,
                           const PictureJob& job) {
  try {
    if (job.asks_model) return {.json = ModelJson(detector, options), .error = {}};
    return Detect(detector, options, job);
  } catch (const UsageError& error) {
    return Failed(400, error.what());
  } catch (const ErrorWithRemedy& error) {
    return Failed(400, std::string(error.what()) + ". " + WordsOf(error.remedy()));
  } catch (const Error& error) {
    return Failed(400, error.what());
  } catch (const std::bad_alloc&) {
    return Failed(503, job.id + ": not enough memory; try fewer --workers");
  } catch (const std::exception& error) {
    return Failed(500, job.id + ": internal error, please report it: " + error.what());
  }
}

}  // namespace

PictureWork WorkOf(const Detector& detector, const PictureWorkerOptions& options) {
  return [&detector, options](const PictureJob& job) {
    PictureOutcome outcome;
    ForEachInOrder<PictureOutcome>(
        1,
        1,
        NeverStop,
        [&](std::size_t) { return DetectOrSay(detector, options, job); },
        [&](std::size_t, PictureOutcome done) { outcome = std::move(done); });
    return outcome;
  };
}

}  // namespace deeper::tools
