#include "detector/training/train_classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "backbone/precision.h"
#include "backbone/training/losses.h"
#include "backbone/training/network_training.h"
#include "backbone/training/training_run.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "core/text/quantities.h"
#include "detector/examples/data_content.h"
#include "detector/examples/data_split.h"
#include "detector/examples/epoch_sampler.h"
#include "detector/examples/network_inputs.h"
#include "detector/examples/picture_store.h"
#include "detector/examples/validation_scores.h"
#include "detector/regions/classification_views.h"
#include "detector/regions/crop.h"
#include "detector/training/chosen_precision.h"

namespace deeper {

namespace {

constexpr std::uint64_t kEpochsBetweenFalls = 8;

std::size_t LabelOf(const Dataset& dataset, std::size_t picture) {
  return IndexOf(dataset.images[picture].annotations.front().class_id);
}

// The views of `deeper classify`, so that a validation measures what it would find.
void CropAsClassified(const Image& image, std::span<float> crop_chw) {
  const ClassificationView view = ClassificationViews(image.width, image.height, 1).front();
  Crop(image, view.box, {.padding_px = 0}, crop_chw);
}

std::string RecipeText(const ClassificationTrainingOptions& options,
                       const Dataset& dataset,
                       const SplitPositions& split,
                       const std::string& began_with,
                       const std::string& content) {
  Sha256 hash;
  for (const std::size_t i : split.training) hash.Update(dataset.images[i].id + "\n");
  return fmt::format(
      "training classify\nnetwork {}\nclass_count {}\ntraining_pictures {}\nbatch {}\nmin_area {}\n"
      "distortion {}\n{}",
      began_with,
      dataset.classes.Size(),
      hash.HexDigest(),
      options.batch,
      options.augment.min_area,
      options.augment.distortion,
      content);
}

}  // namespace

void ClassificationTrainingOptions::Validate() const {
  RequireInRange("batch", static_cast<double>(batch), 1, 65536);
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("validation_examples", static_cast<double>(validation_examples), 1, 1e6);
  RequireInRange("picture_memory_gb", picture_memory_gb, 0, 1e6);
  augment.Validate();
  training.Validate();
}

ClassificationReport TrainClassification(const Dataset& dataset,
                                         const std::optional<Weights>& backbone,
                                         const ClassificationTrainingOptions& options,
                                         const Monitor& monitor) {
  options.Validate();
  const SplitPositions split = SplitPositionsOf(dataset, options.holdout);
  if (split.training.empty()) throw Error("no picture is left to train on");
  const double epoch_steps =
      static_cast<double>(split.training.size()) / static_cast<double>(options.batch);
  NetworkTrainingOptions training = options.training;
  training.solver.schedule.every = options.rate_every.value_or(
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(kEpochsBetweenFalls * epoch_steps)));
  monitor.say(fmt::format("{}; {} to train on, {} held out; {:.1f} steps an epoch",
                          Counted(dataset.classes.Size(), "classes"),
                          Counted(split.training.size(), "pictures"),
                          split.held_out.size(),
                          epoch_steps));
  const Precision precision = PrecisionFor(training.precision, /*has_quantization=*/false, monitor);

  const std::string content = ContentText(dataset, options.reading, training.workers, monitor);
  if (monitor.stop_asked()) return {.goes_on_from = training.CheckpointPath()};
  const std::size_t outputs = dataset.classes.Size();
  NetworkTraining network(
      {.weights = backbone ? WithoutClassifier(*backbone) : Weights(),
       .precision = precision,
       .outputs = outputs,
       .batch = options.batch,
       .recipe = RecipeText(
           options, dataset, split, backbone ? FingerprintOf(*backbone) : "random", content)},
      training);
  const PictureStore pictures(
      dataset, static_cast<std::uint64_t>(options.picture_memory_gb * 1e9), options.reading);
  NetworkInputs inputs(network.frozen(), static_cast<std::size_t>(training.workers));
  EpochSampler sampler(split.training.size(), options.batch, training.seed);
  std::vector<std::size_t> batch;
  std::uint64_t batch_seed = 0;
  const auto validate_on = [&](const std::vector<std::size_t>& on, Trainer& trainer) {
    const std::vector<std::size_t> chosen_pictures = EvenlyOver(on, options.validation_examples);
    ValidationScores numbers(outputs, /*first_class=*/0);
    trainer.Score(
        Trainer::Which::kAverages,
        chosen_pictures.size(),
        [&](std::size_t example, std::size_t worker, std::span<std::byte> input) {
          inputs.Make(worker, input, [&](std::span<float> crop_chw) {
            CropAsClassified(*pictures.Get(chosen_pictures[example]), crop_chw);
          });
        },
        [&](std::size_t example, std::span<const float> scores) {
          numbers.Add(scores, LabelOf(dataset, chosen_pictures[example]));
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
            inputs.Make(worker, input, [&](std::span<float> crop_chw) {
              AugmentedCrop(*pictures.Get(split.training[batch[example]]),
                            options.augment,
                            Random(batch_seed + example).Next(),
                            crop_chw);
            });
          },
      .loss =
          [&](std::size_t example, std::span<const float> scores, std::span<float> gradient) {
            return SoftmaxLoss(scores, LabelOf(dataset, split.training[batch[example]]), gradient);
          },
      .validate =
          [&](Trainer& trainer) {
            std::map<std::string, double> numbers = validate_on(split.held_out, trainer);
            numbers["accuracy_on_trained"] = validate_on(split.training, trainer).at("accuracy");
            return numbers;
          }};
  ClassificationReport report = {.training_pictures = split.training.size(),
                                 .held_out_pictures = split.held_out.size()};
  report.figures = RunTraining(network.trainer(), training, task, monitor);
  report.finished = report.figures.finished;
  report.goes_on_from = training.CheckpointPath();
  if (report.finished) report.network = TrainedBackbone(network.trainer().state());
  return report;
}

}  // namespace deeper
