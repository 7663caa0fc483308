#include "tools/train/boxes.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "backbone/network.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/json_line.h"
#include "core/work/stopwatch.h"
#include "detector/heads/training_images.h"
#include "detector/model/model.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/training_features.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct BoxesArguments {
  DataSource data;
  std::string model;
  std::string backbone;
  std::string output;
  std::string cache;
  double holdout = 0;
  BoxRegressionTrainingOptions boxes;
  bool json = false;
  RunOptions run;
};

bool ParseBoxes(const Arguments& words, BoxesArguments& a) {
  CommandLine line(
      "train boxes",
      "Trains the box regression of an existing detector anew (R-CNN, appendix C); all else of it "
      "stays.",
      {"deeper train boxes --data voc:my-pictures --set train --model mine.safetensors --output "
       "moved.safetensors",
       "deeper train boxes --data voc:my-pictures --set train --model mine.safetensors "
       "--cache mine.safetensors.features --box-lambda 50 --output moved.safetensors"});
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  auto& model = line.Group("Model");
  model.add_options()
      ("model", po::value(&a.model)->required()->value_name("FILE"), "the detector")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "its network, when it is neither in its file nor beside it nor in $DEEPER_MODELS")
      ("output", po::value(&a.output)->required()->value_name("FILE"), "the copy to write");
  AddJsonOption(model, a.json);
  line.Group("Training").add_options()
      ("cache", po::value(&a.cache)->value_name("DIR"), "where features are kept, that of 'train heads' among others; default: <output>.features")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "leave out the pictures that 'train heads' keeps out with the same fraction")
      ("box-lambda", po::value(&a.boxes.lambda)->default_value(a.boxes.lambda)->value_name("L"), "ridge; larger moves boxes less")
      ("box-iou", po::value(&a.boxes.min_iou)->default_value(a.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach it")
      ("box-per-class", po::bool_switch(&a.boxes.per_class), "one regression a class (R-CNN) instead of one for all");
  a.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0, 0.9);
  a.boxes.Validate();
  a.run.Check();
  if (a.cache.empty()) a.cache = a.output + ".features";
  return true;
}

}  // namespace

BoxRegression TrainBoxRegressionOn(const std::vector<BoxTrainingImage>& images,
                                   std::size_t class_count,
                                   const BoxRegressionTrainingOptions& options,
                                   int workers) {
  std::optional<ProgressLine> line;
  return TrainBoxRegression(
      images, class_count, options, workers, [&](std::size_t done, std::size_t total) {
        if (!line) line.emplace("training box regression", "steps", total);
        line->AdvanceTo(done);
      });
}

TrainingOutcome TrainBoxes(const Arguments& words) {
  const Stopwatch watch;
  BoxesArguments arguments;
  if (!ParseBoxes(words, arguments)) return {};
  RequireWritable(arguments.output);
  const Dataset dataset = ReadDataSource(arguments.data);
  Model model = LoadModel(arguments.model);
  const Network network(BackboneOf(model, arguments.model, arguments.backbone),
                        arguments.run.ForNetwork(model.quantization));
  const ExtractedImages extracted = ExtractTrainingFeatures(
      dataset,
      {.network = &network,
       .backbone_fingerprint = model.backbone_fingerprint,
       .crop = model.crop,
       .proposals = model.proposals,
       .holdout = arguments.holdout,
       .features = false,
       .mirrored_truth = false,
       .to_move = BoxesToMoveOf(dataset.images.size(), arguments.boxes.min_iou),
       .cache = arguments.cache,
       .workers = arguments.run.workers});
  if (StopAsked()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.cache);
    return {.status = StopStatus(), .json = {}};
  }
  const std::size_t pictures = extracted.to_move.size();
  model.box_regression = TrainBoxRegressionOn(
      extracted.to_move, dataset.classes.Size(), arguments.boxes, arguments.run.workers);
  model.training["box_lambda"] = fmt::format("{}", arguments.boxes.lambda);
  SaveModel(model, arguments.output);
  fmt::print(stderr, "{}: box regression trained on {} pictures\n", arguments.output, pictures);
  const std::size_t unreadable = dataset.images.size() - extracted.positions.size();
  TrainingOutcome outcome = {.status = unreadable == 0 ? kDone : kSomeInputsFailed, .json = {}};
  if (arguments.json) {
    outcome.json = LineOf({{"training", "boxes"},
                           {"output", arguments.output},
                           {"regressors", model.box_regression->RegressorCount()},
                           {"pictures", {{"training", pictures}, {"unreadable", unreadable}}},
                           {"seconds", watch.Seconds()}});
  }
  return outcome;
}

}  // namespace deeper::tools
