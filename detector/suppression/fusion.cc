#include "detector/suppression/fusion.h"

#include <algorithm>
#include <cstddef>
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

// Members that show one object, and the mean of their boxes.
struct Cluster {
  ClassId class_id{};
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // sums over the members, weighted by score
  double score_sum = 0;
  std::vector<FusedDetection::Member> members;

  void Add(const Member& member) {
    const Box& box = member.detection.box;
    x0 += member.score * double{box.x0};
    y0 += member.score * double{box.y0};
    x1 += member.score * double{box.x1};
    y1 += member.score * double{box.y1};
    score_sum += member.score;
    members.push_back(member.place);
  }
  Box Fused() const {
    return {.x0 = static_cast<float>(x0 / score_sum),
            .y0 = static_cast<float>(y0 / score_sum),
            .x1 = static_cast<float>(x1 / score_sum),
            .y1 = static_cast<float>(y1 / score_sum)};
  }
};

// The cluster of the member's class whose fused box it overlaps most, if by more than min_iou.
Cluster* FindCluster(const Member& member, double min_iou, std::vector<Cluster>& clusters) {
  Cluster* best = nullptr;
  double largest_iou = min_iou;
  for (Cluster& cluster : clusters) {
    if (cluster.class_id != member.detection.class_id) continue;
    const double iou = Iou(cluster.Fused(), member.detection.box);
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

  std::vector<Cluster> clusters;
  for (const Member& member : members) {
    Cluster* cluster = FindCluster(member, min_iou, clusters);
    if (cluster == nullptr) {
      cluster = &clusters.emplace_back();
      cluster->class_id = member.detection.class_id;
    }
    cluster->Add(member);
  }
  std::vector<FusedDetection> fused;
  for (Cluster& cluster : clusters) {
    const auto count = static_cast<double>(cluster.members.size());
    const double seen = std::min(count, static_cast<double>(models.size()));
    fused.push_back(
        {.detection = {.box = cluster.Fused(),
                       .class_id = cluster.class_id,
                       .score = static_cast<float>(cluster.score_sum / count * seen / weight_sum)},
         .members = std::move(cluster.members)});
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
