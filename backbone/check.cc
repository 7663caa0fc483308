#include "backbone/check.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "backbone/execution/layer_stack.h"
#include "backbone/googlenet.h"
#include "backbone/reference_network.h"
#include "core/error.h"

namespace deeper {
namespace {

void Compare(std::span<const float> fast,
             std::span<const float> reference,
             LayerDifference& difference) {
  Expects(fast.size() == reference.size(), "two outputs of one layer");
  for (std::size_t i = 0; i < fast.size(); ++i) {
    const auto expected = static_cast<double>(reference[i]);
    const double distance = std::abs(static_cast<double>(fast[i]) - expected);
    difference.largest_value = std::max(difference.largest_value, std::abs(expected));
    // Negated, so that a NaN counts as a difference.
    if (!(distance <= difference.absolute)) difference.absolute = distance;
  }
}

std::vector<LayerDifference> NamesOf(const LayerStack& stack) {
  const std::vector<std::string> implementations = stack.Implementations();
  std::vector<LayerDifference> differences;
  for (const Step& step : stack.steps()) {
    differences.push_back(
        {.layer = step.name, .implementation = implementations[differences.size()]});
  }
  return differences;
}

}  // namespace

std::vector<LayerDifference> CompareWithReference(const Weights& weights,
                                                  const NetworkOptions& options,
                                                  TensorView crops) {
  Expects(crops.shape.n > 0, "at least one crop");
  ValidateGoogLeNetWeights(weights, "backbone");
  const LayerStack stack(weights, options.precision, options.quantization);
  LayerStack::Buffers buffers(stack);
  std::vector<LayerDifference> differences = NamesOf(stack);
  const Shape one = {1, crops.shape.c, crops.shape.h, crops.shape.w};
  for (std::size_t i = 0; i < crops.shape.n; ++i) {
    const TensorView crop(one, crops.data.subspan(i * one.Count(), one.Count()));
    std::map<std::string, Tensor> reference;  // by layer
    ReferenceFeatures(weights, crop, [&](const Layer& layer, const Tensor& output) {
      reference[layer.name] = output;
    });
    std::size_t position = 0;
    std::vector<float> features(kFeatureDim);
    stack.PutPicture(crop, buffers);
    stack.Run(buffers, features, [&](const Step& step, const auto& output) {
      Compare(output().data, reference.at(step.layer.name).data, differences[position]);
      ++position;
    });
    Compare(features, reference.at(stack.steps().back().layer.name).data, differences[position]);
  }
  for (LayerDifference& difference : differences) {
    const bool has_values = difference.largest_value > 0;
    difference.relative =
        has_values ? difference.absolute / difference.largest_value : difference.absolute;
  }
  return differences;
}

}  // namespace deeper
