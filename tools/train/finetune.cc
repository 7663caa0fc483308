#include "tools/train/finetune.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "backbone/files/weight_files.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "detector/model/find_backbone.h"
#include "detector/regions/crop.h"
#include "detector/training/finetune.h"
#include "detector/training/train_detector.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"
#include "tools/train/network_training_options.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct FinetuneArguments {
  DataSource data;
  ReadingOptions reading;
  std::string backbone;
  std::string proposals_cache;
  std::string activation_cache;
  std::string crop_mode = "warp";
  bool no_mirror = false;
  ProposalOptions proposals;
  NetworkTrainingArguments training;
  FinetuneOptions options;
};

bool ParseFinetune(const Arguments& words, FinetuneArguments& a) {
  CommandLine line(
      "train finetune",
      "Trains GoogLeNet on, as a classifier of regions, for the classes of an "
      "annotated data set (R-CNN, section 2.3).",
      {"deeper train finetune --data voc:my-pictures --set train --output tuned.safetensors",
       "deeper train finetune --data voc:my-pictures --set train --holdout 0.1 --frozen "
       "inception_4b --output tuned.safetensors",
       "deeper train svm --data voc:my-pictures --set train --backbone "
       "tuned.safetensors --output mine.safetensors"});
  FinetuneOptions& o = a.options;
  // clang-format off
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the network to write; beside it FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves; another file that is there stays as FILE.before")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "GoogLeNet's weights to begin with: .caffemodel, .safetensors or a detector; default: BVLC's, looked for in $DEEPER_MODELS and models/, else the network inside voc.safetensors");
  AddJsonOption(model, a.training.json);
  a.training.AddNetworkOptions(line.Group("Network"), o.training);
  line.Group("Examples").add_options()
      ("foreground", po::value(&o.sampling.foreground)->default_value(o.sampling.foreground)->value_name("N"), "objects a batch")
      ("background", po::value(&o.sampling.background)->default_value(o.sampling.background)->value_name("N"), "background regions a batch")
      ("foreground-iou", po::value(&o.labels.foreground_iou)->default_value(o.labels.foreground_iou)->value_name("IOU"), "boxes that overlap an object by this much show it")
      ("background-iou", po::value(&o.labels.background_max_iou)->default_value(o.labels.background_max_iou)->value_name("IOU"), "boxes that overlap every object by less are background")
      ("background-min-iou", po::value(&o.labels.background_min_iou)->default_value(o.labels.background_min_iou)->value_name("IOU"), "but not those that overlap all by less than this")
      ("max-background", po::value(&o.max_background)->default_value(o.max_background)->value_name("N"), "background regions used of each picture, evenly over the ranks of the proposals; 0 uses all")
      ("class-balanced", po::bool_switch(&o.sampling.class_balanced), "draw every class equally often")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not mirror examples at random")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("warp|square"), "warp: a region is stretched to a square; square: the tightest square around it is taken")
      ("holdout", po::value(&o.holdout)->default_value(o.holdout)->value_name("F"), "keep this fraction of the pictures out of training and validate on them")
      ("validation-examples", po::value(&o.validation_examples)->default_value(o.validation_examples)->value_name("N"), "regions of held-out pictures, a quarter of them objects")
      ("proposals-cache", po::value(&a.proposals_cache)->value_name("DIR"), "where proposals are kept; default: <output>.proposals")
      ("activation-cache", po::value(&a.activation_cache)->value_name("DIR"), "keep what the frozen layers give for each region on disk, for the next time that it is drawn; pays the more the more is frozen, with --max-background; default: computed each time")
      ("picture-memory", po::value(&o.picture_memory_gb)->default_value(o.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.proposals.AddOptions(line.Group("Proposals"));
  a.training.AddTrainingOptions(line.Group("Training"), o.training);
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  line.Restrict(NetworkTrainingArguments::Restrictions());
  line.Restrict({{.options = "validation-examples", .with = "holdout"}});
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  o.crop = ValueOf("crop", [&] { return CropModeFromName(a.crop_mode); });
  a.training.Apply(o.training);
  o.sampling.mirror = !a.no_mirror;
  o.proposals = a.proposals.Over(DefaultProposals());
  o.proposals_cache =
      a.proposals_cache.empty() ? a.training.output + ".proposals" : a.proposals_cache;
  o.activation_cache = a.activation_cache;
  a.reading.Check();
  o.reading = a.reading.ForReadingAgain();
  CheckOptions(o);
  return true;
}

}  // namespace

nlohmann::ordered_json FinetuneJson(const FinetuneReport& report,
                                    const std::string& output,
                                    std::size_t classes) {
  const auto counts = [](const RegionCounts& regions) -> nlohmann::ordered_json {
    return {{"foreground", regions.foreground}, {"background", regions.background}};
  };
  nlohmann::ordered_json json = {
      {"training", "finetune"},
      {"output", output},
      {"classes", classes},
      {"regions", {{"training", counts(report.training)}, {"held_out", counts(report.held_out)}}}};
  AddFigures(report.figures, json);
  return json;
}

TrainingOutcome RunTrainFinetune(const Arguments& words) {
  FinetuneArguments arguments;
  if (!ParseFinetune(words, arguments)) return {};
  const std::string& output = arguments.training.output;
  RequireWritable(output);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  const FinetuneReport report =
      Finetune(dataset,
               ReadNetwork(FindStartingNetwork(arguments.backbone, DetectionMethod::kRcnn)),
               arguments.options,
               TerminalMonitor());
  if (!report.finished) return Stopped(report.goes_on_from);
  WriteKeepingBefore(output, [&](const auto& path) { WriteBackboneWeights(report.network, path); });
  fmt::print(stderr, "{}: fine-tuned for {}\n", output, Counted(dataset.classes.Size(), "classes"));
  if (!arguments.training.json) return {.status = data.Status(), .json = {}};
  return {.status = data.Status(),
          .json = LineOf(FinetuneJson(report, output, dataset.classes.Size()))};
}

}  // namespace deeper::tools
