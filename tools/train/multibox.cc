#include "tools/train/multibox.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model.h"
#include "detector/model/model_file.h"
#include "detector/multibox/multibox.h"
#include "detector/multibox/multibox_file.h"
#include "detector/multibox/multibox_loss.h"
#include "detector/multibox/multibox_priors.h"
#include "detector/training/train_detector.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"
#include "tools/train/network_training_options.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct MultiBoxArguments {
  DataSource data;
  ReadingOptions reading;
  std::string backbone;
  std::string into;
  std::string priors;
  std::string matching = NameOf(MultiBoxLossOptions().matching);
  std::string distance = NameOf(MultiBoxLossOptions().distance);
  bool no_mirror = false;
  NetworkTrainingArguments training;
  MultiBoxTrainingOptions options;
};

bool ParseMultiBox(const Arguments& words, MultiBoxArguments& a) {
  CommandLine line(
      "train multibox",
      "Trains a network that proposes boxes of any class for a whole picture (Erhan et al. 2014), "
      "to join those of Selective Search.",
      {"deeper train multibox --data voc:my-pictures --set train --output boxes.safetensors",
       "deeper train multibox --data voc:my-pictures --set train --backbone mine.safetensors "
       "--into mine.safetensors --output boxes.safetensors",
       "deeper propose --multibox boxes.safetensors --data voc:my-pictures --set test"});
  MultiBoxTrainingOptions& o = a.options;
  // clang-format off
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the MultiBox to write; beside it FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves; another file that is there stays as FILE.before")
      ("into", po::value(&a.into)->value_name("MODEL"), "a detector that gets the MultiBox too, MODEL.before keeps it without; detection with it then joins its boxes to those of Selective Search")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "GoogLeNet's weights to begin with: .caffemodel, .safetensors or a detector; with those of the detector itself the frozen layers are stored once; default: BVLC's, looked for in $DEEPER_MODELS and models/, else the network inside voc.safetensors");
  AddJsonOption(model, a.training.json);
  a.training.AddNetworkOptions(line.Group("Network"), o.training);
  line.Group("Boxes").add_options()
      ("boxes", po::value(&o.boxes)->default_value(o.boxes)->value_name("K"), "boxes a picture")
      ("priors", po::value(&a.priors)->value_name("FILE"), "where they are before training, in the format of Google's MultiBox, instead of k-means of the training boxes")
      ("location-weight", po::value(&o.loss.location_weight)->default_value(o.loss.location_weight)->value_name("A"), "of a box's squared distance to its object, against its confidence")
      ("distance", po::value(&a.distance)->default_value(a.distance)->value_name("absolute|relative"), "squared distances count as they are (absolute) or divided by the root of the object's area (relative), so that small objects are met more closely; also for the priors")
      ("matching", po::value(&a.matching)->default_value(a.matching)->value_name("priors|predictions"), "objects take the nearest priors, each one of its own, or predictions: those that make the loss least");
  line.Group("Examples").add_options()
      ("batch", po::value(&o.batch)->default_value(o.batch)->value_name("N"), "pictures a step")
      ("whole", po::value(&o.augment.whole)->default_value(o.augment.whole)->value_name("F"), "share of examples that are whole pictures; the others are crops")
      ("min-side", po::value(&o.augment.min_side)->default_value(o.augment.min_side)->value_name("F"), "smallest part of a picture's side in a crop")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not mirror examples at random")
      ("holdout", po::value(&o.holdout)->default_value(o.holdout)->value_name("F"), "keep this fraction of the pictures out of training and measure recall on them")
      ("picture-memory", po::value(&o.picture_memory_gb)->default_value(o.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.training.AddTrainingOptions(line.Group("Training"), o.training);
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  line.Restrict(NetworkTrainingArguments::Restrictions());
  line.Restrict({{.options = "boxes", .without = "priors"}});
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  o.loss.matching = ValueOf("matching", [&] { return MultiBoxMatchingFromName(a.matching); });
  o.loss.distance = ValueOf("distance", [&] { return MultiBoxDistanceFromName(a.distance); });
  o.augment.mirror = !a.no_mirror;
  a.training.Apply(o.training);
  a.reading.Check();
  o.reading = a.reading.ForReadingAgain();
  CheckOptions(o);
  if (!a.priors.empty()) o.priors = ReadMultiBoxPriors(a.priors);
  return true;
}

// Gives a detector's file this MultiBox, as small as it gets beside the detector's network.
void PutInto(const std::string& model_path, const MultiBox& multibox) {
  Model model = LoadModel(model_path);
  model.multibox = RoundedBeside(model.backbone.value_or(Weights{}), multibox);
  WriteKeepingBefore(model_path, [&](const auto& path) { SaveModel(model, path); });
  fmt::print(stderr, "{}: has the MultiBox now\n", model_path);
}

}  // namespace

nlohmann::ordered_json MultiBoxJson(const MultiBoxReport& report,
                                    const std::string& output,
                                    const std::string& into) {
  nlohmann::ordered_json json = {
      {"training", "multibox"},
      {"output", output},
      {"into", into},
      {"boxes", report.multibox.priors.size()},
      {"pictures",
       {{"training", report.training_pictures}, {"held_out", report.held_out_pictures}}}};
  if (report.priors_alone) {
    json["priors"] = {{"recall_50", report.priors_alone->recall_50},
                      {"average_recall", report.priors_alone->average_recall}};
  }
  AddFigures(report.figures, json);
  return json;
}

TrainingOutcome RunTrainMultiBox(const Arguments& words) {
  MultiBoxArguments arguments;
  if (!ParseMultiBox(words, arguments)) return {};
  const std::string& output = arguments.training.output;
  RequireWritable(output);
  // A model that cannot take the MultiBox fails now, not after hours of training.
  if (!arguments.into.empty()) LoadModel(arguments.into);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  const MultiBoxReport report =
      TrainMultiBox(dataset,
                    ReadNetwork(FindStartingNetwork(arguments.backbone, DetectionMethod::kRcnn)),
                    arguments.options,
                    TerminalMonitor());
  if (!report.finished) return Stopped(report.goes_on_from);
  WriteKeepingBefore(output, [&](const auto& path) { SaveMultiBox(report.multibox, path); });
  fmt::print(stderr,
             "{}: proposes {} a picture\n",
             output,
             Counted(report.multibox.priors.size(), "boxes"));
  if (!arguments.into.empty()) PutInto(arguments.into, report.multibox);
  if (!arguments.training.json) return {.status = data.Status(), .json = {}};
  return {.status = data.Status(), .json = LineOf(MultiBoxJson(report, output, arguments.into))};
}

}  // namespace deeper::tools
