#pragma once

#include <optional>
#include <span>
#include <vector>

#include "backbone/execution/frozen_part.h"
#include "backbone/network.h"
#include "backbone/precision.h"
#include "core/image.h"
#include "core/proposal.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_views.h"
#include "detector/regions/crop.h"

namespace deeper {

// The precision of a MultiBox network in a detector of this precision. MultiBox has no int8; bf16
// or f32 takes its place, whichever is the processor's fastest.
Precision MultiBoxPrecision(Precision precision);
// The precision for a detector with option `wanted`, or the fastest if the processor does not run
// that. Nothing wanted: the fastest, without a remark.
ChosenPrecision ChooseMultiBoxPrecision(std::optional<Precision> wanted);

// How MultiBox sees a picture, or a part of it in training: warped to the network's input, without
// surroundings.
CropOptions MultiBoxCrop(const std::array<float, 3>& mean_bgr);

// A MultiBox ready to run. Const, and safe to use from several threads.
class MultiBoxNetwork {
 public:
  // Expects a valid MultiBox. precision: f32 or bf16. Throws Error when the processor cannot run
  // it.
  MultiBoxNetwork(const MultiBox& multibox,
                  Precision precision,
                  MultiBoxViews views = MultiBoxViews::kParts);

  // The network's outputs for a part of a picture, as DecodeMultiBox reads them. Expects a
  // non-empty part of a non-empty picture.
  std::vector<float> Outputs(const Image& image, const Box& part) const;

  // The boxes that it proposes for a picture, at most as many as there are priors.
  std::vector<Proposal> Propose(const Image& image) const;

 private:
  std::vector<float> HeadOutputs(std::span<const float> map_chw) const;

  std::vector<MultiBoxPrior> priors_;
  MultiBoxViews views_;
  CropOptions crop_;
  kernels::ElementType element_;
  FrozenPart to_last_map_;
  Weights head_;  // its part of the weights; computed in f32
};

}  // namespace deeper
