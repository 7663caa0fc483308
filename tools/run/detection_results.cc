#include "tools/run/detection_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/temporary_files.h"
#include "core/pictures/picture_files.h"
#include "core/text/json_line.h"
#include "eval/formats/coco.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/lines/detection_lines.h"
#include "eval/formats/voc.h"
#include "eval/formats/voc_results.h"
#include "tools/input/class_names.h"
#include "tools/options/command_line.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// Names in the directory of results.
constexpr const char* kJsonLines = "detections.jsonl";
constexpr const char* kCoco = "detections.coco.json";
constexpr const char* kIlsvrc = "detections.ilsvrc.txt";
constexpr const char* kIlsvrcImages = "detections.ilsvrc-images.txt";
constexpr const char* kVoc = "voc";
constexpr const char* kDrawings = "drawings";

// The submission counts pictures from 1; the list beside it says which is which.
void WriteIlsvrc(const DetectionSet& found, const fs::path& output) {
  std::vector<std::string> ids;
  std::string list;
  for (const ImageDetections& image : found.images) {
    ids.push_back(image.id);
    list += fmt::format("{} {}\n", image.id, ids.size());
  }
  WriteIlsvrcSubmission(found, ids, output / kIlsvrc);
  WriteFileWhole(output / kIlsvrcImages, list);
}

}  // namespace

void CheckDetectionFormats(const std::string& formats) {
  for (const std::string& format : SplitAtCommas("format", formats)) {
    if (format != "jsonl" && format != "coco" && format != "voc" && format != "ilsvrc") {
      throw UsageError(
          fmt::format("--format has '{}', expected jsonl, coco, voc or ilsvrc", format));
    }
  }
}

bool HasFormat(const std::string& formats, const std::string& format) {
  return std::ranges::count(SplitAtCommas("format", formats), format) > 0;
}

void RequireHoldable(const DetectionResults& results, const std::vector<std::string>& ids) {
  if (HasFormat(results.formats, "voc")) RequireVocResultsHold(ids, results.classes, results.set);
  if (HasFormat(results.formats, "ilsvrc")) RequireIlsvrcListHolds(ids);
}

FileNames ResultFilesOf(const DetectionResults& results, const std::vector<std::string>& ids) {
  FileNames names;
  if (HasFormat(results.formats, "jsonl")) names.insert(kJsonLines);
  if (HasFormat(results.formats, "coco")) names.insert(kCoco);
  if (HasFormat(results.formats, "ilsvrc")) names.insert({kIlsvrc, kIlsvrcImages});
  if (HasFormat(results.formats, "voc")) {
    for (const fs::path& path : VocResultFiles(kVoc, results.set, results.classes))
      names.insert(path.string());
  }
  for (const std::string& id : ids) {
    if (results.drawings) names.insert((fs::path(kDrawings) / DrawingFile(id)).string());
  }
  return names;
}

void RequireNoOtherResults(const fs::path& output, const FileNames& planned) {
  FileNames found;
  const auto add = [&](const fs::path& path) {
    if (fs::is_regular_file(path)) found.insert(path.lexically_relative(output).string());
  };
  for (const char* name : {kJsonLines, kCoco, kIlsvrc, kIlsvrcImages}) add(output / name);
  for (const char* name : {kVoc, kDrawings}) {
    std::error_code absent;
    for (fs::recursive_directory_iterator entry(output / name, absent);
         !absent && entry != fs::recursive_directory_iterator();
         entry.increment(absent)) {
      if (!IsTemporary(entry->path())) add(entry->path());
    }
  }
  RequireNoOthers(output, found, planned);
}

std::string DetectionResultsText(const DetectionResults& results) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (const ClassInfo& info : results.classes.classes) {
    classes.push_back({info.name, info.wordnet_id});
  }
  nlohmann::ordered_json json = {{"formats", results.formats},
                                 {"set", results.set},
                                 {"classes", classes},
                                 {"only_classes", results.only_classes},
                                 {"models", results.models},
                                 {"drawings", results.drawings},
                                 {"look", results.look},
                                 {"redraws", results.redraws}};
  if (results.min_score) json["min_score"] = *results.min_score;
  return LineOf(json);
}

DetectionResults DetectionResultsFrom(const std::string& text, const std::string& source) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    DetectionResults results{.formats = json.at("formats"),
                             .set = json.at("set"),
                             .classes = {},
                             .only_classes = json.value("only_classes", std::vector<std::string>()),
                             .models = json.value("models", std::vector<std::string>()),
                             .drawings = json.at("drawings"),
                             .look = json.value("look", ""),
                             .redraws = json.value("redraws", false)};
    if (json.contains("min_score")) results.min_score = json.at("min_score").get<float>();
    for (const nlohmann::json& info : json.at("classes")) {
      results.classes.classes.push_back({.name = info.at(0), .wordnet_id = info.at(1)});
    }
    return results;
  } catch (const nlohmann::json::exception&) {
    throw Error(source + ": its first line does not say which classes and files its results have");
  }
}

DetectionSet DetectionsIn(const JournalEntries& entries,
                          const DetectionResults& results,
                          const fs::path& source) {
  DetectionSet found = ParseJsonLines(ResultLines(entries), source, &results.classes);
  const std::vector<bool> kept = ClassesNamed("only-class", results.classes, results.only_classes);
  for (ImageDetections& image : found.images) {
    std::erase_if(image.detections, [&](const Detection& detection) {
      return !kept[IndexOf(detection.class_id)] ||
             (results.min_score && !(detection.score >= *results.min_score));
    });
  }
  return found;
}

void WriteDetectionResults(const DetectionSet& found,
                           const DetectionResults& results,
                           const fs::path& output) {
  for (const std::string& format : SplitAtCommas("format", results.formats)) {
    if (format == "jsonl") WriteJsonLines(found, output / kJsonLines);
    if (format == "coco") WriteCoco(found, output / kCoco);
    if (format == "voc") WriteVocResults(found, output / kVoc, results.set);
    if (format == "ilsvrc") WriteIlsvrc(found, output);
  }
}

void RemoveHalfWritten(const fs::path& output) {
  RemoveAbandonedTemporaries(output);
  RemoveAbandonedTemporaries(output / kVoc);
  RemoveAbandonedTemporariesBelow(output / kDrawings);
}

}  // namespace deeper::tools
