#include "detector/training/train_ranker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
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
#include "detector/examples/picture_regions.h"
#include "detector/regions/picture_frame.h"
#include "detector/training/chosen_precision.h"

namespace deeper {
namespace {

constexpr std::size_t kParts = RegionRanker::kParts * RegionRanker::kParts;

// What one picture teaches.
struct Lesson {
  std::vector<std::vector<float>> means;  // PartMeans of each window
  std::vector<bool> shows_object;
};

// The map of a picture, held by its workspace.
class MappedPicture {
 public:
  MappedPicture(const PictureNetwork& network, const Model& model, const Image& image)
      : network_(&network),
        workspace_(network.MakePictureWorkspace()),
        width_(image.width),
        height_(image.height),
        frame_(FrameOf(image.width, image.height, *model.picture_scale)) {
    PutIntoFrame(image, frame_, model.crop.mean_bgr, network.Input(frame_.size, workspace_));
    network.RunTrunk(workspace_);
  }

  PictureMap Map() const { return network_->MapIn(workspace_); }
  kernels::RegionWindow Window(const Box& box) const {
    return WindowOf(box, width_, height_, frame_);
  }

 private:
  const PictureNetwork* network_;
  PictureNetwork::PictureWorkspace workspace_;
  int width_;
  int height_;
  PictureFrame frame_;
};

// Logistic regression over the mean activations, which are brought to a mean length of 1.
class Learner {
 public:
  Learner(std::size_t values, const RankerOptions& options, std::size_t steps)
      : options_(options), steps_(steps), weights_(values), momentum_(values) {}

  void Learn(const Lesson& lesson) {
    if (scale_ == 0) scale_ = ScaleOf(lesson);
    std::vector<double> gradient(weights_.size());
    double bias_gradient = 0;
    for (std::size_t i = 0; i < lesson.means.size(); ++i) {
      const std::vector<float>& x = lesson.means[i];
      double score = bias_;
      for (std::size_t k = 0; k < x.size(); ++k) score += weights_[k] * scale_ * double{x[k]};
      const double error = 1 / (1 + std::exp(-score)) - (lesson.shows_object[i] ? 1 : 0);
      const double part = error / static_cast<double>(lesson.means.size());
      for (std::size_t k = 0; k < x.size(); ++k) gradient[k] += part * scale_ * double{x[k]};
      bias_gradient += part;
    }
    const double rate =
        options_.rate * (1 - static_cast<double>(step_) / static_cast<double>(steps_));
    for (std::size_t k = 0; k < weights_.size(); ++k) {
      momentum_[k] = options_.momentum * momentum_[k] + rate * gradient[k];
      weights_[k] -= momentum_[k];
    }
    bias_momentum_ = options_.momentum * bias_momentum_ + rate * bias_gradient;
    bias_ -= bias_momentum_;
    ++step_;
  }

  RegionRanker Ranker() const {
    RegionRanker ranker = {.weights = {}, .bias = static_cast<float>(bias_)};
    for (const double weight : weights_)
      ranker.weights.push_back(static_cast<float>(weight * scale_));
    return ranker;
  }

 private:
  static double ScaleOf(const Lesson& lesson) {
    double sum = 0;
    for (const std::vector<float>& x : lesson.means) {
      for (const float value : x) sum += double{value} * double{value};
    }
    return sum > 0 ? 1 / std::sqrt(sum / static_cast<double>(lesson.means.size())) : 1;
  }

  RankerOptions options_;
  std::size_t steps_;
  std::size_t step_ = 0;
  double scale_ = 0;
  double bias_ = 0;
  double bias_momentum_ = 0;
  std::vector<double> weights_;
  std::vector<double> momentum_;
};

Lesson LessonOf(const MappedPicture& picture,
                const PictureRegions& regions,
                const RankerOptions& options,
                std::uint64_t seed) {
  Lesson lesson;
  for (const TargetRegion& region : DrawRegions(regions, {.regions = options.regions}, seed)) {
    lesson.means.push_back(PartMeans(picture.Map(), picture.Window(region.box)));
    lesson.shows_object.push_back(region.label > 0);
  }
  return lesson;
}

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
        const std::vector<Box>& boxes = proposals[positions[i]];
        const MappedPicture picture(network, model, ReadImage(image.image_path, options.reading));
        std::vector<kernels::RegionWindow> windows;
        for (const Box& box : boxes) windows.push_back(picture.Window(box));
        const std::vector<float> scores = RankRegions(ranker, picture.Map(), windows);
        std::array<Overlapped, kCounts.size()> of_picture;
        for (std::size_t k = 0; k < kCounts.size(); ++k) {
          std::vector<Box> chosen;
          for (const std::size_t j : HighestApart(scores, boxes, kCounts[k], kChosenApart))
            chosen.push_back(boxes[j]);
          of_picture[k] = OverlappedBy(chosen, image);
        }
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
  RequireInRange("regions", static_cast<double>(regions), 1, 4096);
  RequireInRange("foreground_iou", foreground_iou, 0, 1);
  RequireInRange("rate", rate, 0, 1e6);
  RequireInRange("momentum", momentum, 0, 0.9999);
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
  const std::vector<std::vector<Box>> proposals = KeptProposals(dataset,
                                                                {.search = model.proposals,
                                                                 .cache = options.proposals_cache,
                                                                 .reading = options.reading,
                                                                 .workers = options.workers},
                                                                monitor);
  if (monitor.stop_asked()) return report;
  const RegionLabelOptions labels = {.foreground_iou = options.foreground_iou,
                                     .background_max_iou = options.foreground_iou};
  std::vector<std::size_t> training;
  std::vector<std::size_t> held_out;
  std::vector<PictureRegions> regions(dataset.images.size());
  bool shows_object = false;
  const Holdout holdout(dataset, options.holdout);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    if (proposals[i].empty()) continue;
    regions[i] = RegionsOfPicture(dataset.images[i], proposals[i], labels);
    const bool is_held_out = holdout.Contains(dataset.images[i].id);
    shows_object = shows_object || (!is_held_out && !regions[i].foreground.empty());
    (is_held_out ? held_out : training).push_back(i);
  }
  if (training.empty() || !shows_object) {
    throw Error("no box overlaps an object enough to be foreground; check the annotations");
  }

  const Precision precision =
      PrecisionFor(options.precision, model.quantization.has_value(), monitor);
  const PictureNetwork network(*model.backbone,
                               {.precision = precision, .quantization = model.quantization});
  const std::size_t values = kParts * OutputShape(TrunkLayers(kInputSize).back()).c;
  Learner learner(values, options, options.pictures);
  EpochSampler order(training.size(), 1, options.seed);
  std::vector<std::size_t> drawn;
  for (std::size_t i = 0; i < options.pictures; ++i)
    drawn.push_back(training[order.Batch(i).front()]);
  {
    Stage stage(monitor, "learning to rank regions", "pictures", drawn.size());
    ForEachInOrder<Lesson>(
        drawn.size(),
        options.workers,
        monitor.stop_asked,
        [&](std::size_t i) {
          const MappedPicture picture(
              network, model, ReadImage(dataset.images[drawn[i]].image_path, options.reading));
          return LessonOf(picture, regions[drawn[i]], options, Random(options.seed ^ i).Next());
        },
        [&](std::size_t, const Lesson& lesson) {
          learner.Learn(lesson);
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
