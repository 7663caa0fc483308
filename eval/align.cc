#include "eval/align.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/pictures/annotated_pictures.h"
#include "core/pictures/picture_kinds.h"
#include "core/remedy.h"
#include "core/text/percent.h"
#include "core/text/utf8.h"

namespace deeper {
namespace {

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

// The file name that an id is, in one way of writing it.
std::string PlainName(const std::string& id) {
  std::string name = PercentDecoded(id);
  std::ranges::replace(name, '\\', '/');
  return WithoutPictureEnding(name);
}

std::string LastPart(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// Places of pictures by their file names. Nothing where several have one.
class PicturesByName {
 public:
  explicit PicturesByName(const Dataset& dataset) {
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      const std::string name = PlainName(dataset.images[i].id);
      Add(name, i, by_name_);
      Add(LastPart(name), i, by_last_part_);
    }
  }

  std::optional<std::size_t> Find(const std::string& id) const {
    const std::string name = PlainName(id);
    for (const auto& [index, key] :
         {std::pair(&by_name_, name), std::pair(&by_last_part_, LastPart(name))}) {
      const auto found = index->find(key);
      if (found != index->end() && found->second) return found->second;
    }
    return std::nullopt;
  }

 private:
  using Index = std::unordered_map<std::string, std::optional<std::size_t>>;
  static void Add(const std::string& name, std::size_t place, Index& index) {
    const auto [entry, is_new] = index.try_emplace(name, place);
    if (!is_new) entry->second = std::nullopt;
  }

  Index by_name_;
  Index by_last_part_;
};

// The pictures of detections in the order of a data set.
struct MatchedImages {
  std::vector<const ImageDetections*> found;    // of each picture of the data set, or nullptr
  std::vector<const ImageDetections*> unknown;  // of pictures that the data set does not have
  std::size_t by_file_name = 0;
};

MatchedImages MatchImages(const Dataset& dataset, const DetectionSet& detections) {
  const auto image_by_id = ImagesById(dataset);
  MatchedImages matched;
  std::vector<const ImageDetections*>& found = matched.found;
  found.resize(dataset.images.size(), nullptr);
  const auto take = [&](std::size_t place, const ImageDetections& image) {
    if (found[place] != nullptr) {
      throw Error(fmt::format("detections: picture '{}' is given twice; merge the results first",
                              image.id));
    }
    found[place] = &image;
  };
  std::vector<const ImageDetections*> others;
  for (const ImageDetections& image : detections.images) {
    const auto position = image_by_id.find(image.id);
    if (position == image_by_id.end()) {
      others.push_back(&image);
    } else {
      take(position->second, image);
    }
  }
  if (others.empty()) return matched;
  const PicturesByName by_name(dataset);
  for (const ImageDetections* image : others) {
    const std::optional<std::size_t> place = by_name.Find(image->id);
    if (!place) {
      matched.unknown.push_back(image);
      continue;
    }
    take(*place, *image);
    ++matched.by_file_name;
  }
  return matched;
}

// One per class of the detections.
std::vector<ClassMatch> MatchClasses(const ClassTable& dataset_classes,
                                     const ClassTable& detected_classes) {
  const ClassIndex index(dataset_classes);
  std::vector<ClassMatch> matches;
  for (const ClassInfo& detected : detected_classes.classes) {
    ClassMatch& match = matches.emplace_back(ClassMatch{.detected = detected.name, .class_id = {}});
    const bool has_id = !detected.wordnet_id.empty() && index.Find(detected.wordnet_id);
    match.is_ambiguous = !has_id && index.IsAmbiguous(detected.name);
    if (match.is_ambiguous) continue;
    match.class_id = index.Find(detected);
    match.by_wordnet_id = match.class_id && dataset_classes.Name(*match.class_id) != detected.name;
  }
  return matches;
}

[[noreturn]] void FailOnUnknownClass(const ClassTable& dataset_classes,
                                     const std::string& name,
                                     const std::string& image_id) {
  const std::optional<std::string> near = NearestClassName(dataset_classes, name);
  throw ErrorWithRemedy(
      fmt::format("detections: picture '{}' has a '{}', which is not among the {} classes of "
                  "the data set{}",
                  image_id,
                  name,
                  dataset_classes.Size(),
                  near ? fmt::format("; did you mean '{}'?", *near)
                       : "; name all of its classes, or leave such detections out"),
      Remedy::kNameClasses);
}

}  // namespace

AlignedDetections AlignDetections(const Dataset& dataset,
                                  const DetectionSet& detections,
                                  UnknownClasses unknown) {
  AlignedDetections aligned;
  aligned.detections.classes = dataset.classes;
  aligned.class_map = MatchClasses(dataset.classes, detections.classes);
  const MatchedImages matched = MatchImages(dataset, detections);
  if (!matched.unknown.empty()) {
    throw ErrorWithRemedy(
        fmt::format("detections: picture '{}' is not among the {} of data set '{}'; was "
                    "another set detected, or are the names those of another layout?",
                    matched.unknown.front()->id,
                    dataset.images.size(),
                    dataset.name),
        Remedy::kTakeCommonPictures);
  }
  aligned.matched_by_file_name = matched.by_file_name;
  const std::vector<const ImageDetections*>& detections_of_image = matched.found;
  aligned.detections.images.reserve(dataset.images.size());
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& image = dataset.images[i];
    ImageDetections& kept = aligned.detections.images.emplace_back(ImageDetections{
        .id = image.id, .width = image.width, .height = image.height, .detections = {}});
    if (detections_of_image[i] == nullptr) {
      ++aligned.without_result;
      continue;
    }
    const ImageDetections& given = *detections_of_image[i];
    const bool states_size = given.width > 0 && given.height > 0;
    if (states_size && image.width > 0 && image.height > 0 &&
        (given.width != image.width || given.height != image.height)) {
      aligned.size_differences.push_back(
          {.place = i, .width = given.width, .height = given.height});
    }
    if (kept.width == 0 || kept.height == 0) {
      kept.width = given.width;
      kept.height = given.height;
    }
    kept.detections.reserve(given.detections.size());
    for (Detection detection : given.detections) {
      Expects(IndexOf(detection.class_id) < aligned.class_map.size(),
              "a detection's class is in its table");
      const ClassMatch& match = aligned.class_map[IndexOf(detection.class_id)];
      if (match.is_ambiguous) static_cast<void>(dataset.classes.Find(match.detected));  // throws
      if (!match.class_id) {
        if (unknown == UnknownClasses::kRefuse) {
          FailOnUnknownClass(dataset.classes, match.detected, image.id);
        }
        ++aligned.left_out;
        continue;
      }
      if (std::isnan(detection.score)) {
        throw Error(
            fmt::format("detections: picture '{}' has a score that is not a number", image.id));
      }
      detection.class_id = *match.class_id;
      kept.detections.push_back(detection);
    }
  }
  return aligned;
}

