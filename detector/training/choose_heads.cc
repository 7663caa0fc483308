#include "detector/training/choose_heads.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "detector/examples/data_split.h"
#include "detector/heads/region_features.h"
#include "detector/heads/softmax_classifier.h"
#include "detector/heads/svm_classifiers.h"
#include "detector/heads/training_images.h"
#include "detector/region_scores.h"
#include "detector/training/calibrate.h"

namespace deeper {

namespace {

// How boxes that overlap a better one of their class are treated; the fields of NmsOptions.
struct Suppression {
  double soft_sigma = 0;
  double vote_iou = 0;
};

// Removes the first rows of a matrix of `rows` rows.
void EraseRows(std::size_t count, std::size_t rows, std::vector<float>& values) {
  if (rows == 0) return;
  const std::size_t gone = values.size() / rows * count;
  values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(gone));
}

// What the model detects in the held-out pictures, with this suppression.
DetectionSet DetectIn(const HeldOut& held_out, const Model& model, const NmsOptions& nms) {
  DetectionSet found{.classes = model.classes, .images = {}};
  const DetectOptions options{.box_regression = true, .min_score = model.min_score, .nms = nms};
  for (std::size_t i = 0; i < held_out.regions.size(); ++i) {
    const RegionFeatures& regions = held_out.regions[i];
    found.images.push_back(
        {.id = held_out.truth.images[i].id,
         .width = regions.image_width,
         .height = regions.image_height,
         .detections = DetectionsOf(ScoreRegions(model, regions, options.box_regression),
                                    regions.image_width,
                                    regions.image_height,
                                    options)});
  }
  return found;
}

TrainedClassifiers TrainKind(ClassifierKind kind,
                             const std::vector<TrainingImage>& training,
                             std::size_t classes,
                             const HeadsOptions& options,
                             const Monitor& monitor) {
  const bool is_svm = kind == ClassifierKind::kSvm;
  Stage stage(monitor,
              is_svm ? "training SVMs" : "training softmax",
              "steps",
              is_svm
                  ? training.size() * (options.svm.only.empty() ? classes : options.svm.only.size())
                  : static_cast<std::size_t>(options.softmax.max_steps));
  const Progress advance = [&](std::size_t done, std::size_t) {
    ThrowIfStopped(monitor);
    stage.AdvanceTo(done);
  };
  return is_svm ? TrainClassifiers(training, classes, options.svm, options.workers, advance)
                : TrainSoftmax(training, classes, options.softmax, options.workers, advance);
}

// The model with classifiers of this kind. A softmax's scores are its probabilities.
Model WithClassifiers(Model model,
                      ClassifierKind kind,
                      const std::vector<TrainingImage>& training,
                      const HeadsOptions& options,
                      const Monitor& monitor) {
  const std::size_t classes = model.classes.Size();
  TrainedClassifiers trained = TrainKind(kind, training, classes, options, monitor);
  model.classifiers = std::move(trained.classifiers);
  if (trained.at_limit > 0) {
    const std::string text =
        kind == ClassifierKind::kSvm
            ? fmt::format("{} of {} SVMs, after {} passes",
                          trained.at_limit,
                          model.classifiers.ClassCount(),
                          options.svm.svm.max_passes)
            : fmt::format("the softmax, after {} steps", options.softmax.max_steps);
    monitor.say(fmt::format("{}: {}; a lower C needs fewer", kAtLimitFact, text));
    model.training[kAtLimitFact] = text;
  }
  if (kind == ClassifierKind::kSoftmax) {
    SetCalibration({.curves = std::vector<LogisticCurve>(classes),
                    .operating_points = std::vector<double>(classes, 0.5)},
                   model);
  }
  return model;
}

// The requested suppression, or those to choose from. Soft ones are for probabilities.
std::vector<Suppression> SuppressionsFor(ClassifierKind kind, const HeadsOptions& options) {
  if (!options.Chooses() || options.vote_iou || options.soft_sigma) {
    return {{.soft_sigma = options.soft_sigma.value_or(0),
             .vote_iou = options.vote_iou.value_or(kVoteIou)}};
  }
  constexpr double kSoftSigma = 0.3;
  std::vector<Suppression> all = {{.vote_iou = kVoteIou}, {}};
  if (kind == ClassifierKind::kSoftmax || options.calibrate)
    all.push_back({.soft_sigma = kSoftSigma});
  return all;
}

std::string SuppressionText(const Suppression& suppression) {
  if (suppression.soft_sigma > 0) return fmt::format("soft suppression {}", suppression.soft_sigma);
  if (suppression.vote_iou > 0) return fmt::format("voting {}", suppression.vote_iou);
  return "plain suppression";
}

void SetSuppression(const Suppression& suppression, Model& model) {
  model.nms.soft_sigma = suppression.soft_sigma;
  model.nms.vote_iou = suppression.vote_iou;
}

// CalibrateOn with the model's detections in them. Soft suppression lowers what the curves return,
// so the curves are fitted to detections without it.
bool CalibrateByHard(const HeldOut& held_out, int workers, Model& model) {
  NmsOptions hard = model.nms;
  hard.soft_sigma = 0;
  return CalibrateOn(held_out.truth, DetectIn(held_out, model, hard), workers, model);
}

// Without pictures to judge by: softmax classifiers, whose scores are probabilities as they are, or
// the first kind; and the first suppression.
Model Unmeasured(const Model& shared,
                 const std::vector<TrainingImage>& training,
                 const HeadsOptions& options,
                 const Monitor& monitor) {
  const ClassifierKind kind =
      options.Trains(ClassifierKind::kSoftmax) ? ClassifierKind::kSoftmax : options.kinds.front();
  Model model = WithClassifiers(shared, kind, training, options, monitor);
  SetSuppression(SuppressionsFor(kind, options).front(), model);
  const std::string what = fmt::format("{}, unmeasured: no picture is held out", NameOf(kind));
  monitor.say("classifiers: " + what);
  model.training["classifiers"] = what;
  return model;
}

}  // namespace

