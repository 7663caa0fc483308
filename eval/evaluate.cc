#include "eval/evaluate.h"

#include <fmt/format.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "eval/matching.h"

namespace deeper {
namespace {

constexpr std::array<std::pair<Protocol, std::string_view>, 3> kProtocolNames = {{
    {Protocol::kIlsvrc, "ilsvrc"},
    {Protocol::kVoc07, "voc07"},
    {Protocol::kVoc12, "voc12"},
}};

// What one class is judged by. Everything stands in the order of dataset.images.
struct ClassMaterial {
  std::vector<RankedDetection> detections;
  std::vector<TrueObject> objects;
  std::vector<std::uint32_t> blacklisted_images;
};

std::unordered_map<std::string_view, std::size_t> ImagesById(const Dataset& dataset) {
  std::unordered_map<std::string_view, std::size_t> images;
  images.reserve(dataset.images.size());
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    if (images.emplace(dataset.images[i].id, i).second) continue;
    throw Error(fmt::format("data set '{}': picture '{}' is listed twice; remove one",
                            dataset.name,
                            dataset.images[i].id));
  }
  return images;
}

// For each picture of the data set its detections, or nullptr.
std::vector<const ImageDetections*> DetectionsOfImages(const Dataset& dataset,
                                                       const DetectionSet& detections) {
  const auto image_by_id = ImagesById(dataset);
  std::vector<const ImageDetections*> found(dataset.images.size(), nullptr);
  for (const ImageDetections& image : detections.images) {
    const auto position = image_by_id.find(image.id);
    if (position == image_by_id.end()) {
      throw Error(
          fmt::format("detections: picture '{}' is not among the {} of data set '{}'; was "
                      "another set detected, or are the names those of another layout?",
                      image.id,
                      dataset.images.size(),
                      dataset.name));
    }
    if (found[position->second] != nullptr) {
      throw Error(fmt::format("detections: picture '{}' is given twice; merge the results first",
                              image.id));
    }
    found[position->second] = &image;
  }
  return found;
}

// For each class of the detections its class in the data set, or nothing.
std::vector<std::optional<ClassId>> ClassesInDataset(const ClassTable& dataset_classes,
                                                     const ClassTable& detected_classes) {
  std::vector<std::optional<ClassId>> translation;
  for (const ClassInfo& info : detected_classes.classes) {
    std::optional<ClassId> id = dataset_classes.Find(info.name);
    if (!id && !info.wordnet_id.empty()) id = dataset_classes.Find(info.wordnet_id);
    translation.push_back(id);
  }
  return translation;
}

[[noreturn]] void FailOnUnknownClass(const ClassTable& dataset_classes,
                                     const std::string& name,
                                     const std::string& image_id) {
  const std::optional<std::string> near = NearestClassName(dataset_classes, name);
  throw Error(
      fmt::format("detections: picture '{}' has a '{}', which is not among the {} classes of "
                  "the data set{}",
                  image_id,
                  name,
                  dataset_classes.Size(),
                  near ? fmt::format("; did you mean '{}'?", *near)
                       : "; name all of its classes with --classes, or leave such detections out "
                         "with --allow-unknown-classes"));
}

void GatherDetections(const Dataset& dataset,
                      const DetectionSet& detections,
                      std::vector<ClassMaterial>& classes) {
  const auto translation = ClassesInDataset(dataset.classes, detections.classes);
  const auto detections_of_image = DetectionsOfImages(dataset, detections);
  for (std::size_t i = 0; i < detections_of_image.size(); ++i) {
    if (detections_of_image[i] == nullptr) continue;
    const ImageDetections& image = *detections_of_image[i];
    for (const Detection& detection : image.detections) {
      Expects(IndexOf(detection.class_id) < translation.size(),
              "a detection's class is in its table");
      const std::optional<ClassId> id = translation[IndexOf(detection.class_id)];
      if (!id)
        FailOnUnknownClass(dataset.classes, detections.classes.Name(detection.class_id), image.id);
      if (std::isnan(detection.score)) {
        throw Error(
            fmt::format("detections: picture '{}' has a score that is not a number", image.id));
      }
      classes[IndexOf(*id)].detections.push_back(
          {.box = detection.box, .score = detection.score, .image = static_cast<std::uint32_t>(i)});
    }
  }
}

void GatherTruth(const Dataset& dataset, std::vector<ClassMaterial>& classes) {
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    for (const Annotation& annotation : dataset.images[i].annotations) {
      Expects(IndexOf(annotation.class_id) < classes.size(),
              "an annotation's class is in its table");
      classes[IndexOf(annotation.class_id)].objects.push_back(
          {.box = annotation.box,
           .image = static_cast<std::uint32_t>(i),
           .difficult = annotation.difficult,
           .matched = false});
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

Verdict Judge(const RankedDetection& detection,
              ClassMaterial& material,
              const EvaluationOptions& options) {
  if (IsBlacklisted(material, detection.image)) return Verdict::kIgnored;
  const std::span<TrueObject> objects = ObjectsOfImage(material.objects, detection.image);
  return options.protocol == Protocol::kIlsvrc
             ? MatchIlsvrc(detection.box, objects, options.min_iou)
             : MatchVoc(detection.box, objects, options.min_iou);
}

std::size_t CountedObjects(const ClassMaterial& material, Protocol protocol) {
  return static_cast<std::size_t>(
      std::ranges::count_if(material.objects, [&](const TrueObject& object) {
        const bool left_out = protocol != Protocol::kIlsvrc && object.difficult;
        return !left_out && !IsBlacklisted(material, object.image);
      }));
}

// Uses up `material`: its detections are sorted and its objects marked.
ClassResult EvaluateClass(ClassId id, ClassMaterial material, const EvaluationOptions& options) {
  ClassResult result;
  result.class_id = id;
  result.detections = material.detections.size();
  result.objects = CountedObjects(material, options.protocol);
  std::ranges::stable_sort(material.detections, std::ranges::greater{}, &RankedDetection::score);
  std::size_t counted = 0;
  for (const RankedDetection& detection : material.detections) {
    const Verdict verdict = Judge(detection, material, options);
    if (verdict == Verdict::kIgnored) continue;
    ++counted;
    if (verdict == Verdict::kTruePositive) ++result.true_positives;
    const auto found = static_cast<double>(result.true_positives);
    result.curve.score.push_back(detection.score);
    result.curve.precision.push_back(found / static_cast<double>(counted));
    result.curve.recall.push_back(
        result.objects == 0 ? 0 : found / static_cast<double>(result.objects));
  }
  if (result.objects > 0) {
    result.average_precision = options.protocol == Protocol::kVoc07
                                   ? AveragePrecisionAt11Points(result.curve)
                                   : AveragePrecisionByArea(result.curve);
  }
  return result;
}

// The middle one of the sorted values, or the mean of the two in the middle.
double Median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void Summarise(Evaluation& evaluation) {
  std::vector<double> values;
  double sum = 0;
  for (const ClassResult& result : evaluation.classes) {
    if (!result.average_precision) continue;
    values.push_back(*result.average_precision);
    sum += values.back();
  }
  if (values.empty()) return;
  evaluation.mean_average_precision = sum / static_cast<double>(values.size());
  evaluation.median_average_precision = Median(std::move(values));
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

void EvaluationOptions::Validate() const {
  if (!(min_iou > 0 && min_iou <= 1)) {
    throw Error(fmt::format("min_iou: expected a number in (0, 1], found {}", min_iou));
  }
  if (workers < 1) throw Error(fmt::format("workers: expected at least 1, found {}", workers));
}

Evaluation Evaluate(const Dataset& dataset,
                    const DetectionSet& detections,
                    const EvaluationOptions& options) {
  options.Validate();
  std::vector<ClassMaterial> material(dataset.classes.Size());
  GatherTruth(dataset, material);
  GatherDetections(dataset, detections, material);
  Evaluation evaluation{.protocol = options.protocol, .classes = {}};
  evaluation.classes.resize(material.size());
  // oneTBB prints a warning when it is asked for more threads than there are processors.
  tbb::task_arena arena(std::min(options.workers, tbb::info::default_concurrency()));
  arena.execute([&] {
    tbb::parallel_for(std::size_t{0}, material.size(), [&](std::size_t i) {
      evaluation.classes[i] = EvaluateClass(ClassAt(i), std::move(material[i]), options);
    });
  });
  Summarise(evaluation);
  return evaluation;
}

}  // namespace deeper
