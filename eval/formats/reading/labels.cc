#include "eval/formats/reading/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/picture_finder.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"

namespace deeper {
namespace {

bool IsFinite(const Box& box) {
  return std::isfinite(box.x0) && std::isfinite(box.y0) && std::isfinite(box.x1) &&
         std::isfinite(box.y1);
}

struct BoxFault {
  std::string_view reason;
  WarningKind kind;
};

// Why a box is no true object; nothing when it is one.
std::optional<BoxFault> FaultOf(const Box& box, const LabelledImage& image) {
  if (box.IsEmpty()) {
    return BoxFault{.reason = "its box is inverted or empty", .kind = WarningKind::kEmptyBox};
  }
  const bool sized = image.width > 0 && image.height > 0;
  if (sized && ClipToImage(box, image.width, image.height).IsEmpty()) {
    return BoxFault{.reason = "its box lies outside the picture", .kind = WarningKind::kBoxOutside};
  }
  return std::nullopt;
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
    ImageDetections& made =
        detections.images.emplace_back(ImageDetections{.id = image.id,
                                                       .width = image.width,
                                                       .height = image.height,
                                                       .detections = {},
                                                       .file_name = image.file_name});
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
  std::optional<PictureFinder> finder;
  if (image_directory) finder.emplace(*image_directory);
  for (const LabelledImage& image : labels.images) {
    AnnotatedImage& made = dataset.images.emplace_back(AnnotatedImage{.id = image.id,
                                                                      .image_path = image.path,
                                                                      .width = image.width,
                                                                      .height = image.height,
                                                                      .annotations = {}});
    if (finder && made.image_path.empty()) {
      const std::string& file_name = image.file_name.empty() ? image.id : image.file_name;
      made.image_path = finder->Find(file_name).value_or(
          *image_directory / (image.file_name.empty() ? image.id + ".jpg" : image.file_name));
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
    made.file_name = image.file_name;
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
    made.file_name = NameWithEnding(image.id, image.image_path);
    made.path = image.image_path;
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

std::vector<std::string> IdsOfFileNames(const std::vector<std::string>& file_names) {
  // The last parts of an absolute name, as many as `parts`.
  const auto tail = [](std::string_view name, std::size_t parts) {
    std::size_t begin = name.size();
    while (parts-- > 0 && begin != std::string_view::npos && begin > 0) {
      begin = name.rfind('/', begin - 1);
    }
    return std::string(begin == std::string_view::npos ? name : name.substr(begin + 1));
  };
  std::vector<std::string> ids = file_names;
  std::vector<std::size_t> open;  // pictures of absolute names whose ids are not their own yet
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (IsAbsoluteName(ids[i])) open.push_back(i);
  }
  for (std::size_t parts = 1; !open.empty() && parts < 100; ++parts) {
    std::unordered_map<std::string, std::string_view> name_of_id;
    std::unordered_set<std::string> shared;
    for (const std::size_t i : open) ids[i] = tail(file_names[i], parts);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto [entry, is_new] = name_of_id.try_emplace(ids[i], file_names[i]);
      if (!is_new && entry->second != file_names[i]) shared.insert(ids[i]);
    }
    std::erase_if(open, [&](std::size_t i) { return !shared.contains(ids[i]); });
  }
  std::unordered_map<std::string, std::string> name_of_short;
  std::unordered_set<std::string> shared;
  for (const std::string& id : ids) {
    const auto [entry, is_new] = name_of_short.try_emplace(WithoutPictureEnding(id), id);
    if (!is_new && entry->second != id) shared.insert(entry->first);
  }
  for (std::string& id : ids) {
    std::string cut = WithoutPictureEnding(id);
    if (!shared.contains(cut)) id = std::move(cut);
  }
  return ids;
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
  const ClassIndex index(read_.labels.classes);
  const auto add = [&](const std::string& name, ClassId id) {
    if (!name.empty() && !index.IsAmbiguous(name)) class_by_name_.emplace(name, id);
  };
  // WordNet ids first: where a name is also another class's id, it is that class.
  for (std::size_t i = 0; i < index.Size(); ++i)
    add(read_.labels.classes.classes[i].wordnet_id, ClassAt(i));
  for (std::size_t i = 0; i < index.Size(); ++i)
    add(read_.labels.classes.classes[i].name, ClassAt(i));
}

void LabelCollector::TakeIdsForFileNames() {
  std::vector<std::string> names;
  for (const LabelledImage& image : read_.labels.images) names.push_back(image.id);
  std::vector<std::string> ids = IdsOfFileNames(names);
  image_by_id_.clear();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    LabelledImage& image = read_.labels.images[i];
    if (image.file_name.empty() && ids[i] != image.id) image.file_name = image.id;
    image.id = std::move(ids[i]);
    image_by_id_.emplace(image.id, i);
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
  if (classes_are_given_) return classes.Find(name);  // which refuses a name of several
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
  class_name = Trimmed(class_name);
  if (class_name.empty()) return Warn(std::move(where), "a box without a class");
  if (!IsUtf8(class_name)) return Warn(std::move(where), "a class name that is not UTF-8");
  const auto leave_out = [&](std::string_view reason, WarningKind kind = WarningKind::kOther) {
    Warn(std::move(where), fmt::format("object '{}' left out: {}", class_name, reason), kind);
  };
  if (!IsFinite(label.box)) return leave_out("its box is not made of finite numbers");
  if (label.score && !std::isfinite(*label.score)) return leave_out("its score is not finite");
  if (!label.score) {
    const std::optional<BoxFault> fault = FaultOf(label.box, image);
    if (fault) return leave_out(fault->reason, fault->kind);
  }
  const std::optional<ClassId> class_id = ClassOf(class_name);
  if (!class_id) return leave_out("not among the classes");
  label.class_id = *class_id;
  image.labels.push_back(label);
}

void LabelCollector::Warn(std::string where, std::string reason, WarningKind kind) {
  read_.warnings.push_back({.where = std::move(where), .reason = std::move(reason), .kind = kind});
}

ReadLabels LabelCollector::Finish() && {
  if (!classes_are_given_) SortClasses(read_.labels);
  return std::move(read_);
}

}  // namespace deeper
