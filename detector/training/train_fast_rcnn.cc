#include "detector/training/train_fast_rcnn.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "backbone/precision.h"
#include "backbone/training/network_training.h"
#include "backbone/training/picture_trainer.h"
#include "backbone/training/training_plan.h"
#include "backbone/training/training_run.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/quantities.h"
#include "detector/examples/data_content.h"
#include "detector/examples/data_split.h"
#include "detector/examples/kept_proposals.h"
#include "detector/examples/picture_draw.h"
#include "detector/regions/map_proposals.h"
#include "detector/regions/picture_frame.h"
#include "detector/training/chosen_precision.h"
#include "detector/training/fast_rcnn_heads.h"
#include "detector/training/fast_rcnn_loss.h"
#include "detector/training/map_boxes.h"

namespace deeper {

namespace {

constexpr std::size_t kOffsets = BoxOffsets{}.size();

struct SplitPictures {
  TrainingPictures training;
  TrainingPictures held_out;
};

// What is learned from: Selective Search's boxes, and behind them those of the map.
std::vector<std::vector<Box>> ProposalsOf(const Dataset& dataset,
                                          const FastRcnnOptions& options,
                                          const Monitor& monitor) {
  KeptBoxesOptions kept = {.cache = options.proposals_cache,
                           .reading = options.reading,
                           .workers = options.training.workers};
  std::vector<std::vector<Box>> proposals =
      KeptProposals(dataset, options.proposals, kept, monitor);
  if (options.map_boxes == 0 || monitor.stop_asked()) return proposals;
  kept.cache += ".map";
  const std::vector<std::vector<Box>> of_map =
      MapBoxes(dataset, *options.learned, options.map_boxes, kept, monitor);
  for (std::size_t i = 0; i < proposals.size(); ++i)
    proposals[i].insert(proposals[i].end(), of_map[i].begin(), of_map[i].end());
  return proposals;
}

SplitPictures RegionsOfAll(const Dataset& dataset,
                           const std::vector<std::vector<Box>>& proposals,
                           const FastRcnnOptions& options) {
  SplitPictures split;
  const Holdout holdout(dataset, options.holdout);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    PictureRegions regions = RegionsOfPicture(image, proposals[i], options.labels);
    if (regions.IsEmpty() || proposals[i].empty()) continue;
    TrainingPictures& pictures = holdout.Contains(image.id) ? split.held_out : split.training;
    pictures.positions.push_back(i);
    pictures.regions.push_back(std::move(regions));
  }
  return split;
}

RegionCounts CountsOf(const TrainingPictures& pictures) {
  RegionCounts counts;
  for (const PictureRegions& regions : pictures.regions) {
    counts.foreground += regions.foreground.size();
    counts.background += regions.background.size();
  }
  return counts;
}

// The regions as text for the recipe: other regions give another text.
std::string DigestOf(const TrainingPictures& pictures) {
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
                   const TrainingPictures& pictures,
                   const FastRcnnOptions& options) {
  std::string text = fmt::format(
      "training fast-rcnn\nnetwork {}\ntraining_regions {}\npictures {}\nregions {}\n"
      "foreground {}\ncandidates {}\ntraining_side {}\nbox_weight {}\n{}",
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
      {"the map's boxes", options.map_boxes > 0 ? fmt::format("{}", options.map_boxes) : "no"},
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

// Throws Error where boxes of a map are wanted and there is no map that proposes.
void RequireMapFor(const FastRcnnOptions& options) {
  if (options.map_boxes == 0) return;
  const bool proposes =
      options.learned && options.learned->ranker && options.learned->ranker->Proposes();
  if (!proposes) {
    throw Error(
        fmt::format("map_boxes = {}: expected a detector to go on from whose map proposes (of "
                    "'train ranker'); leave it out, or name one",
                    options.map_boxes));
  }
}

PictureDrawOptions DrawOptionsOf(const FastRcnnOptions& options) {
  return {.pictures = options.pictures,
          .sampling = options.sampling,
          .candidates = options.candidates,
          .short_sides_px = options.short_sides_px,
          .seed = options.training.seed,
          .memory_gb = options.picture_memory_gb,
          .reading = options.reading};
}

}  // namespace

void FastRcnnOptions::Validate() const {
  RequireInRange("pictures", static_cast<double>(pictures), 1, 256);
  RequireInRange("regions", static_cast<double>(sampling.regions), 1, 4096);
  RequireInRange("foreground", sampling.foreground, 0, 1);
  RequireInRange("candidates", static_cast<double>(candidates), 0, 4096);
  RequireInRange("map_boxes", static_cast<double>(map_boxes), 0, double{kMostMapProposals});
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
  if (options.learned) RequireHeads(*options.learned);
  RequireMapFor(options);
  const NetworkTrainingOptions& training = options.training;
  const Precision precision = PrecisionFor(training.precision, /*has_quantization=*/false, monitor);
  FastRcnnReport report;
  report.goes_on_from = options.proposals_cache;
  const std::vector<std::vector<Box>> proposals = ProposalsOf(dataset, options, monitor);
  if (monitor.stop_asked()) return report;
  const std::string content = ContentText(dataset, options.reading, training.workers, monitor);
  if (monitor.stop_asked()) return report;
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
  if (options.learned) {
    PutHeadsOf(*options.learned, dataset.classes, weights);
    monitor.say(options.learned->classes == dataset.classes
                    ? "goes on from a detector's classifier and box regression too"
                    : "goes on from a detector's box regression too");
  }
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
      fmt::format("{} with {} foreground and {} background regions to train on, {} held out",
                  Counted(report.training_pictures, "pictures"),
                  report.regions.foreground,
                  report.regions.background,
                  report.held_out_pictures));

  PictureDraw draw(dataset, split.training, DrawOptionsOf(options));
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
      dataset, split.held_out.size() > 0 ? split.held_out : split.training, DrawOptionsOf(options));
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
  report.model = DetectorOf(trainer.state(), dataset);
  report.model.picture_scale = options.scale;
  report.model.proposals = options.proposals;
  report.model.training = TrainingFacts(options, dataset, report.training_pictures, precision);
  return report;
}

}  // namespace deeper
