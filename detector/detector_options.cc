#include "detector/detector_options.h"

#include <fmt/format.h>

#include "core/error.h"

namespace deeper {

std::string NameOf(Fusion fusion) { return fusion == Fusion::kScores ? "scores" : "boxes"; }

Fusion FusionFromName(const std::string& name) {
  for (const Fusion fusion : {Fusion::kScores, Fusion::kBoxes}) {
    if (NameOf(fusion) == name) return fusion;
  }
  throw Error(fmt::format("fusion is '{}', expected scores or boxes", name));
}

std::string NameOf(Proposers proposers) {
  switch (proposers) {
    case Proposers::kSearch:
      return "search";
    case Proposers::kMap:
      return "map";
    case Proposers::kBoth:
      return "both";
  }
  throw ContractViolation("known proposers");
}

Proposers ProposersFromName(const std::string& name) {
  for (const Proposers proposers : {Proposers::kSearch, Proposers::kMap, Proposers::kBoth}) {
    if (NameOf(proposers) == name) return proposers;
  }
  throw Error(fmt::format("proposers is '{}', expected search, map or both", name));
}

void DetectorOptions::Validate() const {
  for (const double weight : weights) {
    if (!(weight > 0)) throw Error(fmt::format("weights: {} is not above 0", weight));
  }
  for (const PictureScale& scale : picture_scales) scale.Validate();
  if (rounds < 1 || rounds > 4) throw Error(fmt::format("rounds is {}, expected 1 to 4", rounds));
  if (!(fusion_iou >= 0 && fusion_iou <= 1)) {
    throw Error(fmt::format("fusion_iou is {}, expected 0 to 1", fusion_iou));
  }
}

}  // namespace deeper
