#include "eval/formats/coco.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_kinds.h"
#include "core/remedy.h"
#include "core/text/float_text.h"
#include "core/text/parse.h"
#include "eval/formats/layout.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 30U;

struct RawImage {
  std::string id;
  std::string file_name;
  int width = 0;
  int height = 0;
};
struct RawCategory {
  std::string id;
  std::string name;
};
struct RawAnnotation {
  std::size_t number = 0;  // from 1, in the file
  std::string image_id;
  std::string category_id;
  std::optional<Box> box;
  Label label;
};
struct RawFile {
  bool is_list = false;
  std::vector<RawImage> images;
  std::vector<RawCategory> categories;
  std::vector<RawAnnotation> annotations;
  std::vector<Warning> warnings;
  std::size_t outlines = 0;
};

std::optional<Box> BoxOf(const json& record) {
  const auto found = record.find("bbox");
  if (found == record.end() || !found->is_array() || found->size() != 4) return std::nullopt;
  std::array<double, 4> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const json& value = (*found)[i];
    const std::optional<double> number = value.is_number()   ? std::optional(value.get<double>())
                                         : value.is_string() ? NumberOf(TextOf(value))
                                                             : std::nullopt;
    if (!number) return std::nullopt;
    values.at(i) = *number;
  }
  const auto [x, y, w, h] = values;
  return Box{.x0 = static_cast<float>(x),
             .y0 = static_cast<float>(y),
             .x1 = static_cast<float>(x + w),
             .y1 = static_cast<float>(y + h)};
}

RawAnnotation AnnotationOf(const json& record,
                           std::size_t number,
                           const std::string& where,
                           std::vector<Warning>& warnings) {
  RawAnnotation annotation{.number = number,
                           .image_id = IdAt(record, "image_id"),
                           .category_id = IdAt(record, "category_id"),
                           .box = BoxOf(record),
                           .label = {}};
  if (const auto score = NumberAt(record, "score")) {
    annotation.label.score = static_cast<float>(*score);
  }
  annotation.label.difficult = FlagAt(record, "difficult", where, warnings);
  annotation.label.truncated = FlagAt(record, "truncated", where, warnings);
  annotation.label.crowd = FlagAt(record, "iscrowd", where, warnings);
  annotation.label.area_px = NumberAt(record, "area");
  return annotation;
}

std::string Place(const std::filesystem::path& path, std::string_view list, std::size_t number) {
  return fmt::format("{}: {}[{}]", path.string(), list, number - 1);
}

// Numbers in their order, then words in theirs.
bool IdComesFirst(const std::string& a, const std::string& b) {
  const std::optional<std::int64_t> number_a = WholeNumberOf(a);
  const std::optional<std::int64_t> number_b = WholeNumberOf(b);
  if (number_a && number_b && *number_a != *number_b) return *number_a < *number_b;
  if (number_a.has_value() != number_b.has_value()) return number_a.has_value();
  return a < b;
}

// How many objects have a "segmentation" that is not empty. It is counted in the text, as it is the
// largest part of many files and of no use otherwise.
std::size_t CountOutlines(std::string_view text) {
  constexpr std::string_view kKey = "\"segmentation\"";
  std::size_t count = 0;
  for (std::size_t at = text.find(kKey); at != text.npos; at = text.find(kKey, at)) {
    at += kKey.size();
    const std::size_t value = text.find_first_not_of(" \t\r\n:", at);
    if (value == text.npos || (text[value] != '[' && text[value] != '{')) continue;
    const std::size_t first = text.find_first_not_of(" \t\r\n", value + 1);
    if (first != text.npos && text[first] != ']' && text[first] != '}') ++count;
  }
  return count;
}

