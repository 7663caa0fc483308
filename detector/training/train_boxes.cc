#include "detector/training/train_boxes.h"

#include <fmt/format.h>

#include "backbone/precision.h"
#include "core/error.h"
#include "detector/examples/training_features.h"
#include "detector/training/chosen_precision.h"

namespace deeper {

BoxRegression TrainBoxRegressionOn(const std::vector<BoxTrainingImage>& images,
                                   std::size_t class_count,
                                   const BoxRegressionTrainingOptions& options,
                                   int workers,
                                   const Monitor& monitor) {
  std::optional<Stage> stage;  // how many steps there are is known with the first
  return TrainBoxRegression(
      images, class_count, options, workers, [&](std::size_t done, std::size_t total) {
        ThrowIfStopped(monitor);
        if (!stage) stage.emplace(monitor, "training box regression", "steps", total);
        stage->AdvanceTo(done);
      });
}

void BoxesOptions::Validate() const {
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("workers", workers, 1, 4096);
  boxes.Validate();
}

BoxesReport TrainBoxes(const Dataset& dataset,
                       const Weights& backbone,
                       const BoxesOptions& options,
                       const Monitor& monitor,
                       Model& model) {
  options.Validate();
  if (model.picture_scale) {
    throw Error(
        "the model's regions are windows of the whole picture's map; its box regression is trained "
        "with its network");
  }
  const Precision precision =
      PrecisionFor(options.precision, model.quantization.has_value(), monitor);
  const Network network(backbone, {.precision = precision, .quantization = model.quantization});
  const ExtractedImages extracted = ExtractTrainingFeatures(
      dataset,
      {.source = {.network = &network,
                  .backbone_fingerprint = model.backbone_fingerprint,
                  .crop = model.crop,
                  .proposals = model.proposals,
                  .holdout = Holdout(dataset, options.holdout),
                  .cache = options.cache,
                  .reading = options.reading,
                  .workers = options.workers},
       .wanted = {.features = false,
                  .mirrored_truth = false,
                  .to_move = BoxesToMoveOf(dataset.images.size(), options.boxes.min_iou)}},
      monitor);
  BoxesReport report = {.training_pictures = extracted.to_move.size(),
                        .unreadable_pictures = dataset.images.size() - extracted.positions.size()};
  if (monitor.stop_asked()) return report;
  try {
    model.box_regression = TrainBoxRegressionOn(
        extracted.to_move, dataset.classes.Size(), options.boxes, options.workers, monitor);
  } catch (const WorkStopped&) {
    return report;
  }
  model.training["box_lambda"] = fmt::format("{}", options.boxes.lambda);
  report.finished = true;
  return report;
}

}  // namespace deeper
