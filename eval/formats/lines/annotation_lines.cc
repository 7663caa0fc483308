#include "eval/formats/lines/annotation_lines.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <string>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

// A box that is not four numbers is NaN, which LabelCollector refuses.
Box BoxOf(const json& record) {
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  const auto box = record.find("box");
  if (box == record.end() || !box->is_array() || box->size() != 4) return {.x0 = kNone};
  return {.x0 = CoordinateOf((*box)[0]),
          .y0 = CoordinateOf((*box)[1]),
          .x1 = CoordinateOf((*box)[2]),
          .y1 = CoordinateOf((*box)[3])};
}

std::optional<std::string> IdOf(const json& line) {
  const std::string hexadecimal = TextAt(line, "image_bytes");
  if (!hexadecimal.empty()) return BytesOfHex(hexadecimal);
  const std::string id = FileNameOf(TextAt(line, "image"));
  return id.empty() ? std::nullopt : std::optional(id);
}

void AddLine(const json& line, const std::string& where, LabelCollector& collector) {
  const std::optional<std::string> id = IdOf(line);
  if (!id) return collector.Warn(where, "a line without 'image'");
  LabelledImage& image = collector.ImageOf(*id);
  image.file_name = TextAt(line, "file");
  image.width = PixelsAt(line, "width");
  image.height = PixelsAt(line, "height");
  const auto annotations = line.find("annotations");
  if (annotations == line.end() || !annotations->is_array()) {
    return collector.Warn(where, "a line without a list 'annotations'");
  }
  for (const json& record : *annotations) {
    Label label;
    label.box = BoxOf(record);
    label.difficult = FlagAt(record, "difficult", where, collector.warnings());
    label.truncated = FlagAt(record, "truncated", where, collector.warnings());
    label.crowd = FlagAt(record, "crowd", where, collector.warnings());
    label.area_px = NumberAt(record, "area");
    collector.Add(*id, TextAt(record, "class"), label, where);
  }
}

std::string ObjectText(const Label& label, const std::string& name) {
  return fmt::format(R"({{"class": {}, "box": [{}, {}, {}, {}]{}{}{}{}}})",
                     JsonText(name),
                     FloatText(label.box.x0),
                     FloatText(label.box.y0),
                     FloatText(label.box.x1),
                     FloatText(label.box.y1),
                     label.difficult ? R"(, "difficult": true)" : "",
                     label.truncated ? R"(, "truncated": true)" : "",
                     label.crowd ? R"(, "crowd": true)" : "",
                     label.area_px ? fmt::format(R"(, "area": {})", *label.area_px) : "");
}

}  // namespace

ReadLabels ReadAnnotationLines(const std::filesystem::path& path) {
  const std::string text = ReadPlainText(path, std::uintmax_t{16} << 30U);
  LabelCollector collector;
  std::size_t number = 0;
  for (const std::string_view line : SplitLines(text)) {
    const std::string where = fmt::format("{}:{}", path.string(), ++number);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    std::vector<Warning> warnings;
    try {
      // One line as a list of one record.
      StreamJson(
          fmt::format("[{}]", line), path, {}, warnings, [&](std::string_view, const json& record) {
            AddLine(record, where, collector);
          });
    } catch (const Error&) {
      collector.Warn(where, "a line that is not JSON in UTF-8 of at most 100 levels");
    }
    for (Warning& warning : warnings) {
      warning.where = where;
      collector.warnings().push_back(std::move(warning));
    }
  }
  collector.TakeIdsForFileNames();
  return std::move(collector).Finish();
}

void WriteAnnotationLines(const LabelledSet& labels, const std::filesystem::path& path) {
  const std::vector<std::string> names = DistinctNames(labels.classes);
  std::string content;
  for (const LabelledImage& image : labels.images) {
    std::string objects;
    for (const Label& label : image.labels) {
      if (!objects.empty()) objects += ", ";
      objects += ObjectText(label, names.at(IndexOf(label.class_id)));
    }
    content += fmt::format(
        "{{\"image\": {}{}, {}\"width\": {}, \"height\": {}, \"annotations\": [{}]}}\n",
        JsonText(image.id),
        IsUtf8(image.id) ? "" : fmt::format(R"(, "image_bytes": "{}")", HexOf(image.id)),
        image.file_name.empty() ? "" : fmt::format("\"file\": {}, ", JsonText(image.file_name)),
        image.width,
        image.height,
        objects);
  }
  WriteFileWhole(path, content);
}

}  // namespace deeper
