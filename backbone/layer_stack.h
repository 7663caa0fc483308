#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbone/activation_plan.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn.h"
#include "backbone/network.h"
#include "backbone/tensor.h"
#include "backbone/weights.h"

namespace deeper {

// Zeroed bytes that begin on a cache line.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::size_t size);
  std::span<std::byte> bytes() { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

// GoogLeNet's layers from the crop to pool5 as prepared kernels, in order. It runs crop by crop:
// the activations of one crop stay in the cache, and a picture's part of a map is dense.
class LayerStack {
 public:
  // What a run writes: one thread's memory for one crop, and the kernels tied to it.
  class Buffers {
   public:
    explicit Buffers(const LayerStack& stack);
    std::size_t SizeBytes() const { return arena_.size() + scratch_.size(); }

   private:
    friend class LayerStack;
    std::span<std::byte> Activation(const PlannedActivation& place) {
      return arena_.bytes().subspan(place.offset_bytes, place.size_bytes);
    }
    AlignedBytes arena_;
    AlignedBytes scratch_;
    std::vector<kernels::BoundKernel> kernels_;  // one a layer, but for the last
  };

  // Expects weights that fit the table. Throws Error when the processor cannot run the precision.
  LayerStack(const Weights& weights, Precision precision);

  // Writes the 1024 means of the last map to `features`. crop: (1, 3, 224, 224). The observer sees
  // every layer but that last one. Const and safe to call from several threads, each with its own
  // buffers.
  void Run(TensorView crop,
           Buffers& buffers,
           std::span<float> features,
           const LayerObserver& observer = {}) const;

  // oneDNN's names of the kernels that it chose, in the order of GoogLeNetLayers(), without the
  // last layer.
  std::vector<std::string> Implementations() const;

 private:
  void RunLayer(std::size_t i, Buffers& buffers) const;
  Tensor OutputOf(const Layer& layer, Buffers& buffers) const;
  const PlannedActivation& Place(const std::string& activation) const {
    return plan_.activations.at(activation);
  }

  kernels::ElementType element_;
  std::vector<Layer> layers_;
  ActivationPlan plan_;
  // One a layer, but for the last: the global average.
  std::vector<kernels::PreparedKernel> kernels_;
};

}  // namespace deeper
