#include "detector/multibox/multibox_loss.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/error.h"
#include "core/out_of_range.h"
#include "detector/multibox/assignment.h"

namespace deeper {

namespace {

double Square(double value) { return value * value; }

double SquaredDistance(const UnitBox& a, const UnitBox& b) {
  double sum = 0;
  for (std::size_t corner = 0; corner < 4; ++corner) sum += Square(a[corner] - b[corner]);
  return sum;
}

// log(1 + exp(z)) without overflow. For the confidence c of logit z, it is -log(1 - c) of z, and
// -log c of -z.
double Softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

UnitBox MeanOf(const MultiBoxPrior& prior) {
  UnitBox box;
  std::copy(prior.mean.begin(), prior.mean.end(), box.begin());
  return box;
}

// The factor a of the loss for this true box.
double LocationWeight(const MultiBoxLossOptions& options, const UnitBox& object) {
  return options.location_weight * WeightOf(object, options.distance);
}

// The box of each true one. The cost of a match is what it adds to F, against no match:
//   a/2 |l - g|^2 - log c + log(1 - c) = a/2 |l - g|^2 - logit.
std::vector<std::size_t> Match(std::span<const MultiBoxPrior> priors,
                               std::span<const UnitBox> truth,
                               const MultiBoxLossOptions& options,
                               std::span<const ScoredUnitBox> boxes,
                               std::span<const float> logits) {
  const bool by_prediction = options.matching == MultiBoxMatching::kPredictions;
  std::vector<double> costs;
  costs.reserve(truth.size() * priors.size());
  for (const UnitBox& object : truth) {
    for (std::size_t i = 0; i < priors.size(); ++i) {
      costs.push_back(by_prediction ? LocationWeight(options, object) / 2 *
                                              SquaredDistance(boxes[i].box, object) -
                                          double{logits[i]}
                                    : SquaredDistance(MeanOf(priors[i]), object));
    }
  }
  return CheapestAssignment(costs, priors.size());
}

}  // namespace

std::string NameOf(MultiBoxMatching matching) {
  return matching == MultiBoxMatching::kPredictions ? "predictions" : "priors";
}

MultiBoxMatching MultiBoxMatchingFromName(const std::string& name) {
  for (const MultiBoxMatching matching :
       {MultiBoxMatching::kPredictions, MultiBoxMatching::kPriors}) {
    if (NameOf(matching) == name) return matching;
  }
  throw Error("matching '" + name + "': expected predictions or priors");
}

void MultiBoxLossOptions::Validate() const {
  if (!(location_weight >= 0 && std::isfinite(location_weight))) {
    throw OutOfRange("location_weight", location_weight, "a number from 0");
  }
}

double MultiBoxLoss(std::span<const MultiBoxPrior> priors,
                    std::span<const UnitBox> truth,
                    const MultiBoxLossOptions& options,
                    std::span<const float> outputs,
                    std::span<float> gradient) {
  Expects(truth.size() <= priors.size(), "a box for each true one");
  Expects(gradient.size() == outputs.size(), "a derivative an output");
  const std::vector<ScoredUnitBox> boxes = DecodeMultiBox(priors, outputs);
  const std::span<const float> logits = outputs.subspan(4 * priors.size());
  const std::span<float> logit_gradient = gradient.subspan(4 * priors.size());

  // As if nothing were matched: -log(1 - c), with derivative c.
  double loss = 0;
  std::fill(gradient.begin(), gradient.end(), 0.0F);
  for (std::size_t i = 0; i < priors.size(); ++i) {
    loss += Softplus(double{logits[i]});
    logit_gradient[i] = static_cast<float>(boxes[i].confidence);
  }
  const std::vector<std::size_t> match = Match(priors, truth, options, boxes, logits);
  for (std::size_t j = 0; j < truth.size(); ++j) {
    const std::size_t i = match[j];
    const double a = LocationWeight(options, truth[j]);
    loss += a / 2 * SquaredDistance(boxes[i].box, truth[j]) - double{logits[i]};
    logit_gradient[i] = static_cast<float>(boxes[i].confidence - 1);
    for (std::size_t corner = 0; corner < 4; ++corner) {
      gradient[4 * i + corner] = static_cast<float>(a * (boxes[i].box[corner] - truth[j][corner]) *
                                                    double{priors[i].deviation[corner]});
    }
  }
  return loss;
}

}  // namespace deeper
