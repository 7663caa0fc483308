#include "detector/training/train_fast_rcnn.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "backbone/files/stored_floats.h"
#include "backbone/googlenet.h"
#include "backbone/network.h"
#include "backbone/precision.h"
#include "backbone/training/losses.h"
#include "backbone/training/network_training.h"
#include "backbone/training/picture_trainer.h"
#include "backbone/training/training_plan.h"
#include "backbone/training/training_run.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/random.h"
#include "core/text/quantities.h"
#include "detector/examples/data_content.h"
#include "detector/examples/data_split.h"
#include "detector/examples/epoch_sampler.h"
#include "detector/examples/kept_proposals.h"
#include "detector/examples/picture_store.h"
#include "detector/examples/validation_scores.h"
#include "detector/regions/crop.h"
#include "detector/regions/picture_frame.h"
#include "detector/regions/region_ranker.h"
#include "detector/training/calibrate.h"
#include "detector/training/chosen_precision.h"
#include "detector/training/heads_options.h"

namespace deeper {

namespace {

constexpr std::size_t kOffsets = BoxOffsets{}.size();
// Targets are divided by their usual deviations, so that both losses count alike (Girshick 2015,
// section 2.3).
constexpr std::array<double, kOffsets> kDeviations = {0.1, 0.1, 0.2, 0.2};

// Pictures with something to learn from, and their regions.
struct Pictures {
  std::vector<std::size_t> positions;  // in the data set
  std::vector<PictureRegions> regions;

  std::size_t size() const { return positions.size(); }
};

struct SplitPictures {
  Pictures training;
  Pictures held_out;
};

SplitPictures RegionsOfAll(const Dataset& dataset,
                           const std::vector<std::vector<Box>>& proposals,
                           const FastRcnnOptions& options) {
  SplitPictures split;
  const Holdout holdout(dataset, options.holdout);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    PictureRegions regions = RegionsOfPicture(image, proposals[i], options.labels);
    if (regions.IsEmpty() || proposals[i].empty()) continue;
    Pictures& pictures = holdout.Contains(image.id) ? split.held_out : split.training;
    pictures.positions.push_back(i);
    pictures.regions.push_back(std::move(regions));
  }
  return split;
}

RegionCounts CountsOf(const Pictures& pictures) {
  RegionCounts counts;
  for (const PictureRegions& regions : pictures.regions) {
    counts.foreground += regions.foreground.size();
    counts.background += regions.background.size();
  }
  return counts;
}

// The regions as text for the recipe: other regions give another text.
std::string DigestOf(const Pictures& pictures) {
  Sha256 hash;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    for (const auto* list : {&pictures.regions[i].foreground, &pictures.regions[i].background}) {
      for (const TargetRegion& region : *list) {
        const Box& box = region.box;
        hash.Update(fmt::format("{} {} {} {} {} {}\n",
                                pictures.positions[i],
                                region.label,
                                box.x0,
                                box.y0,
                                box.x1,
                                box.y1));
      }
    }
  }
  return hash.HexDigest();
}

std::string Recipe(const std::string& backbone_fingerprint,
                   const std::string& content,
                   const Pictures& pictures,
                   const FastRcnnOptions& options) {
  std::string text = fmt::format(
      "fast r-cnn, boxes by profiles\nbackbone {}\nregions {}\npictures {} regions {} foreground "
      "{} candidates {}\n"
      "short sides {}\nbox weight {}\n{}",
      backbone_fingerprint,
      DigestOf(pictures),
      options.pictures,
      options.sampling.regions,
      options.sampling.foreground,
      options.candidates,
      fmt::join(options.short_sides_px, " "),
      options.box_weight,
      content);
  if (options.learned) {
    Sha256 hash;
    hash.Update(options.learned->classifiers.weights);
    hash.Update(options.learned->classifiers.biases);
    hash.Update(options.learned->box_regression->weights);
    text += fmt::format("learned {}\n", hash.HexDigest());
  }
  return text;
}

