#include "eval/formats/coco.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/remedy.h"
#include "core/text/float_text.h"
#include "core/text/parse.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 30U;

struct RawImage {
  std::int64_t id = 0;
  std::string file_name;
  int width = 0;
  int height = 0;
};
struct RawCategory {
  std::int64_t id = 0;
  std::string name;
};
struct RawAnnotation {
  std::size_t number = 0;  // from 1, in the file
  std::optional<std::int64_t> image_id;
  std::optional<std::int64_t> category_id;
  std::optional<Box> box;
  Label label;
};
struct RawFile {
  bool is_list = false;
  std::vector<RawImage> images;
  std::vector<RawCategory> categories;
  std::vector<RawAnnotation> annotations;
  std::vector<Warning> warnings;
};

std::optional<Box> BoxOf(const json& record) {
  const auto found = record.find("bbox");
  if (found == record.end() || !found->is_array() || found->size() != 4) return std::nullopt;
  std::array<double, 4> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(*found)[i].is_number()) return std::nullopt;
    values.at(i) = (*found)[i].get<double>();
  }
  const auto [x, y, w, h] = values;
  return Box{.x0 = static_cast<float>(x),
             .y0 = static_cast<float>(y),
             .x1 = static_cast<float>(x + w),
             .y1 = static_cast<float>(y + h)};
}

RawAnnotation AnnotationOf(const json& record, std::size_t number) {
  RawAnnotation annotation{.number = number,
                           .image_id = IntegerAt(record, "image_id"),
                           .category_id = IntegerAt(record, "category_id"),
                           .box = BoxOf(record),
                           .label = {}};
  if (const auto score = NumberAt(record, "score")) {
    annotation.label.score = static_cast<float>(*score);
  }
  annotation.label.difficult = FlagAt(record, "difficult");
  annotation.label.truncated = FlagAt(record, "truncated");
  annotation.label.crowd = FlagAt(record, "iscrowd");
  annotation.label.area_px = NumberAt(record, "area");
  return annotation;
}

std::string Place(const std::filesystem::path& path, std::string_view list, std::size_t number) {
  return fmt::format("{}: {}[{}]", path.string(), list, number - 1);
}

RawFile ReadRaw(const std::filesystem::path& path) {
  RawFile raw;
  std::size_t images = 0;
  std::size_t categories = 0;
  bool has_list = false;
  StreamJson(ReadTextFile(path, kMostBytes),
             path,
             {"segmentation", "keypoints"},
             raw.warnings,
             [&](std::string_view key, const json& record) {
               has_list = true;
               if (key == "images") {
                 ++images;
                 const auto id = IntegerAt(record, "id");
                 if (!id) {
                   raw.warnings.push_back({.where = Place(path, "images", images),
                                           .reason = "a picture without a whole number as 'id'"});
                   return;
                 }
                 raw.images.push_back({.id = *id,
                                       .file_name = TextAt(record, "file_name"),
                                       .width = PixelsAt(record, "width"),
                                       .height = PixelsAt(record, "height")});
               } else if (key == "categories") {
                 ++categories;
                 const auto id = IntegerAt(record, "id");
                 const std::string name = TextAt(record, "name");
                 if (!id || name.empty()) {
                   raw.warnings.push_back({.where = Place(path, "categories", categories),
                                           .reason = "a class without 'id' or 'name'"});
                   return;
                 }
                 raw.categories.push_back({.id = *id, .name = name});
               } else if (key == "annotations" || key.empty()) {
                 raw.is_list = key.empty();
                 raw.annotations.push_back(AnnotationOf(record, raw.annotations.size() + 1));
               }
             });
  raw.is_list = raw.is_list || (!has_list && raw.images.empty());
  std::ranges::stable_sort(raw.images, {}, &RawImage::id);
  std::ranges::stable_sort(raw.categories, {}, &RawCategory::id);
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

// Ids of pictures from their file names: without suffix if the ids still differ.
std::vector<std::string> ImageIds(const std::vector<RawImage>& images) {
  std::unordered_map<std::string, int> uses;
  for (const RawImage& image : images) ++uses[IdOfFileName(image.file_name)];
  std::vector<std::string> ids;
  for (const RawImage& image : images) {
    std::string id = IdOfFileName(image.file_name);
    if (id.empty()) {
      id = std::to_string(image.id);
    } else if (uses[id] > 1) {
      id = image.file_name;
    }
    ids.push_back(std::move(id));
  }
  return ids;
}

// What the numbers of a file mean.
struct Numbers {
  std::unordered_map<std::int64_t, std::string> image_ids;
  std::unordered_map<std::int64_t, std::string> class_names;
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
    const auto image = numbers.image_ids.find(annotation.image_id.value_or(-1));
    if (!annotation.image_id || image == numbers.image_ids.end()) {
      collector.Warn(std::move(where), "a box of a picture that is not in 'images'");
      continue;
    }
    const auto name = numbers.class_names.find(annotation.category_id.value_or(-1));
    if (!annotation.category_id || name == numbers.class_names.end()) {
      collector.Warn(std::move(where), "a box of a class that is not in 'categories'");
      continue;
    }
    if (!annotation.box) {
      collector.Warn(std::move(where),
                     fmt::format("object '{}' left out: its bbox is not a list of four numbers",
                                 name->second));
      continue;
    }
    Label label = annotation.label;
    label.box = *annotation.box;
    collector.Add(image->second, name->second, label, std::move(where));
  }
  for (Warning& warning : raw.warnings) {
    collector.Warn(std::move(warning.where), std::move(warning.reason));
  }
}

