#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "backbone/network.h"
#include "backbone/precision.h"
#include "backbone/training/solver.h"
#include "backbone/training/training_plan.h"

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

// What a training came to.
struct TrainingFigures {
  bool finished = false;                          // false when it was asked to stop: it can go on
  std::uint64_t steps = 0;                        // all, those of earlier runs among them
  double loss = 0;                                // a step's mean over the last 100
  std::map<std::string, double> validation = {};  // the last; empty where there was none
  double seconds = 0;                             // of the steps, those of earlier runs among them
};

}  // namespace deeper
