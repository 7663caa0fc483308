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
// sees the whole picture, warped to its input, and gives K boxes of any class with confidences.

// A box in parts of the picture's sides, x0, y0, x1, y1: 0 is the left or upper edge, 1 the right
// or lower.
using UnitBox = std::array<double, 4>;

UnitBox UnitBoxOf(const Box& box, int width_px, int height_px);

// Where one of the K boxes is when its residuals are 0, and how far one unit of each moves it.
struct MultiBoxPrior {
  std::array<float, 4> mean = {};
  std::array<float, 4> deviation = {};  // > 0

  bool operator==(const MultiBoxPrior&) const = default;
};

// What a squared distance from a true box counts.
enum class MultiBoxDistance {
  kAbsolute,  // as it is (Erhan et al. 2014)
  kRelative,  // divided by the root of the box's area: a small object, which the same distance
              // misses sooner, is met more closely
};

std::string NameOf(MultiBoxDistance distance);                       // "absolute", "relative"
MultiBoxDistance MultiBoxDistanceFromName(const std::string& name);  // throws Error listing them

// The factor of a squared distance from this box. Expects a box that is not empty.
double WeightOf(const UnitBox& box, MultiBoxDistance distance);

// K priors for the true boxes of training pictures, by k-means of their corners (Lloyd 1982, begun
// as in Arthur and Vassilvitskii 2007): mean and standard deviation of each cluster, the deviation
// at least 0.02, so that a box of few examples can move too. By descending number of boxes in the
// cluster. The same seed gives the same priors. Throws Error for fewer than `count` different
// boxes. Expects count > 0 and no empty box.
std::vector<MultiBoxPrior> LearnMultiBoxPriors(
    std::span<const UnitBox> boxes,
    std::size_t count,
    std::uint64_t seed,
    MultiBoxDistance distance = MultiBoxDistance::kAbsolute);

// Priors in the format of Google's release: lines "DEVIATION MEAN", four a box in the order of
// UnitBox. Throws Error naming the file and line.
std::vector<MultiBoxPrior> ReadMultiBoxPriors(const std::filesystem::path& path);

// The network gives 5 K numbers: four residuals for each box, in the order of the priors, then K
// logits. Box i is mean_i + deviation_i x residuals; its confidence is 1 / (1 + exp(-logit_i)).
inline std::size_t MultiBoxOutputs(std::size_t boxes) { return 5 * boxes; }

struct ScoredUnitBox {
  UnitBox box = {};
  double confidence = 0;  // 0 to 1

  bool operator==(const ScoredUnitBox&) const = default;
};

// What `outputs` say, in the order of the priors. Expects MultiBoxOutputs(priors.size()) of them.
std::vector<ScoredUnitBox> DecodeMultiBox(std::span<const MultiBoxPrior> priors,
                                          std::span<const float> outputs);

// What true boxes are compared with when each is matched to one of the K.
enum class MultiBoxMatching {
  kPredictions,  // the boxes and confidences as predicted: the assignment that minimises the loss
  kPriors,       // the priors alone: the same for every state of the network; learns faster
};

std::string NameOf(MultiBoxMatching matching);                       // "predictions", "priors"
MultiBoxMatching MultiBoxMatchingFromName(const std::string& name);  // throws Error listing them

struct MultiBoxLossOptions {
  // Alpha of Erhan et al. 2014, >= 0: what a matched box's squared distance weighs against its
  // confidence. Their 0.3 goes with Adagrad, which evens out the sizes of gradients; plain
  // gradient descent learns where boxes are with some hundred times more.
  double location_weight = 200;
  MultiBoxDistance distance = MultiBoxDistance::kAbsolute;
  MultiBoxMatching matching = MultiBoxMatching::kPriors;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const MultiBoxLossOptions&) const = default;
};

// Returns the loss of one picture (Erhan et al. 2014, equations 1 to 4) and replaces `gradient` by
// its derivatives with respect to `outputs`:
//   F = a/2 sum x_ij |l_i - g_j|^2 - sum x_ij log c_i - sum_i (1 - sum_j x_ij) log(1 - c_i),
// x the cheapest assignment of every true box j to a box i of its own; with relative distances, the
// squares are divided as MultiBoxDistance says. Without true boxes only the last term is there.
// Expects at most as many true boxes as priors, and gradient and outputs of
// MultiBoxOutputs(priors.size()).
double MultiBoxLoss(std::span<const MultiBoxPrior> priors,
                    std::span<const UnitBox> truth,
                    const MultiBoxLossOptions& options,
                    std::span<const float> outputs,
                    std::span<float> gradient);

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
// rounded outward to whole pixels, without empty ones and without duplicates.
std::vector<Proposal> MultiBoxProposals(std::vector<ScoredUnitBox> boxes,
                                        int width_px,
                                        int height_px);

// The options of a search for the boxes of MultiBox beside it: they may be half as small. Of what
// Selective Search finds there little is an object, of MultiBox's boxes much.
SelectiveSearchOptions WithSidesOfMultiBox(SelectiveSearchOptions options);

// MultiBox's and Selective Search's proposals of one picture in turn, each by its ranks, MultiBox's
// first; what `options` says of Selective Search's near-duplicates and number of boxes holds for
// all, and of MultiBox's those with sides as in WithSidesOfMultiBox() stay. Exact duplicates are
// dropped in any case.
std::vector<Proposal> JoinProposals(const std::vector<Proposal>& multibox,
                                    const std::vector<Proposal>& selective_search,
                                    const SelectiveSearchOptions& options,
                                    int width_px,
                                    int height_px);

}  // namespace deeper
