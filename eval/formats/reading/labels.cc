#include "eval/formats/reading/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

bool IsFinite(const Box& box) {
  return std::isfinite(box.x0) && std::isfinite(box.y0) && std::isfinite(box.x1) &&
         std::isfinite(box.y1);
}

// Why a box is no true object; empty when it is one.
std::string FaultOf(const Box& box, const LabelledImage& image) {
  if (box.IsEmpty()) return "its box is inverted or empty";
  const bool sized = image.width > 0 && image.height > 0;
  if (sized && ClipToImage(box, image.width, image.height).IsEmpty()) {
    return "its box lies outside the picture";
  }
  return "";
}

void SortClasses(LabelledSet& set) {
  const std::vector<ClassId> new_ids = SortByName(set.classes);
  for (LabelledImage& image : set.images) {
    for (Label& label : image.labels) label.class_id = new_ids[IndexOf(label.class_id)];
  }
}

}  // namespace

DetectionSet DetectionsOf(const LabelledSet& labels) {
  DetectionSet detections{.classes = labels.classes, .images = {}};
  detections.images.reserve(labels.images.size());
  for (const LabelledImage& image : labels.images) {
    ImageDetections& made = detections.images.emplace_back(ImageDetections{
        .id = image.id, .width = image.width, .height = image.height, .detections = {}});
    made.detections.reserve(image.labels.size());
    for (const Label& label : image.labels) {
      if (!label.score) {
        throw Error(fmt::format(
            "picture '{}': expected detections, found a '{}' without a score; are these the true "
            "objects?",
            image.id,
            labels.classes.Name(label.class_id)));
      }
      made.detections.push_back(
          {.box = label.box, .class_id = label.class_id, .score = *label.score});
    }
  }
  return detections;
}

Dataset DatasetOf(const LabelledSet& labels,
                  const std::string& name,
                  const std::optional<std::filesystem::path>& image_directory) {
  Dataset dataset{.name = name, .classes = labels.classes, .images = {}, .blacklist = {}};
  for (const LabelledImage& image : labels.images) {
    AnnotatedImage& made = dataset.images.emplace_back(AnnotatedImage{.id = image.id,
                                                                      .image_path = {},
                                                                      .width = image.width,
                                                                      .height = image.height,
                                                                      .annotations = {}});
    if (image_directory) {
      made.image_path =
          *image_directory / (image.file_name.empty() ? image.id + ".jpg" : image.file_name);
    }
    for (const Label& label : image.labels) {
      if (label.score) {
        throw Error(fmt::format(
            "picture '{}': expected true objects, found a '{}' with a score; are these detections?",
            image.id,
            labels.classes.Name(label.class_id)));
      }
      made.annotations.push_back({.box = label.box,
                                  .class_id = label.class_id,
                                  .difficult = label.difficult,
                                  .truncated = label.truncated,
                                  .crowd = label.crowd,
                                  .area_px = label.area_px});
    }
  }
  return dataset;
}

LabelledSet LabelsOf(const DetectionSet& detections) {
  LabelledSet set{.classes = detections.classes, .images = {}};
  for (const ImageDetections& image : detections.images) {
    LabelledImage& made = set.images.emplace_back();
    made.id = image.id;
    made.width = image.width;
    made.height = image.height;
    for (const Detection& detection : image.detections) {
      Label& label = made.labels.emplace_back();
      label.box = detection.box;
      label.class_id = detection.class_id;
      label.score = detection.score;
    }
  }
  return set;
}

LabelledSet LabelsOf(const Dataset& dataset) {
  LabelledSet set{.classes = dataset.classes, .images = {}};
  for (const AnnotatedImage& image : dataset.images) {
    LabelledImage& made = set.images.emplace_back();
    made.id = image.id;
    made.file_name = image.image_path.filename().string();
    made.width = image.width;
    made.height = image.height;
    for (const Annotation& annotation : image.annotations) {
      made.labels.push_back({.box = annotation.box,
                             .class_id = annotation.class_id,
                             .score = std::nullopt,
                             .difficult = annotation.difficult,
                             .truncated = annotation.truncated,
                             .crowd = annotation.crowd,
                             .area_px = annotation.area_px});
    }
  }
  return set;
}

std::string IdOfFileName(std::string_view file_name) {
  constexpr std::array<std::string_view, 10> kSuffixes = {
      ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".gif"};
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::string(file_name);
  std::string suffix(file_name.substr(dot));
  for (char& c : suffix) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool is_picture = std::ranges::find(kSuffixes, suffix) != kSuffixes.end();
  return std::string(is_picture ? file_name.substr(0, dot) : file_name);
}

void RequireInnerPath(const std::string& id) {
  const std::filesystem::path path(id);
  const bool leaves = std::ranges::find(path, std::filesystem::path("..")) != path.end();
  if (!id.empty() && path.is_relative() && !leaves && id.find('\0') == std::string::npos) return;
  throw Error(fmt::format(
      "picture '{}': expected a relative path without '..' as its id, which names a file", id));
}

LabelCollector::LabelCollector(std::optional<ClassTable> classes)
    : classes_are_given_(classes.has_value()) {
  if (!classes) return;
  read_.labels.classes = std::move(*classes);
  for (std::size_t i = 0; i < read_.labels.classes.Size(); ++i) {
    class_by_name_.emplace(read_.labels.classes.Name(ClassAt(i)), ClassAt(i));
  }
}

LabelledImage& LabelCollector::ImageOf(const std::string& id) {
  std::vector<LabelledImage>& images = read_.labels.images;
  const auto [entry, is_new] = image_by_id_.try_emplace(id, images.size());
  if (is_new) images.emplace_back().id = id;
  return images[entry->second];
}

std::optional<ClassId> LabelCollector::ClassOf(std::string_view name) {
  ClassTable& classes = read_.labels.classes;
  const auto found = class_by_name_.find(std::string(name));
  if (found != class_by_name_.end()) return found->second;
  if (classes_are_given_) return classes.Find(name);
  const ClassId id = ClassAt(classes.Size());
  classes.classes.push_back({.name = std::string(name), .wordnet_id = {}});
  class_by_name_.emplace(name, id);
  return id;
}

void LabelCollector::Add(const std::string& id,
                         std::string_view class_name,
                         Label label,
                         std::string where) {
  LabelledImage& image = ImageOf(id);
  if (class_name.empty()) return Warn(std::move(where), "a box without a class");
  if (!IsUtf8(class_name)) return Warn(std::move(where), "a class name that is not UTF-8");
  const auto leave_out = [&](std::string_view reason) {
    Warn(std::move(where), fmt::format("object '{}' left out: {}", class_name, reason));
  };
  if (!IsFinite(label.box)) return leave_out("its box is not made of finite numbers");
  if (label.score && !std::isfinite(*label.score)) return leave_out("its score is not finite");
  if (!label.score) {
    const std::string fault = FaultOf(label.box, image);
    if (!fault.empty()) return leave_out(fault);
  }
  const std::optional<ClassId> class_id = ClassOf(class_name);
  if (!class_id) return leave_out("not among the classes");
  label.class_id = *class_id;
  image.labels.push_back(label);
}

void LabelCollector::Warn(std::string where, std::string reason) {
  read_.warnings.push_back({.where = std::move(where), .reason = std::move(reason)});
}

ReadLabels LabelCollector::Finish() && {
  if (!classes_are_given_) SortClasses(read_.labels);
  return std::move(read_);
}

}  // namespace deeper
