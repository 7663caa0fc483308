#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// Bytes of the buffers that a training kernel runs in; 0 where it has no use for one.
struct TrainingSizes {
  std::size_t scratch = 0;    // content does not matter
  std::size_t workspace = 0;  // what the forward pass leaves for the backward pass
  // Learned values for the forward pass and for kBackwardData, packed as this processor likes them.
  std::size_t forward_weight = 0;
  std::size_t forward_bias = 0;
  std::size_t backward_weight = 0;
  // Their gradients, f32, in oneDNN's order. Gaps, if any, are zero, so they may be summed as they
  // are.
  std::size_t diff_weight = 0;
  std::size_t diff_bias = 0;
};

// Where a kernel runs: buffers of at least the sizes above, apart from each other. A pass needs
// only those that it names.
struct TrainingBuffers {
  std::span<std::byte> source = {};
  std::span<std::byte> destination = {};
  std::span<std::byte> diff_source = {};
  std::span<std::byte> diff_destination = {};
  std::span<std::byte> scratch = {};
  std::span<std::byte> workspace = {};
  std::span<std::byte> forward_weight = {};
  std::span<std::byte> forward_bias = {};
  std::span<std::byte> backward_weight = {};
  std::span<std::byte> diff_weight = {};
  std::span<std::byte> diff_bias = {};
};

enum class TrainingPass {
  kForward,          // source, learned values -> destination, workspace
  kBackwardData,     // diff_destination, backward_weight, workspace, source -> diff_source
  kBackwardWeights,  // source, diff_destination -> diff_weight, diff_bias
};

// A layer of one shape with its gradients. Activations and their derivatives are dense NHWC of one
// element type. The gradients of weights are f32. Const, and safe to use from several threads.
class TrainingKernel {
 public:
  struct State;
  explicit TrainingKernel(std::unique_ptr<const State> state);
  TrainingKernel(TrainingKernel&&) noexcept;
  TrainingKernel& operator=(TrainingKernel&&) noexcept;
  ~TrainingKernel();

  Shape Source() const;
  Shape Destination() const;
  const TrainingSizes& Sizes() const;
  // oneDNN's names of what it chose, in the order of TrainingPass, for the passes that there are.
  std::vector<std::string> Implementations() const;

  // Ties a pass to the buffers that it names. The buffers and the kernel must outlive the result.
  // Expects that the layer has this pass.
  BoundKernel Bind(TrainingPass pass, const TrainingBuffers& buffers) const;

  // For a convolution: packs f32 weights (out, in, kernel, kernel) and biases into the buffers for
  // them, rounded to the element type (biases stay f32).
  void Pack(TensorView weight, std::span<const float> bias, const TrainingBuffers& buffers) const;
  // For a convolution: writes its gradients from the buffers diff_weight and diff_bias.
  void Unpack(const TrainingBuffers& buffers,
              MutableTensorView diff_weight,
              std::span<float> diff_bias) const;

 private:
  std::unique_ptr<const State> state_;
};

// Convolution with bias, then ReLU. The derivatives that it is handed are those before the ReLU
// (see ReluBackwardFromChannels). There is no kBackwardData unless `diff_source` is wanted.
// `source` is the shape that it reads. Throws Error when oneDNN has no fast implementation on this
// processor.
enum class DiffSource { kWanted, kNotWanted };
TrainingKernel PrepareTrainingConvolution(const Shape& source,
                                          const Window& window,
                                          std::size_t out_channels,
                                          ElementType element,
                                          DiffSource diff_source);

}  // namespace deeper::kernels
