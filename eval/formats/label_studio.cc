#include "eval/formats/label_studio.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_kinds.h"
#include "core/remedy.h"
#include "core/text/float_text.h"
#include "core/text/percent.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

bool IsUrl(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.find("?d=") != std::string_view::npos;
}

// The file name in a URL or path of a task.
std::string FileNameIn(std::string text) {
  constexpr std::string_view kLocal = "?d=";
  const bool is_url = IsUrl(text) || text.starts_with("/data/");
  if (const std::size_t local = text.find(kLocal); local != std::string::npos) {
    text.erase(0, local + kLocal.size());
    text = text.substr(0, text.find('&'));
  } else if (is_url) {
    text = text.substr(0, text.find_first_of("?#"));
    if (const std::size_t host = text.find("://"); host != std::string::npos) {
      text.erase(0, std::min(text.find('/', host + 3), text.size()));  // an absolute name is left
    }
  }
  return FileNameOf(is_url ? PercentDecoded(text) : text);
}

// "" where the task names no picture.
std::string FileNameOfTask(const json& task) {
  const auto found = task.find("data");
  const json& data = found != task.end() && found->is_object() ? *found : task;
  std::string image = TextAt(data, "image");
  if (image.empty() && data.is_object()) {
    std::vector<std::string> named;
    for (const auto& [key, value] : data.items()) {
      if (!value.is_string()) continue;
      const std::string text = value.get<std::string>();
      if (HasPictureEnding(FileNameIn(text))) named.push_back(text);
    }
    if (named.size() == 1) image = named.front();
  }
  return FileNameIn(image);
}

// The list of results of the first entry of `key` that is not cancelled; nullptr if there is none.
const json* ResultsOf(const json& task,
                      const char* key,
                      const std::string& where,
                      std::vector<Warning>& warnings) {
  const auto entries = task.find(key);
  if (entries == task.end() || !entries->is_array()) return nullptr;
  for (const json& entry : *entries) {
    const auto results = entry.find("result");
    const bool is_cancelled = FlagAt(entry, "was_cancelled", where, warnings);
    if (results != entry.end() && results->is_array() && !is_cancelled) return &*results;
  }
  return nullptr;
}

// The marks that a region may have besides its class, as remarks.
constexpr std::array<std::pair<const char*, bool Label::*>, 3> kMarks = {
    {{"difficult", &Label::difficult}, {"truncated", &Label::truncated}, {"crowd", &Label::crowd}}};

bool HasRemark(const json& result, const char* remark) {
  const auto meta = result.find("meta");
  if (meta == result.end() || !meta->is_object()) return false;
  const auto text = meta->find("text");
  return text != meta->end() && text->is_array() && std::ranges::count(*text, json(remark)) > 0;
}

std::string MetaText(const Label& label) {
  std::string remarks;
  for (const auto& [mark, field] : kMarks) {
    if (label.*field) remarks += fmt::format("{}\"{}\"", remarks.empty() ? "" : ", ", mark);
  }
  return remarks.empty() ? "" : fmt::format(R"(, "meta": {{"text": [{}]}})", remarks);
}

// The first word under the keys that hold a region's class; "" for none.
std::string ClassIn(const json& value) {
  for (const char* key : {"rectanglelabels", "labels", "label", "choices", "taxonomy"}) {
    const auto names = value.find(key);
    if (names == value.end()) continue;
    const json* name = &*names;
    while (name->is_array() && !name->empty()) name = &(*name)[0];  // taxonomy: a list of paths
    if (name->is_string()) return name->get<std::string>();
  }
  return "";
}

bool HasBox(const json& value) {
  return value.is_object() && value.contains("x") && value.contains("y") &&
         value.contains("width") && value.contains("height");
}

// The tasks of one file.
class TaskReader {
 public:
  TaskReader(const std::filesystem::path& path, LabelKind kind, const SizeOfImage& size_of)
      : path_(path), kind_(kind), size_of_(size_of) {}

  void Read(const json& task) {
    where_ = fmt::format("{}: [{}]", path_.string(), number_++);
    file_name_ = FileNameOfTask(task);
    if (file_name_.empty()) return collector_.Warn(where_, "a task without data.image");
    collector_.ImageOf(file_name_);
    if (!task.contains("data") && kind_ == LabelKind::kObjects) return ReadReduced(task);
    const bool objects = kind_ == LabelKind::kObjects;
    const char* key = !objects                       ? "predictions"
                      : task.contains("annotations") ? "annotations"
                                                     : "completions";
    const json* results = ResultsOf(task, key, where_, collector_.warnings());
    if (results != nullptr) ReadResults(*results);
  }

  ReadLabels Finish(std::vector<Warning> warnings) && {
    std::ranges::move(warnings, std::back_inserter(collector_.warnings()));
    collector_.TakeIdsForFileNames();
    return std::move(collector_).Finish();
  }

 private:
  // Results of one id describe one region: one has its box, one its class, or each has both.
  void ReadResults(const json& results) {
    std::unordered_map<std::string, std::string> class_of_region;
    for (const json& result : results) {
      const auto value = result.find("value");
      const std::string name = value == result.end() ? "" : ClassIn(*value);
      const std::string region = IdAt(result, "id");
      if (!name.empty() && !region.empty()) class_of_region.try_emplace(region, name);
    }
    std::unordered_set<std::string> done;
    for (const json& result : results) {
      const auto value = result.find("value");
      const std::string region = IdAt(result, "id");
      const std::string type = TextAt(result, "type");
      const bool is_region = type == "rectanglelabels" || type == "rectangle" || type == "labels";
      const bool has_region = !region.empty() && class_of_region.contains(region);
      if (!is_region) {
        const bool describes = has_region && value != result.end() && !ClassIn(*value).empty();
        if (!describes) collector_.Warn(where_, "a result that is no rectangle with labels");
        continue;
      }
      if (!region.empty() && !done.insert(region).second) continue;
      if (value == result.end()) {
        collector_.Warn(where_, "a rectangle without value or the picture's size");
        continue;
      }
      std::string name = ClassIn(*value);
      if (name.empty() && has_region) name = class_of_region[region];
      AddRegion(*value, result, name);
    }
  }

