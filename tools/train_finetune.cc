#include "tools/train_finetune.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "backbone/frozen_part.h"
#include "backbone/losses.h"
#include "backbone/trainer.h"
#include "backbone/weight_files.h"
#include "core/error.h"
#include "core/sha256.h"
#include "detector/crop.h"
#include "detector/region_examples.h"
#include "tools/command_line.h"
#include "tools/data_source.h"
#include "tools/extraction.h"
#include "tools/find_model.h"
#include "tools/holdout.h"
#include "tools/network_options.h"
#include "tools/progress.h"
#include "tools/stop_signal.h"
#include "tools/training_pictures.h"
#include "tools/training_run.h"
#include "tools/validation_scores.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

constexpr std::size_t kCropValues = 3 * kCropSide * kCropSide;

struct FinetuneArguments {
  DataSource data;
  std::string backbone;
  std::string proposals_cache;
  std::string crop_mode = "warp";
  double holdout = 0;
  std::size_t validation_examples = 2048;
  double picture_memory_gb = 2;
  bool no_mirror = false;
  RegionLabelOptions labels;
  RegionSamplingOptions sampling;
  ProposalOptions proposals;
  TrainingArguments training;

  FinetuneArguments() {
    training.plan.frozen = "inception_3b";
    training.plan.auxiliary_heads = false;
  }
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
  // clang-format off
  a.data.AddOptions(line.Group("Data"));
  line.Group("Model").add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the network to write; beside it FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights to begin with, .caffemodel or .safetensors; default: looked for in $DEEPER_MODELS and models/");
  a.training.AddNetworkOptions(line.Group("Network"));
  line.Group("Examples").add_options()
      ("foreground", po::value(&a.sampling.foreground)->default_value(a.sampling.foreground)->value_name("N"), "objects a batch")
      ("background", po::value(&a.sampling.background)->default_value(a.sampling.background)->value_name("N"), "background regions a batch")
      ("foreground-iou", po::value(&a.labels.foreground_iou)->default_value(a.labels.foreground_iou)->value_name("IOU"), "boxes that overlap an object by this much show it")
      ("background-iou", po::value(&a.labels.background_max_iou)->default_value(a.labels.background_max_iou)->value_name("IOU"), "boxes that overlap every object by less are background")
      ("background-min-iou", po::value(&a.labels.background_min_iou)->default_value(a.labels.background_min_iou)->value_name("IOU"), "but not those that overlap all by less than this")
      ("class-balanced", po::bool_switch(&a.sampling.class_balanced), "draw every class equally often")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not mirror examples at random")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("MODE"), "warp or square")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and validate on them")
      ("validation-examples", po::value(&a.validation_examples)->default_value(a.validation_examples)->value_name("N"), "regions of held-out pictures, a quarter of them objects")
      ("proposals-cache", po::value(&a.proposals_cache)->value_name("DIR"), "where proposals are kept; default: <output>.proposals")
      ("picture-memory", po::value(&a.picture_memory_gb)->default_value(a.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.proposals.AddOptions(line.Group("Proposals"));
  a.training.AddTrainingOptions(line.Group("Training"));
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0, 0.9);
  CheckRange("foreground", static_cast<double>(a.sampling.foreground), 1, 4096);
  CheckRange("background", static_cast<double>(a.sampling.background), 0, 4096);
  CheckRange("validation-examples", static_cast<double>(a.validation_examples), 4, 1e6);
  CheckRange("picture-memory", a.picture_memory_gb, 0, 1e6);
  a.labels.Validate();
  a.training.Check();
  a.sampling.mirror = !a.no_mirror;
  a.sampling.seed = a.training.seed;
  if (a.proposals_cache.empty()) a.proposals_cache = a.training.output + ".proposals";
  return true;
}

// The regions of the pictures that are trained on, and of those that are held out.
struct Regions {
  RegionPool training;
  RegionPool held_out;
};

