#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/dataset.h"
#include "detector/heads/training_images.h"
#include "detector/proposer.h"
#include "detector/regions/crop.h"
#include "proposals/selective_search.h"

namespace deeper::tools {

// Which proposals of a picture box regression learns from; see SampleBoxesToMove.
struct BoxesToMove {
  double min_iou = 0.6;
  std::size_t count = 0;  // of a picture, at most
};

// At most as many of each of so many pictures that they can all be kept in memory: of 20,000, with
// profiles of 57 kB each, 1.1 GB; and 4 to 32 of a picture.
BoxesToMove BoxesToMoveOf(std::size_t pictures, double min_iou);

// How the features of training pictures are made, and where they are kept.
struct TrainingFeatures {
  const Network* network = nullptr;
  std::string backbone_fingerprint;
  std::vector<std::string> row_fingerprints = {};  // of its rows, where several are made together
  CropOptions crop;
  SelectiveSearchOptions proposals;
  // What proposes for held-out pictures, where that is more than Selective Search; may be null.
  const Proposer* held_out_proposer = nullptr;
  std::size_t max_proposals = 0;  // a picture, besides its objects' own boxes; 0 takes all
  double holdout = 0;          // fraction of the pictures that is held out; of these, all proposals
  bool features = true;        // of the objects' own boxes and of proposals
  bool mirrored_truth = true;  // also the objects' own boxes in the mirror image
  bool context = false;        // also the whole picture, and its mirror image
  // Also what box regression learns from, of pictures that are not held out.
  std::optional<BoxesToMove> to_move = std::nullopt;
  // Where it moves the boxes of held-out pictures is kept with their features; may be null.
  const BoxRegression* box_regression = nullptr;
  std::filesystem::path cache;
  int workers = 1;
};

struct ExtractedImages {
  std::vector<std::size_t>
      positions;  // in dataset.images, ascending: the pictures that could be read
  // Parallel to positions where TrainingFeatures::features, else empty; features unscaled.
  std::vector<TrainingImage> images;
  // Parallel to positions where TrainingFeatures::mirrored_truth, else empty: the objects alone, in
  // the mirror image.
  std::vector<TrainingImage> mirrored;
  // Of the pictures at these positions that are not held out, where TrainingFeatures::to_move.
  std::vector<BoxTrainingImage> to_move;
};

// Puts into the cache what it does not hold of the pictures at these positions; several processes
// may do so at once for pictures of their own. Says first how many bytes it will take, then
// extracts with progress; a picture that cannot be read is reported on stderr and passed over.
// Gives back how many those were. When StopAsked(), what is done is kept.
std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how);

// The same of all pictures for several networks, which run together where they have rows in common
// (GroupIntoFamilies). They may differ in network, crop, box regression and cache, and have the
// rest in common, the proposals too.
void FillTrainingFeaturesForAll(const Dataset& dataset, const std::vector<TrainingFeatures>& all);

// Regions and features of those of the data set's pictures that the cache holds. An entry that is
// damaged is extracted again. When StopAsked(), the result is incomplete.
ExtractedImages LoadTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how);

// FillTrainingFeatures of all pictures, then LoadTrainingFeatures.
ExtractedImages ExtractTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how);

}  // namespace deeper::tools