// What a detector of this data set says of its training.
std::map<std::string, std::string> TrainingFacts(const FastRcnnOptions& options,
                                                 const Dataset& dataset,
                                                 std::size_t pictures,
                                                 Precision precision) {
  const NetworkTrainingOptions& training = options.training;
  const RateSchedule schedule = training.Solver().schedule;
  return {
      {"data", dataset.name},
      {"pictures", std::to_string(pictures)},
      {"steps",
       fmt::format("{} of {} pictures, {} regions of each",
                   training.steps,
                   options.pictures,
                   options.sampling.regions)},
      {"hard examples", options.candidates > 0 ? fmt::format("of {}", options.candidates) : "no"},
      {"shorter sides", fmt::format("{}", fmt::join(options.short_sides_px, ", "))},
      {"frozen", training.plan.frozen.empty() ? "nothing" : "up to " + training.plan.frozen},
      {"rate",
       fmt::format("{}, {}, warm-up {}",
                   schedule.rate,
                   schedule.kind == ScheduleKind::kPoly
                       ? fmt::format("poly {}", schedule.power)
                       : fmt::format("times {} every {}", schedule.factor, schedule.every),
                   schedule.warmup)},
      {"new layers' rate", fmt::format("times {}", training.solver.new_layer_rate)},
      {"weight decay", fmt::format("{}", training.solver.weight_decay)},
      {"average", fmt::format("{}", training.solver.average_decay)},
      {"clip", fmt::format("{}", training.solver.clip_norm)},
      {"box weight", fmt::format("{}", options.box_weight)},
      {"seed", std::to_string(training.seed)},
      {"precision", NameOf(precision)}};
}

// One picture of a step as it was drawn.
struct DrawnPicture {
  std::size_t number = 0;  // in Pictures
  bool mirrored = false;
  MapSize size{};
  std::vector<TargetRegion> regions = {};
};

// Draws pictures and regions, and makes the network's inputs of them.
class PictureDraw {
 public:
  PictureDraw(const Dataset& dataset, const Pictures& pictures, const FastRcnnOptions& options)
      : pictures_(&pictures),
        options_(&options),
        order_(pictures.size(), options.pictures, options.training.seed),
        store_(
            dataset, static_cast<std::uint64_t>(options.picture_memory_gb * 1e9), options.reading) {
  }

  // Draws the pictures of a step.
  void Begin(std::uint64_t step) {
    Random random(options_->training.seed ^ Random(step).Next());
    const std::vector<int>& sides = options_->short_sides_px;
    const int side = sides[random.Below(sides.size())];
    drawn_.clear();
    for (const std::size_t number : order_.Batch(step)) {
      PictureSamplingOptions sampling = options_->sampling;
      sampling.regions = std::max(options_->candidates, sampling.regions);
      const bool mirrored = random.Below(2) == 1;
      drawn_.push_back(
          {.number = number,
           .mirrored = mirrored,
           .size = FrameFor(number, side),
           .regions = DrawRegions(pictures_->regions[number], sampling, random.Next())});
    }
  }
  // The same regions of a picture each time, not mirrored.
  void BeginValidation(const std::vector<std::size_t>& numbers) {
    drawn_.clear();
    for (const std::size_t number : numbers) {
      drawn_.push_back(
          {.number = number,
           .size = FrameFor(number, options_->short_sides_px.back()),
           .regions = DrawRegions(pictures_->regions[number], options_->sampling, number)});
    }
  }

  std::vector<MapSize> Sizes() const {
    std::vector<MapSize> sizes;
    for (const DrawnPicture& drawn : drawn_) sizes.push_back(drawn.size);
    return sizes;
  }
  const TargetRegion& Region(std::size_t picture, std::size_t region) const {
    return drawn_[picture].regions[region];
  }

  // Safe from several threads.
  void Fill(std::size_t picture, PictureInput& input) const {
    const DrawnPicture& drawn = drawn_[picture];
    const std::shared_ptr<const Image> image = store_.Get(pictures_->positions[drawn.number]);
    const PictureFrame frame = FitInto(drawn.size, image->width, image->height);
    PutIntoFrame(drawn.mirrored ? MirrorImage(*image) : *image,
                 frame,
                 CropOptions{}.mean_bgr,
                 input.picture);
    input.windows.clear();
    for (const TargetRegion& region : drawn.regions) {
      Box box = region.box;
      const auto width = static_cast<float>(image->width);
      if (drawn.mirrored) {
        box.x0 = width - region.box.x1;
        box.x1 = width - region.box.x0;
      }
      input.windows.push_back(WindowOf(box, image->width, image->height, frame));
    }
  }

  // Where the region's box is to move, divided by the deviations; nothing for background.
  std::optional<std::array<float, kOffsets>> Target(std::size_t picture, std::size_t region) const {
    const std::optional<BoxOffsets>& offsets = Region(picture, region).offsets;
    if (!offsets) return std::nullopt;
    std::array<float, kOffsets> target{};
    for (std::size_t i = 0; i < kOffsets; ++i)
      target[i] = static_cast<float>((*offsets)[i] / kDeviations[i]);
    if (drawn_[picture].mirrored) target[0] = -target[0];
    return target;
  }

