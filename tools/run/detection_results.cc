#include "tools/run/detection_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/temporary_files.h"
#include "core/text/json_line.h"
#include "eval/formats/coco.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/lines/detection_lines.h"
#include "eval/formats/voc.h"
#include "eval/formats/voc_results.h"
#include "tools/options/command_line.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

// The submission counts pictures from 1; the list beside it says which is which.
void WriteIlsvrc(const DetectionSet& found, const fs::path& output) {
  std::vector<std::string> ids;
  std::string list;
  for (const ImageDetections& image : found.images) {
    ids.push_back(image.id);
    list += fmt::format("{} {}\n", image.id, ids.size());
  }
  WriteIlsvrcSubmission(found, ids, output / "detections.ilsvrc.txt");
  WriteFileWhole(output / "detections.ilsvrc-images.txt", list);
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

void RequireHoldable(const DetectionResults& results, const std::vector<Picture>& pictures) {
  const std::vector<std::string> formats = SplitAtCommas("format", results.formats);
  if (std::ranges::count(formats, "voc") == 0) return;
  std::vector<std::string> ids;
  for (const Picture& picture : pictures) ids.push_back(picture.id);
  RequireVocResultsHold(ids, results.classes, results.set);
}

std::string DetectionResultsText(const DetectionResults& results) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (const ClassInfo& info : results.classes.classes) {
    classes.push_back({info.name, info.wordnet_id});
  }
  return LineOf({{"formats", results.formats}, {"set", results.set}, {"classes", classes}});
}

DetectionResults DetectionResultsFrom(const std::string& text, const std::string& source) {
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    DetectionResults results{.formats = json.at("formats"), .set = json.at("set"), .classes = {}};
    for (const nlohmann::json& info : json.at("classes")) {
      results.classes.classes.push_back({.name = info.at(0), .wordnet_id = info.at(1)});
    }
    return results;
  } catch (const nlohmann::json::exception&) {
    throw Error(source + ": its first line does not say which classes and files its results have");
  }
}

DetectionSet DetectionsIn(const JournalEntries& entries,
                          const ClassTable& classes,
                          const fs::path& source) {
  return ParseJsonLines(ResultLines(entries), source, &classes);
}

void WriteDetectionResults(const DetectionSet& found,
                           const DetectionResults& results,
                           const fs::path& output) {
  for (const std::string& format : SplitAtCommas("format", results.formats)) {
    if (format == "jsonl") WriteJsonLines(found, output / "detections.jsonl");
    if (format == "coco") WriteCoco(found, output / "detections.coco.json");
    if (format == "voc") WriteVocResults(found, output / "voc", results.set);
    if (format == "ilsvrc") WriteIlsvrc(found, output);
  }
}

void RemoveHalfWritten(const fs::path& output) {
  for (const fs::path& directory : {output, output / "voc", output / "drawings"}) {
    RemoveAbandonedTemporaries(directory);
  }
  std::error_code absent;
  for (fs::recursive_directory_iterator entry(output / "drawings", absent);
       !absent && entry != fs::recursive_directory_iterator();
       entry.increment(absent)) {
    if (entry->is_directory()) RemoveAbandonedTemporaries(entry->path());
  }
}

}  // namespace deeper::tools