Regions LabelAll(const Dataset& dataset,
                 const std::vector<std::vector<Box>>& proposals,
                 const FinetuneArguments& arguments) {
  Regions regions;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    if (proposals[i].empty()) continue;  // it could not be read
    AddRegions(image,
               i,
               proposals[i],
               arguments.labels,
               IsHeldOut(image.id, arguments.holdout) ? regions.held_out : regions.training);
  }
  return regions;
}

// At most `count` of a list, evenly over it.
std::vector<RegionExample> EvenlyOver(const std::vector<LabelledRegion>& regions,
                                      std::size_t count) {
  const std::size_t taken = std::min(count, regions.size());
  std::vector<RegionExample> examples;
  for (std::size_t i = 0; i < taken; ++i)
    examples.push_back({.region = regions[i * regions.size() / taken], .mirrored = false});
  return examples;
}

std::vector<RegionExample> ValidationExamples(const RegionPool& pool, std::size_t count) {
  std::vector<RegionExample> examples = EvenlyOver(pool.foreground, count / 4);
  const std::vector<RegionExample> background =
      EvenlyOver(pool.background, count - examples.size());
  examples.insert(examples.end(), background.begin(), background.end());
  return examples;
}

// The labelled regions as text for the recipe: other data, other text.
std::string DigestOf(const RegionPool& pool) {
  Sha256 hash;
  for (const std::vector<LabelledRegion>* list : {&pool.foreground, &pool.background}) {
    for (const LabelledRegion& region : *list) {
      const Box& box = region.box;
      hash.Update(fmt::format(
          "{} {} {} {} {} {}\n", region.image, region.label, box.x0, box.y0, box.x1, box.y1));
    }
  }
  return hash.HexDigest();
}

void MirrorCrop(std::span<float> crop_chw) {
  for (std::size_t row = 0; row < crop_chw.size(); row += kCropSide) {
    const auto begin = crop_chw.begin() + static_cast<std::ptrdiff_t>(row);
    std::reverse(begin, begin + static_cast<std::ptrdiff_t>(kCropSide));
  }
}

// Makes the network's inputs from regions: crop, mirror, frozen part. Safe from several threads,
// each with its own number.
class RegionInputs {
 public:
  RegionInputs(const PictureStore& pictures,
               const CropOptions& crop,
               const FrozenPart& frozen,
               std::size_t workers)
      : pictures_(pictures), crop_(crop), frozen_(frozen) {
    for (std::size_t i = 0; i < workers; ++i)
      threads_.push_back(
          {.crop = std::vector<float>(kCropValues), .buffers = FrozenPart::Buffers(frozen)});
  }

  void Make(const RegionExample& example, std::size_t worker, std::span<std::byte> input) {
    Thread& own = threads_[worker];
    const auto picture = pictures_.Get(example.region.image);
    Crop(*picture, example.region.box, crop_, own.crop);
    if (example.mirrored) MirrorCrop(own.crop);
    frozen_.Run(TensorView({1, 3, kCropSide, kCropSide}, own.crop), own.buffers, input);
  }

 private:
  struct Thread {
    std::vector<float> crop;
    FrozenPart::Buffers buffers;
  };
  const PictureStore& pictures_;
  CropOptions crop_;
  const FrozenPart& frozen_;
  std::vector<Thread> threads_;
};

void SayRegions(const Regions& regions, const Trainer& trainer) {
  fmt::print(stderr,
             "regions: {} foreground and {} background to train on, {} and {} held out; {} of "
             "memory for the network\n",
             regions.training.foreground.size(),
             regions.training.background.size(),
             regions.held_out.foreground.size(),
             regions.held_out.background.size(),
             BytesText(static_cast<double>(trainer.SizeBytes())));
}

}  // namespace

