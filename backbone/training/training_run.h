#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "backbone/network.h"
#include "backbone/training/trainer.h"
#include "backbone/training/training_plan.h"
#include "core/work/monitor.h"

namespace deeper {

// How a network is trained, whatever it learns.
struct NetworkTrainingOptions {
  TrainingPlanOptions plan = {};
  SolverOptions solver = {};             // of its schedule, `total` follows `steps`
  std::uint64_t steps = 3000;            // batches
  std::uint64_t seed = 0;                // of all random draws
  std::size_t micro_batch = 8;           // crops that go through the network together, 1 to 256
  std::uint64_t validate_every = 250;    // steps
  std::uint64_t checkpoint_every = 100;  // steps
  // Nothing: the fastest that the processor has gradients in.
  std::optional<Precision> precision = std::nullopt;
  int workers = 1;  // threads; the learned values depend on their number
  // What is kept beside it: FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl
  // and FILE.svg, the curves.
  std::filesystem::path file = {};

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  // The solver's options with the schedule's total.
  SolverOptions Solver() const;
  // All that the learned values depend on, one line each.
  std::string Text(Precision chosen) const;
  std::filesystem::path CheckpointPath() const;
};

// What a network is trained on.
struct TrainingTask {
  std::string what;  // for people: "fine-tuning"
  std::function<void(std::uint64_t step)> begin_batch;
  FillInput fill;
  ExampleLoss loss;
  // Figures on examples that are not trained on: "loss", "accuracy", ... May be empty.
  std::function<std::map<std::string, double>(Trainer&)> validate;
};

// What a training came to.
struct TrainingFigures {
  bool finished = false;                          // false when it was asked to stop: it can go on
  std::uint64_t steps = 0;                        // all, those of earlier runs among them
  double loss = 0;                                // a step's mean over the last 100
  std::map<std::string, double> validation = {};  // the last; empty where there was none
  double seconds = 0;                             // of the steps, those of earlier runs among them
};

// Runs the steps that are left. When asked to stop the state is saved, and the same training goes
// on from it. Throws Error when it has diverged.
TrainingFigures RunTraining(Trainer& trainer,
                            const NetworkTrainingOptions& options,
                            const TrainingTask& task,
                            const Monitor& monitor);

// The learned values for detection: what was trained, averaged, and what was frozen; without the
// auxiliary heads.
Weights TrainedBackbone(const SolverState& state);

// A blob's average where there is one, else the blob.
const Tensor& LearnedBlob(const SolverState& state, const std::string& name);

}  // namespace deeper
