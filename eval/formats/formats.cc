#include "eval/formats/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_kinds.h"
#include "core/remedy.h"
#include "core/text/nearest_name.h"
#include "eval/formats/csv.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/lines/annotation_lines.h"
#include "eval/formats/lines/detection_lines.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/voc.h"
#include "eval/formats/voc_annotations.h"
#include "eval/formats/voc_results.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<LabelFormat, std::string_view>, 7> kNames = {{
    {LabelFormat::kJsonLines, "jsonl"},
    {LabelFormat::kCoco, "coco"},
    {LabelFormat::kVoc, "voc"},
    {LabelFormat::kIlsvrc, "ilsvrc"},
    {LabelFormat::kYolo, "yolo"},
    {LabelFormat::kCsv, "csv"},
    {LabelFormat::kLabelStudio, "labelstudio"},
}};

ReadLabels WithoutWarnings(const DetectionSet& detections) {
  return {.labels = LabelsOf(detections), .warnings = {}};
}

ReadLabels FromDataset(ReadDataset read) {
  return {.labels = LabelsOf(read.dataset),
          .warnings = std::move(read.warnings),
          .outlines = read.outlines};
}

const Dataset& Required(const Dataset* dataset, LabelFormat format) {
  if (dataset != nullptr) return *dataset;
  throw ErrorWithRemedy(
      fmt::format("the format '{}' needs a data set, whose pictures and classes its numbers count",
                  NameOf(format)),
      Remedy::kNameDataset);
}

// Label Studio's tasks and COCO's files are both JSON: a list of objects with "data" is the former.
LabelFormat GuessJson(const fs::path& path) {
  const InputFile file(path);
  std::string begin(static_cast<std::size_t>(std::min<std::uintmax_t>(file.size(), 4096)), '\0');
  file.ReadAt(0, std::span(reinterpret_cast<std::uint8_t*>(begin.data()), begin.size()));
  const std::size_t first = begin.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const bool is_list = first != std::string::npos && begin[first] == '[';
  return is_list && begin.find("\"data\"") != std::string::npos ? LabelFormat::kLabelStudio
                                                                : LabelFormat::kCoco;
}

// Whether a directory holds label files or the names of their classes. The lines of VOC's results
// have as many fields, but count pixels.
bool IsOfYolo(const fs::path& directory) {
  for (const char* name : {"classes.txt", "data.yaml", "labels", "train/labels"}) {
    if (fs::exists(directory / name)) return true;
  }
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".txt" || !entry.is_regular_file() || IsOfAnotherProgram(path))
      continue;
    if (path.stem().string().find("det_") != std::string::npos) return false;
    const std::string text = ReadPlainText(path);
    for (const std::string_view line : SplitLines(text)) {
      const std::vector<std::string_view> fields = SplitFields(line);
      if (fields.empty()) continue;
      constexpr double kFarthest = 2;  // of a part of a picture's side
      return fields.size() >= 5 && WholeNumberOf(fields[0]) &&
             std::all_of(fields.begin() + 1, fields.begin() + 5, [](std::string_view field) {
               const std::optional<double> part = NumberOf(field);
               return part && std::abs(*part) <= kFarthest;
             });
    }
  }
  return false;
}

void WriteIlsvrc(const LabelledSet& labels, const fs::path& path, const Dataset* dataset) {
  DetectionSet detections = DetectionsOf(labels);
  std::vector<std::string> ids;
  if (dataset == nullptr) {
    for (const LabelledImage& image : labels.images) ids.push_back(image.id);
    return WriteIlsvrcSubmission(detections, ids, path);
  }
  for (const AnnotatedImage& image : dataset->images) ids.push_back(image.id);
  const ClassIndex classes(dataset->classes);
  std::vector<ClassId> numbers;
  for (const ClassInfo& info : detections.classes.classes) {
    const std::optional<ClassId> id = classes.Find(info);
    if (!id) {
      throw Error(fmt::format("class '{}': expected one of the {} of data set '{}', found none",
                              info.name,
                              dataset->classes.Size(),
                              dataset->name));
    }
    numbers.push_back(*id);
  }
  for (ImageDetections& image : detections.images) {
    for (Detection& detection : image.detections) {
      detection.class_id = numbers[IndexOf(detection.class_id)];
    }
  }
  detections.classes = dataset->classes;
  WriteIlsvrcSubmission(detections, ids, path);
}

[[noreturn]] void FailOnKind(LabelFormat format) {
  throw ErrorWithRemedy(
      fmt::format("the format '{}' is Deeper's for detections alone; true objects of ILSVRC are "
                  "read as a data set and written as voc",
                  NameOf(format)),
      Remedy::kNameDataset);
}