RawFile ReadRaw(const std::filesystem::path& path) {
  RawFile raw;
  std::string text = ReadPlainText(path, kMostBytes);
  raw.outlines = CountOutlines(text);
  std::size_t images = 0;
  std::size_t categories = 0;
  bool has_list = false;
  StreamJson(std::move(text),
             path,
             {"segmentation", "keypoints"},
             raw.warnings,
             [&](std::string_view key, const json& record) {
               has_list = true;
               if (key == "images") {
                 ++images;
                 RawImage image{.id = IdAt(record, "id"),
                                .file_name = FileNameOf(TextAt(record, "file_name")),
                                .width = PixelsAt(record, "width"),
                                .height = PixelsAt(record, "height")};
                 if (image.id.empty()) {
                   raw.warnings.push_back({.where = Place(path, "images", images),
                                           .reason = "a picture without 'id'"});
                   return;
                 }
                 raw.images.push_back(std::move(image));
               } else if (key == "categories") {
                 ++categories;
                 RawCategory category{.id = IdAt(record, "id"), .name = TextAt(record, "name")};
                 if (category.id.empty() || category.name.empty()) {
                   raw.warnings.push_back({.where = Place(path, "categories", categories),
                                           .reason = "a class without 'id' or 'name'"});
                   return;
                 }
                 raw.categories.push_back(std::move(category));
               } else if (key == "annotations" || key.empty()) {
                 raw.is_list = key.empty();
                 const std::size_t number = raw.annotations.size() + 1;
                 raw.annotations.push_back(AnnotationOf(
                     record, number, Place(path, "annotations", number), raw.warnings));
               }
             });
  raw.is_list = raw.is_list || (!has_list && raw.images.empty());
  std::ranges::stable_sort(raw.images, IdComesFirst, &RawImage::id);
  std::ranges::stable_sort(raw.categories, IdComesFirst, &RawCategory::id);
  return raw;
}

template <typename Record>
void RequireUniqueIds(const std::vector<Record>& records,
                      const std::filesystem::path& path,
                      std::string_view what) {
  const auto repeated = std::ranges::adjacent_find(records, {}, &Record::id);
  if (repeated == records.end()) return;
  throw Error(fmt::format(
      "{}: expected each {} once, found number {} twice", path.string(), what, repeated->id));
}

// Ids of pictures from their file names. Where several have one file name, their numbers tell them
// apart; where that is another's file name, so do more "~".
std::vector<std::string> ImageIds(const std::vector<RawImage>& images) {
  std::vector<std::string> names;
  for (const RawImage& image : images) names.push_back(image.file_name);
  std::vector<std::string> ids = IdsOfFileNames(names);
  std::unordered_map<std::string, int> uses;
  for (const std::string& id : ids) ++uses[id];
  std::unordered_set<std::string> taken;
  const auto is_own = [&](const std::string& id) { return !id.empty() && uses[id] == 1; };
  for (const std::string& id : ids) {
    if (is_own(id)) taken.insert(id);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (is_own(ids[i])) continue;
    std::string made = ids[i].empty() ? images[i].id : ids[i] + "~" + images[i].id;
    while (!taken.insert(made).second) made += '~';
    ids[i] = std::move(made);
  }
  return ids;
}

// Categories of one name as one class: the first that an object refers to, else the first of them.
// The others' ids mean it too.
std::vector<RawCategory> ClassesOf(const RawFile& raw,
                                   const std::filesystem::path& path,
                                   std::unordered_map<std::string, std::string>& class_names,
                                   std::vector<Warning>& warnings) {
  std::unordered_set<std::string_view> used;
  for (const RawAnnotation& annotation : raw.annotations) used.insert(annotation.category_id);
  std::vector<RawCategory> classes;
  std::unordered_map<std::string, std::size_t> place_of_name;
  for (const RawCategory& category : raw.categories) {
    class_names.emplace(category.id, category.name);
    const auto [entry, is_new] = place_of_name.try_emplace(category.name, classes.size());
    if (is_new) {
      classes.push_back(category);
      continue;
    }
    RawCategory& kept = classes[entry->second];
    if (used.contains(kept.id) && used.contains(category.id)) {
      warnings.push_back({.where = path.string(),
                          .reason = fmt::format("categories {} and {} have the name '{}': taken as "
                                                "one class",
                                                kept.id,
                                                category.id,
                                                category.name),
                          .loses = false});
    } else if (used.contains(category.id)) {
      kept.id = category.id;
    }
  }
  std::ranges::stable_sort(classes, IdComesFirst, &RawCategory::id);
  return classes;
}

// What the ids of a file mean, and what a results list may say instead.
struct Numbers {
  std::unordered_map<std::string, std::string> image_ids;
  std::unordered_map<std::string, std::string> class_names;
  std::unordered_map<std::string, std::string> image_ids_by_name;  // "" for several of one name
  std::unordered_set<std::string> names_of_classes;

