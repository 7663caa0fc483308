#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backbone/precision.h"
#include "detector/multibox/multibox_views.h"
#include "proposals/selective_search.h"

namespace deeper {

// What of several models is joined.
enum class Fusion {
  kScores,  // each region's scores, before suppression (Szegedy et al. 2014, section 8)
  kBoxes,   // each model's detections, by weighted boxes fusion (FuseBoxes)
};
std::string NameOf(Fusion fusion);               // "scores", "boxes"
Fusion FusionFromName(const std::string& name);  // throws Error listing them

// How models run. What is left as it is is as the models say.
struct DetectorOptions {
  std::vector<double> weights = {};     // of the models' scores, above 0; none: equal ones
  std::filesystem::path backbone = {};  // of the only model, where it is elsewhere
  Fusion fusion = Fusion::kScores;
  double fusion_iou = 0.55;  // of boxes: those that overlap by more show one object; 0 to 1
  // Nothing: the fastest that the processor and each model have.
  std::optional<Precision> precision = std::nullopt;
  bool multibox = true;  // false: propose by Selective Search alone
  MultiBoxViews multibox_views = MultiBoxViews::kParts;
  // Makes the search for proposals of the first model's; empty: it is the first model's.
  std::function<SelectiveSearchOptions(const SelectiveSearchOptions&)> search = {};
  // Where features are kept; "": nowhere. What is kept is of the pictures that `inputs` identifies.
  std::filesystem::path feature_cache = {};
  std::string inputs = {};

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
};

}  // namespace deeper