// Of detections, pictures without any that the data set does not have are none of its: they only
// lie in the same directory.
ReadLabels ReadYoloFor(const fs::path& path, const FormatContext& context) {
  const bool objects = context.kind == LabelKind::kObjects;
  const Dataset* dataset = objects ? nullptr : context.dataset;
  const ClassTable* known = dataset != nullptr ? &dataset->classes : nullptr;
  if (context.classes) known = &*context.classes;
  ReadLabels read = ReadYolo(path,
                             {.images = context.images,
                              .set = objects ? context.set : "",
                              .known_classes = known,
                              .size_of = context.size_of});
  if (dataset == nullptr) return read;
  std::unordered_set<std::string_view> ids;
  for (const AnnotatedImage& image : dataset->images) ids.insert(image.id);
  std::erase_if(read.labels.images, [&](const LabelledImage& image) {
    return image.labels.empty() && !ids.contains(image.id);
  });
  return read;
}

}  // namespace

std::string NameOf(LabelFormat format) {
  const auto entry = std::ranges::find(kNames, format, &decltype(kNames)::value_type::first);
  Expects(entry != kNames.end(), "a format of the table");
  return std::string(entry->second);
}

std::vector<std::string> LabelFormatNames() {
  std::vector<std::string> names;
  names.reserve(kNames.size());
  for (const auto& [format, name] : kNames) names.emplace_back(name);
  return names;
}

LabelFormat LabelFormatFromName(const std::string& name) {
  for (const auto& [format, format_name] : kNames) {
    if (format_name == name) return format;
  }
  const std::optional<std::string> near = NearestName(name, LabelFormatNames());
  throw Error(fmt::format("format: expected one of {}, found '{}'{}",
                          fmt::join(LabelFormatNames(), ", "),
                          name,
                          near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

LabelFormat GuessLabelFormat(const fs::path& path) {
  if (fs::is_directory(path)) {
    return IsOfYolo(path) ? LabelFormat::kYolo : LabelFormat::kVoc;
  }
  if (!fs::exists(path)) throw Error(path.string() + ": expected a file or directory, found none");
  const std::string suffix = path.extension().string();
  if (suffix == ".jsonl") return LabelFormat::kJsonLines;
  if (suffix == ".json") return GuessJson(path);
  if (suffix == ".csv") return LabelFormat::kCsv;
  if (suffix == ".txt") return LabelFormat::kIlsvrc;
  throw Error(fmt::format("{}: its name does not tell the format; say it: {}",
                          path.string(),
                          fmt::join(LabelFormatNames(), ", ")));
}

ReadLabels ReadLabelsAs(LabelFormat format, const fs::path& path, const FormatContext& context) {
  const bool objects = context.kind == LabelKind::kObjects;
  switch (format) {
    case LabelFormat::kJsonLines:
      return objects ? ReadAnnotationLines(path) : WithoutWarnings(ReadJsonLines(path));
    case LabelFormat::kCoco:
      return ReadCocoLabels(path, context.dataset, context.coco_ids);
    case LabelFormat::kVoc:
      return objects ? FromDataset(ReadVocDataset(path, context.set))
                     : WithoutWarnings(ReadVocResults(path,
                                                      context.set,
                                                      Required(context.dataset, format).classes,
                                                      context.dataset));
    case LabelFormat::kIlsvrc:
      if (objects) FailOnKind(format);
      return WithoutWarnings(ReadIlsvrcSubmission(path, Required(context.dataset, format)));
    case LabelFormat::kYolo:
      return ReadYoloFor(path, context);
    case LabelFormat::kCsv:
      return ReadCsv(path);
    case LabelFormat::kLabelStudio:
      return ReadLabelStudio(path, context.kind, context.size_of);
  }
  return {};
}

void WriteLabelsAs(LabelFormat format,
                   const LabelledSet& labels,
                   const fs::path& path,
                   const FormatContext& context) {
  const bool objects = context.kind == LabelKind::kObjects;
  switch (format) {
    case LabelFormat::kJsonLines:
      return objects ? WriteAnnotationLines(labels, path)
                     : WriteJsonLines(DetectionsOf(labels), path);
    case LabelFormat::kCoco:
      return WriteCocoLabels(labels, path);
    case LabelFormat::kVoc:
      return objects ? WriteVocAnnotations(labels, path, context.set)
                     : WriteVocResults(DetectionsOf(labels), path, context.set);
    case LabelFormat::kIlsvrc:
      if (objects) FailOnKind(format);
      return WriteIlsvrc(labels, path, context.dataset);
    case LabelFormat::kYolo:
      return WriteYolo(labels, path);
    case LabelFormat::kCsv:
      return WriteCsv(labels, path);
    case LabelFormat::kLabelStudio:
      return WriteLabelStudio(labels, path);
  }
}

}  // namespace deeper
