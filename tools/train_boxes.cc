#include "tools/train_boxes.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "backbone/network.h"
#include "core/error.h"
#include "core/file.h"
#include "detector/model.h"
#include "detector/training.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/find_model.h"
#include "tools/json_line.h"
#include "tools/network_options.h"
#include "tools/stop_signal.h"
#include "tools/stopwatch.h"
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
  int max_training_boxes = 0;
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
       "--cache mine.safetensors.features --box-lambda 3000 --output moved.safetensors"});
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
      ("max-training-boxes", po::value(&a.max_training_boxes)->default_value(0)->value_name("N"), "proposals used of each picture; 0 uses all")
      ("box-lambda", po::value(&a.boxes.lambda)->default_value(a.boxes.lambda)->value_name("L"), "ridge; larger moves boxes less")
      ("box-iou", po::value(&a.boxes.min_iou)->default_value(a.boxes.min_iou)->value_name("IOU"), "proposals that overlap an object by more teach it")
      ("box-per-class", po::bool_switch(&a.boxes.per_class), "one regression a class (R-CNN) instead of one for all");
  a.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("max-training-boxes", a.max_training_boxes, 0, 1e6);
  a.boxes.Validate();
  a.run.Check();
  if (a.cache.empty()) a.cache = a.output + ".features";
  return true;
}

}  // namespace

TrainingOutcome TrainBoxes(const Arguments& words) {
  const Stopwatch watch;
  BoxesArguments arguments;
  if (!ParseBoxes(words, arguments)) return {};
  RequireWritable(arguments.output);
  const Dataset dataset = ReadDataSource(arguments.data);
  Model model = LoadModel(arguments.model);
  const Network network(BackboneOf(model, arguments.model, arguments.backbone),
                        arguments.run.ForNetwork(model.quantization));
  ExtractedImages extracted = ExtractTrainingFeatures(
      dataset,
      {.network = &network,
       .backbone_fingerprint = model.backbone_fingerprint,
       .crop = model.crop,
       .proposals = model.proposals,
       .max_proposals = static_cast<std::size_t>(arguments.max_training_boxes),
       .mirrored_truth = false,
       .cache = arguments.cache,
       .workers = arguments.run.workers});
  if (StopAsked()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.cache);
    return {.status = StopStatus(), .json = {}};
  }
  for (TrainingImage& image : extracted.images) {
    ScaleFeatures(image.regions.features, image.regions.feature_dim, model.scaling);
  }
  model.box_regression =
      TrainBoxRegression(extracted.images, dataset.classes.Size(), arguments.boxes);
  model.training["box_lambda"] = fmt::format("{}", arguments.boxes.lambda);
  SaveModel(model, arguments.output);
  fmt::print(stderr,
             "{}: box regression trained on {} pictures\n",
             arguments.output,
             extracted.images.size());
  const std::size_t unreadable = dataset.images.size() - extracted.images.size();
  TrainingOutcome outcome = {.status = unreadable == 0 ? kDone : kSomeInputsFailed, .json = {}};
  if (arguments.json) {
    outcome.json =
        LineOf({{"training", "boxes"},
                {"output", arguments.output},
                {"regressors", model.box_regression->RegressorCount()},
                {"pictures", {{"training", extracted.images.size()}, {"unreadable", unreadable}}},
                {"seconds", watch.Seconds()}});
  }
  return outcome;
}

}  // namespace deeper::tools
