#include "eval/analysis/bootstrap.h"

#include <fmt/format.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace deeper {
namespace {

// How often each picture was drawn.
using Draws = std::vector<std::uint32_t>;

Draws DrawImages(std::size_t images, std::uint64_t seed) {
  Draws draws(images, 0);
  Random random(seed);
  for (std::size_t i = 0; i < images; ++i) ++draws[random.Below(images)];
  return draws;
}

enum class Counted { kFound, kFalse, kNot };

Counted CountedAs(const Outcome& outcome) {
  if (outcome.verdict == Verdict::kIgnored) return Counted::kNot;
  return outcome.verdict == Verdict::kTruePositive ? Counted::kFound : Counted::kFalse;
}

Counted CountedAtCocoIou(const Outcome& outcome, std::size_t i) {
  if ((std::uint32_t{outcome.coco_ignored} >> i & 1U) != 0) return Counted::kNot;
  return (std::uint32_t{outcome.coco_found} >> i & 1U) != 0 ? Counted::kFound : Counted::kFalse;
}

// The curve of the drawn pictures. A picture drawn n times repeats each of its detections n times
// in a row. The points between do not touch the envelope, so one stands for them.
template <typename CountedOf>
PrecisionRecallCurve CurveOf(const ClassResult& result,
                             const Draws& draws,
                             double objects,
                             const CountedOf& counted_of) {
  PrecisionRecallCurve curve;
  curve.precision.reserve(result.outcomes.size());
  curve.recall.reserve(result.outcomes.size());
  double counted = 0;
  double found = 0;
  for (const Outcome& outcome : result.outcomes) {
    const std::uint32_t times = draws[outcome.image];
    const Counted as = times == 0 ? Counted::kNot : counted_of(outcome);
    if (as == Counted::kNot) continue;
    counted += times;
    if (as == Counted::kFound) found += times;
    curve.precision.push_back(found / counted);
    curve.recall.push_back(found / objects);
  }
  return curve;
}

double AveragePrecisionOf(const ClassResult& result,
                          const Draws& draws,
                          double objects,
                          Protocol protocol) {
  if (protocol != Protocol::kCoco) {
    return AveragePrecisionOf(CurveOf(result, draws, objects, CountedAs), protocol);
  }
  double sum = 0;
  for (std::size_t i = 0; i < kCocoIous; ++i) {
    sum += AveragePrecisionOf(
        CurveOf(result,
                draws,
                objects,
                [i](const Outcome& outcome) { return CountedAtCocoIou(outcome, i); }),
        protocol);
  }
  return sum / kCocoIous;
}

// For each class, the pictures of its objects that count, one entry per object.
std::vector<std::vector<std::uint32_t>> ImagesOfObjects(const Dataset& dataset, Protocol protocol) {
  std::vector<std::vector<std::uint32_t>> images(dataset.classes.Size());
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    for (const Annotation& annotation : dataset.images[i].annotations) {
      if (!CountsAsObject(dataset, i, annotation, protocol)) continue;
      images[IndexOf(annotation.class_id)].push_back(static_cast<std::uint32_t>(i));
    }
  }
  return images;
}

// The value below which `share` of the sorted values lie, interpolated linearly between neighbours.
double Quantile(const std::vector<double>& sorted, double share) {
  const double position = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = position - static_cast<double>(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

// The interval about the value of the whole data set, from the values of the replicates.
ConfidenceInterval IntervalOf(double whole, std::vector<double> values, double confidence) {
  std::ranges::sort(values);
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double above_mean = Quantile(values, (1 + confidence) / 2) - mean;
  const double below_mean = mean - Quantile(values, (1 - confidence) / 2);
  return {.low = std::max(whole - above_mean, 0.0),
          .high = std::min(whole + below_mean, 1.0),
          .standard_error = std::sqrt(squares / static_cast<double>(values.size() - 1))};
}

}  // namespace

void BootstrapOptions::Validate() const {
  if (replicates < 2) {
    throw Error(fmt::format("replicates: expected at least 2, found {}", replicates));
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw Error(fmt::format("confidence: expected a number in (0, 1), found {}", confidence));
  }
  if (workers < 1) throw Error(fmt::format("workers: expected at least 1, found {}", workers));
}

ConfidenceInterval BootstrapMeanAveragePrecision(const Dataset& dataset,
                                                 const Evaluation& evaluation,
                                                 const BootstrapOptions& options) {
  options.Validate();
  Expects(evaluation.classes.size() == dataset.classes.Size(),
          "an evaluation of this data set has its classes");
  if (dataset.images.empty() || !evaluation.mean_average_precision) return {};
  const auto images_of_objects = ImagesOfObjects(dataset, evaluation.protocol);
  std::vector<double> values(static_cast<std::size_t>(options.replicates), 0.0);
  tbb::task_arena arena(std::min(options.workers, tbb::info::default_concurrency()));
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, values.size(), [&](std::size_t replicate) {
      Random seeds(options.seed + replicate);
      const Draws draws = DrawImages(dataset.images.size(), seeds.Next());
      double sum = 0;
      std::size_t classes = 0;
      for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
        double objects = 0;
        for (const std::uint32_t image : images_of_objects[c]) objects += draws[image];
        if (objects == 0) continue;
        sum += AveragePrecisionOf(evaluation.classes[c], draws, objects, evaluation.protocol);
        ++classes;
      }
      if (classes > 0) values[replicate] = sum / static_cast<double>(classes);
    });
  });
  return IntervalOf(*evaluation.mean_average_precision, std::move(values), options.confidence);
}

}  // namespace deeper
