#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/detection.h"
#include "tools/run/journal.h"
#include "tools/run/written_files.h"

namespace deeper::tools {

// The result files of detections: which formats, and what they need besides.
struct DetectionResults {
  std::string formats = "jsonl,coco";  // any of jsonl, coco, voc, ilsvrc, between commas
  std::string set = "pictures";        // voc: the set's name in the names of its files
  ClassTable classes;
  bool drawings = true;  // pictures are drawn too, below "drawings"

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

// The pictures of a journal that have a result, in the order of their positions.
DetectionSet DetectionsIn(const JournalEntries& entries,
                          const ClassTable& classes,
                          const std::filesystem::path& source);

// Writes each file of the results into the directory, whole or not at all.
void WriteDetectionResults(const DetectionSet& found,
                           const DetectionResults& results,
                           const std::filesystem::path& output);

// Removes the half-written files that killed processes left in the directory of results and its
// drawings. To be called when nobody else writes there.
void RemoveHalfWritten(const std::filesystem::path& output);

}  // namespace deeper::tools
