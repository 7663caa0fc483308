#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/detection.h"
#include "tools/run/journal.h"
#include "tools/run/written_files.h"

namespace deeper::tools {

// The result files of detections: which formats of which of those found, and what they need
// besides.
struct DetectionResults {
  std::string formats = "jsonl,coco";  // any of jsonl, coco, voc, ilsvrc, between commas
  std::string set = "pictures";        // voc: the set's name in the names of its files
  ClassTable classes;
  std::optional<float> min_score = std::nullopt;  // detections below are left out
  std::vector<std::string> only_classes = {};     // all others are left out; empty: none is
  std::vector<std::string> models = {};           // files of the detectors, for people
  bool drawings = true;                           // pictures are drawn too, below "drawings"
  // All that drawings depend on besides the pictures and what was found in them, as text.
  std::string look = {};
  // Drawings that an earlier command left may have another look.
  bool redraws = false;

  bool operator==(const DetectionResults&) const = default;
};

// Throws UsageError naming the option --format for a format that is none.
void CheckDetectionFormats(const std::string& formats);

bool HasFormat(const std::string& formats, const std::string& format);

// Throws Error, before any work, for pictures or classes whose names one of the formats cannot
// hold.
void RequireHoldable(const DetectionResults& results, const std::vector<std::string>& ids);

// The result files, and the drawings of the pictures of these ids, relative to their directory.
FileNames ResultFilesOf(const DetectionResults& results, const std::vector<std::string>& ids);

// Throws Error if files of other results, those of `planned` apart, would stay in the directory.
void RequireNoOtherResults(const std::filesystem::path& output, const FileNames& planned);

// As JSON, for a journal's first line, and back. Throws Error that names `source` for other text.
std::string DetectionResultsText(const DetectionResults& results);
DetectionResults DetectionResultsFrom(const std::string& text, const std::string& source);

// The pictures of a journal that have a result, in the order of their positions, with those
// detections that the results have.
DetectionSet DetectionsIn(const JournalEntries& entries,
                          const DetectionResults& results,
                          const std::filesystem::path& source);

// Writes each file of the results into the directory, whole or not at all.
void WriteDetectionResults(const DetectionSet& found,
                           const DetectionResults& results,
                           const std::filesystem::path& output);

// Removes the half-written files that killed processes left in the directory of results and its
// drawings. To be called when nobody else writes there.
void RemoveHalfWritten(const std::filesystem::path& output);

}  // namespace deeper::tools
