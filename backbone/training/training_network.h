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
  TrainingPlan plan;
  // Arithmetic of the layers: f32 or bf16. In both, gradients of weights are f32, and so are the
  // linear layers of the heads and the losses.
  Precision precision = Precision::kF32;
  // Of each head that reads features, > 0 where there are heads: N + 1 classes. Those of a profile
  // head are the plan's, and stand behind the main head's.
  std::size_t outputs = 0;
  // Crops that go through the layers together, > 0. More of them share the cost of summing the
  // gradients of all weights (50 MB). Each costs memory; see Worker::SizeBytes().
  std::size_t micro_batch = 8;
  bool input_gradient =
      false;  // whether the input's derivatives are wanted: something learns below
};

// Returns the loss of one head for example `example` of a batch, and replaces `gradient` by its
// derivatives with respect to `scores`. Called from several threads, for different examples.
using ExampleLoss = std::function<double(
    std::size_t example, std::span<const float> scores, std::span<float> gradient)>;

// Losses summed over examples, not yet divided by their number.
struct LossSums {
  double main = 0;   // of the main head
  double total = 0;  // of all heads, by their weights

  bool operator==(const LossSums&) const = default;
};

// GoogLeNet from the output of the frozen part to the losses and back, or a part of it: a list of
// layers (TrainingPlan) with their kernels. After Load() several threads may use it, each with its
// own Worker.
class TrainingNetwork {
 public:
  class Worker;

  // Throws Error for options out of range, and when the processor cannot run the precision.
  explicit TrainingNetwork(TrainingNetworkOptions options);
  TrainingNetwork(TrainingNetwork&&) noexcept;
  TrainingNetwork& operator=(TrainingNetwork&&) noexcept;
  ~TrainingNetwork();

  const TrainingNetworkOptions& options() const { return options_; }
  const TrainingPlan& plan() const { return options_.plan; }
  const std::vector<Blob>& blobs() const { return blobs_; }

  // Bytes of one example's input: NHWC of the precision's element type.
  std::size_t InputBytes() const;
  // oneDNN's names of the kernels that it chose, one line per layer: "LAYER: FORWARD BACKWARD...".
  std::vector<std::string> Implementations() const;

  // Packs the weights. Expects all of blobs(), and that no Worker runs.
  void Load(const Weights& weights);

 private:
  struct State;  // kernels and packed weights

  TrainingNetworkOptions options_;
  std::unique_ptr<State> state_;
  std::vector<Blob> blobs_;
};

}  // namespace deeper
