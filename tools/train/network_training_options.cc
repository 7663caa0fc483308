#include "tools/train/network_training_options.h"

#include "tools/options/command_line.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

void NetworkTrainingArguments::AddNetworkOptions(po::options_description& group,
                                                 NetworkTrainingOptions& training) {
  TrainingPlanOptions& plan = training.plan;
  // clang-format off
  group.add_options()
      ("frozen", po::value(&plan.frozen)->default_value(plan.frozen)->value_name("ROW"), "the last row that is not trained: 'stem' or an inception module such as inception_3b; '' trains all")
      ("auxiliary-heads", po::value(&plan.auxiliary_heads)->default_value(plan.auxiliary_heads, plan.auxiliary_heads ? "yes" : "no")->value_name("yes|no"), "train with the two auxiliary classifiers of the paper")
      ("dropout", po::value(&plan.dropout)->default_value(plan.dropout)->value_name("RATE"), "before the classifier")
      ("micro-batch", po::value(&training.micro_batch)->default_value(training.micro_batch)->value_name("N"), "crops that go through the network together; more take more memory");
  // clang-format on
}

void NetworkTrainingArguments::AddTrainingOptions(po::options_description& group,
                                                  NetworkTrainingOptions& training) {
  SolverOptions& solver = training.solver;
  schedule = NameOf(solver.schedule.kind);
  // clang-format off
  group.add_options()
      ("steps", po::value(&training.steps)->default_value(training.steps)->value_name("N"), "batches to train on")
      ("rate", po::value(&solver.schedule.rate)->default_value(solver.schedule.rate)->value_name("R"), "learning rate at the start")
      ("new-layer-rate", po::value(&solver.new_layer_rate)->default_value(solver.new_layer_rate)->value_name("F"), "factor on it for layers that begin at random")
      ("schedule", po::value(&schedule)->default_value(schedule)->value_name("step|poly"), "step: falls by --rate-factor every --rate-every steps; poly: to zero at the end")
      ("rate-factor", po::value(&solver.schedule.factor)->default_value(solver.schedule.factor)->value_name("F"), "step")
      ("rate-every", po::value(&solver.schedule.every)->default_value(solver.schedule.every)->value_name("N"), "step")
      ("rate-power", po::value(&solver.schedule.power)->default_value(solver.schedule.power)->value_name("P"), "poly: rate x (1 - step/steps)^P")
      ("warmup", po::value(&solver.schedule.warmup)->default_value(solver.schedule.warmup)->value_name("N"), "steps over which the rate rises from zero")
      ("momentum", po::value(&solver.momentum)->default_value(solver.momentum)->value_name("M"), "of past steps in the next")
      ("weight-decay", po::value(&solver.weight_decay)->default_value(solver.weight_decay)->value_name("D"), "pull of weights to zero")
      ("average", po::value(&solver.average_decay)->default_value(solver.average_decay)->value_name("D"), "Polyak averaging: share of the average that stays at each step, such as 0.99; 0: none")
      ("seed", po::value(&training.seed)->default_value(training.seed)->value_name("N"), "of all random draws")
      ("validate-every", po::value(&training.validate_every)->default_value(training.validate_every)->value_name("N"), "steps between validations")
      ("checkpoint-every", po::value(&training.checkpoint_every)->default_value(training.checkpoint_every)->value_name("N"), "steps between checkpoints");
  // clang-format on
}

std::vector<Restriction> NetworkTrainingArguments::Restrictions() {
  return {{.options = "rate-factor rate-every", .with = "schedule=step"},
          {.options = "rate-power", .with = "schedule=poly"}};
}

void NetworkTrainingArguments::Apply(NetworkTrainingOptions& training) {
  training.solver.schedule.kind = ScheduleKindFromName(schedule);
  run.Check();
  training.precision = run.Wanted();
  training.workers = run.workers;
  training.file = output;
}

}  // namespace deeper::tools