// The labels of a whole object, with its pictures and classes in the order of their numbers.
ReadLabels LabelsOfWhole(RawFile raw, const std::filesystem::path& path, CocoIds* ids) {
  RequireUniqueIds(raw.images, path, "picture");
  RequireUniqueIds(raw.categories, path, "class");
  const std::vector<std::string> image_ids = ImageIds(raw.images);
  Numbers numbers;
  std::vector<std::string> names;
  for (const RawCategory& category : raw.categories) {
    numbers.class_names.emplace(category.id, category.name);
    names.push_back(category.name);
  }
  LabelCollector collector(ClassTableOf(names));
  for (std::size_t i = 0; i < raw.images.size(); ++i) {
    numbers.image_ids.emplace(raw.images[i].id, image_ids[i]);
    LabelledImage& image = collector.ImageOf(image_ids[i]);
    image.file_name = raw.images[i].file_name;
    image.width = raw.images[i].width;
    image.height = raw.images[i].height;
  }
  if (ids != nullptr) {
    for (const RawImage& image : raw.images) ids->images.push_back(image.id);
    for (const RawCategory& category : raw.categories) ids->categories.push_back(category.id);
  }
  AddAnnotations(raw, numbers, path, collector);
  ReadLabels read = std::move(collector).Finish();
  if (read.labels.images.size() != raw.images.size()) {
    throw Error(fmt::format("{}: two pictures have the same file_name", path.string()));
  }
  return read;
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
  coco.read = {.dataset = DatasetOf(read.labels, path.stem().string(), images),
               .warnings = std::move(read.warnings),
               .unreadable_images = {}};
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
    LabelledImage& made = collector.ImageOf(image.id);
    made.width = image.width;
    made.height = image.height;
  }
  for (std::size_t i = 0; i < ids->categories.size(); ++i) {
    numbers.class_names.emplace(ids->categories[i], dataset->classes.Name(ClassAt(i)));
  }
  AddAnnotations(raw, numbers, path, collector);
  return std::move(collector).Finish();
}

void WriteCocoLabels(const LabelledSet& labels, const std::filesystem::path& path) {
  JsonList categories;
  for (std::size_t i = 0; i < labels.classes.Size(); ++i) {
    categories.Add(fmt::format(
        R"({{"id": {}, "name": {}}})", i + 1, JsonText(labels.classes.Name(ClassAt(i)))));
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