  // The picture's id, or the class's name; nullptr for what means nothing.
  const std::string* ImageOf(const std::string& id) const {
    if (const auto found = image_ids.find(id); found != image_ids.end()) return &found->second;
    const std::string name = WithoutPictureEnding(FileNameOf(id));
    for (const std::string& tried : {name, std::string(LastPart(name))}) {
      const auto found = image_ids_by_name.find(tried);
      if (found != image_ids_by_name.end() && !found->second.empty()) return &found->second;
    }
    return nullptr;
  }
  const std::string* ClassOf(const std::string& id) const {
    if (const auto found = class_names.find(id); found != class_names.end()) return &found->second;
    const auto named = names_of_classes.find(id);
    return named == names_of_classes.end() ? nullptr : &*named;
  }
  void AddImageName(const std::string& id) {
    for (const std::string& name :
         {WithoutPictureEnding(id), std::string(LastPart(WithoutPictureEnding(id)))}) {
      const auto [entry, is_new] = image_ids_by_name.try_emplace(name, id);
      if (!is_new && entry->second != id) entry->second.clear();
    }
  }
};

std::string NameOfBox(const RawAnnotation& annotation) {
  return annotation.label.score ? "detections" : "annotations";
}

void AddAnnotations(RawFile& raw,
                    const Numbers& numbers,
                    const std::filesystem::path& path,
                    LabelCollector& collector) {
  for (const RawAnnotation& annotation : raw.annotations) {
    std::string where = Place(path, NameOfBox(annotation), annotation.number);
    const std::string* image = numbers.ImageOf(annotation.image_id);
    if (image == nullptr) {
      collector.Warn(std::move(where), "a box of a picture that is not in 'images'");
      continue;
    }
    const std::string* name = numbers.ClassOf(annotation.category_id);
    if (name == nullptr) {
      collector.Warn(std::move(where), "a box of a class that is not in 'categories'");
      continue;
    }
    if (!annotation.box) {
      collector.Warn(
          std::move(where),
          fmt::format("object '{}' left out: its bbox is not a list of four numbers", *name));
      continue;
    }
    Label label = annotation.label;
    label.box = *annotation.box;
    collector.Add(*image, *name, label, std::move(where));
  }
  std::ranges::move(raw.warnings, std::back_inserter(collector.warnings()));
}

// The labels of a whole object, with its pictures and classes in the order of their numbers.
ReadLabels LabelsOfWhole(RawFile raw, const std::filesystem::path& path, CocoIds* ids) {
  RequireUniqueIds(raw.images, path, "picture");
  RequireUniqueIds(raw.categories, path, "class");
  const std::vector<std::string> image_ids = ImageIds(raw.images);
  Numbers numbers;
  std::vector<std::string> names;
  const std::vector<RawCategory> classes = ClassesOf(raw, path, numbers.class_names, raw.warnings);
  for (const RawCategory& category : classes) names.push_back(category.name);
  LabelCollector collector(ClassTableOf(names));
  collector.outlines() = raw.outlines;
  for (std::size_t i = 0; i < raw.images.size(); ++i) {
    numbers.image_ids.emplace(raw.images[i].id, image_ids[i]);
    LabelledImage& image = collector.ImageOf(image_ids[i]);
    image.file_name = raw.images[i].file_name;
    image.width = raw.images[i].width;
    image.height = raw.images[i].height;
  }
  if (ids != nullptr) {
    for (const RawImage& image : raw.images) ids->images.push_back(image.id);
    for (const RawCategory& category : classes) ids->categories.push_back(category.id);
  }
  AddAnnotations(raw, numbers, path, collector);
  return std::move(collector).Finish();
}

// "[x, y, width, height]", from which reading returns exactly `box`.
std::string CocoBoxText(const Box& box) {
  const auto side = [](const std::string& from_text, float to) {
    const double from = ParseDouble(from_text).value();
    const std::string text = FloatText(static_cast<float>(double{to} - from));
    const bool exact = static_cast<float>(from + ParseDouble(text).value()) == to;
    return exact ? text : fmt::format("{}", double{to} - from);
  };
  const std::string x = FloatText(box.x0);
  const std::string y = FloatText(box.y0);
  return fmt::format("[{}, {}, {}, {}]", x, y, side(x, box.x1), side(y, box.y1));
}

// Elements between brackets, one per line.
class JsonList {
 public:
  void Add(const std::string& element) {
    if (!text_.empty()) text_ += ",\n";
    text_ += element;
  }
  std::string Text() const { return "[\n" + text_ + "\n]"; }