  // JSON-MIN: the regions stand in lists of the task, with all that a value has.
  void ReadReduced(const json& task) {
    for (const auto& [key, list] : task.items()) {
      if (!list.is_array()) continue;
      for (const json& region : list) {
        if (HasBox(region)) AddRegion(region, region, ClassIn(region));
      }
    }
  }

  // `sized` has the picture's size, the score and remarks.
  void AddRegion(const json& value, const json& sized, const std::string& name) {
    int width = PixelsAt(sized, "original_width");
    int height = PixelsAt(sized, "original_height");
    if ((width == 0 || height == 0) && size_of_) {
      std::tie(width, height) = size_of_(file_name_).value_or(std::pair(0, 0));
    }
    if (width == 0 || height == 0 || !value.is_object()) {
      return collector_.Warn(where_, "a rectangle without value or the picture's size");
    }
    LabelledImage& image = collector_.ImageOf(file_name_);
    image.width = width;
    image.height = height;
    if (!HasBox(value)) {
      return collector_.Warn(where_, "a result that is no rectangle with labels");
    }
    if (NumberAt(value, "rotation").value_or(0) != 0) {
      return collector_.Warn(where_, "a rotated rectangle");
    }
    const auto percent = [&](const char* key) {
      return NumberAt(value, key).value_or(std::numeric_limits<double>::quiet_NaN()) / 100;
    };
    const double x = percent("x");
    const double y = percent("y");
    Label label;
    label.box = {.x0 = static_cast<float>(x * width),
                 .y0 = static_cast<float>(y * height),
                 .x1 = static_cast<float>((x + percent("width")) * width),
                 .y1 = static_cast<float>((y + percent("height")) * height)};
    if (kind_ == LabelKind::kDetections) {
      label.score = static_cast<float>(NumberAt(sized, "score").value_or(0));
    }
    for (const auto& [mark, field] : kMarks) label.*field = HasRemark(sized, mark);
    collector_.Add(file_name_, name, label, where_);
  }

  const std::filesystem::path& path_;
  LabelKind kind_;
  const SizeOfImage& size_of_;
  LabelCollector collector_;
  std::size_t number_ = 0;
  std::string where_;
  std::string file_name_;
};

std::string ResultText(const Label& label, const LabelledImage& image, const std::string& name) {
  const Box& box = label.box;
  return fmt::format(R"({{"type": "rectanglelabels", "from_name": "label", "to_name": "image", )"
                     R"("original_width": {}, "original_height": {}, "image_rotation": 0, )"
                     R"("value": {{"x": {}, "y": {}, "width": {}, "height": {}, "rotation": 0, )"
                     R"("rectanglelabels": [{}]}}{}{}}})",
                     image.width,
                     image.height,
                     double{box.x0} * 100 / image.width,
                     double{box.y0} * 100 / image.height,
                     (double{box.x1} - double{box.x0}) * 100 / image.width,
                     (double{box.y1} - double{box.y0}) * 100 / image.height,
                     JsonText(name),
                     label.score ? fmt::format(R"(, "score": {})", FloatText(*label.score)) : "",
                     MetaText(label));
}

}  // namespace

ReadLabels ReadLabelStudio(const std::filesystem::path& path,
                           LabelKind kind,
                           const SizeOfImage& size_of) {
  TaskReader reader(path, kind, size_of);
  std::vector<Warning> warnings;
  StreamJson(ReadPlainText(path, std::uintmax_t{16} << 30U),
             path,
             {},
             warnings,
             [&](std::string_view, const json& task) { reader.Read(task); });
  return std::move(reader).Finish(std::move(warnings));
}

void WriteLabelStudio(const LabelledSet& labels, const std::filesystem::path& path) {
  const std::vector<std::string> names = DistinctNames(labels.classes);
  std::string text = "[";
  for (std::size_t i = 0; i < labels.images.size(); ++i) {
    const LabelledImage& image = labels.images[i];
    if (image.width <= 0 || image.height <= 0) {
      throw ErrorWithRemedy(
          fmt::format("picture '{}': expected its width and height, by which Label Studio divides, "
                      "found none; take them from the picture",
                      image.id),
          Remedy::kNamePictures);
    }
    std::string objects;
    std::string detections;
    for (const Label& label : image.labels) {
      std::string& list = label.score ? detections : objects;
      if (!list.empty()) list += ",\n ";
      list += ResultText(label, image, names.at(IndexOf(label.class_id)));
    }
    text += fmt::format(
        "{}\n{{\"id\": {}, \"data\": {{\"image\": {}}},\n \"annotations\": [{{\"result\": "
        "[{}]}}],\n \"predictions\": [{{\"model_version\": \"deeper\", \"result\": [{}]}}]}}",
        i == 0 ? "" : ",",
        i + 1,
        JsonText(image.file_name.empty() ? image.id : image.file_name),
        objects,
        detections);
  }
  WriteFileWhole(path, text + "\n]\n");
}

}  // namespace deeper
