#include "backbone/training/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/training/training_log.h"
#include "core/files/file.h"
#include "core/work/stopwatch.h"

namespace deeper {

namespace {

// Whether figures are due after so many steps.
bool IsValidated(std::uint64_t done, const NetworkTrainingOptions& options) {
  return done % options.validate_every == 0 || done == options.steps;
}

void Validate(const TrainingSteps& steps, TrainingLog& log, const Monitor& monitor) {
  if (!steps.validate) return;
  const ValidationFigures numbers = steps.validate();
  TrainingLogLine line = {.step = steps.state->step - 1, .values = {}};
  std::string text;
  for (const auto& [name, value] : numbers) {
    line.values["validation_" + name] = value;
    text += fmt::format(", {} {:.4f}", name, value);
  }
  log.Append(line);
  monitor.say(fmt::format("step {}: validation{}", steps.state->step, text));
}

// Whether the last step's figures are due and not in the log: a stop came between.
bool LacksValidation(const TrainingSteps& steps,
                     const TrainingLog& log,
                     const NetworkTrainingOptions& options) {
  const std::uint64_t done = steps.state->step;
  if (!steps.validate || done == 0 || !IsValidated(done, options)) return false;
  return std::ranges::none_of(log.lines(), [&](const TrainingLogLine& line) {
    return line.step + 1 == done && !line.values.contains("loss");
  });
}

// What the log of a training of so many steps says.
TrainingFigures FiguresOf(const std::vector<TrainingLogLine>& lines, std::uint64_t steps) {
  constexpr std::string_view kValidation = "validation_";
  constexpr std::uint64_t kLastSteps = 100;
  TrainingFigures figures;
  double loss_sum = 0;
  std::uint64_t losses = 0;
  for (const TrainingLogLine& line : lines) {
    std::map<std::string, double> validation;
    for (const auto& [name, value] : line.values) {
      if (name.starts_with(kValidation)) validation[name.substr(kValidation.size())] = value;
    }
    if (!validation.empty()) figures.validation = validation;
    const auto loss = line.values.find("loss");
    if (loss == line.values.end()) continue;
    const auto seconds = line.values.find("seconds");
    if (seconds != line.values.end()) figures.seconds += seconds->second;
    if (line.step + kLastSteps < steps) continue;
    loss_sum += loss->second;
    ++losses;
  }
  figures.loss = losses == 0 ? 0 : loss_sum / static_cast<double>(losses);
  return figures;
}

}  // namespace

TrainingFigures RunTraining(const TrainingSteps& steps,
                            const NetworkTrainingOptions& options,
                            const Monitor& monitor) {
  const std::uint64_t& done = steps.state->step;
  const std::uint64_t first = done;
  TrainingLog log(options.file.string() + ".log.jsonl", first);
  const auto draw = [&] { WriteFileWhole(options.file.string() + ".svg", CurvesSvg(log.lines())); };
  std::uint64_t saved = first;
  const auto save = [&] {
    steps.save();
    saved = done;
  };
  if (LacksValidation(steps, log, options)) Validate(steps, log, monitor);
  try {
    Stage stage(monitor, steps.what, "steps", options.steps, std::min(first, options.steps));
    while (done < options.steps) {
      ThrowIfStopped(monitor);
      const Stopwatch watch;
      const StepReport report = steps.run_step();
      log.Append({.step = report.step,
                  .values = {{"loss", report.loss},
                             {"total_loss", report.total_loss},
                             {"rate", report.rate},
                             {"seconds", watch.Seconds()}}});
      const bool is_validated = IsValidated(done, options);
      // Before the validation: a process that is ended in its midst has lost no step.
      if (is_validated || done % options.checkpoint_every == 0) save();
      if (is_validated) {
        Validate(steps, log, monitor);
        draw();
      }
      stage.Advance();
    }
  } catch (const WorkStopped&) {
    if (done > saved) save();
  }
  draw();
  TrainingFigures figures = FiguresOf(log.lines(), options.steps);
  figures.steps = done;
  figures.finished = figures.steps >= options.steps;
  return figures;
}

TrainingFigures RunTraining(Trainer& trainer,
                            const NetworkTrainingOptions& options,
                            const TrainingTask& task,
                            const Monitor& monitor) {
  TrainingSteps steps = {
      .what = task.what,
      .state = &trainer.state(),
      .run_step =
          [&] {
            task.begin_batch(trainer.state().step);
            return trainer.RunStep(
                [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
                  ThrowIfStopped(monitor);
                  task.fill(example, worker, input);
                },
                task.loss);
          },
      .save = [&] { trainer.Save(); },
      .validate = {}};
  if (task.validate) steps.validate = [&] { return task.validate(trainer); };
  return RunTraining(steps, options, monitor);
}

const Tensor& LearnedBlob(const SolverState& state, const std::string& name) {
  const auto average = state.averages.find(name);
  return average != state.averages.end() ? average->second : state.weights.at(name);
}

Weights TrainedBackbone(const SolverState& state) {
  Weights weights;
  const auto take = [&](const std::string& name) { weights[name] = LearnedBlob(state, name); };
  for (const Layer& layer : GoogLeNetConvolutions()) {
    take(WeightName(layer.name));
    take(BiasName(layer.name));
  }
  take(WeightName(kClassifierName));
  take(BiasName(kClassifierName));
  return weights;
}

}  // namespace deeper
