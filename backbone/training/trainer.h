#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "backbone/training/solver.h"
#include "backbone/training/training_network.h"
#include "backbone/weights.h"

namespace deeper {

struct TrainerOptions {
  SolverOptions solver;
  std::size_t batch = 128;           // examples per step, > 0
  std::size_t workers = 1;           // threads, > 0, each with micro-batches of its own
  std::uint64_t seed = 0;            // of dropout
  std::filesystem::path checkpoint;  // where the state is kept; training goes on from there
  std::string recipe;                // what the training is, as text, for the checkpoint
};

// Writes the input of an example, NHWC as TrainingNetwork::InputBytes says. Called from several
// threads, for different examples; `worker` < workers tells the threads apart.
using FillInput =
    std::function<void(std::size_t example, std::size_t worker, std::span<std::byte> input)>;

// Takes the scores of the main head for one example. Called after a run, one call at a time, in the
// order of the examples.
using TakeScores = std::function<void(std::size_t example, std::span<const float> scores)>;

struct StepReport {
  std::uint64_t step = 0;  // the one that was done, from 0
  double rate = 0;
  double loss = 0;        // of the main head, mean over the batch
  double total_loss = 0;  // of all heads, weighted
};

// Trains a network by stochastic gradient descent; workers share each batch. The same seed, data,
// number of workers and kind of processor give the same weights, bit for bit, stopped and resumed
// or not. For this a micro-batch always has the same examples, a worker always has the same
// micro-batches, and gradients are summed over workers in their order. Not for several threads.
class Trainer {
 public:
  // Goes on from the checkpoint if it is there, else begins with `weights`. new_blobs: names of
  // those that began at random. Throws Error when the checkpoint is of another training. `network`
  // must outlive this.
  Trainer(TrainingNetwork& network,
          Weights weights,
          std::set<std::string> new_blobs,
          const TrainerOptions& options);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;
  ~Trainer();

  const SolverState& state() const { return state_; }

  // Does one step: computes the gradients of the batch's mean loss, and hands them to the solver.
  // Throws Error when the training has diverged.
  StepReport RunStep(const FillInput& fill, const ExampleLoss& loss);

  // Runs `count` examples through the network without dropout. It takes the weights that are
  // trained, or their averages.
  enum class Which { kWeights, kAverages };
  void Score(Which which, std::size_t count, const FillInput& fill, const TakeScores& take);

  void Save() const;

  // Bytes of the workers' buffers.
  std::size_t SizeBytes() const;

 private:
  TrainingNetwork* network_;
  std::set<std::string> new_blobs_;
  TrainerOptions options_;
  SolverState state_;
  std::vector<TrainingNetwork::Worker> workers_;
  Weights gradients_;
};

}  // namespace deeper
