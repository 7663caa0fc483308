#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "backbone/execution/frozen_part.h"
#include "backbone/precision.h"
#include "backbone/training/network_training_options.h"
#include "backbone/training/trainer.h"
#include "backbone/training/training_network.h"
#include "backbone/weights.h"

namespace deeper {

// What a network's training begins from.
struct NetworkTrainingStart {
  Weights weights;  // of the layers that do not begin at random
  Precision precision = Precision::kF32;
  std::size_t outputs = 0;  // of the main head
  std::size_t batch = 0;    // examples a step
  std::string recipe;       // what the training is, as text, for the checkpoint
  // Changes the weights once those that begin at random are there; may be empty.
  std::function<void(Weights&)> adjust = {};
};

// A network in training: its frozen part, from crops to what is trained, and its trainer, which
// goes on from the checkpoint where there is one. Not for several threads, but for the frozen part.
class NetworkTraining {
 public:
  // Throws Error when the checkpoint is of another training, when the weights do not fit, or when
  // there are no gradients in the precision.
  NetworkTraining(NetworkTrainingStart start, const NetworkTrainingOptions& options);
  NetworkTraining(const NetworkTraining&) = delete;
  NetworkTraining& operator=(const NetworkTraining&) = delete;

  const TrainingNetwork& network() const { return network_; }
  const FrozenPart& frozen() const { return frozen_; }
  Trainer& trainer() { return trainer_; }

 private:
  TrainingNetwork network_;
  std::vector<std::string> added_;  // the blobs that began at random
  FrozenPart frozen_;
  Trainer trainer_;
};

// The weights without the classifier's, which is to begin anew: its outputs mean other things.
Weights WithoutClassifier(Weights weights);

}  // namespace deeper
