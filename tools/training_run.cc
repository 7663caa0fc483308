#include "tools/training_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "backbone/googlenet.h"
#include "backbone/training/training_log.h"
#include "core/files/file.h"
#include "core/work/stopwatch.h"
#include "tools/options/option_values.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

void Validate(Trainer& trainer,
              const TrainingTask& task,
              TrainingLog& log,
              ProgressLine& progress) {
  if (!task.validate) return;
  const std::map<std::string, double> numbers = task.validate(trainer);
  TrainingLogLine line = {.step = trainer.state().step - 1, .values = {}};
  std::string text;
  for (const auto& [name, value] : numbers) {
    line.values["validation_" + name] = value;
    text += fmt::format(", {} {:.4f}", name, value);
  }
  log.Append(line);
  progress.Say(fmt::format("step {}: validation{}", trainer.state().step, text));
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

void TrainingArguments::AddNetworkOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("frozen", po::value(&plan.frozen)->default_value(plan.frozen)->value_name("ROW"), "the last row that is not trained: 'stem' or an inception module such as inception_3b; '' trains all")
      ("auxiliary-heads", po::value(&plan.auxiliary_heads)->default_value(plan.auxiliary_heads, plan.auxiliary_heads ? "yes" : "no")->value_name("yes|no"), "train with the two auxiliary classifiers of the paper")
      ("dropout", po::value(&plan.dropout)->default_value(plan.dropout)->value_name("RATE"), "before the classifier");
  // clang-format on
}

void TrainingArguments::AddTrainingOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("steps", po::value(&steps)->default_value(steps)->value_name("N"), "batches to train on")
      ("rate", po::value(&solver.schedule.rate)->default_value(solver.schedule.rate)->value_name("R"), "learning rate at the start")
      ("new-layer-rate", po::value(&solver.new_layer_rate)->default_value(solver.new_layer_rate)->value_name("F"), "factor on it for layers that begin at random")
      ("schedule", po::value(&schedule)->default_value(schedule)->value_name("NAME"), "step: falls by --rate-factor every --rate-every steps; poly: to zero at the end")
      ("rate-factor", po::value(&solver.schedule.factor)->default_value(solver.schedule.factor)->value_name("F"), "step")
      ("rate-every", po::value(&solver.schedule.every)->default_value(solver.schedule.every)->value_name("N"), "step")
      ("rate-power", po::value(&solver.schedule.power)->default_value(solver.schedule.power)->value_name("P"), "poly: rate x (1 - step/steps)^P")
      ("warmup", po::value(&solver.schedule.warmup)->default_value(solver.schedule.warmup)->value_name("N"), "steps over which the rate rises from zero")
      ("momentum", po::value(&solver.momentum)->default_value(solver.momentum)->value_name("M"), "of past steps in the next")
      ("weight-decay", po::value(&solver.weight_decay)->default_value(solver.weight_decay)->value_name("D"), "pull of weights to zero")
      ("average", po::value(&solver.average_decay)->default_value(solver.average_decay)->value_name("D"), "Polyak averaging: share of the average that stays at each step, such as 0.99; 0: none")
      ("seed", po::value(&seed)->default_value(seed)->value_name("N"), "of all random draws")
      ("micro-batch", po::value(&micro_batch)->default_value(micro_batch)->value_name("N"), "crops that go through the network together; more take more memory")
      ("validate-every", po::value(&validate_every)->default_value(validate_every)->value_name("N"), "steps between validations")
      ("checkpoint-every", po::value(&checkpoint_every)->default_value(checkpoint_every)->value_name("N"), "steps between checkpoints");
  // clang-format on
}

void TrainingArguments::Check() {
  CheckRange("steps", static_cast<double>(steps), 1, 1e9);
  CheckRange("micro-batch", static_cast<double>(micro_batch), 1, 256);
  CheckRange("validate-every", static_cast<double>(validate_every), 1, 1e9);
  CheckRange("checkpoint-every", static_cast<double>(checkpoint_every), 1, 1e9);
  solver.schedule.kind = ScheduleKindFromName(schedule);
  solver.schedule.total = steps;
  solver.Validate();
  plan.Validate();
  run.Check();
}

std::string TrainingArguments::Text() const {
  const RateSchedule& rates = solver.schedule;
  const std::string schedule_text =
      rates.kind == ScheduleKind::kStep
          ? fmt::format("step factor {} every {}", rates.factor, rates.every)
          : fmt::format("poly power {} total {}", rates.power, rates.total);
  return fmt::format(
      "frozen '{}'\nauxiliary heads {} weight {} dropout {}\ndropout {}\nrate {} {} warmup {}\n"
      "new layers {} biases {}\nmomentum {}\nweight decay {}\naverage {}\nseed {}\n"
      "micro-batch {}\nworkers {}\nprecision {}\n",
      plan.frozen,
      plan.auxiliary_heads,
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
      seed,
      micro_batch,
      run.workers,
      NameOf(run.ForNetwork(std::nullopt).precision));
}

TrainingFigures RunTraining(Trainer& trainer,
                            const TrainingArguments& arguments,
                            const TrainingTask& task) {
  const std::uint64_t first = trainer.state().step;
  TrainingLog log(arguments.output + ".log.jsonl", first);
  const auto draw = [&] { WriteFileWhole(arguments.output + ".svg", CurvesSvg(log.lines())); };
  ProgressLine progress(task.what, "steps", arguments.steps, std::min(first, arguments.steps));
  while (trainer.state().step < arguments.steps && !StopAsked()) {
    const Stopwatch watch;
    task.begin_batch(trainer.state().step);
    const StepReport report = trainer.RunStep(task.fill, task.loss);
    log.Append({.step = report.step,
                .values = {{"loss", report.loss},
                           {"total_loss", report.total_loss},
                           {"rate", report.rate},
                           {"seconds", watch.Seconds()}}});
    const std::uint64_t done = trainer.state().step;
    const bool is_last = done == arguments.steps;
    if (done % arguments.validate_every == 0 || is_last) {
      Validate(trainer, task, log, progress);
      draw();
    }
    if (done % arguments.checkpoint_every == 0 && !is_last) trainer.Save();
    progress.Advance();
  }
  if (trainer.state().step > first) trainer.Save();
  draw();
  TrainingFigures figures = FiguresOf(log.lines(), arguments.steps);
  figures.steps = trainer.state().step;
  figures.finished = figures.steps >= arguments.steps;
  return figures;
}

Weights TrainedBackbone(const SolverState& state) {
  Weights weights;
  const auto take = [&](const std::string& name) {
    const auto average = state.averages.find(name);
    weights[name] = average != state.averages.end() ? average->second : state.weights.at(name);
  };
  for (const Layer& layer : GoogLeNetConvolutions()) {
    take(WeightName(layer.name));
    take(BiasName(layer.name));
  }
  take(WeightName(kClassifierName));
  take(BiasName(kClassifierName));
  return weights;
}

}  // namespace deeper::tools
