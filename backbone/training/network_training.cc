#include "backbone/training/network_training.h"

#include <utility>

namespace deeper {

namespace {

// Adds the blobs that begin at random, and returns their names.
std::vector<std::string> Complete(const TrainingNetwork& network,
                                  std::uint64_t seed,
                                  NetworkTrainingStart& start) {
  std::vector<std::string> added = AddMissingBlobs(network.blobs(), seed, start.weights);
  if (start.adjust) start.adjust(start.weights);
  return added;
}

}  // namespace

NetworkTraining::NetworkTraining(NetworkTrainingStart start, const NetworkTrainingOptions& options)
    : network_({.plan = PlanTraining(options.plan),
                .precision = start.precision,
                .outputs = start.outputs,
                .micro_batch = options.micro_batch}),
      added_(Complete(network_, options.seed, start)),
      frozen_(start.weights, start.precision, options.plan.frozen),
      trainer_(network_,
               std::move(start.weights),
               {added_.begin(), added_.end()},
               {.solver = options.Solver(),
                .batch = start.batch,
                .workers = static_cast<std::size_t>(options.workers),
                .seed = options.seed,
                .checkpoint = options.CheckpointPath(),
                .recipe = start.recipe + options.Text(start.precision)}) {}

Weights WithoutClassifier(Weights weights) {
  weights.erase(WeightName(kClassifierName));
  weights.erase(BiasName(kClassifierName));
  return weights;
}

}  // namespace deeper
