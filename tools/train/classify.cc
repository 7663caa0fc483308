#include "tools/train/classify.h"

#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <string_view>

#include "backbone/files/weight_files.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "detector/model/find_backbone.h"
#include "detector/training/train_classification.h"
#include "eval/formats/class_folders.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"
#include "tools/train/network_training_options.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct ClassificationArguments {
  std::string data;
  ReadingOptions reading;
  std::string backbone;
  NetworkTrainingArguments training;
  ClassificationTrainingOptions options;
};

bool ParseClassification(const Arguments& words, ClassificationArguments& a) {
  CommandLine line("train classify",
                   "Trains GoogLeNet to name what whole pictures show, with the augmentation of "
                   "Szegedy et al. 2014, section 6.",
                   {"deeper train classify --data folders/ --output named.safetensors",
                    "deeper train classify --data folders/ --backbone bvlc_googlenet.caffemodel "
                    "--frozen inception_4e --holdout 0.1 --output named.safetensors"});
  ClassificationTrainingOptions& o = a.options;
  // clang-format off
  auto& data = line.Group("Data");
  data.add_options()
      ("data", po::value(&a.data)->required()->value_name("DIR"), "a directory with a folder of pictures for each class, named like it");
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the network to write; beside it FILE.labels.txt, the names of its classes, FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves; another file that is there stays as FILE.before")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "GoogLeNet's weights to begin with; default: random ones");
  AddJsonOption(model, a.training.json);
  a.training.AddNetworkOptions(line.Group("Network"), o.training);
  line.Group("Examples").add_options()
      ("batch", po::value(&o.batch)->default_value(o.batch)->value_name("N"), "crops a step")
      ("min-area", po::value(&o.augment.min_area)->default_value(o.augment.min_area)->value_name("F"), "smallest share of a picture that a crop covers")
      ("distortion", po::value(&o.augment.distortion)->default_value(o.augment.distortion)->value_name("F"), "of brightness, contrast and saturation, up and down")
      ("holdout", po::value(&o.holdout)->default_value(o.holdout)->value_name("F"), "keep this fraction of the pictures out of training and validate on them")
      ("validation-examples", po::value(&o.validation_examples)->default_value(o.validation_examples)->value_name("N"), "at most; of held-out pictures, and as many of those trained on")
      ("picture-memory", po::value(&o.picture_memory_gb)->default_value(o.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.training.AddTrainingOptions(line.Group("Training"), o.training);
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  line.Restrict(NetworkTrainingArguments::Restrictions());
  if (!line.Parse(words)) return false;
  if (!o.training.plan.frozen.empty() && a.backbone.empty())
    throw UsageError("--frozen needs --backbone: random layers are not worth keeping");
  if (line.Given("rate-every")) o.rate_every = o.training.solver.schedule.every;
  a.training.Apply(o.training);
  a.reading.Check();
  o.reading = a.reading.ForReadingAgain();
  CheckOptions(o);
  return true;
}

void WriteLabels(const ClassTable& classes, const std::string& path) {
  std::string labels;
  for (const ClassInfo& info : classes.classes) labels += info.name + "\n";
  WriteFileWhole(path, std::string_view(labels));
}

std::string ReportJson(const ClassificationReport& report,
                       const std::string& output,
                       const std::string& labels,
                       std::size_t classes) {
  nlohmann::ordered_json json = {
      {"training", "classify"},
      {"output", output},
      {"labels", labels},
      {"classes", classes},
      {"pictures",
       {{"training", report.training_pictures}, {"held_out", report.held_out_pictures}}}};
  AddFigures(report.figures, json);
  return LineOf(json);
}

}  // namespace

TrainingOutcome RunTrainClassify(const Arguments& words) {
  ClassificationArguments arguments;
  if (!ParseClassification(words, arguments)) return {};
  const std::string& output = arguments.training.output;
  RequireWritable(output);
  const std::string labels = output + ".labels.txt";
  const Dataset dataset = ReadClassFolders(arguments.data);
  std::optional<Weights> backbone;
  if (!arguments.backbone.empty()) backbone = ReadNetwork(arguments.backbone);
  const ClassificationReport report =
      TrainClassification(dataset, backbone, arguments.options, TerminalMonitor());
  if (!report.finished) return Stopped(report.goes_on_from);
  WriteKeepingBefore(output, [&](const auto& path) { WriteBackboneWeights(report.network, path); });
  WriteLabels(dataset.classes, labels);
  fmt::print(stderr, "{}: trained for {}\n", output, Counted(dataset.classes.Size(), "classes"));
  if (!arguments.training.json) return {};
  return {.status = kDone, .json = ReportJson(report, output, labels, dataset.classes.Size())};
}

}  // namespace deeper::tools
