#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backbone/precision.h"
#include "detector/multibox/multibox_views.h"
#include "detector/regions/picture_frame.h"
#include "proposals/selective_search.h"

namespace deeper {

// What is joined of several models.
enum class Fusion {
  kScores,  // each region's scores, before suppression (Szegedy et al. 2014, section 8)
  kBoxes,   // each model's detections, by weighted boxes fusion (FuseBoxes)
};
std::string NameOf(Fusion fusion);               // "scores", "boxes"
Fusion FusionFromName(const std::string& name);  // throws Error listing the names

// Who proposes the regions of models that read whole pictures.
enum class Proposers {
  kSearch,  // Selective Search, and the MultiBox if there is one, as for models of crops
  kMap,     // the model's ranker, on its map of the picture (ProposeOnMap)
  kBoth,
};
std::string NameOf(Proposers proposers);               // "search", "map", "both"
Proposers ProposersFromName(const std::string& name);  // throws Error listing the names

// How models run. Fields left at their defaults follow the models.
struct DetectorOptions {
  std::vector<double> weights = {};  // of the models' scores and boxes, above 0; empty: equal ones
  std::filesystem::path backbone = {};  // of the only model, if it lies elsewhere
  Fusion fusion = Fusion::kScores;
  double fusion_iou = 0.55;  // kBoxes: boxes that overlap by more show one object; 0 to 1
  // Nothing: the fastest that the processor and each model have.
  std::optional<Precision> precision = std::nullopt;
  // Of models that read whole pictures: how large they are scaled, and how many regions the network
  // runs on where the model can choose, 0: all. Nothing: the model's own. Of several scales the
  // first chooses the regions, and each region's scores and boxes are the means over all.
  std::vector<PictureScale> picture_scales = {};
  std::optional<std::size_t> max_regions = std::nullopt;
  Proposers proposers = Proposers::kSearch;  // for the first model that reads whole pictures
  // Look at the picture's mirror image too: scores and boxes are the means of both.
  bool mirror = false;
  // 2: the best regions are scored again where box regression moved them (Gidaris and Komodakis
  // 2015), and so on; 1 to 4.
  int rounds = 1;
  // Several models of which the first reads whole pictures: those that read crops score only so
  // many regions, the best by the first model; the others keep its scores. 0: all regions.
  std::size_t exact = 0;
  bool multibox = true;  // false: propose by Selective Search alone
  MultiBoxViews multibox_views = MultiBoxViews::kParts;
  // Returns the search for proposals, given the first model's; empty: the first model's is used.
  std::function<SelectiveSearchOptions(const SelectiveSearchOptions&)> search = {};
  // Directory in which features are kept; "": none. They are of pictures of the same name and the
  // same pixels.
  std::filesystem::path feature_cache = {};

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

}  // namespace deeper
