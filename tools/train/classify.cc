#include "tools/train/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "backbone/execution/frozen_part.h"
#include "backbone/files/weight_files.h"
#include "backbone/training/losses.h"
#include "backbone/training/trainer.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "detector/examples/augment.h"
#include "detector/examples/data_split.h"
#include "detector/examples/validation_scores.h"
#include "detector/regions/classification_views.h"
#include "detector/regions/crop.h"
#include "tools/class_folders.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/train/training_json.h"
#include "tools/training_pictures.h"
#include "tools/training_run.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr std::size_t kCropValues = 3 * kCropSide * kCropSide;

struct TrainClassifyArguments {
  std::string data;
  std::string backbone;
  std::size_t batch = 32;
  double holdout = 0;
  std::size_t validation_examples = 1000;
  double picture_memory_gb = 2;
  bool rate_every_given = false;
  AugmentOptions augment;
  TrainingArguments training;

  // The paper's rate falls by 4% every 8 epochs; decay is BVLC's.
  TrainClassifyArguments() {
    training.solver.schedule.rate = 0.01;
    training.solver.schedule.factor = 0.96;
    training.solver.weight_decay = 2e-4;
    training.solver.new_layer_rate = 1;
    training.solver.average_decay = 0.99;
  }
};

constexpr std::uint64_t kEpochsBetweenFalls = 8;

bool ParseTrainClassify(const Arguments& words, TrainClassifyArguments& a) {
  CommandLine line("train classify",
                   "Trains GoogLeNet to name what whole pictures show, with the augmentation of "
                   "Szegedy et al. 2014, section 6.",
                   {"deeper train classify --data folders/ --output named.safetensors",
                    "deeper train classify --data folders/ --backbone bvlc_googlenet.caffemodel "
                    "--frozen inception_4e --holdout 0.1 --output named.safetensors"});
  // clang-format off
  line.Group("Data").add_options()
      ("data", po::value(&a.data)->required()->value_name("DIR"), "a directory with a folder of pictures for each class, named like it");
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the network to write; beside it FILE.labels.txt, the names of its classes, FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights to begin with; default: random ones");
  AddJsonOption(model, a.training.json);
  a.training.AddNetworkOptions(line.Group("Network"));
  line.Group("Examples").add_options()
      ("batch", po::value(&a.batch)->default_value(a.batch)->value_name("N"), "crops a step")
      ("min-area", po::value(&a.augment.min_area)->default_value(a.augment.min_area)->value_name("F"), "smallest share of a picture that a crop covers")
      ("distortion", po::value(&a.augment.distortion)->default_value(a.augment.distortion)->value_name("F"), "of brightness, contrast and saturation, up and down")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and validate on them")
      ("validation-examples", po::value(&a.validation_examples)->default_value(a.validation_examples)->value_name("N"), "at most; of held-out pictures, and as many of those trained on")
      ("picture-memory", po::value(&a.picture_memory_gb)->default_value(a.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.training.AddTrainingOptions(line.Group("Training"));
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  CheckRange("batch", static_cast<double>(a.batch), 1, 65536);
  CheckRange("holdout", a.holdout, 0, 0.9);
  CheckRange("validation-examples", static_cast<double>(a.validation_examples), 1, 1e6);
  CheckRange("picture-memory", a.picture_memory_gb, 0, 1e6);
  if (!a.training.plan.frozen.empty() && a.backbone.empty())
    throw UsageError("--frozen needs --backbone: random layers are not worth keeping");
  a.rate_every_given = line.Given("rate-every");
  a.augment.Validate();
  a.training.Check();
  return true;
}

// Positions of the pictures that are trained on, and of those that are held out.
struct Split {
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;
};

Split SplitPictures(const Dataset& dataset, double fraction) {
  Split split;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    (IsHeldOut(dataset.images[i].id, fraction) ? split.held_out : split.training).push_back(i);
  }
  if (split.training.empty()) throw Error("no picture is left to train on");
  return split;
}

std::size_t LabelOf(const Dataset& dataset, std::size_t picture) {
  return IndexOf(dataset.images[picture].annotations.front().class_id);
}

// At most `count` of a list, evenly over it.
std::vector<std::size_t> EvenlyOver(const std::vector<std::size_t>& list, std::size_t count) {
  const std::size_t taken = std::min(count, list.size());
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < taken; ++i) chosen.push_back(list[i * list.size() / taken]);
  return chosen;
}

// What `deeper classify` looks at, so that a validation says what it would.
void CropAsClassified(const Image& image, std::span<float> crop_chw) {
  const ClassificationView view = ClassificationViews(image.width, image.height, 1).front();
  Crop(image, view.box, {.padding_px = 0}, crop_chw);
}

std::string RecipeText(const TrainClassifyArguments& arguments,
                       const Dataset& dataset,
                       const Split& split,
                       const std::string& began_with) {
  Sha256 hash;
  for (const std::size_t i : split.training) hash.Update(dataset.images[i].id + "\n");
  return fmt::format(
             "classify\nbackbone {}\nclasses {}\npictures {}\nbatch {}\narea {}\n"
             "distortion {}\n",
             began_with,
             dataset.classes.Size(),
             hash.HexDigest(),
             arguments.batch,
             arguments.augment.min_area,
             arguments.augment.distortion) +
         arguments.training.Text();
}

// One thread's memory to make inputs.
struct InputMaker {
  std::vector<float> crop;
  FrozenPart::Buffers buffers;
};

void WriteLabels(const ClassTable& classes, const std::string& path) {
  std::string labels;
  for (const ClassInfo& info : classes.classes) labels += info.name + "\n";
  WriteFileWhole(path, std::string_view(labels));
}

