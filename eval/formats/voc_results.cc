#include "eval/formats/voc_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "eval/formats/reading/one_based.h"
#include "eval/formats/reading/text_line.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

fs::path ResultsFile(const fs::path& directory,
                     const std::string& set,
                     const std::string& class_name) {
  if (class_name.find('/') != std::string::npos) {
    throw Error(
        fmt::format("class '{}': VOC results name a file after each class, which '/' does not "
                    "allow; use another format or rename the class",
                    class_name));
  }
  return directory / fmt::format("comp3_det_{}_{}.txt", set, class_name);
}

Detection DetectionOf(const TextLine& line, ClassId class_id) {
  if (line.fields.size() != 6) line.Fail("'<id> <score> <xmin> <ymin> <xmax> <ymax>'");
  return {.box = line.OneBasedBoxAt(2), .class_id = class_id, .score = line.ScoreAt(1)};
}

void RequireOneWord(const std::string& id) {
  if (!id.empty() && id.find_first_of(" \t\r\n") == std::string::npos) return;
  throw Error(
      fmt::format("picture '{}': VOC results separate fields by spaces, so an id is one word; use "
                  "another format or rename the picture",
                  id));
}

}  // namespace

DetectionSet ReadVocResults(const fs::path& directory,
                            const std::string& set,
                            const ClassTable& classes) {
  std::map<std::string, std::vector<Detection>, std::less<>> detections_by_id;
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const ClassId class_id = ClassAt(i);
    ForEachLine(ResultsFile(directory, set, classes.Name(class_id)), [&](const TextLine& line) {
      auto picture = detections_by_id.find(line.fields[0]);
      if (picture == detections_by_id.end()) {
        picture = detections_by_id.try_emplace(std::string(line.fields[0])).first;
      }
      picture->second.push_back(DetectionOf(line, class_id));
    });
  }
  DetectionSet read{.classes = classes, .images = {}};
  for (auto& [id, detections] : detections_by_id) {
    read.images.push_back({.id = id, .detections = std::move(detections)});
  }
  return read;
}

void WriteVocResults(const DetectionSet& detections,
                     const fs::path& directory,
                     const std::string& set) {
  std::vector<fs::path> paths;  // all of them before the first is written
  for (const ClassInfo& info : detections.classes.classes) {
    paths.push_back(ResultsFile(directory, set, info.name));
  }
  std::vector<std::string> texts(paths.size());
  for (const ImageDetections& image : detections.images) {
    RequireOneWord(image.id);
    for (const Detection& detection : image.detections) {
      texts.at(IndexOf(detection.class_id)) += fmt::format(
          "{} {} {}\n", image.id, FloatText(detection.score), OneBasedText(detection.box));
    }
  }
  for (std::size_t i = 0; i < paths.size(); ++i) WriteFileWhole(paths[i], texts[i]);
}

}  // namespace deeper
