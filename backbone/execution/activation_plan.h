#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "backbone/googlenet.h"
#include "backbone/tensor.h"

namespace deeper {

// Where an activation of one crop lies while it is needed.
struct PlannedActivation {
  Shape shape;
  std::size_t offset_bytes = 0;  // from the start of the arena, a multiple of kActivationAlignment
  std::size_t size_bytes = 0;
  // Positions of the first layer that writes it and of the last that reads it. It holds its values
  // from that first layer to the end of that last one.
  std::size_t first_layer = 0;
  std::size_t last_layer = 0;
};

inline constexpr std::size_t kActivationAlignment = 64;  // bytes: a cache line, an AVX-512 register

// One arena for all activations of a crop. Two that are never needed at the same time share memory.
// So the network runs in few bytes, which stay in the cache.
struct ActivationPlan {
  std::map<std::string, PlannedActivation> activations;
  std::size_t arena_bytes = 0;
};

// Whether the layer writes only some channels of its output. Such a layer has an activation of its
// own besides, under its name. It writes there, densely, and the channels are copied from there.
bool WritesSlice(const Layer& layer);

// Plans what `layers` write; each stands behind those that it reads. value_bytes: bytes of one
// value of the activation of this name. The output of the last layer is kept to the end. The input
// of the network is not planned: no layer writes it, and it has memory of its own.
ActivationPlan PlanActivations(std::span<const Layer> layers,
                               const std::function<std::size_t(const std::string&)>& value_bytes);

}  // namespace deeper
