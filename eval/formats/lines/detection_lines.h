#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/detection.h"

namespace deeper {

// One line of a JSONL results file, without a newline at the end:
//   {"image": id, "file": name, "width": w, "height": h,
//    "detections": [{"class": name, "score": s, "box": [x0, y0, x1, y1]}]}
// "file" is left out where the name of the picture's file is not known; bytes of it that are not
// UTF-8 show as U+FFFD. Boxes are half-open pixels. Numbers are the shortest text that reads as the
// same float. Ids that are not UTF-8 are escaped losslessly (docs/formats.md).
std::string JsonLineOf(const ImageDetections& image, const ClassTable& classes);

// A JSONL results file. Classes are matched by name against `classes`; without it, they are
// collected and sorted by name. Throws Error with the line's number for malformed lines, unknown
// classes and repeated pictures.
DetectionSet ReadJsonLines(const std::filesystem::path& path, const ClassTable* classes = nullptr);
// ReadJsonLines of a text; `source` names it in messages.
DetectionSet ParseJsonLines(std::string_view text,
                            const std::filesystem::path& source,
                            const ClassTable* classes = nullptr);
void WriteJsonLines(const DetectionSet& detections, const std::filesystem::path& path);

}  // namespace deeper
