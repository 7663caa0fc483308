#include "detector/suppression/fusion.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "core/error.h"
#include "detector/suppression/detection_order.h"

namespace deeper {
namespace {

// A detection with its score weighted by its model.
struct Member {
  Detection detection;
  double score = 0;
  FusedDetection::Member place;
};

// Members of a class that show one object, and the mean of their boxes.
struct Cluster {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // sums over the members, weighted by score
  double score_sum = 0;
  Box fused;  // the mean
  std::vector<FusedDetection::Member> members;

  void Add(const Member& member) {
    const Box& box = member.detection.box;
    x0 += member.score * double{box.x0};
    y0 += member.score * double{box.y0};
    x1 += member.score * double{box.x1};
    y1 += member.score * double{box.y1};
    score_sum += member.score;
    members.push_back(member.place);
    fused = {.x0 = static_cast<float>(x0 / score_sum),
             .y0 = static_cast<float>(y0 / score_sum),
             .x1 = static_cast<float>(x1 / score_sum),
             .y1 = static_cast<float>(y1 / score_sum)};
  }
};

// The cluster whose fused box the member overlaps most, if by more than min_iou.
Cluster* FindCluster(const Member& member, double min_iou, std::vector<Cluster>& clusters) {
  Cluster* best = nullptr;
  double largest_iou = min_iou;
  for (Cluster& cluster : clusters) {
    const double iou = Iou(cluster.fused, member.detection.box);
    if (iou <= largest_iou) continue;
    largest_iou = iou;
    best = &cluster;
  }
  return best;
}

}  // namespace

std::vector<FusedDetection> FuseBoxesWithMembers(std::span<const std::vector<Detection>> models,
                                                 std::span<const double> weights,
                                                 double min_iou) {
  Expects(models.size() == weights.size(), "a weight for each model");
  double weight_sum = 0;
  std::vector<Member> members;
  for (std::size_t m = 0; m < models.size(); ++m) {
    Expects(weights[m] > 0, "weights above 0");
    weight_sum += weights[m];
    for (std::size_t i = 0; i < models[m].size(); ++i) {
      const Detection& detection = models[m][i];
      Expects(detection.score >= 0, "scores from 0 up");
      if (detection.score == 0) continue;
      members.push_back({.detection = detection,
                         .score = weights[m] * double{detection.score},
                         .place = {.model = m, .detection = i}});
    }
  }
  std::stable_sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    return a.score != b.score ? a.score > b.score : IsBetter(a.detection, b.detection);
  });

  std::map<ClassId, std::vector<Cluster>> clusters;
  for (const Member& member : members) {
    std::vector<Cluster>& of_class = clusters[member.detection.class_id];
    Cluster* cluster = FindCluster(member, min_iou, of_class);
    if (cluster == nullptr) cluster = &of_class.emplace_back();
    cluster->Add(member);
  }
  std::vector<FusedDetection> fused;
  for (auto& [class_id, of_class] : clusters) {
    for (Cluster& cluster : of_class) {
      const auto count = static_cast<double>(cluster.members.size());
      const double seen = std::min(count, static_cast<double>(models.size()));
      const double score = cluster.score_sum / count * seen / weight_sum;
      fused.push_back({.detection = {.box = cluster.fused,
                                     .class_id = class_id,
                                     .score = static_cast<float>(score)},
                       .members = std::move(cluster.members)});
    }
  }
  std::sort(fused.begin(), fused.end(), [](const FusedDetection& a, const FusedDetection& b) {
    return IsBetter(a.detection, b.detection);
  });
  return fused;
}

std::vector<Detection> FuseBoxes(std::span<const std::vector<Detection>> models,
                                 std::span<const double> weights,
                                 double min_iou) {
  std::vector<Detection> detections;
  for (const FusedDetection& fused : FuseBoxesWithMembers(models, weights, min_iou)) {
    detections.push_back(fused.detection);
  }
  return detections;
}

}  // namespace deeper
