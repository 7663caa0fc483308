#include "backbone/execution/activation_plan.h"

#include <algorithm>
#include <vector>

namespace deeper {
namespace {

std::size_t RoundUp(std::size_t bytes) {
  return (bytes + kActivationAlignment - 1) / kActivationAlignment * kActivationAlignment;
}

Shape MapShape(std::size_t channels, const MapSize& size) {
  return {1, channels, size.height, size.width};
}

// Activations with shapes and lifetimes, not placed yet.
std::map<std::string, PlannedActivation> FindLifetimes(std::span<const Layer> layers) {
  std::map<std::string, PlannedActivation> activations;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    const auto touch = [&](const std::string& name, const Shape& shape) {
      const auto [it, is_new] =
          activations.try_emplace(name, PlannedActivation{.shape = shape, .first_layer = i});
      it->second.shape.c = std::max(it->second.shape.c, shape.c);
      it->second.last_layer = i;
    };
    if (i > 0) touch(layer.input, MapShape(layer.in_channels, layer.in_size));
    touch(layer.output, MapShape(layer.output_channel + layer.out_channels, layer.out_size));
    if (WritesSlice(layer)) touch(layer.name, MapShape(layer.out_channels, layer.out_size));
  }
  return activations;
}

bool LiveTogether(const PlannedActivation& a, const PlannedActivation& b) {
  return a.first_layer <= b.last_layer && b.first_layer <= a.last_layer;
}

// The lowest offset at which `activation` meets none of `placed` that lives at the same time.
std::size_t FirstFit(const PlannedActivation& activation,
                     std::vector<const PlannedActivation*> placed) {
  std::erase_if(placed,
                [&](const PlannedActivation* other) { return !LiveTogether(activation, *other); });
  std::sort(
      placed.begin(), placed.end(), [](const PlannedActivation* a, const PlannedActivation* b) {
        return a->offset_bytes < b->offset_bytes;
      });
  std::size_t offset = 0;
  for (const PlannedActivation* other : placed) {
    if (offset + activation.size_bytes <= other->offset_bytes) break;
    offset = std::max(offset, other->offset_bytes + other->size_bytes);
  }
  return offset;
}

}  // namespace

bool WritesSlice(const Layer& layer) { return layer.output != layer.name; }

ActivationPlan PlanActivations(std::span<const Layer> layers,
                               const std::function<std::size_t(const std::string&)>& value_bytes) {
  ActivationPlan plan = {.activations = FindLifetimes(layers)};
  std::vector<PlannedActivation*> largest_first;
  for (auto& [name, activation] : plan.activations) {
    activation.size_bytes = RoundUp(activation.shape.Count() * value_bytes(name));
    largest_first.push_back(&activation);
  }
  std::stable_sort(largest_first.begin(),
                   largest_first.end(),
                   [](const PlannedActivation* a, const PlannedActivation* b) {
                     return a->size_bytes > b->size_bytes;
                   });
  std::vector<const PlannedActivation*> placed;
  for (PlannedActivation* activation : largest_first) {
    activation->offset_bytes = FirstFit(*activation, placed);
    placed.push_back(activation);
    plan.arena_bytes =
        std::max(plan.arena_bytes, activation->offset_bytes + activation->size_bytes);
  }
  return plan;
}

}  // namespace deeper