 private:
  MapSize FrameFor(std::size_t number, int short_side_px) const {
    const std::shared_ptr<const Image> image = store_.Get(pictures_->positions[number]);
    return FrameOfShape(short_side_px, image->height > image->width);
  }

  const Pictures* pictures_;
  const FastRcnnOptions* options_;
  EpochSampler order_;
  PictureStore store_;
  std::vector<DrawnPicture> drawn_;
};

// The loss of a region: its class, and where its object lies. scores: background, the classes, and
// four offsets.
double RegionLossOf(const PictureDraw& draw,
                    double box_weight,
                    std::size_t picture,
                    std::size_t region,
                    std::span<const float> scores,
                    std::span<float> gradient) {
  const std::size_t classes = scores.size() - kOffsets;
  double loss = SoftmaxLoss(
      scores.first(classes), draw.Region(picture, region).label, gradient.first(classes));
  const std::span<float> box_gradient = gradient.subspan(classes);
  std::ranges::fill(box_gradient, 0.0F);
  if (const auto target = draw.Target(picture, region)) {
    loss += box_weight * SmoothL1Loss(scores.subspan(classes), *target, box_gradient);
    for (float& value : box_gradient) value *= static_cast<float>(box_weight);
  }
  return loss;
}

// The regions of a picture with the largest losses, `count` at most, by their numbers, ascending.
std::vector<std::size_t> HardestOf(const PictureDraw& draw,
                                   double box_weight,
                                   std::size_t count,
                                   std::size_t picture,
                                   std::span<const float> scores,
                                   std::size_t outputs) {
  const std::size_t regions = scores.size() / outputs;
  std::vector<float> losses(regions);
  std::vector<float> gradient(outputs);
  for (std::size_t i = 0; i < regions; ++i) {
    losses[i] = static_cast<float>(
        RegionLossOf(draw, box_weight, picture, i, scores.subspan(i * outputs, outputs), gradient));
  }
  return HighestOf(losses, count);
}

// How well held-out regions are classified.
ValidationFigures FiguresOn(PictureDraw& draw,
                            const std::vector<std::size_t>& numbers,
                            std::size_t outputs,
                            PictureTrainer& trainer) {
  draw.BeginValidation(numbers);
  std::vector<std::vector<float>> scores(numbers.size());
  trainer.Score(
      draw.Sizes(),
      [&](std::size_t picture, std::size_t, PictureInput& input) { draw.Fill(picture, input); },
      [&](std::size_t picture, std::span<const float> of_picture) {
        scores[picture].assign(of_picture.begin(), of_picture.end());
      });
  const std::size_t classes = outputs - kOffsets;
  ValidationScores numbers_of(classes, /*first_class=*/1);
  double box_loss = 0;
  std::size_t objects = 0;
  std::vector<float> gradient(kOffsets);
  for (std::size_t p = 0; p < scores.size(); ++p) {
    for (std::size_t i = 0; i * outputs < scores[p].size(); ++i) {
      const std::span<const float> of_region = std::span(scores[p]).subspan(i * outputs, outputs);
      numbers_of.Add(of_region.first(classes), draw.Region(p, i).label);
      if (const auto target = draw.Target(p, i)) {
        box_loss += SmoothL1Loss(of_region.subspan(classes), *target, gradient);
        ++objects;
      }
    }
  }
  ValidationFigures figures = numbers_of.Numbers();
  if (objects > 0) figures["box_loss"] = box_loss / static_cast<double>(objects);
  return figures;
}

// The learned values as a detector.
Model ModelOf(const SolverState& state, const Dataset& dataset, const FastRcnnOptions& options) {
  Weights network = TrainedBackbone(state);
  const Tensor weight = network.at(WeightName(kClassifierName));
  const Tensor bias = network.at(BiasName(kClassifierName));
  const Tensor& box_weight = LearnedBlob(state, WeightName(kProfileHeadName));
  const Tensor& box_bias = LearnedBlob(state, BiasName(kProfileHeadName));
  network = WithoutClassifier(std::move(network));
  RoundToBf16(network);
  Model model;
  model.classes = dataset.classes;
  model.backbone_fingerprint = FingerprintOf(network);
  model.backbone_name = "GoogLeNet, Fast R-CNN";
  model.backbone = std::move(network);
  model.picture_scale = options.scale;
  model.proposals = options.proposals;
  model.scaling = {.norm = FeatureNorm::kMean, .target_norm = 1, .mean_norm = 1};
  model.nms.vote_iou = kVoteIou;
  // The curve through log-odds is the probability that the softmax gave.
  SetCalibration({.curves = std::vector<LogisticCurve>(dataset.classes.Size()),
                  .operating_points = std::vector<double>(dataset.classes.Size(), 0.5)},
                 model);
  model.classifiers = {.kind = ClassifierKind::kSoftmax,
                       .feature_dim = kFeatureDim,
                       .weights = weight.data,
                       .biases = bias.data};
  BoxRegression& regression = model.box_regression.emplace();
  regression.feature_dim = kProfileDim;
  for (std::size_t k = 0; k < kOffsets; ++k) {
    const auto deviation = static_cast<float>(kDeviations[k]);
    for (std::size_t i = 0; i < kProfileDim; ++i) {
      regression.weights.push_back(deviation * kProfileScale *
                                   box_weight.data[k * kProfileDim + i]);
    }
    regression.weights.push_back(deviation * box_bias.data[k]);
  }
  return model;
}

