#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/dataset.h"
#include "core/proposal.h"

namespace deeper {

struct RecallOptions {
  // Count objects marked difficult too. VOC's own protocol does not.
  bool include_difficult = false;
  // Numbers of best-ranked boxes per picture at which the curve is read; any order, each at least
  // 1.
  std::vector<int> box_counts = {10, 20, 50, 100, 200, 500, 1000, 2000};

  bool operator==(const RecallOptions&) const = default;
};

// Quality at one number of boxes, over all objects.
struct RecallAtBoxes {
  int box_count = 0;  // at most this many of the best ranked are used
  double recall_50 = 0;
  double recall_70 = 0;
  double average_recall = 0;

  bool operator==(const RecallAtBoxes&) const = default;
};

// An object's best proposal.
struct BestOverlap {
  std::size_t image = 0;  // position in the data set
  ClassId class_id{};
  Box box;
  double iou = 0;           // with the best of all proposals of its picture; 0 without any
  std::optional<int> rank;  // of that proposal, the better ranked of equals; nothing where iou is 0

  bool operator==(const BestOverlap&) const = default;
};

// How good a set of proposals is for detection: Uijlings et al. 2013, section 5; Hosang et al. 2016
// for average recall.
struct ProposalQuality {
  std::size_t images = 0;
  std::size_t objects = 0;
  double boxes_per_image = 0;
  std::vector<BestOverlap> best_overlaps;  // one per object, in the order of the data set
  // ABO: mean over the objects of a class of the best overlap; nothing for classes without objects.
  std::vector<std::optional<double>> average_best_overlap;
  double mean_average_best_overlap = 0;  // MABO: mean of ABO over the classes that have objects
  double recall_50 = 0;                  // part of the objects with IoU >= 0.5
  double recall_70 = 0;
  double average_recall = 0;         // twice the integral of the recall over the IoU from 0.5 to 1
  std::vector<RecallAtBoxes> curve;  // one for each of RecallOptions::box_counts

  // Part of the objects whose best overlap is at least `iou`; 0 when there is no object.
  double RecallAt(double iou) const;

  bool operator==(const ProposalQuality&) const = default;
};

// Measures the proposals of the pictures of `dataset`, best first, against its objects.
// proposals[i] are those of dataset.images[i]. Without objects every figure is 0. Expects as many
// lists as pictures and counts of at least 1.
ProposalQuality EvaluateProposals(const Dataset& dataset,
                                  std::span<const std::vector<Proposal>> proposals,
                                  const RecallOptions& options = {});

}  // namespace deeper
