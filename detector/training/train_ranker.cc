#include "detector/training/train_ranker.h"

#include <fmt/format.h>

#include <Eigen/Core>
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
#include "detector/heads/heads.h"
#include "detector/regions/map_proposals.h"
#include "detector/regions/picture_frame.h"
#include "detector/training/chosen_precision.h"

namespace deeper {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::size_t kParts = RegionRanker::kPartCount;
// The score, then the offsets.
constexpr std::size_t kOutputs = 1 + RegionRanker::kOffsets;
// Targets of offsets are divided by these, so that all count alike (Girshick 2015, section 2.3).
constexpr BoxOffsets kDeviations = {0.1, 0.1, 0.2, 0.2};

Eigen::Index Index(std::size_t size) { return static_cast<Eigen::Index>(size); }

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

  int width() const { return width_; }
  int height() const { return height_; }
  const PictureFrame& frame() const { return frame_; }
  PictureMap Map() const { return network_->MapIn(workspace_); }
  kernels::RegionWindow Window(const Box& box) const {
    return WindowOf(box, width_, height_, frame_);
  }
  Box InFrame(const Box& box) const {
    const auto x = static_cast<float>(frame_.width) / static_cast<float>(width_);
    const auto y = static_cast<float>(frame_.height) / static_cast<float>(height_);
    return {.x0 = box.x0 * x, .y0 = box.y0 * y, .x1 = box.x1 * x, .y1 = box.y1 * y};
  }
  // Its cells' values: cells x channels.
  Matrix Cells() const {
    const PictureMap map = Map();
    const std::vector<float> cells = CellsOf(map);
    return Eigen::Map<const Matrix>(
        cells.data(), Index(map.shape.h * map.shape.w), Index(map.shape.c));
  }

 private:
  const PictureNetwork* network_;
  PictureNetwork::PictureWorkspace workspace_;
  int width_;
  int height_;
  PictureFrame frame_;
};

// A window to learn from, in the frame's pixels.
struct Example {
  Box box;
  std::optional<Box> object = std::nullopt;  // that it shows; nothing: background
};

// The boxes of a list that show an object, and those that show none.
struct Labelled {
  std::vector<Example> foreground;
  std::vector<Box> background;
};

// A box that overlaps an object by foreground_iou shows it, one that overlaps all by less than
// kBackgroundIou shows none. Of each object, the box that overlaps it most shows it if it does so
// by kLeastIou.
constexpr double kBackgroundIou = 0.4;
constexpr double kLeastIou = 0.25;
Labelled LabelsOf(const std::vector<Box>& boxes,
                  const std::vector<Box>& objects,
                  double foreground_iou) {
  Labelled labelled;
  std::vector<double> most(objects.size(), kLeastIou);
  std::vector<std::optional<Box>> nearest(objects.size());
  for (const Box& box : boxes) {
    double overlap = 0;
    std::size_t shown = 0;
    for (std::size_t k = 0; k < objects.size(); ++k) {
      const double iou = Iou(box, objects[k]);
      if (iou > overlap) {
        overlap = iou;
        shown = k;
      }
      if (iou > most[k]) {
        most[k] = iou;
        nearest[k] = box;
      }
    }
    if (overlap >= foreground_iou) {
      labelled.foreground.push_back({.box = box, .object = objects[shown]});
    } else if (overlap < kBackgroundIou) {
      labelled.background.push_back(box);
    }
  }
  for (std::size_t k = 0; k < objects.size(); ++k) {
    if (nearest[k] && most[k] < foreground_iou)
      labelled.foreground.push_back({.box = *nearest[k], .object = objects[k]});
  }
  return labelled;
}

// `count` of a list drawn at random, all if there are no more.
template <typename Item>
std::vector<Item> Drawn(std::vector<Item> list, std::size_t count, Random& random) {
  for (std::size_t i = 0; i < std::min(count, list.size()); ++i)
    std::swap(list[i], list[i + random.Below(list.size() - i)]);
  list.resize(std::min(count, list.size()));
  return list;
}

// Of some boxes that are drawn, those with the highest scores, and some of the others.
std::vector<Example> HardAndOther(std::vector<Box> boxes,
                                  std::size_t count,
                                  const MappedPicture& picture,
                                  const RankedMap& map,
                                  Random& random) {
  constexpr std::size_t kCompared = 3000;
  boxes = Drawn(std::move(boxes), kCompared, random);
  std::vector<float> scores;
  for (const Box& box : boxes) scores.push_back(map.Score(WindowInFrame(box, picture.frame())));
  std::vector<Example> examples;
  for (const std::size_t i : HighestOf(scores, count / 2)) examples.push_back({.box = boxes[i]});
  for (Box& box : Drawn(std::move(boxes), count - examples.size(), random))
    examples.push_back({.box = box});
  return examples;
}