// A regression's weight of this value of the profiles. One of an earlier version reads the
// features, which are the mean of the profiles of all rows, and of all columns.
float WeightOf(std::span<const float> row, std::size_t value) {
  constexpr auto kLines = static_cast<float>(2 * kLastMapSide);
  return row.size() > kFeatureDim + 1 ? row[value] : row[value % kFeatureDim] / kLines;
}

// The values that ModelOf made the model's heads of.
void PutHeadsOf(const Model& model, Weights& weights) {
  const BoxRegression& regression = *model.box_regression;
  Tensor weight = MakeTensor({model.classifiers.biases.size(), kFeatureDim, 1, 1});
  Tensor bias = MakeTensor({model.classifiers.biases.size(), 1, 1, 1});
  weight.data = model.classifiers.weights;
  bias.data = model.classifiers.biases;
  weights[WeightName(kClassifierName)] = std::move(weight);
  weights[BiasName(kClassifierName)] = std::move(bias);
  Tensor box_weight = MakeTensor({kOffsets, kProfileDim, 1, 1});
  Tensor box_bias = MakeTensor({kOffsets, 1, 1, 1});
  for (std::size_t k = 0; k < kOffsets; ++k) {
    const std::size_t values = regression.feature_dim + 1;
    const std::span<const float> row = std::span(regression.weights).subspan(k * values, values);
    const auto deviation = static_cast<float>(kDeviations[k]);
    for (std::size_t i = 0; i < kProfileDim; ++i)
      box_weight.data[k * kProfileDim + i] = WeightOf(row, i) / deviation / kProfileScale;
    box_bias.data[k] = row.back() / deviation;
  }
  weights[WeightName(kProfileHeadName)] = std::move(box_weight);
  weights[BiasName(kProfileHeadName)] = std::move(box_bias);
}

// Throws Error unless the training can go on from what the model has learned.
void RequireHeadsFor(const Model& model, const Dataset& dataset) {
  const bool is_alike = model.picture_scale && model.box_regression &&
                        model.classifiers.kind == ClassifierKind::kSoftmax &&
                        model.classifiers.feature_dim == kFeatureDim &&
                        model.box_regression->RegressorCount() == 1;
  if (!is_alike) {
    throw Error(
        "learned: expected a detector of whole pictures, of 'train fast-rcnn', to go on from");
  }
  if (model.classes != dataset.classes) {
    throw Error(
        fmt::format("learned: the detector has {} classes that are not the {} of {} in their order",
                    model.classes.Size(),
                    dataset.classes.Size(),
                    dataset.name));
  }
}

}  // namespace

void FastRcnnOptions::Validate() const {
  RequireInRange("pictures", static_cast<double>(pictures), 1, 256);
  RequireInRange("regions", static_cast<double>(sampling.regions), 1, 4096);
  RequireInRange("foreground", sampling.foreground, 0, 1);
  RequireInRange("candidates", static_cast<double>(candidates), 0, 4096);
  RequireInRange("box_weight", box_weight, 0, 1e6);
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("validation_pictures", static_cast<double>(validation_pictures), 1, 1e6);
  RequireInRange("picture_memory_gb", picture_memory_gb, 0, 1e6);
  if (short_sides_px.empty()) throw Error("short_sides_px: expected at least one");
  for (const int side : short_sides_px) {
    RequireInRange("short_sides_px", side, 96, 2048);
    if (side % kFrameStepPx != 0)
      throw Error(
          fmt::format("short_sides_px = {}: expected a multiple of {}", side, kFrameStepPx));
  }
  scale.Validate();
  labels.Validate();
  training.Validate();
  PlanTrunk(training.plan.frozen, kInputSize);  // throws for a row that cannot be frozen
}

