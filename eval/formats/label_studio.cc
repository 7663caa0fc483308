#include "eval/formats/label_studio.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/remedy.h"
#include "core/text/float_text.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

std::string IdOfTask(const json& task) {
  const auto data = task.find("data");
  if (data == task.end()) return "";
  std::string image = TextAt(*data, "image");
  constexpr std::string_view kLocal = "?d=";
  if (const std::size_t local = image.find(kLocal); local != std::string::npos) {
    image = image.substr(local + kLocal.size());
  } else if (image.starts_with('/') || image.find("://") != std::string::npos) {
    image = image.substr(image.rfind('/') + 1);
  }
  return IdOfFileName(image);
}

// The list of results of the first entry of `key` that is not cancelled; nullptr if there is none.
const json* ResultsOf(const json& task, const char* key) {
  const auto entries = task.find(key);
  if (entries == task.end() || !entries->is_array()) return nullptr;
  for (const json& entry : *entries) {
    const auto results = entry.find("result");
    if (results == entry.end() || !results->is_array() || FlagAt(entry, "was_cancelled")) continue;
    return &*results;
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

void AddResult(const json& result,
               const std::string& id,
               LabelKind kind,
               const std::string& where,
               LabelCollector& collector) {
  if (TextAt(result, "type") != "rectanglelabels") {
    return collector.Warn(where, "a result that is no rectangle with labels");
  }
  const auto value = result.find("value");
  const int width = PixelsAt(result, "original_width");
  const int height = PixelsAt(result, "original_height");
  if (value == result.end() || width == 0 || height == 0) {
    return collector.Warn(where, "a rectangle without value or the picture's size");
  }
  LabelledImage& image = collector.ImageOf(id);
  image.width = width;
  image.height = height;
  if (NumberAt(*value, "rotation").value_or(0) != 0) {
    return collector.Warn(where, "a rotated rectangle");
  }
  const auto percent = [&](const char* key) {
    return NumberAt(*value, key).value_or(std::numeric_limits<double>::quiet_NaN()) / 100;
  };
  const double x = percent("x");
  const double y = percent("y");
  Label label;
  label.box = {.x0 = static_cast<float>(x * width),
               .y0 = static_cast<float>(y * height),
               .x1 = static_cast<float>((x + percent("width")) * width),
               .y1 = static_cast<float>((y + percent("height")) * height)};
  if (kind == LabelKind::kDetections) {
    label.score = static_cast<float>(NumberAt(result, "score").value_or(0));
  }
  for (const auto& [mark, field] : kMarks) label.*field = HasRemark(result, mark);
  const auto names = value->find("rectanglelabels");
  const bool has_name =
      names != value->end() && names->is_array() && !names->empty() && (*names)[0].is_string();
  collector.Add(id, has_name ? (*names)[0].get<std::string>() : "", label, where);
}

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

ReadLabels ReadLabelStudio(const std::filesystem::path& path, LabelKind kind) {
  LabelCollector collector;
  std::vector<Warning> warnings;
  std::size_t number = 0;
  StreamJson(ReadTextFile(path, std::uintmax_t{16} << 30U),
             path,
             {},
             warnings,
             [&](std::string_view, const json& task) {
               const std::string where = fmt::format("{}: [{}]", path.string(), number++);
               const std::string id = IdOfTask(task);
               if (id.empty()) return collector.Warn(where, "a task without data.image");
               collector.ImageOf(id);
               const json* results =
                   ResultsOf(task, kind == LabelKind::kObjects ? "annotations" : "predictions");
               if (results == nullptr) return;
               for (const json& result : *results) AddResult(result, id, kind, where, collector);
             });
  for (Warning& warning : warnings) {
    collector.Warn(std::move(warning.where), std::move(warning.reason));
  }
  return std::move(collector).Finish();
}

void WriteLabelStudio(const LabelledSet& labels, const std::filesystem::path& path) {
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
      list += ResultText(label, image, labels.classes.Name(label.class_id));
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
