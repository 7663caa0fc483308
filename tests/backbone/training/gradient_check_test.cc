#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "backbone/training/losses.h"
#include "backbone/training/reference_training.h"
#include "core/random.h"
#include "tests/backbone/random_tensor.h"
#include "tests/support/catch.h"

// The gradient of the whole reference network against central differences of its loss.

namespace deeper {
namespace {

constexpr std::size_t kOutputs = 5;
constexpr std::uint64_t kSeed = 11;

// The positions of the `count` largest of every eighth value. A difference of these stands out from
// the rounding of activations to f32.
std::vector<std::size_t> LargestOfSome(const Tensor& tensor, std::size_t count) {
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < tensor.data.size(); i += 8) positions.push_back(i);
  std::sort(positions.begin(), positions.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(tensor.data[a]) > std::abs(tensor.data[b]);
  });
  positions.resize(std::min(count, positions.size()));
  return positions;
}

TEST_CASE("the whole network's gradient agrees with central differences in every blob") {
  const TrainingPlan plan = PlanTraining({});
  Weights weights = test::RandomWeights(1, kOutputs);
  AddMissingBlobs(TrainedBlobs(plan, kOutputs), 2, weights);
  const ExampleLoss loss = [](std::size_t, std::span<const float> scores, std::span<float> g) {
    return SoftmaxLoss(scores, 3, g);
  };
  ReferenceActivations activations = {
      {plan.input, test::RandomTensor({1, kInputChannels, kInputSide, kInputSide}, 3)}};
  RunReferenceLayers(plan, weights, 0, activations);
  const Weights gradients = ReferenceGradients(plan, weights, activations, kSeed, loss);

  // Checks some values of a blob, of the layer at `first` (past the layers for a head's).
  const auto check = [&](const std::string& name, std::size_t first, std::size_t count) {
    Tensor& blob = weights.at(name);
    const auto loss_with = [&](std::size_t position, float value) {
      const float before = std::exchange(blob.data[position], value);
      ReferenceActivations changed = activations;
      RunReferenceLayers(plan, weights, first, changed);
      const double result = ReferenceLoss(plan, weights, changed, kSeed, loss);
      blob.data[position] = before;
      return result;
    };
    const auto difference_over = [&](std::size_t position, float step) {
      const float above = blob.data[position] + step;
      const float below = blob.data[position] - step;
      return (loss_with(position, above) - loss_with(position, below)) /
             (static_cast<double>(above) - static_cast<double>(below));
    };
    for (const std::size_t position : LargestOfSome(gradients.at(name), count)) {
      const auto gradient = static_cast<double>(gradients.at(name).data[position]);
      // There are thousands of ReLUs and maxima on the way. If one bends within the step, a smaller
      // step shows it. Too small a step would drown in the rounding of activations.
      double difference = 0;
      for (const float step : {0x1p-9F, 0x1p-11F, 0x1p-12F}) {
        difference = difference_over(position, step);
        if (gradient == Approx(difference).epsilon(0.03).margin(1e-5)) break;
      }
      CAPTURE(name, position, difference, gradient);
      CHECK(gradient == Approx(difference).epsilon(0.03).margin(1e-5));
    }
  };
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const Layer& layer = plan.layers[i];
    if (layer.kind != LayerKind::kConvolution) continue;
    check(WeightName(layer.name), i, 1);
    check(BiasName(layer.name), i, 1);
  }
  for (const TrainingHead& head : plan.heads) {
    check(WeightName(head.classifier), plan.layers.size(), 3);
    check(BiasName(head.classifier), plan.layers.size(), 3);
  }
}

}  // namespace
}  // namespace deeper
