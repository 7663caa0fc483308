#include "detector/explain.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "core/error.h"
#include "detector/suppression/least_score.h"

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

// Positions of candidates by class; within a class the best first.
using ByClass = std::map<ClassId, std::vector<std::size_t>>;

// The positions of the candidates that suppression keeps, without a limit of their number. Of equal
// boxes of a class, the better one is kept first.
ByClass Keep(const std::vector<Detection>& eligible,
             NmsOptions nms,
             const std::vector<Candidate>& candidates) {
  const auto key = [](const Detection& d) {
    return std::tuple(d.class_id, d.box.x0, d.box.y0, d.box.x1, d.box.y1);
  };
  std::multimap<decltype(key({})), std::size_t> places;  // of equal keys as they come
  std::vector<std::size_t> best_first;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (std::isfinite(candidates[i].detection.score)) best_first.push_back(i);
  }
  std::ranges::stable_sort(best_first, std::ranges::greater{}, [&](std::size_t i) {
    return candidates[i].detection.score;
  });
  for (const std::size_t i : best_first) places.emplace(key(candidates[i].detection), i);
  nms.max_per_class = 0;
  nms.vote_iou = 0;
  ByClass kept;
  for (const Detection& detection : SuppressNonMaxima(eligible, nms)) {
    const auto place = places.lower_bound(key(detection));
    Expects(place != places.end() && place->first == key(detection), "suppression invents nothing");
    kept[detection.class_id].push_back(place->second);
    places.erase(place);
  }
  return kept;
}

// The returned detections are in the order of the kept candidates of a class, as far as they go.
void SetGivenOut(const std::vector<Detection>& given_out,
                 const ByClass& kept,
                 std::vector<Candidate>& candidates) {
  std::map<ClassId, std::size_t> counts;
  for (const Detection& detection : given_out) {
    std::size_t& before = counts[detection.class_id];
    Candidate& candidate = candidates[kept.at(detection.class_id)[before]];
    candidate.fate = Fate::kKept;
    candidate.given_out = detection;
    candidate.kept_before = before++;
  }
}

}  // namespace

std::vector<Candidate> ExplainDetections(const RegionScores& regions,
                                         int image_width,
                                         int image_height,
                                         const DetectOptions& options) {
  options.Validate();
  std::vector<Candidate> candidates = CandidatesOf(regions, image_width, image_height);
  std::vector<Detection> eligible;
  for (const Candidate& candidate : candidates) {
    if (candidate.detection.score >= options.min_score) eligible.push_back(candidate.detection);
  }
  const ByClass kept = Keep(eligible, options.nms, candidates);
  std::vector<Detection> given_out = SuppressNonMaxima(eligible, options.nms);
  DropBelow(options.min_score, given_out);
  SetGivenOut(given_out, kept, candidates);
  std::map<ClassId, int> given_out_of_class;
  for (const Detection& detection : given_out) ++given_out_of_class[detection.class_id];

  for (Candidate& candidate : candidates) {
    const Detection& detection = candidate.detection;
    if (candidate.fate == Fate::kKept || !(detection.score >= options.min_score)) continue;
    candidate.fate = Fate::kBeyondMost;
    if (options.nms.soft_sigma > 0) {
      const int most = options.nms.max_per_class;
      const bool has_most = most > 0 && given_out_of_class[detection.class_id] >= most;
      if (!has_most) candidate.fate = Fate::kLowered;
      continue;
    }
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

Lowerings LoweringsOf(std::span<const Candidate> candidates,
                      std::size_t place,
                      const NmsOptions& options) {
  Lowerings lowerings;
  const Candidate& candidate = candidates[place];
  if (options.soft_sigma == 0 || candidate.fate != Fate::kKept) return lowerings;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& other = candidates[i];
    if (i == place || other.fate != Fate::kKept ||
        other.detection.class_id != candidate.detection.class_id) {
      continue;
    }
    const double iou = Iou(candidate.detection.box, other.detection.box);
    if (iou == 0) continue;
    const bool is_before = other.kept_before < candidate.kept_before;
    (is_before ? lowerings.of_it : lowerings.by_it)
        .push_back(
            {.candidate = i, .iou = iou, .factor = std::exp(-iou * iou / options.soft_sigma)});
  }
  const auto kept_before = [&](const Lowering& l) { return candidates[l.candidate].kept_before; };
  std::ranges::sort(lowerings.of_it, {}, kept_before);
  std::ranges::sort(lowerings.by_it, {}, kept_before);
  return lowerings;
}

}  // namespace deeper