HeldOut HeldOutOf(const Dataset& dataset, ExtractedImages extracted) {
  HeldOut held_out = {.truth = SubsetOf(dataset, extracted.positions), .regions = {}};
  for (TrainingImage& image : extracted.images) {
    RegionFeatures& regions = image.regions;
    const std::size_t own = image.truth.size();
    EraseRows(own, regions.boxes.size(), regions.features);
    EraseRows(own, regions.boxes.size(), regions.offsets);
    regions.boxes.erase(regions.boxes.begin(),
                        regions.boxes.begin() + static_cast<std::ptrdiff_t>(own));
    held_out.regions.push_back(std::move(regions));
  }
  return held_out;
}

Evaluation EvaluateOn(const HeldOut& held_out, const Model& model, Protocol protocol, int workers) {
  return Evaluate(held_out.truth,
                  DetectIn(held_out, model, model.nms),
                  {.protocol = protocol, .workers = workers});
}

Model WithBestClassifiers(const Model& shared,
                          const std::vector<TrainingImage>& training,
                          const HeldOut& held_out,
                          const HeadsOptions& options,
                          const Monitor& monitor) {
  if (held_out.truth.images.empty() && options.Chooses())
    return Unmeasured(shared, training, options, monitor);
  std::optional<Model> best;
  double best_map = 0;
  std::string found;
  for (const ClassifierKind kind : options.kinds) {
    const Model trained = WithClassifiers(shared, kind, training, options, monitor);
    for (const Suppression& suppression : SuppressionsFor(kind, options)) {
      ThrowIfStopped(monitor);
      Model model = trained;
      SetSuppression(suppression, model);
      const bool is_usable =
          !options.calibrate || CalibrateByHard(held_out, options.workers, model);
      if (!options.Chooses()) return model;
      const double map = is_usable ? EvaluateOn(held_out, model, Protocol::kVoc07, options.workers)
                                         .mean_average_precision.value_or(0)
                                   : 0;
      found += fmt::format("{}{} with {} {:.2f}",
                           found.empty() ? "" : ", ",
                           NameOf(kind),
                           SuppressionText(suppression),
                           100 * map);
      if (best && map <= best_map) continue;
      best = std::move(model);
      best_map = map;
    }
  }
  monitor.say("mAP on held-out pictures (voc07): " + found);
  best->training["classifiers, held-out mAP"] = found;
  return *std::move(best);
}

}  // namespace deeper
