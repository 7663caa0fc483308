#include "detector/training/finetune.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backbone/precision.h"
#include "backbone/training/losses.h"
#include "backbone/training/network_training.h"
#include "backbone/training/training_run.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/quantities.h"
#include "detector/examples/activation_cache.h"
#include "detector/examples/data_content.h"
#include "detector/examples/data_split.h"
#include "detector/examples/kept_proposals.h"
#include "detector/examples/network_inputs.h"
#include "detector/examples/picture_store.h"
#include "detector/examples/validation_scores.h"
#include "detector/training/chosen_precision.h"

namespace deeper {

namespace {

// The regions of the pictures that are trained on, and of those that are held out.
struct Regions {
  RegionPool training;
  RegionPool held_out;
};

RegionCounts CountsOf(const RegionPool& pool) {
  return {.foreground = pool.foreground.size(), .background = pool.background.size()};
}

// Thins the regions after the first `from` to at most `count`, evenly; 0 keeps all.
void ThinEvenly(std::size_t from, std::size_t count, std::vector<LabelledRegion>& regions) {
  const std::size_t added = regions.size() - from;
  if (count == 0 || added <= count) return;
  for (std::size_t i = 0; i < count; ++i) regions[from + i] = regions[from + i * added / count];
  regions.resize(from + count);
}

Regions LabelAll(const Dataset& dataset,
                 const std::vector<std::vector<Box>>& proposals,
                 const FinetuneOptions& options) {
  Regions regions;
  const Holdout holdout(dataset, options.holdout);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    if (proposals[i].empty()) continue;  // it could not be read
    RegionPool& pool = holdout.Contains(image.id) ? regions.held_out : regions.training;
    const std::size_t before = pool.background.size();
    AddRegions(image, i, proposals[i], options.labels, pool);
    ThinEvenly(before, options.max_background, pool.background);
  }
  return regions;
}

std::vector<RegionExample> ValidationExamples(const RegionPool& pool, std::size_t count) {
  std::vector<RegionExample> examples;
  const auto add = [&](const std::vector<LabelledRegion>& regions, std::size_t most) {
    for (const LabelledRegion& region : EvenlyOver(regions, most))
      examples.push_back({.region = region, .mirrored = false});
  };
  add(pool.foreground, count / 4);
  add(pool.background, count - examples.size());
  return examples;
}

// The labelled regions as text for the recipe: other regions give another text.
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

// What the frozen part's outputs depend on, one line each.
std::string InputRecipe(const std::string& backbone_fingerprint,
                        const std::string& content,
                        const CropOptions& crop,
                        const RegionPool& pool,
                        Precision precision,
                        const FinetuneOptions& options) {
  return fmt::format(
      "network {}\nfrozen '{}'\nprecision {}\ncrop {}\ncrop_size {}\ncrop_padding {}\n"
      "training_regions {}\n{}",
      backbone_fingerprint,
      options.training.plan.frozen,
      NameOf(precision),
      NameOf(crop.mode),
      crop.size_px,
      crop.padding_px,
      DigestOf(pool),
      content);
}

std::string SamplingRecipe(const RegionSamplingOptions& sampling) {
  return fmt::format("foreground {}\nbackground {}\nclass_balanced {}\nno_mirror {}\n",
                     sampling.foreground,
                     sampling.background,
                     sampling.class_balanced ? "yes" : "no",
                     sampling.mirror ? "no" : "yes");
}

// Opens the cache of the frozen part's outputs for a training pool, if one is wanted, after saying
// how large it can become.
std::unique_ptr<const ActivationCache> OpenActivationCache(const FinetuneOptions& options,
                                                           const std::string& recipe,
                                                           const RegionSampler& sampler,
                                                           std::size_t bytes,
                                                           const Monitor& monitor) {
  const std::filesystem::path& directory = options.activation_cache;
  if (directory.empty()) return nullptr;
  const RegionPool& pool = sampler.pool();
  const std::size_t places =
      (pool.foreground.size() + pool.background.size()) * (options.sampling.mirror ? 2 : 1);
  const double drawn =
      static_cast<double>(options.training.steps) * static_cast<double>(sampler.BatchSize());
  const double most = std::min(static_cast<double>(places), drawn) *
                      static_cast<double>(ActivationCache::BytesFor(bytes));
  std::filesystem::create_directories(directory);
  const auto free = static_cast<double>(std::filesystem::space(directory).available);
  monitor.say(fmt::format("activations: {} places of {}, at most {} in {} ({} free)",
                          places,
                          BytesText(static_cast<double>(bytes)),
                          BytesText(most),
                          directory.string(),
                          BytesText(free)));
  if (most > free) {
    throw Error(directory.string() +
                ": not enough space for the activations; name another directory for them, or take "
                "less background of each picture (max_background)");
  }
  return std::make_unique<const ActivationCache>(directory, recipe, bytes);
}

// Draws regions of pictures as inputs of the network. Safe from several threads.
struct RegionInputs {
  const PictureStore& pictures;
  CropOptions crop;
  NetworkInputs& inputs;

