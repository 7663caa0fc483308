#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "eval/formats/coco.h"
#include "eval/formats/label_studio.h"
#include "eval/formats/reading/labels.h"
#include "eval/formats/yolo.h"

namespace deeper {

// The formats of files of boxes. Each one's header states its box convention; docs/formats.md has
// them side by side.
enum class LabelFormat {
  kJsonLines,    // eval/formats/lines/detection_lines.h, eval/formats/lines/annotation_lines.h
  kCoco,         // eval/formats/coco.h
  kVoc,          // eval/formats/voc.h, voc_annotations.h; voc_results.h: comp3_det files
  kIlsvrc,       // eval/formats/ilsvrc.h: submission
  kYolo,         // eval/formats/yolo.h
  kCsv,          // eval/formats/csv.h
  kLabelStudio,  // eval/formats/label_studio.h
};

std::string NameOf(LabelFormat format);  // "jsonl", "coco", "voc", "ilsvrc", "yolo", "csv",
                                         // "labelstudio"
LabelFormat LabelFormatFromName(const std::string& name);  // throws Error listing them otherwise
std::vector<std::string> LabelFormatNames();

// Guesses the format of detections by what is at the path. A directory of label files, or with the
// names of YOLO's classes, is YOLO's, another is VOC's. For a file its suffix decides, and for
// .json its first bytes. Throws Error when these do not tell.
LabelFormat GuessLabelFormat(const std::filesystem::path& path);

// What a format needs besides its file.
struct FormatContext {
  LabelKind kind = LabelKind::kDetections;
  std::string set = "test";          // voc, yolo: the set's name
  const Dataset* dataset = nullptr;  // ilsvrc, coco's results list, voc's results: what they number
  const CocoIds* coco_ids = nullptr;
  SizeOfImage size_of;  // yolo, labelstudio: of pictures that are not found
  std::optional<std::filesystem::path> images = std::nullopt;  // yolo: directory of pictures
  std::optional<ClassTable> classes = std::nullopt;  // yolo: of numbers where no file has names
};

// Reads objects or detections. Throws Error when the file is missing or malformed as a whole, when
// the format cannot hold that kind, and when the context lacks what the format needs.
ReadLabels ReadLabelsAs(LabelFormat format,
                        const std::filesystem::path& path,
                        const FormatContext& context);
// Writes labels. For ilsvrc the context's data set numbers the pictures and classes; without one,
// they are numbered in their own order.
void WriteLabelsAs(LabelFormat format,
                   const LabelledSet& labels,
                   const std::filesystem::path& path,
                   const FormatContext& context);

}  // namespace deeper
