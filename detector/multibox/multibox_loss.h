#pragma once

#include <span>
#include <string>

#include "detector/multibox/multibox.h"

namespace deeper {

// What true boxes are compared with to match each to one of the K boxes.
enum class MultiBoxMatching {
  kPredictions,  // the boxes and confidences as predicted: the assignment that minimises the loss
  kPriors,       // the priors alone: the same for every state of the network; learns faster
};

std::string NameOf(MultiBoxMatching matching);                       // "predictions", "priors"
MultiBoxMatching MultiBoxMatchingFromName(const std::string& name);  // throws Error listing them

struct MultiBoxLossOptions {
  // Alpha of Erhan et al. 2014, >= 0: the weight of a matched box's squared distance against its
  // confidence. Their 0.3 goes with Adagrad, which evens out the sizes of gradients. Plain gradient
  // descent learns where boxes are with a value some hundred times larger.
  double location_weight = 200;
  MultiBoxDistance distance = MultiBoxDistance::kAbsolute;
  MultiBoxMatching matching = MultiBoxMatching::kPriors;

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const MultiBoxLossOptions&) const = default;
};

// Returns the loss of one picture (Erhan et al. 2014, equations 1 to 4) and replaces `gradient` by
// its derivatives with respect to `outputs`:
//   F = a/2 sum x_ij |l_i - g_j|^2 - sum x_ij log c_i - sum_i (1 - sum_j x_ij) log(1 - c_i).
// Here x is the cheapest assignment that gives every true box j a box i of its own. With relative
// distances, the squares are divided as MultiBoxDistance says. Without true boxes only the last
// term is left.
//
// Expects at most as many true boxes as priors, and gradient and outputs of size
// MultiBoxOutputs(priors.size()).
double MultiBoxLoss(std::span<const MultiBoxPrior> priors,
                    std::span<const UnitBox> truth,
                    const MultiBoxLossOptions& options,
                    std::span<const float> outputs,
                    std::span<float> gradient);

}  // namespace deeper