std::string LabelsPath(const TrainingArguments& training) {
  return training.output + ".labels.txt";
}

std::string OutcomeJson(const TrainingArguments& training,
                        const Split& split,
                        std::size_t classes,
                        const TrainingFigures& figures) {
  nlohmann::ordered_json json = {
      {"training", "classify"},
      {"output", training.output},
      {"labels", LabelsPath(training)},
      {"classes", classes},
      {"pictures", {{"training", split.training.size()}, {"held_out", split.held_out.size()}}}};
  AddFigures(figures, json);
  return LineOf(json);
}

}  // namespace

TrainingOutcome TrainClassify(const Arguments& words) {
  TrainClassifyArguments arguments;
  if (!ParseTrainClassify(words, arguments)) return {};
  TrainingArguments& training = arguments.training;
  const Dataset dataset = ReadClassFolders(arguments.data);
  const Split split = SplitPictures(dataset, arguments.holdout);
  const double epoch_steps =
      static_cast<double>(split.training.size()) / static_cast<double>(arguments.batch);
  if (!arguments.rate_every_given) {
    training.solver.schedule.every =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(kEpochsBetweenFalls * epoch_steps));
  }
  fmt::print(stderr,
             "{} classes; {} pictures to train on, {} held out; {:.1f} steps an epoch\n",
             dataset.classes.Size(),
             split.training.size(),
             split.held_out.size(),
             epoch_steps);

  const std::size_t outputs = dataset.classes.Size();
  const Precision precision = training.run.ForNetwork(std::nullopt).precision;
  TrainingNetwork network({.plan = training.plan,
                           .precision = precision,
                           .outputs = outputs,
                           .micro_batch = training.micro_batch});
  Weights weights;
  std::string began_with = "random";
  if (!arguments.backbone.empty()) {
    weights = ReadBackboneWeights(arguments.backbone);
    began_with = FingerprintOf(weights);
    weights.erase(WeightName(kClassifierName));
    weights.erase(BiasName(kClassifierName));
  }
  const std::vector<std::string> added = AddMissingBlobs(network.blobs(), training.seed, weights);
  const FrozenPart frozen(weights, precision, training.plan.frozen);
  const auto workers = static_cast<std::size_t>(training.run.workers);
  Trainer trainer(network,
                  std::move(weights),
                  {added.begin(), added.end()},
                  {.solver = training.solver,
                   .batch = arguments.batch,
                   .workers = workers,
                   .seed = training.seed,
                   .checkpoint = training.CheckpointPath(),
                   .recipe = RecipeText(arguments, dataset, split, began_with)});

  const PictureStore pictures(dataset,
                              static_cast<std::uint64_t>(arguments.picture_memory_gb * 1e9));
  std::vector<InputMaker> makers;
  for (std::size_t i = 0; i < workers; ++i)
    makers.push_back({std::vector<float>(kCropValues), FrozenPart::Buffers(frozen)});
  const auto run_frozen = [&](std::size_t worker, std::span<std::byte> input) {
    frozen.Run(TensorView({1, 3, kCropSide, kCropSide}, makers[worker].crop),
               makers[worker].buffers,
               input);
  };
  EpochSampler sampler(split.training.size(), arguments.batch, training.seed);
  std::vector<std::size_t> batch;
  std::uint64_t batch_seed = 0;
  const auto validate_on = [&](const std::vector<std::size_t>& on) {
    const std::vector<std::size_t> chosen = EvenlyOver(on, arguments.validation_examples);
    ValidationScores numbers(outputs, /*first_class=*/0);
    trainer.Score(
        Trainer::Which::kAverages,
        chosen.size(),
        [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
          CropAsClassified(*pictures.Get(chosen[example]), makers[worker].crop);
          run_frozen(worker, input);
        },
        [&](std::size_t example, std::span<const float> scores) {
          numbers.Add(scores, LabelOf(dataset, chosen[example]));
        });
    return numbers.Numbers();
  };
  const TrainingTask task = {
      .what = "training",
      .begin_batch =
          [&](std::uint64_t step) {
            batch = sampler.Batch(step);
            batch_seed = training.seed ^ Random(~step).Next();
          },
      .fill =
          [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
            AugmentedCrop(*pictures.Get(split.training[batch[example]]),
                          arguments.augment,
                          Random(batch_seed + example).Next(),
                          makers[worker].crop);
            run_frozen(worker, input);
          },
      .loss =
          [&](std::size_t example, std::span<const float> scores, std::span<float> gradient) {
            return SoftmaxLoss(scores, LabelOf(dataset, split.training[batch[example]]), gradient);
          },
      .validate =
          [&](Trainer&) {
            std::map<std::string, double> numbers = validate_on(split.held_out);
            numbers["accuracy_on_trained"] = validate_on(split.training).at("accuracy");
            return numbers;
          }};
  const TrainingFigures figures = RunTraining(trainer, training, task);
  if (!figures.finished) {
    fmt::print(
        stderr, "stopped; the same command goes on from {}\n", training.CheckpointPath().string());
    return {.status = StopStatus(), .json = {}};
  }
  WriteBackboneWeights(TrainedBackbone(trainer.state()), training.output);
  WriteLabels(dataset.classes, LabelsPath(training));
  fmt::print(stderr, "{}: trained for {} classes\n", training.output, outputs);
  if (!training.json) return {};
  return {.status = kDone, .json = OutcomeJson(training, split, outputs, figures)};
}

}  // namespace deeper::tools
