#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backbone/precision.h"
#include "backbone/training/training_plan.h"
#include "backbone/weights.h"

namespace deeper {

struct TrainingNetworkOptions {
  TrainingPlanOptions plan;
  // Arithmetic of the layers; gradients of weights are f32 in both, as are the heads' linear layers
  // and losses.
  Precision precision = Precision::kF32;
  std::size_t outputs = 0;  // of each head, > 0: N + 1 classes
  // Crops that go through the layers together, > 0. More of them share the cost of summing the
  // gradients of all weights (50 MB); each costs the memory that SizeBytes() states.
  std::size_t micro_batch = 8;
};

// The loss of one head for example `example` of a batch: returns it and replaces `gradient` by its
// derivatives with respect to `scores`. Called from several threads, for different examples.
using ExampleLoss = std::function<double(
    std::size_t example, std::span<const float> scores, std::span<float> gradient)>;

// Losses summed over examples, not yet divided by their number.
struct LossSums {
  double main = 0;   // of the main head
  double total = 0;  // of all heads, by their weights

  bool operator==(const LossSums&) const = default;
};

// GoogLeNet from the frozen part's output to the losses and back: a list of layers (TrainingPlan)
// with its kernels. After Load() it may be used by several threads, each with its own Worker.
class TrainingNetwork {
 public:
  class Worker;

  // Throws Error for options out of range, and when the processor cannot run the precision.
  explicit TrainingNetwork(const TrainingNetworkOptions& options);
  TrainingNetwork(TrainingNetwork&&) noexcept;
  TrainingNetwork& operator=(TrainingNetwork&&) noexcept;
  ~TrainingNetwork();

  const TrainingNetworkOptions& options() const { return options_; }
  const TrainingPlan& plan() const { return plan_; }
  const std::vector<Blob>& blobs() const { return blobs_; }

  // Bytes of one example's input: NHWC of the precision's element type.
  std::size_t InputBytes() const;
  // oneDNN's names of the kernels it chose, "LAYER: FORWARD BACKWARD...", a line a layer.
  std::vector<std::string> Implementations() const;

  // Packs the weights, which must have all of blobs(). Not while a Worker runs.
  void Load(const Weights& weights);

 private:
  struct State;  // kernels and packed weights

  TrainingNetworkOptions options_;
  std::unique_ptr<State> state_;
  TrainingPlan plan_;
  std::vector<Blob> blobs_;
};

}  // namespace deeper
