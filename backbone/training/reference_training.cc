#include "backbone/training/reference_training.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backbone/kernels/reference.h"
#include "backbone/kernels/reference_backward.h"
#include "backbone/reference_network.h"
#include "core/error.h"

namespace deeper {
namespace {

Shape OwnShape(const Layer& layer) {
  return {1, layer.out_channels, layer.out_size.height, layer.out_size.width};
}

// The values of one picture's map that the layer wrote, among its siblings' channels.
std::span<float> ChannelsOf(const Layer& layer, Tensor& whole) {
  const std::size_t pixels = layer.out_size.Pixels();
  return std::span(whole.data).subspan(layer.output_channel * pixels, layer.out_channels * pixels);
}

Tensor PartOf(const Layer& layer, Tensor& whole) {
  const std::span<float> values = ChannelsOf(layer, whole);
  return {.shape = OwnShape(layer), .data = {values.begin(), values.end()}};
}

// A tensor with room for the layer's channels, and those before them.
Tensor& WholeWithRoom(const Layer& layer, ReferenceActivations& activations) {
  Tensor& whole = activations[layer.output];
  const std::size_t channels = std::max(whole.shape.c, layer.output_channel + layer.out_channels);
  whole.shape = {1, channels, layer.out_size.height, layer.out_size.width};
  whole.data.resize(whole.shape.Count());
  return whole;
}

// The derivative of the layer's input; adds those of a convolution's blobs to `gradients`.
Tensor RunLayerBackward(const Layer& layer,
                        const Weights& weights,
                        const Tensor& input,
                        const Tensor& output,
                        Tensor diff,
                        Weights& gradients) {
  Tensor diff_input = MakeTensor(input.shape);
  switch (layer.kind) {
    case LayerKind::kConvolution: {
      const Tensor& weight = weights.at(WeightName(layer.name));
      Tensor& diff_weight = gradients[WeightName(layer.name)] = MakeTensor(weight.shape);
      Tensor& diff_bias = gradients[BiasName(layer.name)] = MakeTensor(BiasShape(layer));
      kernels::ReluBackwardReference(output, diff);
      kernels::ConvolutionBackwardWeightsReference(
          input, diff, layer.window, diff_weight, diff_bias);
      kernels::ConvolutionBackwardDataReference(diff, weight, layer.window, diff_input);
      break;
    }
    case LayerKind::kMaxPool:
      kernels::MaxPoolBackwardReference(input, diff, layer.window, Rounding::kUp, diff_input);
      break;
    case LayerKind::kAveragePool:
      kernels::AveragePoolBackwardReference(diff, layer.window, Rounding::kUp, diff_input);
      break;
    case LayerKind::kLrn:
      kernels::LrnBackwardReference(input, diff, kLrnParameters, diff_input);
      break;
  }
  return diff_input;
}

void AddTo(Tensor& sum, const Tensor& part) {
  if (sum.data.empty()) sum = MakeTensor(part.shape);
  for (std::size_t i = 0; i < part.data.size(); ++i) sum.data[i] += part.data[i];
}

// One head on one example: its features after dropout, their mask, and its scores.
struct HeadScores {
  std::vector<float> mask;
  Tensor features;
  Tensor scores;
};

HeadScores Score(const TrainingHead& head,
                 const Weights& weights,
                 const ReferenceActivations& activations,
                 std::uint64_t seed) {
  const Tensor& weight = weights.at(WeightName(head.classifier));
  HeadScores result = {.mask = DropoutMask(head, seed),
                       .features = activations.at(head.input),
                       .scores = MakeTensor({1, weight.shape.n, 1, 1})};
  kernels::MultiplyByMask(result.mask, result.features.data);
  kernels::FullyConnectedReference(
      result.features, weight, weights.at(BiasName(head.classifier)), result.scores);
  return result;
}

}  // namespace

void RunReferenceLayers(const TrainingPlan& plan,
                        const Weights& weights,
                        std::size_t first,
                        ReferenceActivations& activations) {
  for (std::size_t i = first; i < plan.layers.size(); ++i) {
    const Layer& layer = plan.layers[i];
    const Tensor written = RunReferenceLayer(layer, weights, activations.at(layer.input));
    Tensor& whole = WholeWithRoom(layer, activations);
    std::copy(written.data.begin(), written.data.end(), ChannelsOf(layer, whole).begin());
  }
}

double ReferenceLoss(const TrainingPlan& plan,
                     const Weights& weights,
                     const ReferenceActivations& activations,
                     std::uint64_t seed,
                     const ExampleLoss& loss) {
  double sum = 0;
  for (const TrainingHead& head : plan.heads) {
    const HeadScores scores = Score(head, weights, activations, seed);
    std::vector<float> unused(scores.scores.data.size());
    sum += head.loss_weight * loss(0, scores.scores.data, unused);
  }
  return sum;
}

Weights ReferenceGradients(const TrainingPlan& plan,
                           const Weights& weights,
                           const ReferenceActivations& activations,
                           std::uint64_t seed,
                           const ExampleLoss& loss) {
  Weights gradients;
  std::map<std::string, Tensor> diffs;
  for (const TrainingHead& head : plan.heads) {
    const HeadScores scores = Score(head, weights, activations, seed);
    Tensor diff = MakeTensor(scores.scores.shape);
    loss(0, scores.scores.data, diff.data);
    for (float& value : diff.data) value *= static_cast<float>(head.loss_weight);
    const Tensor& weight = weights.at(WeightName(head.classifier));
    Tensor& diff_weight = gradients[WeightName(head.classifier)] = MakeTensor(weight.shape);
    Tensor& diff_bias = gradients[BiasName(head.classifier)] =
        MakeTensor({weight.shape.n, 1, 1, 1});
    Tensor diff_features = MakeTensor(scores.features.shape);
    kernels::FullyConnectedBackwardReference(
        scores.features, weight, diff, diff_features, diff_weight, diff_bias);
    kernels::MultiplyByMask(scores.mask, diff_features.data);
    AddTo(diffs[head.input], diff_features);
  }
  for (std::size_t i = plan.layers.size(); i-- > 0;) {
    const Layer& layer = plan.layers[i];
    Tensor output = activations.at(layer.output);
    AddTo(diffs[layer.input],
          RunLayerBackward(layer,
                           weights,
                           activations.at(layer.input),
                           PartOf(layer, output),
                           PartOf(layer, diffs.at(layer.output)),
                           gradients));
  }
  return gradients;
}

}  // namespace deeper
