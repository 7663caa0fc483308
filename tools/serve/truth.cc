#include "tools/serve/truth.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/text/json_line.h"
#include "eval/align.h"
#include "eval/analysis/error_analysis.h"
#include "eval/formats/lines/detection_lines.h"

namespace deeper::tools {

namespace {

using Json = nlohmann::ordered_json;

Json JsonOf(const Box& box) { return {box.x0, box.y0, box.x1, box.y1}; }

const char* NameOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kClass:
      return "class";
    case ErrorKind::kLocation:
      return "place";
    case ErrorKind::kBoth:
      return "both";
    case ErrorKind::kDuplicate:
    case ErrorKind::kMiss:  // of objects
    case ErrorKind::kBackground:
      break;
  }
  return "background";
}

const char* NameOf(Verdict verdict, const std::optional<DetectionError>& error) {
  switch (verdict) {
    case Verdict::kTruePositive:
      return "found";
    case Verdict::kDuplicate:
      return "duplicate";
    case Verdict::kIgnored:
      return "ignored";
    case Verdict::kFalsePositive:
      break;
  }
  return NameOf(error ? error->kind : ErrorKind::kBackground);
}

// For each detection, its place among those of classes that the data set has.
std::vector<std::optional<std::size_t>> PlacesOfKnown(const ImageDetections& image,
                                                      const std::vector<ClassMatch>& class_map) {
  std::vector<std::optional<std::size_t>> places;
  std::size_t known = 0;
  for (const Detection& detection : image.detections) {
    const bool is_known = class_map[IndexOf(detection.class_id)].class_id.has_value();
    places.push_back(is_known ? std::optional(known++) : std::nullopt);
  }
  return places;
}

// What became of each detection of an evaluated picture.
std::vector<Json> VerdictsOf(const Dataset& dataset,
                             const DetectionSet& detections,
                             const EvaluationOptions& rules) {
  const Evaluation evaluation = Evaluate(dataset, detections, rules);
  const ErrorAnalysis analysis =
      AnalyseErrors(dataset, detections, evaluation, {.foreground_iou = rules.min_iou});
  std::vector<Json> verdicts(detections.images.front().detections.size());
  for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
    const std::vector<Outcome>& outcomes = evaluation.classes[c].outcomes;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const std::optional<DetectionError>& error = analysis.errors[c][i];
      Json& verdict = verdicts[outcomes[i].detection];
      verdict["verdict"] = NameOf(outcomes[i].verdict, error);
      const std::optional<std::uint32_t> object = error ? error->object : outcomes[i].object;
      if (object) verdict["object"] = *object;
    }
  }
  return verdicts;
}

}  // namespace

Truth::Truth(Dataset dataset, const EvaluationOptions& rules)
    : dataset_(std::move(dataset)), rules_(rules) {
  rules_.Validate();
}

std::string Truth::Compare(std::size_t image, std::string_view record) const {
  const AnnotatedImage& picture = dataset_.images.at(image);
  Dataset one = {
      .name = dataset_.name, .classes = dataset_.classes, .images = {picture}, .blacklist = {}};
  for (const auto& [place, class_id] : dataset_.blacklist) {
    if (place == image) one.blacklist.emplace(0, class_id);
  }
  DetectionSet found = ParseJsonLines(record, "the record");
  if (found.images.size() != 1) {
    throw Error(fmt::format("expected the record of one picture, found {}", found.images.size()));
  }
  found.images.front().id = picture.id;
  const AlignedDetections aligned = AlignDetections(one, found, UnknownClasses::kLeaveOut);
  if (!aligned.size_differences.empty()) {
    const SizeDifference& other = aligned.size_differences.front();
    throw Error(fmt::format("{}: the data set has {} x {} pixels, the record {} x {}",
                            picture.id,
                            picture.width,
                            picture.height,
                            other.width,
                            other.height));
  }
  const std::vector<Json> verdicts = VerdictsOf(one, aligned.detections, rules_);
  Json detections = Json::array();
  for (const auto& place : PlacesOfKnown(found.images.front(), aligned.class_map)) {
    detections.push_back(place ? verdicts[*place]
                               : Json{{"verdict", NameOf(ErrorKind::kBackground)}});
  }
  Json objects = Json::array();
  for (const Annotation& annotation : picture.annotations) {
    objects.push_back({{"class", one.classes.Name(annotation.class_id)},
                       {"box", JsonOf(annotation.box)},
                       {"counts", CountsAsObject(one, 0, annotation, rules_.protocol)}});
  }
  return LineOf({{"objects", objects}, {"detections", detections}});
}

}  // namespace deeper::tools