 private:
  std::string text_;
};

}  // namespace

CocoDataset ReadCocoDataset(const std::filesystem::path& path,
                            const std::optional<std::filesystem::path>& images) {
  RawFile raw = ReadRaw(path);
  if (raw.is_list) {
    throw Error(fmt::format(
        "{}: expected a COCO data set with 'images', 'categories' and 'annotations', found none "
        "of them; is this a results file?",
        path.string()));
  }
  CocoDataset coco;
  ReadLabels read = LabelsOfWhole(std::move(raw), path, &coco.ids);
  coco.read = {.dataset = DatasetOf(read.labels,
                                    path.stem().string(),
                                    images ? images : GuessImageDirectory(path, read.labels)),
               .warnings = std::move(read.warnings),
               .unreadable_images = {},
               .outlines = read.outlines};
  return coco;
}

ReadLabels ReadCocoLabels(const std::filesystem::path& path,
                          const Dataset* dataset,
                          const CocoIds* ids) {
  RawFile raw = ReadRaw(path);
  if (!raw.is_list) return LabelsOfWhole(std::move(raw), path, nullptr);
  if (dataset == nullptr || ids == nullptr) {
    throw ErrorWithRemedy(
        fmt::format("{}: is a COCO results list, whose numbers mean nothing without the COCO data "
                    "set that they count; name that data set's file",
                    path.string()),
        Remedy::kNameDataset);
  }
  Numbers numbers;
  LabelCollector collector(dataset->classes);
  for (std::size_t i = 0; i < ids->images.size(); ++i) {
    const AnnotatedImage& image = dataset->images.at(i);
    numbers.image_ids.emplace(ids->images[i], image.id);
    numbers.AddImageName(image.id);
    LabelledImage& made = collector.ImageOf(image.id);
    made.width = image.width;
    made.height = image.height;
  }
  for (std::size_t i = 0; i < ids->categories.size(); ++i) {
    numbers.class_names.emplace(ids->categories[i], dataset->classes.Name(ClassAt(i)));
  }
  for (const ClassInfo& info : dataset->classes.classes) numbers.names_of_classes.insert(info.name);
  AddAnnotations(raw, numbers, path, collector);
  return std::move(collector).Finish();
}

void WriteCocoLabels(const LabelledSet& labels, const std::filesystem::path& path) {
  JsonList categories;
  std::size_t category_id = 0;
  for (const std::string& name : DistinctNames(labels.classes)) {
    categories.Add(fmt::format(R"({{"id": {}, "name": {}}})", ++category_id, JsonText(name)));
  }
  JsonList images;
  JsonList annotations;
  std::size_t annotation_id = 0;
  for (std::size_t i = 0; i < labels.images.size(); ++i) {
    const LabelledImage& image = labels.images[i];
    images.Add(fmt::format(R"({{"id": {}, "file_name": {}, "width": {}, "height": {}}})",
                           i + 1,
                           JsonText(image.file_name.empty() ? image.id : image.file_name),
                           image.width,
                           image.height));
    for (const Label& label : image.labels) {
      Expects(IndexOf(label.class_id) < labels.classes.Size(), "a label's class is in its table");
      const double area = label.area_px.value_or(Area(label.box));
      annotations.Add(fmt::format(
          R"({{"id": {}, "image_id": {}, "category_id": {}, "bbox": {}, "area": {}, "iscrowd": {}{}{}{}}})",
          ++annotation_id,
          i + 1,
          IndexOf(label.class_id) + 1,
          CocoBoxText(label.box),
          label.area_px ? fmt::format("{}", area) : FloatText(static_cast<float>(area)),
          label.crowd ? 1 : 0,
          label.difficult ? R"(, "difficult": 1)" : "",
          label.truncated ? R"(, "truncated": 1)" : "",
          label.score ? fmt::format(R"(, "score": {})", FloatText(*label.score)) : ""));
    }
  }
  WriteFileWhole(path,
                 fmt::format("{{\"images\": {},\n\"categories\": {},\n\"annotations\": {}}}\n",
                             images.Text(),
                             categories.Text(),
                             annotations.Text()));
}

void WriteCoco(const DetectionSet& detections, const std::filesystem::path& path) {
  WriteCocoLabels(LabelsOf(detections), path);
}

}  // namespace deeper
