#include "backbone/training/solver.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/out_of_range.h"

namespace deeper {
namespace {

void Check(bool holds, const char* field, double value, const char* bound) {
  if (!holds) throw OutOfRange(field, value, bound);
}

void CheckFinite(const Tensor& gradient, const std::string& name, std::uint64_t step) {
  const bool finite = std::all_of(
      gradient.data.begin(), gradient.data.end(), [](float g) { return std::isfinite(g); });
  if (finite) return;
  throw Error("training diverged at step " + std::to_string(step) + ": the gradient of '" + name +
              "' is not finite - lower the learning rate");
}

}  // namespace

std::string NameOf(ScheduleKind kind) { return kind == ScheduleKind::kStep ? "step" : "poly"; }

ScheduleKind ScheduleKindFromName(const std::string& name) {
  for (const ScheduleKind kind : {ScheduleKind::kStep, ScheduleKind::kPoly}) {
    if (name == NameOf(kind)) return kind;
  }
  throw Error("schedule '" + name + "': expected step or poly");
}

void RateSchedule::Validate() const {
  Check(rate > 0 && std::isfinite(rate), "rate", rate, "a number above 0");
  Check(factor > 0 && factor <= 1, "factor", factor, "above 0, at most 1");
  Check(every > 0, "every", static_cast<double>(every), "a number of steps above 0");
  Check(total > 0, "total", static_cast<double>(total), "a number of steps above 0");
  Check(power > 0 && std::isfinite(power), "power", power, "a number above 0");
}

double RateAt(const RateSchedule& schedule, std::uint64_t step) {
  double rate = schedule.rate;
  if (schedule.kind == ScheduleKind::kStep) {
    const std::uint64_t drops = step / schedule.every;
    rate *= std::pow(schedule.factor, static_cast<double>(drops));
  } else {
    const std::uint64_t left = schedule.total - std::min(step, schedule.total);
    rate *=
        std::pow(static_cast<double>(left) / static_cast<double>(schedule.total), schedule.power);
  }
  if (step < schedule.warmup)
    rate *= static_cast<double>(step + 1) / static_cast<double>(schedule.warmup + 1);
  return rate;
}

void SolverOptions::Validate() const {
  schedule.Validate();
  Check(momentum >= 0 && momentum < 1, "momentum", momentum, "at least 0, less than 1");
  Check(weight_decay >= 0 && std::isfinite(weight_decay),
        "weight_decay",
        weight_decay,
        "a number from 0");
  Check(bias_rate >= 0 && std::isfinite(bias_rate), "bias_rate", bias_rate, "a number from 0");
  Check(new_layer_rate >= 0 && std::isfinite(new_layer_rate),
        "new_layer_rate",
        new_layer_rate,
        "a number from 0");
  Check(clip_norm >= 0 && std::isfinite(clip_norm), "clip_norm", clip_norm, "a number from 0");
  Check(average_decay >= 0 && average_decay < 1,
        "average_decay",
        average_decay,
        "at least 0, less than 1");
}

namespace {

// The factor that makes the gradients, all together, at most `norm` long; 1 for no limit.
float ShortenedTo(double norm, const std::vector<Blob>& trained, const Weights& gradients) {
  if (norm == 0) return 1;
  double sum = 0;
  for (const Blob& blob : trained) {
    for (const float g : gradients.at(blob.name).data) sum += double{g} * double{g};
  }
  return static_cast<float>(std::min(1.0, norm / std::sqrt(std::max(sum, norm * norm))));
}

}  // namespace

SolverState BeginSolver(const std::vector<Blob>& trained, Weights weights) {
  SolverState state = {.weights = std::move(weights), .momentum = {}, .averages = {}};
  for (const Blob& blob : trained) {
    const auto found = state.weights.find(blob.name);
    Expects(found != state.weights.end() && found->second.shape == blob.shape,
            "weights with every blob that is trained");
    state.momentum.emplace(blob.name, MakeTensor(blob.shape));
    state.averages.emplace(blob.name, found->second);
  }
  return state;
}

void ApplyGradients(const std::vector<Blob>& trained,
                    const std::set<std::string>& new_blobs,
                    const SolverOptions& options,
                    const Weights& gradients,
                    SolverState& state) {
  const double base_rate = RateAt(options.schedule, state.step);
  const auto momentum = static_cast<float>(options.momentum);
  const auto steps_done = static_cast<double>(state.step + 1);
  const auto towards =
      static_cast<float>(std::max(1 - options.average_decay, 1 / (steps_done + 1)));
  for (const Blob& blob : trained) CheckFinite(gradients.at(blob.name), blob.name, state.step);
  const float shortened = ShortenedTo(options.clip_norm, trained, gradients);
  for (const Blob& blob : trained) {
    const double factor = (blob.is_bias ? options.bias_rate : 1) *
                          (new_blobs.contains(blob.name) ? options.new_layer_rate : 1);
    const auto rate = static_cast<float>(base_rate * factor);
    const auto decay = static_cast<float>(blob.is_bias ? 0 : options.weight_decay);
    const float* g = gradients.at(blob.name).data.data();
    float* v = state.momentum.at(blob.name).data.data();
    float* w = state.weights.at(blob.name).data.data();
    float* average = state.averages.at(blob.name).data.data();
    const std::size_t count = blob.shape.Count();
    for (std::size_t i = 0; i < count; ++i) {
      v[i] = momentum * v[i] + rate * (shortened * g[i] + decay * w[i]);
      w[i] -= v[i];
      average[i] = options.average_decay > 0 ? average[i] + towards * (w[i] - average[i]) : w[i];
    }
  }
  ++state.step;
}

}  // namespace deeper
