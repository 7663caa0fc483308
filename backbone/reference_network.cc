#include "backbone/reference_network.h"

#include <map>
#include <string>

#include "backbone/kernels/reference.h"
#include "core/error.h"

namespace deeper {
namespace {

using Activations = std::map<std::string, Tensor>;

// Writes what a layer of one picture gave behind the channels that its siblings wrote.
void Concatenate(const Layer& layer, const Tensor& written, Activations& activations) {
  Tensor& whole = activations[layer.output];
  Expects(whole.shape.c == layer.output_channel, "branches in the order of their channels");
  whole.shape = OutputShape(layer);
  whole.data.insert(whole.data.end(), written.data.begin(), written.data.end());
}

}  // namespace

Tensor RunReferenceLayer(const Layer& layer, const Weights& weights, const Tensor& input) {
  Tensor output =
      MakeTensor({input.shape.n, layer.out_channels, layer.out_size.height, layer.out_size.width});
  switch (layer.kind) {
    case LayerKind::kConvolution:
      kernels::ConvolutionReference(input,
                                    weights.at(WeightName(layer.name)),
                                    weights.at(BiasName(layer.name)),
                                    layer.window,
                                    output);
      kernels::ReluReference(output);
      break;
    case LayerKind::kMaxPool:
      kernels::MaxPoolReference(input, layer.window, Rounding::kUp, output);
      break;
    case LayerKind::kAveragePool:
      kernels::AveragePoolReference(input, layer.window, Rounding::kUp, output);
      break;
    case LayerKind::kLrn:
      kernels::LrnReference(input, kLrnParameters, output);
      break;
  }
  return output;
}

Tensor ReferenceFeatures(const Weights& weights, TensorView crop, const LayerObserver& observer) {
  Expects(crop.shape == Shape{1, kInputChannels, kInputSide, kInputSide},
          "one crop of the network's input size");
  const std::vector<Layer> layers = GoogLeNetLayers();
  Activations activations;
  activations[layers.front().input] = {.shape = crop.shape,
                                       .data = {crop.data.begin(), crop.data.end()}};
  for (const Layer& layer : layers) {
    const Tensor written = RunReferenceLayer(layer, weights, activations.at(layer.input));
    if (observer) observer(layer, written);
    Concatenate(layer, written, activations);
  }
  return activations.at(layers.back().output);
}

}  // namespace deeper
