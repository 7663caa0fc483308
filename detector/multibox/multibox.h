#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "backbone/weights.h"
#include "core/box.h"
#include "core/proposal.h"
#include "proposals/selective_search.h"

namespace deeper {

// MultiBox (Erhan et al. 2014, "Scalable Object Detection using Deep Neural Networks"): a network
// sees the whole picture, warped to its input, and returns K boxes of any class with confidences.

// A box x0, y0, x1, y1 in parts of the picture's sides: 0 is the left or upper edge, 1 the right or
// lower.
using UnitBox = std::array<double, 4>;

UnitBox UnitBoxOf(const Box& box, int width_px, int height_px);

// Where one of the K boxes is when its residuals are 0, and how far one unit of each residual moves
// it.
struct MultiBoxPrior {
  std::array<float, 4> mean = {};
  std::array<float, 4> deviation = {};  // > 0

  bool operator==(const MultiBoxPrior&) const = default;
};

// How much a squared distance from a true box counts.
enum class MultiBoxDistance {
  kAbsolute,  // as it is (Erhan et al. 2014)
  kRelative,  // divided by the root of the box's area: small objects get a larger weight, because
              // the same error costs them more IoU
};

std::string NameOf(MultiBoxDistance distance);                       // "absolute", "relative"
MultiBoxDistance MultiBoxDistanceFromName(const std::string& name);  // throws Error listing them

// The factor of a squared distance from this box. Expects a box that is not empty.
double WeightOf(const UnitBox& box, MultiBoxDistance distance);

// The network returns 5 K numbers: four residuals for each box, in the order of the priors, then K
// logits. For box i,
//   box         mean_i + deviation_i x residuals,
//   confidence  1 / (1 + exp(-logit_i)).
inline std::size_t MultiBoxOutputs(std::size_t boxes) { return 5 * boxes; }

struct ScoredUnitBox {
  UnitBox box = {};
  double confidence = 0;  // 0 to 1

  bool operator==(const ScoredUnitBox&) const = default;
};

// The boxes that `outputs` state, in the order of the priors. Expects
// MultiBoxOutputs(priors.size()) outputs.
std::vector<ScoredUnitBox> DecodeMultiBox(std::span<const MultiBoxPrior> priors,
                                          std::span<const float> outputs);

// A trained MultiBox: what its network learned. The network is GoogLeNet to its last map and a head
// that keeps places apart (MainHead::kMap).
struct MultiBox {
  std::vector<MultiBoxPrior> priors;
  std::array<float, 3> mean_bgr = {104, 117, 123};  // subtracted from the picture
  Weights weights;  // of GoogLeNet's convolutions and "map_head/..."

  bool operator==(const MultiBox&) const = default;
};

// Throws Error, beginning with `source`, unless priors and weights are there, fit one another and
// are finite.
void ValidateMultiBox(const MultiBox& multibox, const std::string& source);

// The boxes as proposals of a picture of this size: by descending confidence, clipped to it and
// rounded outward to whole pixels. Without empty boxes and duplicates.
std::vector<Proposal> MultiBoxProposals(std::vector<ScoredUnitBox> boxes,
                                        int width_px,
                                        int height_px);

// The options of a search, changed for the boxes of MultiBox beside it: min_side_px is halved. Of
// the boxes of that size, few of Selective Search's are objects, but many of MultiBox's are.
SelectiveSearchOptions WithSidesOfMultiBox(SelectiveSearchOptions options);

// Joins MultiBox's and Selective Search's proposals of one picture: alternately, each by its ranks,
// MultiBox's first.
//
// The limit of near-duplicates and the number of boxes in `options` hold for all proposals. Boxes
// of MultiBox with shorter sides than WithSidesOfMultiBox() allows are dropped. Exact duplicates
// are always dropped.
std::vector<Proposal> JoinProposals(const std::vector<Proposal>& multibox,
                                    const std::vector<Proposal>& selective_search,
                                    const SelectiveSearchOptions& options,
                                    int width_px,
                                    int height_px);

}  // namespace deeper
