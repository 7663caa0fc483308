#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "backbone/network.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "detector/examples/data_split.h"
#include "detector/heads/heads.h"
#include "detector/heads/region_features.h"
#include "detector/proposer.h"
#include "detector/regions/crop.h"
#include "detector/regions/feature_cache.h"
#include "proposals/selective_search.h"

namespace deeper {

// Which proposals of a picture box regression learns from; see SampleBoxesToMove.
struct BoxesToMove {
  double min_iou = 0.6;
  std::size_t count = 0;  // of a picture, at most
};

// The number per picture with which all of these pictures' proposals fit into memory: 20,000 in
// all, 1.1 GB with profiles of 57 kB each. It is 4 to 32.
BoxesToMove BoxesToMoveOf(std::size_t pictures, double min_iou);

// What the features of training pictures are made with, and where they are kept.
struct FeatureSource {
  const Network* network = nullptr;
  std::string backbone_fingerprint;
  std::vector<std::string> row_fingerprints = {};  // of its rows, if several are made together
  CropOptions crop;
  SelectiveSearchOptions proposals;
  // What proposes for held-out pictures, if that is more than Selective Search; may be null.
  const Proposer* held_out_proposer = nullptr;
  std::size_t max_proposals = 0;  // per picture, besides its objects' own boxes; 0 takes all
  Holdout holdout = {};           // the pictures that are held out; of these, all proposals
  std::filesystem::path cache;
  ReadImageOptions reading = {};  // of pictures
  int workers = 1;
};

// Which features are wanted of each picture.
struct FeatureRequest {
  bool features = true;        // of the objects' own boxes and of proposals
  bool mirrored_truth = true;  // also the objects' own boxes in the mirror image
  bool context = false;        // also the whole picture, and its mirror image
  // Also what box regression learns from, for pictures that are not held out.
  std::optional<BoxesToMove> to_move = std::nullopt;
  // Its offsets for the boxes of held-out pictures are kept with their features; may be null.
  const BoxRegression* box_regression = nullptr;
};

struct TrainingFeatures {
  FeatureSource source;
  FeatureRequest wanted;
};

// Whether some of this picture's proposals are left out. A held-out picture keeps them all, to be
// judged like a new picture.
bool IsSampled(const AnnotatedImage& annotated, const FeatureSource& source);
// Whether this picture's features for box regression are wanted.
bool IsToMove(const AnnotatedImage& annotated, const TrainingFeatures& how);

// One network's kept features: a picture's entries, and whether they are there. `how`
// must outlive this. Safe from several threads on different pictures.
class KeptFeatures {
 public:
  // Throws Error when the cache was made by another source.
  explicit KeptFeatures(const TrainingFeatures& how);

  const TrainingFeatures& how() const { return *how_; }
  const FeatureCache& cache() const { return cache_; }

  // A picture's entry. A changed annotation changes the first boxes, another number of proposals or
  // another MultiBox changes the rest, and another box regression moves them elsewhere: each gives
  // another name. The content is that of the picture's file; of one that is gone it is not known.
  FeatureEntry EntryOf(const AnnotatedImage& annotated) const;
  FeatureEntry MirroredEntryOf(const AnnotatedImage& annotated) const;
  FeatureEntry ToMoveEntryOf(const AnnotatedImage& annotated) const;
  // The whole picture's entry beside that of its boxes.
  static FeatureEntry ContextEntryOf(FeatureEntry entry);

  // Whether all that is wanted of the picture is there, judging by names and contents.
  bool IsComplete(const AnnotatedImage& annotated) const;
  // Whether something of what is wanted is there of another content of the picture.
  bool IsOfOther(const AnnotatedImage& annotated) const;

  // The features under this entry, with their context if wanted. Nothing if the cache does not have
  // all.
  std::optional<RegionFeatures> Load(const FeatureEntry& entry) const;

 private:
  // ContentOfFile, read once; nothing where there is no file.
  std::optional<std::string> ContentOf(const std::filesystem::path& path) const;
  FeatureEntry PartOf(const AnnotatedImage& annotated, std::string part) const;
  // All that is wanted of the picture.
  std::vector<FeatureEntry> WantedOf(const AnnotatedImage& annotated) const;

  const TrainingFeatures* how_;
  FeatureCache cache_;
  std::string held_out_suffix_;  // of the parts of held-out pictures
  struct Contents {
    std::mutex mutex;
    std::map<std::filesystem::path, std::optional<std::string>> of;
  };
  std::shared_ptr<Contents> contents_ = std::make_shared<Contents>();  // also of copies
};

}  // namespace deeper
