#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "backbone/precision.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "detector/model/model.h"
#include "detector/regions/region_ranker.h"

namespace deeper {

struct RankerOptions {
  std::filesystem::path proposals_cache = {};  // where proposals are kept
  std::size_t pictures = 1500;  // that are learned from, one after the other, over and over
  std::size_t regions = 128;    // of each, a quarter of them objects at most
  double foreground_iou = 0.5;  // windows that overlap an object by this much show it
  double rate = 0.5;            // at the start; it falls to 0 evenly
  double momentum = 0.9;
  ReadImageOptions reading = {};  // of pictures
  double holdout = 0;             // fraction of the pictures that is kept out; 0 to 0.9
  std::uint64_t seed = 0;
  // Of the trunk. Nothing: the fastest that the processor and the model have.
  std::optional<Precision> precision = std::nullopt;
  int workers = 1;  // threads; the result does not depend on their number

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

struct RankerReport {
  bool finished = false;  // false when it was asked to stop; the proposals are kept
  RegionRanker ranker = {};
  // Of the objects of the held-out pictures, the fraction that some chosen proposal overlaps by
  // 0.5, by the number of chosen proposals; then that of all proposals.
  std::vector<std::pair<std::size_t, double>> recall = {};
};

// Trains the ranker of a model's regions (RegionRanker): logistic regression of whether a proposal
// shows an object, by stochastic gradient descent. Expects a model that reads whole pictures, with
// its network. Throws Error when there is nothing to learn from.
RankerReport TrainRanker(const Dataset& dataset,
                         const Model& model,
                         const RankerOptions& options,
                         const Monitor& monitor);

}  // namespace deeper
