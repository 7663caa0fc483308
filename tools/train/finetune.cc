#include "tools/train/finetune.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "backbone/execution/frozen_part.h"
#include "backbone/files/weight_files.h"
#include "backbone/training/losses.h"
#include "backbone/training/trainer.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "detector/examples/activation_cache.h"
#include "detector/examples/data_split.h"
#include "detector/examples/region_examples.h"
#include "detector/examples/validation_scores.h"
#include "detector/regions/crop.h"
#include "tools/extraction.h"
#include "tools/input/data_source.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/find_model.h"
#include "tools/options/network_options.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"
#include "tools/train/training_json.h"
#include "tools/training_inputs.h"
#include "tools/training_pictures.h"
#include "tools/training_run.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

struct FinetuneArguments {
  DataSource data;
  std::string backbone;
  std::string proposals_cache;
  std::string activation_cache;
  std::size_t max_background = 0;
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

bool ParseFinetune(const Arguments& words, Sources sources, FinetuneArguments& a) {
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
  auto& model = line.Group("Model");
  model.add_options()
      ("output", po::value(&a.training.output)->required()->value_name("FILE"), "the network to write; beside it FILE.checkpoint, from which a stopped training goes on, FILE.log.jsonl and FILE.svg, its curves")
      ("backbone", po::value(&a.backbone)->value_name("FILE"), "GoogLeNet's weights to begin with, .caffemodel or .safetensors; default: looked for in $DEEPER_MODELS and models/");
  AddJsonOption(model, a.training.json);
  a.training.AddNetworkOptions(line.Group("Network"));
  line.Group("Examples").add_options()
      ("foreground", po::value(&a.sampling.foreground)->default_value(a.sampling.foreground)->value_name("N"), "objects a batch")
      ("background", po::value(&a.sampling.background)->default_value(a.sampling.background)->value_name("N"), "background regions a batch")
      ("foreground-iou", po::value(&a.labels.foreground_iou)->default_value(a.labels.foreground_iou)->value_name("IOU"), "boxes that overlap an object by this much show it")
      ("background-iou", po::value(&a.labels.background_max_iou)->default_value(a.labels.background_max_iou)->value_name("IOU"), "boxes that overlap every object by less are background")
      ("background-min-iou", po::value(&a.labels.background_min_iou)->default_value(a.labels.background_min_iou)->value_name("IOU"), "but not those that overlap all by less than this")
      ("max-background", po::value(&a.max_background)->default_value(a.max_background)->value_name("N"), "background regions used of each picture, evenly over the ranks of the proposals; 0 uses all")
      ("class-balanced", po::bool_switch(&a.sampling.class_balanced), "draw every class equally often")
      ("no-mirror", po::bool_switch(&a.no_mirror), "do not mirror examples at random")
      ("crop", po::value(&a.crop_mode)->default_value(a.crop_mode)->value_name("MODE"), "warp or square")
      ("holdout", po::value(&a.holdout)->default_value(a.holdout)->value_name("F"), "keep this fraction of the pictures out of training and validate on them")
      ("validation-examples", po::value(&a.validation_examples)->default_value(a.validation_examples)->value_name("N"), "regions of held-out pictures, a quarter of them objects")
      ("proposals-cache", po::value(&a.proposals_cache)->value_name("DIR"), "where proposals are kept; default: <output>.proposals")
      ("activation-cache", po::value(&a.activation_cache)->value_name("DIR"), "keep what the frozen layers give for each region on disk, for the next time that it is drawn; pays the more the more is frozen, with --max-background; default: computed each time")
      ("picture-memory", po::value(&a.picture_memory_gb)->default_value(a.picture_memory_gb)->value_name("GB"), "for decoded pictures; those that do not fit are decoded each time");
  a.proposals.AddOptions(line.Group("Proposals"));
  a.training.AddTrainingOptions(line.Group("Training"));
  a.training.run.AddOptions(line.Group("Work"));
  // clang-format on
  if (!line.Parse(words, sources)) return false;
  if (!a.data.Given()) throw UsageError("expected --data, an annotated data set");
  CheckRange("holdout", a.holdout, 0, 0.9);
  CheckRange("foreground", static_cast<double>(a.sampling.foreground), 1, 4096);
  CheckRange("background", static_cast<double>(a.sampling.background), 0, 4096);
  CheckRange("max-background", static_cast<double>(a.max_background), 0, 1e6);
  CheckRange("validation-examples", static_cast<double>(a.validation_examples), 4, 1e6);
  CheckRange("picture-memory", a.picture_memory_gb, 0, 1e6);
  ValueOf("crop", [&] { return CropModeFromName(a.crop_mode); });
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

// Thins what stands behind the first `from` regions to at most `count`, evenly; 0 keeps all.
void ThinEvenly(std::size_t from, std::size_t count, std::vector<LabelledRegion>& regions) {
  const std::size_t added = regions.size() - from;
  if (count == 0 || added <= count) return;
  for (std::size_t i = 0; i < count; ++i) regions[from + i] = regions[from + i * added / count];
  regions.resize(from + count);
}

Regions LabelAll(const Dataset& dataset,
                 const std::vector<std::vector<Box>>& proposals,
                 const FinetuneArguments& arguments) {
  Regions regions;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    if (proposals[i].empty()) continue;  // it could not be read
    RegionPool& pool = IsHeldOut(image.id, arguments.holdout) ? regions.held_out : regions.training;
    const std::size_t before = pool.background.size();
    AddRegions(image, i, proposals[i], arguments.labels, pool);
    ThinEvenly(before, arguments.max_background, pool.background);
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

void MakeInput(const RegionExample& example,
               std::size_t worker,
               std::span<std::byte> input,
               TrainingInputs& inputs) {
  inputs.Make(example.region.image, example.region.box, example.mirrored, worker, input);
}

// Opens the cache of the frozen part's outputs for a training pool, if one is wanted; says first
// how large it can become.
std::unique_ptr<const ActivationCache> OpenActivationCache(const FinetuneArguments& arguments,
                                                           const std::string& recipe,
                                                           const RegionSampler& sampler,
                                                           std::size_t bytes) {
  if (arguments.activation_cache.empty()) return nullptr;
  const RegionPool& pool = sampler.pool();
  const std::size_t places =
      (pool.foreground.size() + pool.background.size()) * (arguments.sampling.mirror ? 2 : 1);
  const double drawn =
      static_cast<double>(arguments.training.steps) * static_cast<double>(sampler.BatchSize());
  const double most = std::min(static_cast<double>(places), drawn) *
                      static_cast<double>(ActivationCache::BytesFor(bytes));
  std::filesystem::create_directories(arguments.activation_cache);
  const auto free =
      static_cast<double>(std::filesystem::space(arguments.activation_cache).available);
  fmt::print(stderr,
             "activations: {} places of {}, at most {} in {} ({} free)\n",
             places,
             BytesText(static_cast<double>(bytes)),
             BytesText(most),
             arguments.activation_cache,
             BytesText(free));
  if (most > free) {
    throw Error(arguments.activation_cache +
                ": not enough space for the activations; name another directory with "
                "--activation-cache or lower --max-background");
  }
  return std::make_unique<const ActivationCache>(arguments.activation_cache, recipe, bytes);
}

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

// What the frozen part's outputs depend on, one line each.
std::string InputRecipe(const std::string& backbone_fingerprint,
                        const CropOptions& crop,
                        const RegionPool& pool,
                        const FinetuneArguments& arguments) {
  return fmt::format(
      "backbone {}\nfrozen '{}'\nprecision {}\ncrop {} size {} padding {}\nregions {}\n",
      backbone_fingerprint,
      arguments.training.plan.frozen,
      NameOf(arguments.training.run.ForNetwork(std::nullopt).precision),
      NameOf(crop.mode),
      crop.size_px,
      crop.padding_px,
      DigestOf(pool));
}

std::string SamplingRecipe(const RegionSamplingOptions& sampling) {
  return fmt::format("batch {} + {} balanced {} mirror {}\n",
                     sampling.foreground,
                     sampling.background,
                     sampling.class_balanced,
                     sampling.mirror);
}

// How well the trained network classifies these regions.
std::map<std::string, double> Validate(Trainer& trainer,
                                       std::size_t outputs,
                                       const std::vector<RegionExample>& examples,
                                       TrainingInputs& inputs) {
  ValidationScores numbers(outputs, /*first_class=*/1);
  trainer.Score(
      Trainer::Which::kAverages,
      examples.size(),
      [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
        MakeInput(examples[example], worker, input, inputs);
      },
      [&](std::size_t example, std::span<const float> scores) {
        numbers.Add(scores, examples[example].region.label);
      });
  return numbers.Numbers();
}

std::string OutcomeJson(const FinetuneArguments& arguments,
                        const Regions& regions,
                        std::size_t classes,
                        const TrainingFigures& figures) {
  const auto counts = [](const RegionPool& pool) -> nlohmann::ordered_json {
    return {{"foreground", pool.foreground.size()}, {"background", pool.background.size()}};
  };
  nlohmann::ordered_json json = {
      {"training", "finetune"},
      {"output", arguments.training.output},
      {"classes", classes},
      {"regions",
       {{"training", counts(regions.training)}, {"held_out", counts(regions.held_out)}}}};
  AddFigures(figures, json);
  return LineOf(json);
}

TrainingOutcome Finetune(const Arguments& words, Sources sources) {
  FinetuneArguments arguments;
  if (!ParseFinetune(words, sources, arguments)) return {};
  TrainingArguments& training = arguments.training;

  const Dataset dataset = ReadDataSource(arguments.data);
  Weights weights = ReadBackboneWeights(FindBackboneFile(arguments.backbone));
  CropOptions crop;
  crop.mode = CropModeFromName(arguments.crop_mode);
  const std::vector<std::vector<Box>> proposals =
      ProposalsOf(dataset,
                  arguments.proposals.Over(DefaultProposals()),
                  arguments.proposals_cache,
                  training.run.workers);
  if (StopAsked()) {
    fmt::print(stderr, "stopped; the same command goes on from {}\n", arguments.proposals_cache);
    return {.status = StopStatus(), .json = {}};
  }
  const Regions regions = LabelAll(dataset, proposals, arguments);
  const RegionSampler sampler(regions.training, arguments.sampling);
  const std::string input_recipe =
      InputRecipe(FingerprintOf(weights), crop, regions.training, arguments);

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
  const auto workers = static_cast<std::size_t>(training.run.workers);
  Trainer trainer(network,
                  std::move(weights),
                  {added.begin(), added.end()},
                  {.solver = training.solver,
                   .batch = sampler.BatchSize(),
                   .workers = workers,
                   .seed = training.seed,
                   .checkpoint = training.CheckpointPath(),
                   .recipe = "finetune\n" + input_recipe + SamplingRecipe(arguments.sampling) +
                             training.Text()});
  SayRegions(regions, trainer);

  const std::unique_ptr<const ActivationCache> cache =
      OpenActivationCache(arguments, input_recipe, sampler, network.InputBytes());
  const PictureStore pictures(dataset,
                              static_cast<std::uint64_t>(arguments.picture_memory_gb * 1e9));
  TrainingInputs inputs(pictures, crop, frozen, workers);
  std::vector<RegionExample> batch;
  TrainingTask task = {
      .what = "fine-tuning",
      .begin_batch = [&](std::uint64_t step) { batch = sampler.Batch(step); },
      .fill =
          [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
            const RegionExample& drawn = batch[example];
            const std::uint64_t place = 2 * drawn.position + (drawn.mirrored ? 1 : 0);
            if (cache && cache->Get(place, input)) return;
            MakeInput(drawn, worker, input, inputs);
            if (cache) cache->Put(place, input);
          },
      .loss =
          [&](std::size_t example, std::span<const float> scores, std::span<float> gradient) {
            return SoftmaxLoss(scores, batch[example].region.label, gradient);
          },
      .validate = {}};
  const std::vector<RegionExample> validation =
      ValidationExamples(regions.held_out, arguments.validation_examples);
  if (!validation.empty()) {
    task.validate = [&](Trainer& trained) {
      return Validate(trained, outputs, validation, inputs);
    };
  }
  const TrainingFigures figures = RunTraining(trainer, training, task);
  if (!figures.finished) {
    fmt::print(
        stderr, "stopped; the same command goes on from {}\n", training.CheckpointPath().string());
    return {.status = StopStatus(), .json = {}};
  }
  WriteBackboneWeights(TrainedBackbone(trainer.state()), training.output);
  fmt::print(stderr, "{}: fine-tuned for {} classes\n", training.output, dataset.classes.Size());
  if (!training.json) return {};
  return {.status = kDone,
          .json = OutcomeJson(arguments, regions, dataset.classes.Size(), figures)};
}

}  // namespace

TrainingOutcome TrainFinetune(const Arguments& words) { return Finetune(words, Sources::kAll); }

TrainingOutcome TrainFinetuneOf(const Arguments& words) {
  return Finetune(words, Sources::kWordsAlone);
}

}  // namespace deeper::tools