  void Make(const RegionExample& example, std::size_t worker, std::span<std::byte> input) const {
    inputs.Make(worker, input, [&](std::span<float> crop_chw) {
      Crop(*pictures.Get(example.region.image), example.region.box, crop, crop_chw);
      if (example.mirrored) MirrorCrop(crop_chw);
    });
  }
};

// How well the trained network classifies these regions.
std::map<std::string, double> ScoresOn(const std::vector<RegionExample>& examples,
                                       std::size_t outputs,
                                       const RegionInputs& inputs,
                                       Trainer& trainer) {
  ValidationScores numbers(outputs, /*first_class=*/1);
  trainer.Score(
      Trainer::Which::kAverages,
      examples.size(),
      [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
        inputs.Make(examples[example], worker, input);
      },
      [&](std::size_t example, std::span<const float> scores) {
        numbers.Add(scores, examples[example].region.label);
      });
  return numbers.Numbers();
}

}  // namespace

void FinetuneOptions::Validate() const {
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("foreground", static_cast<double>(sampling.foreground), 1, 4096);
  RequireInRange("background", static_cast<double>(sampling.background), 0, 4096);
  RequireInRange("max_background", static_cast<double>(max_background), 0, 1e6);
  RequireInRange("validation_examples", static_cast<double>(validation_examples), 4, 1e6);
  RequireInRange("picture_memory_gb", picture_memory_gb, 0, 1e6);
  labels.Validate();
  training.Validate();
}

FinetuneReport Finetune(const Dataset& dataset,
                        Weights backbone,
                        const FinetuneOptions& options,
                        const Monitor& monitor) {
  options.Validate();
  const NetworkTrainingOptions& training = options.training;
  const Precision precision = PrecisionFor(training.precision, /*has_quantization=*/false, monitor);
  FinetuneReport report;
  const std::vector<std::vector<Box>> proposals = KeptProposals(
      dataset,
      options.proposals,
      {.cache = options.proposals_cache, .reading = options.reading, .workers = training.workers},
      monitor);
  if (monitor.stop_asked()) {
    report.goes_on_from = options.proposals_cache;
    return report;
  }
  const std::string content = ContentText(dataset, options.reading, training.workers, monitor);
  if (monitor.stop_asked()) {
    report.goes_on_from = options.proposals_cache;
    return report;
  }
  const Regions regions = LabelAll(dataset, proposals, options);
  report.training = CountsOf(regions.training);
  report.held_out = CountsOf(regions.held_out);
  RegionSamplingOptions sampling = options.sampling;
  sampling.seed = training.seed;
  const RegionSampler sampler(regions.training, sampling);
  const CropOptions crop = {.mode = options.crop};
  const std::string input_recipe =
      InputRecipe(FingerprintOf(backbone), content, crop, regions.training, precision, options);

  const std::size_t outputs = 1 + dataset.classes.Size();
  NetworkTraining network(
      {.weights = WithoutClassifier(std::move(backbone)),
       .precision = precision,
       .outputs = outputs,
       .batch = sampler.BatchSize(),
       .recipe = "training finetune\n" + input_recipe + SamplingRecipe(sampling)},
      training);
  monitor.say(
      fmt::format("regions: {} foreground and {} background to train on, {} and {} held out; {} of "
                  "memory for the network",
                  report.training.foreground,
                  report.training.background,
                  report.held_out.foreground,
                  report.held_out.background,
                  BytesText(static_cast<double>(network.trainer().SizeBytes()))));

  const std::unique_ptr<const ActivationCache> cache =
      OpenActivationCache(options, input_recipe, sampler, network.network().InputBytes(), monitor);
  const PictureStore pictures(
      dataset, static_cast<std::uint64_t>(options.picture_memory_gb * 1e9), options.reading);
  NetworkInputs network_inputs(network.frozen(), static_cast<std::size_t>(training.workers));
  const RegionInputs inputs{.pictures = pictures, .crop = crop, .inputs = network_inputs};
  std::vector<RegionExample> batch;
  TrainingTask task = {
      .what = "fine-tuning",
      .begin_batch = [&](std::uint64_t step) { batch = sampler.Batch(step); },
      .fill =
          [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
            const RegionExample& drawn = batch[example];
            const std::uint64_t place = 2 * drawn.position + (drawn.mirrored ? 1 : 0);
            if (cache && cache->Get(place, input)) return;
            inputs.Make(drawn, worker, input);
            if (cache) cache->Put(place, input);
          },
      .loss =
          [&](std::size_t example, std::span<const float> scores, std::span<float> gradient) {
            return SoftmaxLoss(scores, batch[example].region.label, gradient);
          },
      .validate = {}};
  const std::vector<RegionExample> validation =
      ValidationExamples(regions.held_out, options.validation_examples);
  if (!validation.empty()) {
    task.validate = [&](Trainer& trained) {
      return ScoresOn(validation, outputs, inputs, trained);
    };
  }
  report.figures = RunTraining(network.trainer(), training, task, monitor);
  report.finished = report.figures.finished;
  report.goes_on_from = training.CheckpointPath();
  if (report.finished) report.network = TrainedBackbone(network.trainer().state());
  return report;
}

}  // namespace deeper
