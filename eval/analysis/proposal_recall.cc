#include "eval/analysis/proposal_recall.h"

#include <algorithm>

#include "core/error.h"

namespace deeper {
namespace {

struct Best {
  double iou = 0;
  std::optional<int> rank;
};

// The best overlap of `object` with the first box_counts[i] proposals, for each i; counts ascend.
std::vector<Best> BestOverlapsAt(const Box& object,
                                 const std::vector<Proposal>& proposals,
                                 const std::vector<std::size_t>& box_counts) {
  std::vector<Best> best_at;
  Best best;
  std::size_t next = 0;
  for (const std::size_t count : box_counts) {
    for (; next < std::min(count, proposals.size()); ++next) {
      const double iou = Iou(object, proposals[next].box);
      if (iou > best.iou) best = {.iou = iou, .rank = proposals[next].rank};
    }
    best_at.push_back(best);
  }
  return best_at;
}

double PartAtLeast(const std::vector<double>& overlaps, double iou) {
  if (overlaps.empty()) return 0;
  const auto found =
      std::count_if(overlaps.begin(), overlaps.end(), [iou](double o) { return o >= iou; });
  return static_cast<double>(found) / static_cast<double>(overlaps.size());
}

// Average recall:
//   2 int_0.5^1 recall(t) dt.
// An object of best overlap o is found for t <= o, so it adds
//   2 max(0, o - 0.5) / objects.
double AverageRecall(const std::vector<double>& overlaps) {
  if (overlaps.empty()) return 0;
  double sum = 0;
  for (const double overlap : overlaps) sum += std::max(0.0, overlap - 0.5);
  return 2 * sum / static_cast<double>(overlaps.size());
}

// Fills the fields that follow from best_overlaps.
void Summarise(std::size_t class_count, ProposalQuality& quality) {
  std::vector<double> sums(class_count, 0.0);
  std::vector<std::size_t> objects(class_count, 0);
  std::vector<double> overlaps;
  for (const BestOverlap& best : quality.best_overlaps) {
    overlaps.push_back(best.iou);
    sums[IndexOf(best.class_id)] += best.iou;
    ++objects[IndexOf(best.class_id)];
  }
  quality.objects = overlaps.size();
  quality.recall_50 = PartAtLeast(overlaps, 0.5);
  quality.recall_70 = PartAtLeast(overlaps, 0.7);
  quality.average_recall = AverageRecall(overlaps);

  quality.average_best_overlap.resize(class_count);
  double sum_of_means = 0;
  std::size_t classes_with_objects = 0;
  for (std::size_t i = 0; i < class_count; ++i) {
    if (objects[i] == 0) continue;
    const double mean = sums[i] / static_cast<double>(objects[i]);
    quality.average_best_overlap[i] = mean;
    sum_of_means += mean;
    ++classes_with_objects;
  }
  if (classes_with_objects > 0) {
    quality.mean_average_best_overlap = sum_of_means / static_cast<double>(classes_with_objects);
  }
}

}  // namespace

double ProposalQuality::RecallAt(double iou) const {
  if (best_overlaps.empty()) return 0;
  const auto found = std::count_if(best_overlaps.begin(),
                                   best_overlaps.end(),
                                   [iou](const BestOverlap& best) { return best.iou >= iou; });
  return static_cast<double>(found) / static_cast<double>(best_overlaps.size());
}

ProposalQuality EvaluateProposals(const Dataset& dataset,
                                  std::span<const std::vector<Proposal>> proposals,
                                  const RecallOptions& options) {
  Expects(proposals.size() == dataset.images.size(), "a list of proposals for every picture");
  std::vector<std::size_t> box_counts;
  for (const int count : options.box_counts) {
    Expects(count >= 1, "box counts of at least 1");
    box_counts.push_back(static_cast<std::size_t>(count));
  }
  std::sort(box_counts.begin(), box_counts.end());

  ProposalQuality quality;
  quality.images = dataset.images.size();
  std::vector<std::vector<double>> overlaps_at(box_counts.size());
  std::size_t boxes = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    boxes += proposals[i].size();
    std::vector<std::size_t> counts_and_all = box_counts;
    counts_and_all.push_back(
        std::max(proposals[i].size(), box_counts.empty() ? 0 : box_counts.back()));
    for (const Annotation& object : dataset.images[i].annotations) {
      if (object.difficult && !options.include_difficult) continue;
      Expects(IndexOf(object.class_id) < dataset.classes.Size(), "classes of the data set");
      const std::vector<Best> best_at = BestOverlapsAt(object.box, proposals[i], counts_and_all);
      for (std::size_t c = 0; c < box_counts.size(); ++c) overlaps_at[c].push_back(best_at[c].iou);
      quality.best_overlaps.push_back({.image = i,
                                       .class_id = object.class_id,
                                       .box = object.box,
                                       .iou = best_at.back().iou,
                                       .rank = best_at.back().rank});
    }
  }
  Summarise(dataset.classes.Size(), quality);
  if (quality.images > 0) {
    quality.boxes_per_image = static_cast<double>(boxes) / static_cast<double>(quality.images);
  }
  for (std::size_t c = 0; c < box_counts.size(); ++c) {
    quality.curve.push_back({.box_count = static_cast<int>(box_counts[c]),
                             .recall_50 = PartAtLeast(overlaps_at[c], 0.5),
                             .recall_70 = PartAtLeast(overlaps_at[c], 0.7),
                             .average_recall = AverageRecall(overlaps_at[c])});
  }
  return quality;
}

}  // namespace deeper
