#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backbone/execution/aligned_bytes.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/layout.h"
#include "backbone/kernels/onednn.h"
#include "backbone/training/training_network.h"
#include "backbone/training/training_plan.h"
#include "backbone/weights.h"

namespace deeper {

// The memory with which one thread trains: activations, their derivatives, and sums of gradients.
// The network must outlive it.
class TrainingNetwork::Worker {
 public:
  explicit Worker(const TrainingNetwork& network);

  // Where to put the input of example `i` of the micro-batch before a run.
  std::span<std::byte> Input(std::size_t i);

  // Runs the first seeds.size() inputs forward and backward. Adds the gradients of their losses,
  // weighted by head and times `scale`, to the sums. first_example: the number under which the loss
  // knows the first of them. seeds: of the dropout, one per example, at most micro_batch.
  LossSums Train(std::size_t first_example,
                 std::span<const std::uint64_t> seeds,
                 float scale,
                 const ExampleLoss& loss);

  // The derivatives of the losses, summed, with respect to input `i`, of the last run. Expects the
  // option input_gradient.
  std::span<const std::byte> InputGradient(std::size_t i) const;

  // Runs the inputs forward without heads. Returns the last activation, of all inputs, NHWC; it is
  // valid until the next run.
  std::span<const std::byte> RunToLastMap();
  // Runs them backward from the derivatives of that activation. Adds the gradients to the sums.
  //   gradient: of its size, f32, NHWC
  void RunBackFromLastMap(std::span<const float> gradient);

  // Returns the scores of the main head for the first `count` inputs, without dropout, each with
  // those of the profile head behind: count x (outputs + the profile head's).
  std::vector<float> Score(std::size_t count);

  // The sums of gradients, to be added up over workers. Their order is the network's own.
  std::span<float> Gradients() { return sums_; }
  void ClearGradients();
  // Writes the sums as named blobs, those of network.blobs(). Replaces their values.
  void UnpackGradients(Weights& gradients);

  // Bytes of all of its buffers.
  std::size_t SizeBytes() const;

 private:
  // The passes that a layer needs, tied to buffers.
  struct LayerRun {
    std::optional<kernels::BoundKernel> forward;
    std::optional<kernels::BoundKernel> backward_data;
    std::optional<kernels::BoundKernel> backward_weights;
    // Adds up the derivatives that several layers give one activation. The first of them in forward
    // order has it.
    std::optional<kernels::BoundKernel> sum;
  };

  void AllocateMaps();
  void BindLayers();
  kernels::ChannelSlice SliceOf(const Layer& layer) const;
  void Forward(bool with_auxiliary);
  void Backward();
  // Runs a head on the features of the micro-batch. Writes their derivatives, adds the gradients of
  // its linear layer, and returns the sum of its losses.
  double TrainHead(std::size_t head,
                   std::size_t first_example,
                   std::span<const std::uint64_t> seeds,
                   float scale,
                   const ExampleLoss& loss);
  std::vector<float> FeaturesOf(const TrainingHead& head);
  std::size_t ProfileOutputs() const;
  // The scaled profiles of the first `count` examples: count x kProfileDim.
  std::vector<float> Profiles(std::size_t count);
  // Adds the profile head's part to the derivatives of the last map.
  void AddProfileDerivatives();

  const TrainingNetwork* network_;
  std::map<std::string, AlignedBytes> values_;  // activations, and what slices are written from
  std::map<std::string, AlignedBytes> diffs_;   // their derivatives, where needed
  std::vector<AlignedBytes> slots_;             // derivatives by each of an activation's readers
  std::vector<float> profile_diffs_;            // of the micro-batch's profiles, scaled
  AlignedBytes diff_before_relu_{0};
  AlignedBytes scratch_{0};
  std::vector<AlignedBytes> workspaces_;  // one per layer
  std::vector<LayerRun> runs_;            // one per layer
  // Gradients of one micro-batch, and their sums.
  AlignedBytes current_{0};
  std::vector<float> sums_;
};

}  // namespace deeper
