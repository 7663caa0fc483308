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
#include "detector/examples/ranker_examples.h"
#include "detector/model/model.h"
#include "detector/regions/region_ranker.h"

namespace deeper {

struct RankerOptions {
  std::filesystem::path proposals_cache = {};  // where proposals are kept
  std::size_t pictures = 2400;          // that are learned from, one after the other, over and over
  RankerSamplingOptions sampling = {};  // of each
  // A ranker of another detector, that is learned on from where it proposes too; else it begins at
  // zero.
  std::optional<RegionRanker> learned = std::nullopt;
  double rate = 0.0005;           // at the start; it falls to 0 evenly
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
  // Of the objects of the held-out pictures, the fraction that some chosen region overlaps by 0.5,
  // by the number of chosen ones, of the map's and all other proposals together; then that of all.
  std::vector<std::pair<std::size_t, double>> recall = {};
};

// Trains the ranker of a model's regions, which proposes regions too (RegionRanker, ProposeOnMap):
// whether a window shows an object, and where that lies, from anchors and from the model's
// proposals. The network stays as it is. The result does not depend on the number of workers.
// Expects a model that reads whole pictures, with its network. Throws Error when there is nothing
// to learn from.
RankerReport TrainRanker(const Dataset& dataset,
                         const Model& model,
                         const RankerOptions& options,
                         const Monitor& monitor);

}  // namespace deeper
