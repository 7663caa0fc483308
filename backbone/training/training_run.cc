#include "backbone/training/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "backbone/googlenet.h"
#include "backbone/training/training_log.h"
#include "core/files/file.h"
#include "core/work/stopwatch.h"

namespace deeper {

namespace {

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
  {
    Stage stage(monitor, steps.what, "steps", options.steps, std::min(first, options.steps));
    while (done < options.steps && !monitor.stop_asked()) {
      const Stopwatch watch;
      const StepReport report = steps.run_step();
      log.Append({.step = report.step,
                  .values = {{"loss", report.loss},
                             {"total_loss", report.total_loss},
                             {"rate", report.rate},
                             {"seconds", watch.Seconds()}}});
      const bool is_last = done == options.steps;
      if (done % options.validate_every == 0 || is_last) {
        Validate(steps, log, monitor);
        draw();
      }
      if (done % options.checkpoint_every == 0 && !is_last) steps.save();
      stage.Advance();
    }
    if (done > first) steps.save();
    draw();
  }
  TrainingFigures figures = FiguresOf(log.lines(), options.steps);
  figures.steps = done;
  figures.finished = figures.steps >= options.steps;
  return figures;
}

TrainingFigures RunTraining(Trainer& trainer,
                            const NetworkTrainingOptions& options,
                            const TrainingTask& task,
                            const Monitor& monitor) {
  TrainingSteps steps = {.what = task.what,
                         .state = &trainer.state(),
                         .run_step =
                             [&] {
                               task.begin_batch(trainer.state().step);
                               return trainer.RunStep(task.fill, task.loss);
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
