#include "backbone/check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>

#include "backbone/googlenet.h"
#include "backbone/layer_stack.h"
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
  std::vector<std::string> implementations = stack.Implementations();
  implementations.emplace_back("plain");  // the global average
  std::vector<LayerDifference> differences;
  for (const Layer& layer : GoogLeNetLayers()) {
    LayerDifference& difference = differences.emplace_back();
    difference.layer = layer.name;
    difference.implementation = implementations[differences.size() - 1];
  }
  return differences;
}

}  // namespace

std::vector<LayerDifference> CompareWithReference(const Weights& weights,
                                                  Precision precision,
                                                  TensorView crops) {
  Expects(crops.shape.n > 0, "at least one crop");
  ValidateGoogLeNetWeights(weights, "backbone");
  const LayerStack stack(weights, precision);
  LayerStack::Buffers buffers(stack);
  std::vector<LayerDifference> differences = NamesOf(stack);
  const Shape one = {1, crops.shape.c, crops.shape.h, crops.shape.w};
  for (std::size_t i = 0; i < crops.shape.n; ++i) {
    const TensorView crop(one, crops.data.subspan(i * one.Count(), one.Count()));
    std::vector<Tensor> reference;
    ReferenceFeatures(
        weights, crop, [&](const Layer&, const Tensor& output) { reference.push_back(output); });
    std::size_t position = 0;
    std::vector<float> features(kFeatureDim);
    stack.Run(crop, buffers, features, [&](const Layer&, const Tensor& output) {
      Compare(output.data, reference[position].data, differences[position]);
      ++position;
    });
    Compare(features, reference[position].data, differences[position]);
  }
  for (LayerDifference& difference : differences) {
    const bool has_values = difference.largest_value > 0;
    difference.relative =
        has_values ? difference.absolute / difference.largest_value : difference.absolute;
  }
  return differences;
}

}  // namespace deeper
