#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/dataset.h"
#include "detector/crop.h"
#include "detector/training.h"
#include "proposals/selective_search.h"

namespace deeper::tools {

// How the features of training pictures are made, and where they are kept.
struct TrainingFeatures {
  const Network* network = nullptr;
  std::string backbone_fingerprint;
  std::vector<std::string> row_fingerprints = {};  // of its rows, where several are made together
  CropOptions crop;
  SelectiveSearchOptions proposals;
  std::size_t max_proposals = 0;  // a picture, besides its objects' own boxes; 0 takes all
  double holdout = 0;          // fraction of the pictures that is held out; of these, all proposals
  bool mirrored_truth = true;  // also the objects' own boxes in the mirror image
  bool context = false;        // also the whole picture, and its mirror image
  std::filesystem::path cache;
  int workers = 1;
};

struct ExtractedImages {
  std::vector<std::size_t>
      positions;  // in dataset.images, ascending: the pictures that could be read
  std::vector<TrainingImage> images;  // parallel to positions; features unscaled
  // Parallel to positions where TrainingFeatures::mirrored_truth, else empty: the objects alone, in
  // the mirror image.
  std::vector<TrainingImage> mirrored;
};

// Regions and features of the data set's pictures. Says first how many bytes the cache will take,
// then extracts what it does not hold yet, with progress. A picture that cannot be read is reported
// on stderr and left out. When StopAsked(), what is done is kept in the cache and the result is
// incomplete.
ExtractedImages ExtractTrainingFeatures(const Dataset& dataset, const TrainingFeatures& how);

// Puts into the cache what it does not hold of the pictures at these positions, as
// ExtractTrainingFeatures would; several processes may do so at once for pictures of their own.
// Gives back how many of them could not be read. When StopAsked(), what is done is kept.
std::size_t FillTrainingFeatures(const Dataset& dataset,
                                 const std::vector<std::size_t>& pictures,
                                 const TrainingFeatures& how);

// The same of all pictures for several networks, which run together where they have rows in common
// (GroupIntoFamilies). They may differ in network, crop and cache, and have the rest in common.
void FillTrainingFeaturesForAll(const Dataset& dataset, const std::vector<TrainingFeatures>& all);

}  // namespace deeper::tools
