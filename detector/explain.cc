#include "detector/explain.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/error.h"

namespace deeper {
namespace {

std::vector<Candidate> CandidatesOf(const RegionScores& regions, int width, int height) {
  const bool box_per_class = regions.boxes.size() == regions.scores.size();
  std::vector<Candidate> candidates;
  for (std::size_t k = 0; k < regions.scores.size(); ++k) {
    const std::size_t i = k / regions.class_count;
    const Box box = ClipToImage(regions.boxes[box_per_class ? k : i], width, height);
    if (box.IsEmpty()) continue;
    candidates.push_back({.region = i,
                          .detection = {.box = box,
                                        .class_id = ClassAt(k % regions.class_count),
                                        .score = regions.scores[k]}});
  }
  return candidates;
}

// Positions of candidates by class, and within it the best first.
using ByClass = std::map<ClassId, std::vector<std::size_t>>;

// Marks the candidates that suppression keeps, however many, and gives their positions.
ByClass Keep(const std::vector<Detection>& eligible,
             const NmsOptions& nms,
             std::vector<Candidate>& candidates) {
  const auto key = [](const Detection& d) {
    return std::tuple(d.class_id, d.score, d.box.x0, d.box.y0, d.box.x1, d.box.y1);
  };
  std::multimap<decltype(key({})), std::size_t> places;  // of equal keys the first region first
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    places.emplace(key(candidates[i].detection), i);
  }
  ByClass kept;
  const NmsOptions uncapped{.max_iou = nms.max_iou, .max_per_class = 0, .vote_iou = 0};
  for (const Detection& detection : SuppressNonMaxima(eligible, uncapped)) {
    const auto place = places.lower_bound(key(detection));
    Expects(place != places.end() && place->first == key(detection), "suppression invents nothing");
    kept[detection.class_id].push_back(place->second);
    places.erase(place);
  }
  return kept;
}

// The boxes given out are SuppressNonMaxima's, which are in the order of the kept ones of a class.
void SetFinalBoxes(const std::vector<Detection>& given_out,
                   const ByClass& kept,
                   std::vector<Candidate>& candidates) {
  std::map<ClassId, std::size_t> next;
  for (const Detection& detection : given_out) {
    const std::size_t place = kept.at(detection.class_id)[next[detection.class_id]++];
    candidates[place].fate = Fate::kKept;
    candidates[place].final_box = detection.box;
  }
}

}  // namespace

std::vector<Candidate> ExplainDetections(const RegionScores& regions,
                                         int image_width,
                                         int image_height,
                                         const DetectOptions& options) {
  options.Validate();
  Expects(options.nms.soft_sigma == 0, "hard suppression");
  std::vector<Candidate> candidates = CandidatesOf(regions, image_width, image_height);
  std::vector<Detection> eligible;
  for (const Candidate& candidate : candidates) {
    if (candidate.detection.score >= options.min_score) eligible.push_back(candidate.detection);
  }
  const ByClass kept = Keep(eligible, options.nms, candidates);
  SetFinalBoxes(SuppressNonMaxima(eligible, options.nms), kept, candidates);

  for (Candidate& candidate : candidates) {
    const Detection& detection = candidate.detection;
    if (candidate.fate == Fate::kKept || !(detection.score >= options.min_score)) continue;
    candidate.fate = Fate::kBeyondMost;
    for (const std::size_t better : kept.at(detection.class_id)) {
      if (candidates[better].fate != Fate::kKept) break;
      const double iou = Iou(candidates[better].detection.box, detection.box);
      if (iou <= options.nms.max_iou) continue;
      candidate.fate = Fate::kSuppressed;
      candidate.suppressor = better;
      candidate.suppressor_iou = iou;
      break;
    }
  }
  return candidates;
}

}  // namespace deeper
