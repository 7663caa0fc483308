#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "backbone/training/training_plan.h"
#include "backbone/weights.h"

namespace deeper {

enum class ScheduleKind {
  kStep,  // rate x factor^floor(step / every): R-CNN's, and with 0.96 every 8 epochs GoogLeNet's
  kPoly,  // rate x (1 - step / total)^power, 0 from `total` on: BVLC's
};

std::string NameOf(ScheduleKind kind);                       // "step", "poly"
ScheduleKind ScheduleKindFromName(const std::string& name);  // throws Error listing them otherwise

// The learning rate over the steps of a training.
struct RateSchedule {
  ScheduleKind kind = ScheduleKind::kStep;
  double rate = 1e-3;          // at the start, > 0; larger learns faster, up to where it diverges
  double factor = 0.1;         // kStep: 0 < factor <= 1
  std::uint64_t every = 1000;  // kStep: steps, > 0
  std::uint64_t total = 1000;  // kPoly: steps, > 0
  double power = 1;            // kPoly: > 0
  std::uint64_t warmup = 0;    // the rate rises linearly from 0 over this many first steps

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const RateSchedule&) const = default;
};

// The rate of step `step`, from 0.
double RateAt(const RateSchedule& schedule, std::uint64_t step);

struct SolverOptions {
  RateSchedule schedule;
  double momentum = 0.9;       // 0 <= momentum < 1
  double weight_decay = 5e-4;  // >= 0, of weights, not of biases; R-CNN's. BVLC trains with 2e-4
  double bias_rate = 2;        // factor on the rate of biases, >= 0; Caffe's
  double new_layer_rate = 10;  // factor on the rate of blobs that began at random, >= 0
  // Polyak averaging, 0 <= average_decay < 1. In each step the average moves towards the weights by
  // 1 - average_decay; in the first steps by 1 / (step + 1), so that the start does not linger.
  // With 0 the average is the weights.
  double average_decay = 0;
  // Gradients longer than this, all together, are shortened to it (Pascanu et al. 2013). 0: never.
  double clip_norm = 0;

  void Validate() const;
  bool operator==(const SolverOptions&) const = default;
};

// What training changes.
struct SolverState {
  Weights weights;
  Weights momentum;        // of every trained blob
  Weights averages;        // of every trained blob
  std::uint64_t step = 0;  // steps done

  bool operator==(const SolverState&) const = default;
};

// The state before the first step. Expects weights with every blob that is trained.
SolverState BeginSolver(const std::vector<Blob>& trained, Weights weights);

// One step of stochastic gradient descent as in Caffe, with the rate and the decay of each blob:
//   v = momentum v + rate (gradient + decay w)
//   w = w - v
// new_blobs: names of those that began at random. Single-threaded: the same arguments give the same
// bits. Throws Error when a gradient is not finite: the training has diverged.
void ApplyGradients(const std::vector<Blob>& trained,
                    const std::set<std::string>& new_blobs,
                    const SolverOptions& options,
                    const Weights& gradients,
                    SolverState& state);

}  // namespace deeper
