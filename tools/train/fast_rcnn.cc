#include "tools/train/fast_rcnn.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "detector/model/find_backbone.h"
#include "detector/model/model_file.h"
#include "detector/training/fast_rcnn_heads.h"
#include "detector/training/train_detector.h"
#include "detector/training/train_fast_rcnn.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/options/reading_options.h"
#include "tools/run/journaled_run.h"
#include "tools/run/keep_before.h"
#include "tools/run/progress.h"
#include "tools/train/network_training_options.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct FastRcnnArguments {
  DataSource data;
  ReadingOptions reading;
  std::string backbone;
  std::string proposals_cache;
  ProposalOptions proposals;
  NetworkTrainingArguments training;
  FastRcnnOptions options;
};

bool ParseFastRcnn(const Arguments& words, FastRcnnArguments& a) {
  CommandLine line(
      "train fast-rcnn",
      "Trains a detector whose network looks once at a picture: its regions share the features of "
      "the whole picture's map. Network, classifier and box regression learn together (Fast "
      "R-CNN).",
      {"deeper train fast-rcnn --data voc:my-pictures --set train --output mine.safetensors",
       "deeper train fast-rcnn --data voc:my-pictures --set train --holdout 0.1 --steps 10000 "
       "--output mine.safetensors"});
  FastRcnnOptions& o = a.options;
  // clang-format off
  auto& data = line.Group("Data");
  a.data.AddOptions(data);
  a.reading.AddOptions(data);
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the detector to write; beside it FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves; another file that is there stays as FILE.before")
      ("backbone", po::value(&a.backbone)->value_name("MODEL"), "GoogLeNet's weights to begin with: .caffemodel, .safetensors or a detector, which of this kind passes on its box regression too, and where its classes are the same its classifier; default: BVLC's, looked for in $DEEPER_MODELS and models/, else the network inside voc-fast.safetensors");
  AddJsonOption(model, a.training.json);
  line.Group("Network").add_options()
      ("frozen", po::value(&o.training.plan.frozen)->default_value(o.training.plan.frozen)->value_name("ROW"), "the last row that is not trained: 'stem' or an inception module up to inception_4d; '' trains all")
      ("short-side", po::value(&o.scale.short_side_px)->default_value(o.scale.short_side_px)->value_name("PX"), "of a picture as the network sees it in detection")
      ("long-side", po::value(&o.scale.long_side_px)->default_value(o.scale.long_side_px)->value_name("PX"), "at most; the short side is less then");
  line.Group("Examples").add_options()
      ("pictures", po::value(&o.pictures)->default_value(o.pictures)->value_name("N"), "pictures a step")
      ("regions", po::value(&o.sampling.regions)->default_value(o.sampling.regions)->value_name("N"), "regions of a picture that are learned from")
      ("foreground", po::value(&o.sampling.foreground)->default_value(o.sampling.foreground)->value_name("F"), "fraction of them that shows objects, at most")
      ("candidates", po::value(&o.candidates)->default_value(o.candidates)->value_name("N"), "regions of a picture that are compared; those with the largest losses are learned from; 0: none are compared")
      ("map-boxes", po::value(&o.map_boxes)->default_value(o.map_boxes)->value_name("N"), "boxes of a picture that are learned from beside those of Selective Search: the best that the map of the detector named by --backbone proposes; for detection with --propose-by both or map")
      ("training-side", po::value(&o.short_sides_px)->multitoken()->default_value(o.short_sides_px, "480 576 704")->value_name("PX..."), "short sides of the frames that training pictures are scaled into, multiples of 32; one is drawn each step")
      ("box-weight", po::value(&o.box_weight)->default_value(o.box_weight)->value_name("W"), "of the box regression's loss beside the classifier's")
      ("foreground-iou", po::value(&o.labels.foreground_iou)->default_value(o.labels.foreground_iou)->value_name("IOU"), "boxes that overlap an object by this much show it")
      ("background-iou", po::value(&o.labels.background_max_iou)->default_value(o.labels.background_max_iou)->value_name("IOU"), "boxes that overlap every object by less are background")
      ("background-min-iou", po::value(&o.labels.background_min_iou)->default_value(o.labels.background_min_iou)->value_name("IOU"), "but not those that overlap all by less than this")
      ("holdout", po::value(&o.holdout)->default_value(o.holdout)->value_name("F"), "keep this fraction of the pictures out of training and validate on them")
      ("validation-pictures", po::value(&o.validation_pictures)->default_value(o.validation_pictures)->value_name("N"), "held-out pictures that are validated on")
      ("proposals-cache", po::value(&a.proposals_cache)->value_name("DIR"), "where proposals are kept; default: <output>.proposals")
      ("picture-memory", po::value(&o.picture_memory_gb)->default_value(o.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.proposals.AddOptions(line.Group("Proposals"));
  auto& training = line.Group("Training");
  a.training.AddTrainingOptions(training, o.training);
  training.add_options()
      ("clip", po::value(&o.training.solver.clip_norm)->default_value(o.training.solver.clip_norm)->value_name("NORM"), "gradients longer than this are shortened to it; 0: never");
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  line.Restrict(NetworkTrainingArguments::Restrictions());
  line.Restrict({{.options = "validation-pictures", .with = "holdout"}});
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  a.training.Apply(o.training);
  o.proposals = a.proposals.Over(DefaultProposals());
  o.proposals_cache =
      a.proposals_cache.empty() ? a.training.output + ".proposals" : a.proposals_cache;
  a.reading.Check();
  o.reading = a.reading.ForReadingAgain();
  CheckOptions(o);
  return true;
}

}  // namespace

nlohmann::ordered_json FastRcnnJson(const FastRcnnReport& report,
                                    const std::string& output,
                                    std::size_t classes) {
  nlohmann::ordered_json json = {
      {"training", "fast-rcnn"},
      {"output", output},
      {"classes", classes},
      {"pictures",
       {{"training", report.training_pictures}, {"held_out", report.held_out_pictures}}},
      {"regions",
       {{"foreground", report.regions.foreground}, {"background", report.regions.background}}}};
  AddFigures(report.figures, json);
  return json;
}

TrainingOutcome RunTrainFastRcnn(const Arguments& words) {
  FastRcnnArguments arguments;
  if (!ParseFastRcnn(words, arguments)) return {};
  const std::string& output = arguments.training.output;
  RequireWritable(output);
  const LoadedData data = LoadData(arguments.data);
  const Dataset& dataset = data.dataset;
  const fs::path network = FindStartingNetwork(arguments.backbone, DetectionMethod::kFastRcnn);
  arguments.options.learned = LearnedIn(network);
  const FastRcnnReport report =
      TrainFastRcnn(dataset, ReadNetwork(network), arguments.options, TerminalMonitor());
  if (!report.finished) return Stopped(report.goes_on_from);
  WriteKeepingBefore(output, [&](const auto& path) { SaveModel(report.model, path); });
  fmt::print(stderr,
             "{}: {}, trained on {}\n",
             output,
             Counted(dataset.classes.Size(), "classes"),
             Counted(report.training_pictures, "pictures"));
  if (!arguments.training.json) return {.status = data.Status(), .json = {}};
  return {.status = data.Status(),
          .json = LineOf(FastRcnnJson(report, output, dataset.classes.Size()))};
}

}  // namespace deeper::tools
