#pragma once

#include <boost/program_options.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "backbone/training/trainer.h"
#include "backbone/training/training_plan.h"
#include "tools/options/network_options.h"

namespace deeper::tools {

// Options of training a network, shared by the verbs that do.
struct TrainingArguments {
  std::string output;
  TrainingPlanOptions plan;
  SolverOptions solver;
  std::string schedule = "step";
  std::uint64_t steps = 3000;
  std::uint64_t seed = 0;
  std::size_t micro_batch = 8;
  std::uint64_t validate_every = 250;
  std::uint64_t checkpoint_every = 100;
  RunOptions run;
  bool json = false;

  void AddNetworkOptions(boost::program_options::options_description& group);
  void AddTrainingOptions(boost::program_options::options_description& group);
  // Throws UsageError or Error for values out of range; fills in what depends on others.
  void Check();
  // All that the learned values depend on, one line each.
  std::string Text() const;

  std::filesystem::path CheckpointPath() const { return output + ".checkpoint"; }
};

// What a verb trains on.
struct TrainingTask {
  std::string what;  // "fine-tuning"
  std::function<void(std::uint64_t step)> begin_batch;
  FillInput fill;
  ExampleLoss loss;
  // Numbers on pictures that are not trained on: "loss", "accuracy", ... May be empty.
  std::function<std::map<std::string, double>(Trainer&)> validate;
};

// What a training came to.
struct TrainingFigures {
  bool finished = false;                     // false when StopAsked(): the same command goes on
  std::uint64_t steps = 0;                   // all, those of earlier runs among them
  double loss = 0;                           // a step's mean over the last 100
  std::map<std::string, double> validation;  // the last; empty where there was none
  double seconds = 0;                        // of the steps, those of earlier runs among them
};

// Runs the steps that are left: curves to OUTPUT.log.jsonl and OUTPUT.svg, the state to the
// checkpoint, progress and time left to stderr. When StopAsked() the state is saved, and the same
// command goes on from it.
TrainingFigures RunTraining(Trainer& trainer,
                            const TrainingArguments& arguments,
                            const TrainingTask& task);

// The learned values for detection: what was trained, averaged, and what was frozen; without the
// auxiliary heads.
Weights TrainedBackbone(const SolverState& state);

}  // namespace deeper::tools