int TrainFinetune(const Arguments& words) {
  FinetuneArguments arguments;
  if (!ParseFinetune(words, arguments)) return kDone;
  TrainingArguments& training = arguments.training;

  const Dataset dataset = ReadDataSource(arguments.data);
  Weights weights = ReadBackboneWeights(FindBackboneFile(arguments.backbone));
  const std::string began_with = FingerprintOf(weights);
  CropOptions crop;
  crop.mode = CropModeFromName(arguments.crop_mode);
  const SelectiveSearchOptions search = arguments.proposals.Over(DefaultProposals());
  const std::vector<std::vector<Box>> proposals =
      ProposalsOf(dataset, search, arguments.proposals_cache, training.run.workers);
  if (StopAsked()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.proposals_cache);
    return StopStatus();
  }

  const Regions regions = LabelAll(dataset, proposals, arguments);
  const RegionSampler sampler(regions.training, arguments.sampling);
  const std::size_t outputs = 1 + dataset.classes.Size();
  const Precision precision = training.run.ForNetwork(std::nullopt).precision;
  const FrozenPart frozen(weights, precision, training.plan.frozen);
  TrainingNetwork network({.plan = training.plan,
                           .precision = precision,
                           .outputs = outputs,
                           .micro_batch = training.micro_batch});
  // The classifier begins anew even where the old one has as many outputs: they mean other things.
  weights.erase(WeightName(kClassifierName));
  weights.erase(BiasName(kClassifierName));
  const std::vector<std::string> added = AddMissingBlobs(network.blobs(), training.seed, weights);

  const std::string recipe = fmt::format(
                                 "finetune\nbackbone {}\ncrop {} size {} padding {}\nregions {}\n"
                                 "batch {} + {} balanced {} mirror {}\n",
                                 began_with,
                                 NameOf(crop.mode),
                                 crop.size_px,
                                 crop.padding_px,
                                 DigestOf(regions.training),
                                 arguments.sampling.foreground,
                                 arguments.sampling.background,
                                 arguments.sampling.class_balanced,
                                 arguments.sampling.mirror) +
                             training.Text();
  const auto workers = static_cast<std::size_t>(training.run.workers);
  Trainer trainer(network,
                  std::move(weights),
                  {added.begin(), added.end()},
                  {.solver = training.solver,
                   .batch = sampler.BatchSize(),
                   .workers = workers,
                   .seed = training.seed,
                   .checkpoint = training.CheckpointPath(),
                   .recipe = recipe});
  SayRegions(regions, trainer);

  const PictureStore pictures(dataset,
                              static_cast<std::uint64_t>(arguments.picture_memory_gb * 1e9));
  RegionInputs inputs(pictures, crop, frozen, workers);
  const std::vector<RegionExample> validation =
      ValidationExamples(regions.held_out, arguments.validation_examples);
  std::vector<RegionExample> batch;
  TrainingTask task = {
      .what = "fine-tuning",
      .begin_batch = [&](std::uint64_t step) { batch = sampler.Batch(step); },
      .fill = [&](std::size_t example,
                  std::size_t worker,
                  std::span<std::byte> input) { inputs.Make(batch[example], worker, input); },
      .loss =
          [&](std::size_t example, std::span<const float> scores, std::span<float> gradient) {
            return SoftmaxLoss(scores, batch[example].region.label, gradient);
          },
      .validate = {}};
  if (!validation.empty()) {
    task.validate = [&](Trainer& trained) {
      ValidationScores numbers(outputs, /*first_class=*/1);
      trained.Score(
          Trainer::Which::kAverages,
          validation.size(),
          [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
            inputs.Make(validation[example], worker, input);
          },
          [&](std::size_t example, std::span<const float> scores) {
            numbers.Add(scores, validation[example].region.label);
          });
      return numbers.Numbers();
    };
  }
  if (!RunTraining(trainer, training, task)) {
    fmt::print(
        stderr, "stopped; the same command goes on from {}\n", training.CheckpointPath().string());
    return StopStatus();
  }
  WriteBackboneWeights(TrainedBackbone(trainer.state()), training.output);
  fmt::print(stderr, "{}: fine-tuned for {} classes\n", training.output, dataset.classes.Size());
  return kDone;
}

}  // namespace deeper::tools
