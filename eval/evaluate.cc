#include "eval/evaluate.h"

#include <fmt/format.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "eval/align.h"
#include "eval/matching.h"

namespace deeper {
namespace {

constexpr std::array<std::pair<Protocol, std::string_view>, 4> kProtocolNames = {{
    {Protocol::kIlsvrc, "ilsvrc"},
    {Protocol::kVoc07, "voc07"},
    {Protocol::kVoc12, "voc12"},
    {Protocol::kCoco, "coco"},
}};

// The data that one class is judged by. Everything is in the order of dataset.images.
struct ClassMaterial {
  std::vector<RankedDetection> detections;
  std::vector<TrueObject> objects;
  std::vector<std::uint32_t> blacklisted_images;
  std::size_t counted_objects = 0;
};

void GatherDetections(const AlignedDetections& aligned, std::vector<ClassMaterial>& classes) {
  const std::vector<ImageDetections>& images = aligned.detections.images;
  for (std::size_t i = 0; i < images.size(); ++i) {
    for (std::size_t d = 0; d < images[i].detections.size(); ++d) {
      const Detection& detection = images[i].detections[d];
      classes[IndexOf(detection.class_id)].detections.push_back(
          {.box = detection.box,
           .score = detection.score,
           .image = static_cast<std::uint32_t>(i),
           .position = static_cast<std::uint32_t>(d)});
    }
  }
}

void GatherTruth(const Dataset& dataset, Protocol protocol, std::vector<ClassMaterial>& classes) {
  const bool is_voc = protocol == Protocol::kVoc07 || protocol == Protocol::kVoc12;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const std::vector<Annotation>& annotations = dataset.images[i].annotations;
    for (std::size_t a = 0; a < annotations.size(); ++a) {
      const Annotation& annotation = annotations[a];
      Expects(IndexOf(annotation.class_id) < classes.size(),
              "an annotation's class is in its table");
      classes[IndexOf(annotation.class_id)].objects.push_back(
          {.box = annotation.box,
           .image = static_cast<std::uint32_t>(i),
           .position = static_cast<std::uint32_t>(a),
           .difficult = annotation.difficult || (is_voc && annotation.crowd),
           .crowd = annotation.crowd,
           .area_px = annotation.area_px.value_or(Area(annotation.box)),
           .matched = false});
      if (CountsAsObject(dataset, i, annotation, protocol)) {
        ++classes[IndexOf(annotation.class_id)].counted_objects;
      }
    }
  }
  for (const auto& [image, class_id] : dataset.blacklist) {
    Expects(IndexOf(class_id) < classes.size(), "a blacklisted class is in its table");
    classes[IndexOf(class_id)].blacklisted_images.push_back(static_cast<std::uint32_t>(image));
  }
}

bool IsBlacklisted(const ClassMaterial& material, std::uint32_t image) {
  return std::binary_search(
      material.blacklisted_images.begin(), material.blacklisted_images.end(), image);
}

std::span<TrueObject> ObjectsOfImage(std::vector<TrueObject>& objects, std::uint32_t image) {
  const auto begin = std::ranges::lower_bound(objects, image, {}, &TrueObject::image);
  const auto end = std::ranges::upper_bound(objects, image, {}, &TrueObject::image);
  return {begin, end};
}

Outcome OutcomeOf(const RankedDetection& detection,
                  const Match& match,
                  std::span<const TrueObject> objects) {
  Outcome outcome{.score = detection.score,
                  .image = detection.image,
                  .detection = detection.position,
                  .verdict = match.verdict,
                  .object = std::nullopt,
                  .iou = static_cast<float>(match.iou)};
  if (match.object) outcome.object = objects[*match.object].position;
  return outcome;
}

Outcome Judge(const RankedDetection& detection,
              ClassMaterial& material,
              const EvaluationOptions& options) {
  if (IsBlacklisted(material, detection.image)) {
    return OutcomeOf(detection, {.verdict = Verdict::kIgnored, .object = std::nullopt}, {});
  }
  const std::span<TrueObject> objects = ObjectsOfImage(material.objects, detection.image);
  const Match match = options.protocol == Protocol::kIlsvrc
                          ? MatchIlsvrc(detection.box, objects, options.min_iou)
                          : MatchVoc(detection.box, objects, options.min_iou);
  return OutcomeOf(detection, match, objects);
}

// Fills in true_positives and the curve from outcomes and objects.
void TraceCurve(ClassResult& result) {
  std::size_t counted = 0;
  for (const Outcome& outcome : result.outcomes) {
    if (outcome.verdict == Verdict::kIgnored) continue;
    ++counted;
    if (outcome.verdict == Verdict::kTruePositive) ++result.true_positives;
    const auto found = static_cast<double>(result.true_positives);
    result.curve.score.push_back(outcome.score);
    result.curve.precision.push_back(found / static_cast<double>(counted));
    result.curve.recall.push_back(
        result.objects == 0 ? 0 : found / static_cast<double>(result.objects));
  }
}

// COCO judges each picture separately; the outcomes of all are then ranked.
void JudgeCoco(ClassMaterial& material, ClassResult& result) {
  std::vector<CocoOutcome> coco;
  std::vector<TrueObject> judged_objects;
  for (const TrueObject& object : material.objects) {
    if (!IsBlacklisted(material, object.image)) judged_objects.push_back(object);
  }
  for (std::size_t begin = 0; begin < material.detections.size();) {
    const std::uint32_t image = material.detections[begin].image;
    std::size_t end = begin;
    while (end < material.detections.size() && material.detections[end].image == image) ++end;
    const std::span<RankedDetection> of_image =
        std::span(material.detections).subspan(begin, end - begin);
    begin = end;
    const bool judged = !IsBlacklisted(material, image);
    const std::span<TrueObject> objects = ObjectsOfImage(material.objects, image);
    std::ranges::stable_sort(of_image, std::ranges::greater{}, &RankedDetection::score);
    const CocoImageResult matched = judged ? MatchCoco(of_image, objects) : CocoImageResult{};
    for (std::size_t d = 0; d < of_image.size(); ++d) {
      const bool counts = d < matched.outcomes.size();  // not beyond the hundredth
      Outcome outcome = OutcomeOf(
          of_image[d],
          counts ? matched.matches[d] : Match{.verdict = Verdict::kIgnored, .object = std::nullopt},
          objects);
      if (counts) coco.push_back(matched.outcomes[d]);
      outcome.coco_found = counts ? coco.back().found[0] : std::uint16_t{0};
      outcome.coco_ignored = counts ? coco.back().ignored[0] : std::uint16_t{0xFFFF};
      result.outcomes.push_back(outcome);
    }
  }
  std::ranges::stable_sort(coco, std::ranges::greater{}, &CocoOutcome::score);
  std::ranges::stable_sort(result.outcomes, std::ranges::greater{}, &Outcome::score);
  result.coco = CocoNumbersOf(coco, CountCocoObjects(judged_objects));
}

// Consumes `material`: its detections are sorted and its objects marked.
ClassResult EvaluateClass(ClassId id, ClassMaterial material, const EvaluationOptions& options) {
  ClassResult result;
  result.class_id = id;
  result.detections = material.detections.size();
  result.objects = material.counted_objects;
  result.outcomes.reserve(material.detections.size());
  if (options.protocol == Protocol::kCoco) {
    JudgeCoco(material, result);
  } else {
    std::ranges::stable_sort(material.detections, std::ranges::greater{}, &RankedDetection::score);
    for (const RankedDetection& detection : material.detections) {
      result.outcomes.push_back(Judge(detection, material, options));
    }
  }
  TraceCurve(result);
  if (result.objects == 0) return result;
  result.average_precision = options.protocol == Protocol::kCoco
                                 ? (*result.coco)[0]
                                 : AveragePrecisionOf(result.curve, options.protocol);
  return result;
}

// The middle one of the sorted values, or the mean of the two in the middle.
double Median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

std::string NameOf(Protocol protocol) {
  const auto entry =
      std::ranges::find(kProtocolNames, protocol, &decltype(kProtocolNames)::value_type::first);
  Expects(entry != kProtocolNames.end(), "a protocol of the table");
  return std::string(entry->second);
}

Protocol ProtocolFromName(const std::string& name) {
  std::string known;
  for (const auto& [protocol, protocol_name] : kProtocolNames) {
    if (protocol_name == name) return protocol;
    known += fmt::format("{}'{}'", known.empty() ? "" : ", ", protocol_name);
  }
  throw Error(fmt::format("protocol: expected one of {}, found '{}'", known, name));
}

bool IsProtocolName(const std::string& name) {
  return std::ranges::find(kProtocolNames, name, &decltype(kProtocolNames)::value_type::second) !=
         kProtocolNames.end();
}

double AveragePrecisionOf(const PrecisionRecallCurve& curve, Protocol protocol) {
  switch (protocol) {
    case Protocol::kVoc07:
      return AveragePrecisionAt11Points(curve);
    case Protocol::kCoco:
      return AveragePrecisionAt101Points(curve);
    case Protocol::kVoc12:
    case Protocol::kIlsvrc:
      break;
  }
  return AveragePrecisionByArea(curve);
}

Evaluation EvaluationOf(Protocol protocol, std::vector<ClassResult> classes) {
  Evaluation evaluation{.protocol = protocol, .classes = std::move(classes)};
  std::vector<double> values;
  double sum = 0;
  for (const ClassResult& result : evaluation.classes) {
    if (!result.average_precision) continue;
    values.push_back(*result.average_precision);
    sum += values.back();
  }
  if (protocol == Protocol::kCoco) {
    std::vector<CocoNumbers> numbers;
    for (const ClassResult& result : evaluation.classes) numbers.push_back(*result.coco);
    evaluation.coco = MeanOf(numbers);
  }
  if (values.empty()) return evaluation;
  evaluation.mean_average_precision = sum / static_cast<double>(values.size());
  evaluation.median_average_precision = Median(std::move(values));
  return evaluation;
}

void EvaluationOptions::Validate() const {
  if (!(min_iou > 0 && min_iou <= 1)) {
    throw Error(fmt::format("min_iou: expected a number in (0, 1], found {}", min_iou));
  }
  if (workers < 1) throw Error(fmt::format("workers: expected at least 1, found {}", workers));
}

bool CountsAsObject(const Dataset& dataset,
                    std::size_t image,
                    const Annotation& annotation,
                    Protocol protocol) {
  if (dataset.blacklist.contains({image, annotation.class_id})) return false;
  switch (protocol) {
    case Protocol::kIlsvrc:
      return true;
    case Protocol::kCoco:
      return !annotation.crowd;
    case Protocol::kVoc07:
    case Protocol::kVoc12:
      return !annotation.difficult && !annotation.crowd;
  }
  return true;
}

Evaluation Evaluate(const Dataset& dataset,
                    const DetectionSet& detections,
                    const EvaluationOptions& options) {
  options.Validate();
  std::vector<ClassMaterial> material(dataset.classes.Size());
  GatherTruth(dataset, options.protocol, material);
  GatherDetections(AlignDetections(dataset, detections), material);
  std::vector<ClassId> judged = options.only;
  if (judged.empty()) {
    for (std::size_t i = 0; i < material.size(); ++i) judged.push_back(ClassAt(i));
  }
  std::vector<ClassResult> results(judged.size());
  // oneTBB prints a warning when it is asked for more threads than there are processors.
  tbb::task_arena arena(std::min(options.workers, tbb::info::default_concurrency()));
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, judged.size(), [&](std::size_t i) {
      results[i] = EvaluateClass(judged[i], std::move(material.at(IndexOf(judged[i]))), options);
    });
  });
  return EvaluationOf(options.protocol, std::move(results));
}

}  // namespace deeper