FastRcnnReport TrainFastRcnn(const Dataset& dataset,
                             Weights backbone,
                             const FastRcnnOptions& options,
                             const Monitor& monitor) {
  options.Validate();
  if (options.learned) RequireHeadsFor(*options.learned, dataset);
  const NetworkTrainingOptions& training = options.training;
  const Precision precision = PrecisionFor(training.precision, /*has_quantization=*/false, monitor);
  FastRcnnReport report;
  const std::vector<std::vector<Box>> proposals = KeptProposals(dataset,
                                                                {.search = options.proposals,
                                                                 .cache = options.proposals_cache,
                                                                 .reading = options.reading,
                                                                 .workers = training.workers},
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
  const SplitPictures split = RegionsOfAll(dataset, proposals, options);
  report.training_pictures = split.training.size();
  report.held_out_pictures = split.held_out.size();
  report.regions = CountsOf(split.training);
  if (report.regions.foreground == 0) {
    throw Error("no box overlaps an object enough to be foreground; check the annotations");
  }

  const std::size_t classes = 1 + dataset.classes.Size();
  const std::size_t outputs = classes + kOffsets;
  const std::string recipe = Recipe(FingerprintOf(backbone), content, split.training, options);
  Weights weights = WithoutClassifier(std::move(backbone));
  if (options.learned) PutHeadsOf(*options.learned, weights);
  const std::vector<std::string> added =
      AddMissingBlobs(PictureTrainer::TrainedBlobs(training.plan.frozen, classes, kOffsets),
                      training.seed,
                      weights);
  // The learned values depend on neither of these two.
  NetworkTrainingOptions of_recipe = training;
  of_recipe.workers = 1;
  of_recipe.micro_batch = 1;
  PictureTrainer trainer(std::move(weights),
                         {added.begin(), added.end()},
                         {.solver = training.Solver(),
                          .frozen = training.plan.frozen,
                          .precision = precision,
                          .outputs = classes,
                          .profile_outputs = kOffsets,
                          .pictures = options.pictures,
                          .regions = options.sampling.regions,
                          .workers = static_cast<std::size_t>(training.workers),
                          .checkpoint = training.CheckpointPath(),
                          .recipe = recipe + of_recipe.Text(precision)});
  monitor.say(
      fmt::format("{} pictures with {} foreground and {} background regions to train on, {} "
                  "pictures held out",
                  report.training_pictures,
                  report.regions.foreground,
                  report.regions.background,
                  report.held_out_pictures));

  PictureDraw draw(dataset, split.training, options);
  PictureBatch batch = {.sizes = {},
                        .fill =
                            [&](std::size_t picture, std::size_t, PictureInput& input) {
                              ThrowIfStopped(monitor);
                              draw.Fill(picture, input);
                            },
                        .choose = {},
                        .loss =
                            [&](std::size_t picture,
                                std::size_t region,
                                std::span<const float> scores,
                                std::span<float> gradient) {
                              ThrowIfStopped(monitor);
                              return RegionLossOf(
                                  draw, options.box_weight, picture, region, scores, gradient);
                            }};
  if (options.candidates > options.sampling.regions) {
    batch.choose = [&](std::size_t picture, std::span<const float> scores) {
      return HardestOf(
          draw, options.box_weight, options.sampling.regions, picture, scores, outputs);
    };
  }
  TrainingSteps steps = {.what = "training",
                         .state = &trainer.state(),
                         .run_step =
                             [&] {
                               draw.Begin(trainer.state().step);
                               batch.sizes = draw.Sizes();
                               return trainer.RunStep(batch);
                             },
                         .save = [&] { trainer.Save(); },
                         .validate = {}};
  PictureDraw validation_draw(
      dataset, split.held_out.size() > 0 ? split.held_out : split.training, options);
  std::vector<std::size_t> numbers(split.held_out.size());
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  numbers = EvenlyOver(numbers, options.validation_pictures);
  if (!numbers.empty()) {
    steps.validate = [&] { return FiguresOn(validation_draw, numbers, outputs, trainer); };
  }
  report.figures = RunTraining(steps, training, monitor);
  report.finished = report.figures.finished;
  report.goes_on_from = training.CheckpointPath();
  if (!report.finished) return report;
  report.model = ModelOf(trainer.state(), dataset, options);
  report.model.training = TrainingFacts(options, dataset, report.training_pictures, precision);
  return report;
}

}  // namespace deeper
