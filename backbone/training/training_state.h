#pragma once

#include <cstddef>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn_training.h"
#include "backbone/tensor.h"
#include "backbone/training/training_network.h"

namespace deeper {

// What a TrainingNetwork and its Workers share: for each layer and head of the plan its kernel, its
// packed weights, and where its gradients stand.
struct TrainingNetwork::State {
  // Where the gradients of a layer's or a head's weights and biases stand in a worker's sums.
  struct GradientPlace {
    std::size_t weight = 0;
    std::size_t weight_count = 0;
    std::size_t bias = 0;
    std::size_t bias_count = 0;
  };
  struct Packed {
    AlignedBytes forward_weight{0};
    AlignedBytes forward_bias{0};
    AlignedBytes backward_weight{0};
  };

  explicit State(kernels::ElementType type) : element(type) {}

  // The place behind those that were reserved before.
  GradientPlace Reserve(std::size_t weight_bytes, std::size_t bias_bytes);

  kernels::ElementType element;
  std::vector<bool> needs_gradient;              // one per layer: of its output
  std::vector<bool> input_needs_gradient;        // one per layer
  std::vector<kernels::TrainingKernel> kernels;  // one per layer
  std::vector<Packed> packed;                    // one per layer
  std::vector<GradientPlace> layer_places;       // one per layer
  std::vector<GradientPlace> head_places;        // one per head
  std::vector<Tensor> head_weights;              // one per head: outputs x features
  std::vector<Tensor> head_biases;
  GradientPlace profile_place;  // of the profile head, if there is one
  Tensor profile_weights;       // outputs x kProfileDim
  Tensor profile_biases;
  std::size_t gradient_count = 0;
};

// The shape that a layer reads, of `n` crops.
inline Shape SourceShape(const Layer& layer, std::size_t n) {
  return {n, layer.in_channels, layer.in_size.height, layer.in_size.width};
}

}  // namespace deeper