// What the ranker learns from a picture: anchors and proposals that show objects, some of these
// where the ranker moves them, and as many windows that show none, of which half are those that it
// takes for objects.
std::vector<Example> ExamplesOf(const MappedPicture& picture,
                                const AnnotatedImage& image,
                                const std::vector<Box>& proposals,
                                const RankedMap& map,
                                const RankerOptions& options,
                                Random& random) {
  std::vector<Box> objects;
  for (const Annotation& annotation : image.annotations) {
    if (!annotation.box.IsEmpty()) objects.push_back(picture.InFrame(annotation.box));
  }
  std::vector<Box> proposed;
  for (const Box& box : proposals) proposed.push_back(picture.InFrame(box));
  std::vector<Example> examples;
  for (const std::vector<Box>& boxes : {AnchorsOf(picture.frame()), proposed}) {
    Labelled labelled = LabelsOf(boxes, objects, options.foreground_iou);
    const std::size_t each = options.regions / 4;
    std::vector<Example> shown = Drawn(std::move(labelled.foreground), each, random);
    for (std::size_t i = 0; i < shown.size(); i += 2) {
      const Box moved = MovedOnMap(map, shown[i].box, picture.frame());
      if (!moved.IsEmpty() && Iou(moved, *shown[i].object) >= options.foreground_iou)
        examples.push_back({.box = moved, .object = shown[i].object});
    }
    examples.insert(examples.end(), shown.begin(), shown.end());
    for (Example& other :
         HardAndOther(std::move(labelled.background), 2 * each, picture, map, random))
      examples.push_back(other);
  }
  return examples;
}

// The gradients by one picture.
struct Lesson {
  Matrix weights = {};  // channels x (9 parts x outputs)
  std::array<float, kOutputs> biases{};
};

// The derivatives of a window's loss: of the softmax of two classes, and, of one that shows an
// object, smooth L1 of where that lies.
std::array<float, kOutputs> DerivativesOf(const Example& example,
                                          const RankedMap& map,
                                          const kernels::RegionWindow& window) {
  constexpr float kOffsetWeight = 0.5F;
  std::array<float, kOutputs> derivatives{};
  const float probability = 1 / (1 + std::exp(-map.Score(window)));
  derivatives[0] = probability - (example.object ? 1.0F : 0.0F);
  if (!example.object) return derivatives;
  const BoxOffsets found = map.Offsets(window);
  const BoxOffsets wanted = OffsetsBetween(example.box, *example.object);
  for (std::size_t k = 0; k < found.size(); ++k) {
    const auto by = static_cast<float>((found[k] - wanted[k]) / kDeviations[k]);
    derivatives[1 + k] = kOffsetWeight * std::clamp(by, -1.0F, 1.0F);
  }
  return derivatives;
}

Lesson LessonOf(const MappedPicture& picture,
                const std::vector<Example>& examples,
                const RankedMap& map) {
  const Shape& shape = picture.Map().shape;
  Matrix diff_cells = Matrix::Zero(Index(shape.h * shape.w), Index(kParts * kOutputs));
  const std::span<float> diffs(diff_cells.data(), static_cast<std::size_t>(diff_cells.size()));
  Lesson lesson;
  const float part = 1 / static_cast<float>(examples.size());
  for (const Example& example : examples) {
    const kernels::RegionWindow window = WindowInFrame(example.box, picture.frame());
    std::array<float, kOutputs> derivatives = DerivativesOf(example, map, window);
    for (std::size_t k = 0; k < kOutputs; ++k) {
      derivatives[k] *= part;
      lesson.biases[k] += derivatives[k];
    }
    SpreadOverParts(window, derivatives, shape.h, shape.w, diffs);
  }
  lesson.weights.noalias() = picture.Cells().transpose() * diff_cells;
  return lesson;
}

// Adam (Kingma and Ba 2015) over the weights of the score and the offsets, of channels that are
// divided by their usual magnitudes.
class Learner {
 public:
  Learner(const Matrix& cells, double rate, std::size_t steps)
      : rate_(rate),
        steps_(steps),
        inverse_(InverseMagnitudes(cells)),
        weights_(Matrix::Zero(cells.cols(), Index(kParts * kOutputs))),
        means_(weights_),
        squares_(weights_) {
    constexpr float kFewShowObjects = -2;
    biases_[0] = kFewShowObjects;
  }

