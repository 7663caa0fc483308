#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "backbone/training/network_training_options.h"
#include "backbone/training/trainer.h"
#include "core/work/monitor.h"

namespace deeper {

// Figures on examples that are not trained on: "loss", "accuracy", ...
using ValidationFigures = std::map<std::string, double>;

// A training, step by step.
struct TrainingSteps {
  std::string what;                      // for people: "fine-tuning"
  const SolverState* state = nullptr;    // what run_step changes
  std::function<StepReport()> run_step;  // may throw WorkStopped, and then changes nothing
  std::function<void()> save;
  std::function<ValidationFigures()> validate;  // may be empty
};

// Runs the steps that are left. When asked to stop the state is saved, and the same training goes
// on from it. Throws Error when it has diverged.
TrainingFigures RunTraining(const TrainingSteps& steps,
                            const NetworkTrainingOptions& options,
                            const Monitor& monitor);

// What a network of crops is trained on.
struct TrainingTask {
  std::string what;
  std::function<void(std::uint64_t step)> begin_batch;
  FillInput fill;
  ExampleLoss loss;
  std::function<ValidationFigures(Trainer&)> validate;  // may be empty
};
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
