#include "backbone/training/network_training_options.h"

#include <fmt/format.h>

#include "backbone/precision.h"
#include "core/error.h"

namespace deeper {

void NetworkTrainingOptions::Validate() const {
  RequireInRange("steps", static_cast<double>(steps), 1, 1e9);
  RequireInRange("micro_batch", static_cast<double>(micro_batch), 1, 256);
  RequireInRange("validate_every", static_cast<double>(validate_every), 1, 1e9);
  RequireInRange("checkpoint_every", static_cast<double>(checkpoint_every), 1, 1e9);
  RequireInRange("workers", workers, 1, 4096);
  Solver().Validate();
  plan.Validate();
}

SolverOptions NetworkTrainingOptions::Solver() const {
  SolverOptions options = solver;
  options.schedule.total = steps;
  return options;
}

std::string NetworkTrainingOptions::Text(Precision chosen) const {
  const RateSchedule rates = Solver().schedule;
  const std::string schedule_text =
      rates.kind == ScheduleKind::kStep
          ? fmt::format("step\nrate_factor {}\nrate_every {}", rates.factor, rates.every)
          : fmt::format("poly\nrate_power {}\nsteps {}", rates.power, rates.total);
  return fmt::format(
      "frozen '{}'\nauxiliary_heads {}\nauxiliary_weight {}\nauxiliary_dropout {}\ndropout {}\n"
      "rate {}\nschedule {}\nwarmup {}\nnew_layer_rate {}\nbias_rate {}\nmomentum {}\n"
      "weight_decay {}\naverage {}\nclip {}\nseed {}\nmicro_batch {}\nworkers {}\nprecision {}\n",
      plan.frozen,
      plan.auxiliary_heads ? "yes" : "no",
      plan.auxiliary_weight,
      plan.auxiliary_dropout,
      plan.dropout,
      rates.rate,
      schedule_text,
      rates.warmup,
      solver.new_layer_rate,
      solver.bias_rate,
      solver.momentum,
      solver.weight_decay,
      solver.average_decay,
      solver.clip_norm,
      seed,
      micro_batch,
      workers,
      NameOf(chosen));
}

std::filesystem::path NetworkTrainingOptions::CheckpointPath() const {
  return file.string() + ".checkpoint";
}

}  // namespace deeper
