#include "backbone/execution/steps.h"

#include <optional>

#include "core/error.h"

namespace deeper {
namespace {

std::optional<StepKind> Fused(const Layer& first, const Layer& second) {
  if (second.input != first.output) return std::nullopt;
  if (first.kind == LayerKind::kMaxPool && second.kind == LayerKind::kLrn)
    return StepKind::kMaxPoolThenLrn;
  if (first.kind == LayerKind::kLrn && second.kind == LayerKind::kMaxPool)
    return StepKind::kLrnThenMaxPool;
  return std::nullopt;
}

Step FusedStep(StepKind kind, const Layer& first, const Layer& second) {
  Step step{.kind = kind, .name = first.name + " + " + second.name, .layer = second};
  step.layer.input = first.input;
  step.layer.in_channels = first.in_channels;
  step.layer.in_size = first.in_size;
  step.layer.window = first.kind == LayerKind::kMaxPool ? first.window : second.window;
  return step;
}

StepKind KindOf(const Layer& layer) {
  switch (layer.kind) {
    case LayerKind::kConvolution:
      return StepKind::kConvolution;
    case LayerKind::kMaxPool:
      return StepKind::kMaxPool;
    case LayerKind::kAveragePool:
      return StepKind::kGlobalAverage;
    case LayerKind::kLrn:
      break;
  }
  throw ContractViolation("every LRN beside a max pool");
}

}  // namespace

std::vector<Step> StepsOf(const std::vector<Layer>& layers) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const bool has_next = i + 1 < layers.size();
    if (const auto kind = has_next ? Fused(layers[i], layers[i + 1]) : std::nullopt) {
      steps.push_back(FusedStep(*kind, layers[i], layers[i + 1]));
      ++i;
    } else {
      steps.push_back({.kind = KindOf(layers[i]), .name = layers[i].name, .layer = layers[i]});
    }
  }
  return steps;
}

std::vector<Step> GoogLeNetSteps() { return StepsOf(GoogLeNetLayers()); }
std::vector<Step> TrunkSteps(const MapSize& picture) { return StepsOf(TrunkLayers(picture)); }
std::vector<Step> RegionSteps() { return StepsOf(RegionLayers()); }

}  // namespace deeper
