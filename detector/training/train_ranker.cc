#include "detector/training/train_ranker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "backbone/picture_network.h"
#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/random.h"
#include "core/work/parallel.h"
#include "detector/examples/data_split.h"
#include "detector/examples/epoch_sampler.h"
#include "detector/examples/kept_proposals.h"
#include "detector/examples/mapped_picture.h"
#include "detector/regions/map_proposals.h"
#include "detector/training/chosen_precision.h"
#include "detector/training/ranker_learner.h"

namespace deeper {
namespace {

// Objects that count, and how many of them the boxes overlap by half.
struct Overlapped {
  std::size_t objects = 0;
  std::size_t found = 0;
};
Overlapped OverlappedBy(const std::vector<Box>& boxes, const AnnotatedImage& image) {
  Overlapped overlapped;
  for (const Annotation& annotation : image.annotations) {
    if (annotation.difficult || annotation.box.IsEmpty()) continue;
    ++overlapped.objects;
    overlapped.found +=
        std::ranges::any_of(boxes, [&](const Box& box) { return Iou(box, annotation.box) >= 0.5; });
  }
  return overlapped;
}

std::vector<std::pair<std::size_t, double>> RecallOn(const Dataset& dataset,
                                                     const std::vector<std::size_t>& positions,
                                                     const std::vector<std::vector<Box>>& proposals,
                                                     const Model& model,
                                                     const RegionRanker& ranker,
                                                     const PictureNetwork& network,
                                                     const RankerOptions& options,
                                                     const Monitor& monitor) {
  constexpr std::array<std::size_t, 4> kCounts = {50, 100, 300, 1'000'000};
  std::array<Overlapped, kCounts.size()> sums;
  ForEachInOrder<std::array<Overlapped, kCounts.size()>>(
      positions.size(),
      options.workers,
      monitor.stop_asked,
      [&](std::size_t i) {
        const AnnotatedImage& image = dataset.images[positions[i]];
        const MappedPicture picture(network,
                                    *model.picture_scale,
                                    model.crop.mean_bgr,
                                    ReadImage(image.image_path, options.reading));
        const RankedMap map(ranker, picture.Map());
        const ScoredBoxes candidates = CandidatesOnMap(map,
                                                       proposals[positions[i]],
                                                       /*proposes=*/true,
                                                       picture.frame(),
                                                       picture.width(),
                                                       picture.height());
        std::array<Overlapped, kCounts.size()> of_picture;
        for (std::size_t k = 0; k < kCounts.size(); ++k)
          of_picture[k] = OverlappedBy(ChosenOf(candidates, kCounts[k]), image);
        return of_picture;
      },
      [&](std::size_t, const std::array<Overlapped, kCounts.size()>& of_picture) {
        for (std::size_t k = 0; k < kCounts.size(); ++k) {
          sums[k].objects += of_picture[k].objects;
          sums[k].found += of_picture[k].found;
        }
      });
  std::vector<std::pair<std::size_t, double>> recall;
  for (std::size_t k = 0; k < kCounts.size(); ++k) {
    if (sums[k].objects == 0) continue;
    recall.emplace_back(kCounts[k],
                        static_cast<double>(sums[k].found) / static_cast<double>(sums[k].objects));
  }
  return recall;
}

}  // namespace

void RankerOptions::Validate() const {
  RequireInRange("pictures", static_cast<double>(pictures), 1, 1e9);
  RequireInRange("regions", static_cast<double>(sampling.regions), 4, 4096);
  RequireInRange("foreground_iou", sampling.foreground_iou, 0, 1);
  RequireInRange("rate", rate, 0, 1e6);
  RequireInRange("holdout", holdout, 0, 0.9);
  RequireInRange("workers", workers, 1, 4096);
}

RankerReport TrainRanker(const Dataset& dataset,
                         const Model& model,
                         const RankerOptions& options,
                         const Monitor& monitor) {
  options.Validate();
  Expects(model.picture_scale && model.backbone, "a model of whole pictures, with its network");
  RankerReport report;
  const std::vector<std::vector<Box>> proposals = KeptProposals(
      dataset,
      model.proposals,
      {.cache = options.proposals_cache, .reading = options.reading, .workers = options.workers},
      monitor);
  if (monitor.stop_asked()) return report;
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;
  bool has_objects = false;
  const Holdout holdout(dataset, options.holdout);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    if (proposals[i].empty()) continue;
    const bool is_held_out = holdout.Contains(dataset.images[i].id);
    (is_held_out ? held_out : training).push_back(i);
    has_objects = has_objects || (!is_held_out && !dataset.images[i].annotations.empty());
  }
  if (training.empty() || !has_objects) {
    throw Error("no picture shows an object; check the annotations");
  }

  const Precision precision =
      PrecisionFor(options.precision, model.quantization.has_value(), monitor);
  const PictureNetwork network(*model.backbone,
                               {.precision = precision, .quantization = model.quantization});
  const auto mapped = [&](std::size_t i) {
    return MappedPicture(network,
                         *model.picture_scale,
                         model.crop.mean_bgr,
                         ReadImage(dataset.images[i].image_path, options.reading));
  };
  RankerLearner learner(
      mapped(training.front()).Map(), options.rate, options.pictures, options.learned);
  EpochSampler order(training.size(), 1, options.seed);
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < options.pictures; ++i)
    drawn.push_back(training[order.Batch(i).front()]);
  {
    Stage stage(monitor, "learning to find regions", "pictures", drawn.size());
    // Maps are made ahead; what is learned of one depends on what was learned before.
    ForEachInOrder<MappedPicture>(
        drawn.size(),
        options.workers,
        monitor.stop_asked,
        [&](std::size_t i) { return mapped(drawn[i]); },
        [&](std::size_t i, const MappedPicture& picture) {
          const RankedMap map(learner.Ranker(), picture.Map());
          Random random(options.seed ^ Random(i).Next());
          const std::vector<RankerExample> examples = DrawRankerExamples(picture,
                                                                         dataset.images[drawn[i]],
                                                                         proposals[drawn[i]],
                                                                         map,
                                                                         options.sampling,
                                                                         random);
          learner.Learn(picture.Map(), picture.frame(), examples, map);
          stage.Advance();
        });
  }
  if (monitor.stop_asked()) return report;
  report.ranker = learner.Ranker();
  report.recall =
      RecallOn(dataset, held_out, proposals, model, report.ranker, network, options, monitor);
  report.finished = !monitor.stop_asked();
  return report;
}

}  // namespace deeper
