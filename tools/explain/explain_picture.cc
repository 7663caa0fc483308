#include "tools/explain/explain_picture.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "detector/model/model.h"
#include "detector/suppression/fusion.h"
#include "tools/options/detector_options.h"

namespace deeper::tools {

namespace {

// What is detected of the candidates of the mean of the models, best first.
std::vector<StoryDetection> DetectionsOf(const std::vector<Candidate>& candidates) {
  std::vector<StoryDetection> detections;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].fate != Fate::kKept) continue;
    detections.push_back(
        {.detection = candidates[i].given_out.value(), .made_of = {{.list = 0, .position = i}}});
  }
  std::ranges::stable_sort(detections, std::ranges::greater{}, [](const StoryDetection& d) {
    return d.detection.score;
  });
  return detections;
}

// What is detected of the candidates of each model, whose boxes are fused and then reach min_score.
std::vector<StoryDetection> FusedDetectionsOf(const std::vector<std::vector<Candidate>>& candidates,
                                              const std::vector<double>& weights,
                                              double fusion_iou,
                                              float min_score) {
  std::vector<std::vector<Detection>> by_model(candidates.size());
  std::vector<std::vector<CandidatePlace>> places(candidates.size());
  for (std::size_t m = 0; m < candidates.size(); ++m) {
    for (std::size_t i = 0; i < candidates[m].size(); ++i) {
      if (candidates[m][i].fate != Fate::kKept) continue;
      by_model[m].push_back(candidates[m][i].given_out.value());
      places[m].push_back({.list = m, .position = i});
    }
  }
  std::vector<StoryDetection> detections;
  for (const FusedDetection& fused : FuseBoxesWithMembers(by_model, weights, fusion_iou)) {
    if (fused.detection.score < min_score) continue;
    StoryDetection detection = {.detection = fused.detection, .made_of = {}};
    for (const FusedDetection::Member& member : fused.members) {
      detection.made_of.push_back(places[member.model][member.detection]);
    }
    detections.push_back(std::move(detection));
  }
  return detections;
}

}  // namespace

StoryPicture ExplainPicture(const Detector& detector,
                            const DetectOptions& options,
                            const std::string& id,
                            ScaledImage scaled) {
  StoryPicture picture;
  picture.id = id;
  picture.image = std::move(scaled.image);
  picture.file_from_image_x = double(scaled.full_width) / picture.image.width;
  picture.file_from_image_y = double(scaled.full_height) / picture.image.height;
  picture.classes = detector.classes();
  picture.min_score = options.min_score;
  picture.nms = options.nms;
  Detector::Scored scored = detector.Score(picture.image, options.box_regression, id);
  picture.proposals = std::move(scored.boxes);
  picture.origins = std::move(scored.origins);
  picture.fuses_boxes = detector.fuses_boxes();
  const auto explain = [&](const RegionScores& scores) {
    picture.candidates.push_back(
        ExplainDetections(scores, picture.image.width, picture.image.height, options));
  };
  if (picture.fuses_boxes) {
    for (const RegionScores& scores : scored.by_model) explain(scores);
    picture.detections = FusedDetectionsOf(
        picture.candidates, detector.weights(), detector.fusion_iou(), options.min_score);
  } else {
    explain(MeanScores(scored.by_model, detector.weights()));
    picture.detections = DetectionsOf(picture.candidates.front());
  }
  const std::vector<std::string> names = ShortNames(detector.files());
  for (std::size_t m = 0; m < detector.size(); ++m) {
    picture.models.push_back({.name = names[m],
                              .weight = detector.weights()[m],
                              .crop = detector.model(m).crop,
                              .reads_map = detector.model(m).picture_scale.has_value(),
                              .scores = std::move(scored.by_model[m].scores)});
  }
  picture.judgements.resize(picture.detections.size());
  return picture;
}

}  // namespace deeper::tools