CommonPictures KeepCommonPictures(Dataset& dataset, DetectionSet& detections) {
  const MatchedImages matched = MatchImages(dataset, detections);
  CommonPictures common;
  common.without_dataset = matched.unknown.size();
  const std::set<const ImageDetections*> unknown(matched.unknown.begin(), matched.unknown.end());
  std::erase_if(detections.images,
                [&](const ImageDetections& image) { return unknown.contains(&image); });
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    if (matched.found[i] == nullptr) common.dropped.push_back(i);
  }
  common.without_detections = common.dropped.size();
  if (!common.dropped.empty()) common.example = dataset.images[common.dropped.front()].id;
  DropImages(dataset, common.dropped);
  return common;
}

std::string ClassMapText(const std::vector<ClassMatch>& class_map, const ClassTable& classes) {
  std::size_t by_name = 0;
  std::string others;
  for (const ClassMatch& match : class_map) {
    const std::string name = WithoutInvalidUtf8(match.detected);
    if (match.is_ambiguous) {
      others += fmt::format("  {} -> several of the data set's have this name\n", name);
    } else if (!match.class_id) {
      others += fmt::format("  {} -> none of the data set's\n", name);
    } else if (match.by_wordnet_id) {
      others += fmt::format(
          "  {} -> {} (WordNet id)\n", name, WithoutInvalidUtf8(classes.Name(*match.class_id)));
    } else {
      ++by_name;
    }
  }
  return fmt::format("classes: {} of the detections' {} matched by name with the data set's {}\n",
                     by_name,
                     class_map.size(),
                     classes.Size()) +
         others;
}

}  // namespace deeper