  void Learn(const Lesson& lesson) {
    ++step_;
    const double rate = rate_ * (1 - static_cast<double>(step_ - 1) / static_cast<double>(steps_));
    const Matrix gradient = inverse_.asDiagonal() * lesson.weights;
    for (Eigen::Index i = 0; i < gradient.size(); ++i) {
      Move(gradient.data()[i], rate, means_.data()[i], squares_.data()[i], weights_.data()[i]);
    }
    for (std::size_t k = 0; k < kOutputs; ++k)
      Move(lesson.biases[k], rate, bias_means_[k], bias_squares_[k], biases_[k]);
  }

  RegionRanker Ranker() const {
    RegionRanker ranker = {.weights = {}, .bias = biases_[0]};
    for (std::size_t k = 0; k < kOutputs; ++k) {
      const double unit = k == 0 ? 1 : kDeviations[k - 1];
      std::vector<float>& row = k == 0 ? ranker.weights : ranker.offset_weights;
      for (std::size_t part = 0; part < kParts; ++part) {
        for (Eigen::Index c = 0; c < weights_.rows(); ++c) {
          row.push_back(static_cast<float>(unit * double{weights_(c, Index(part * kOutputs + k))} *
                                           double{inverse_[c]}));
        }
      }
      if (k > 0) ranker.offset_biases[k - 1] = static_cast<float>(unit * double{biases_[k]});
    }
    return ranker;
  }

 private:
  static Eigen::VectorXf InverseMagnitudes(const Matrix& cells) {
    constexpr float kLeast = 1e-3F;
    const Eigen::VectorXf squares = cells.array().square().colwise().mean().transpose();
    return (squares.array().sqrt() + kLeast).inverse();
  }

  void Move(float gradient, double rate, float& mean, float& square, float& value) const {
    constexpr double kMeanDecay = 0.9;
    constexpr double kSquareDecay = 0.999;
    const auto step = static_cast<double>(step_);
    mean = static_cast<float>(kMeanDecay * double{mean} + (1 - kMeanDecay) * double{gradient});
    square = static_cast<float>(kSquareDecay * double{square} +
                                (1 - kSquareDecay) * double{gradient} * double{gradient});
    const double unbiased_mean = double{mean} / (1 - std::pow(kMeanDecay, step));
    const double unbiased_square = double{square} / (1 - std::pow(kSquareDecay, step));
    value -= static_cast<float>(rate * unbiased_mean / (std::sqrt(unbiased_square) + 1e-8));
  }

  double rate_;
  std::size_t steps_;
  std::size_t step_ = 0;
  Eigen::VectorXf inverse_;
  Matrix weights_;  // channels x (9 parts x outputs)
  Matrix means_;
  Matrix squares_;
  std::array<float, kOutputs> biases_{};
  std::array<float, kOutputs> bias_means_{};
  std::array<float, kOutputs> bias_squares_{};
};

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
        const MappedPicture picture(network, model, ReadImage(image.image_path, options.reading));
        const RankedMap map(ranker, picture.Map());
        const MapProposals of_map =
            ProposeOnMap(map, picture.frame(), picture.width(), picture.height());
        std::vector<Box> boxes = of_map.boxes;
        std::vector<float> scores = of_map.scores;
        for (const Box& box : proposals[positions[i]]) {
          boxes.push_back(box);
          scores.push_back(map.Score(picture.Window(box)));
        }
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
  RequireInRange("regions", static_cast<double>(regions), 4, 4096);
  RequireInRange("foreground_iou", foreground_iou, 0, 1);
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
  const std::vector<std::vector<Box>> proposals = KeptProposals(dataset,
                                                                {.search = model.proposals,
                                                                 .cache = options.proposals_cache,
                                                                 .reading = options.reading,
                                                                 .workers = options.workers},
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
    return MappedPicture(network, model, ReadImage(dataset.images[i].image_path, options.reading));
  };
  Learner learner(mapped(training.front()).Cells(), options.rate, options.pictures);
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
          const std::vector<Example> examples = ExamplesOf(
              picture, dataset.images[drawn[i]], proposals[drawn[i]], map, options, random);
          if (!examples.empty()) learner.Learn(LessonOf(picture, examples, map));
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
