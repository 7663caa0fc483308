#include "eval/formats/voc_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_kinds.h"
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

// The files of one result: what stands before the class's name in each.
struct ResultFiles {
  fs::path directory;
  std::string prefix;  // "comp4_det_test_"
  std::size_t classes = 0;
};

// Those below the directory that have a file for at least one class.
std::vector<ResultFiles> FindResults(const fs::path& directory,
                                     const std::vector<std::string>& names) {
  const std::unordered_set<std::string_view> known(names.begin(), names.end());
  std::map<std::pair<fs::path, std::string>, std::size_t> count;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".txt" || IsOfAnotherProgram(entry.path())) continue;
    const std::string stem = entry.path().stem().string();
    // A class's name stands behind nothing, or behind what ends with "_".
    for (std::size_t begin = 0; begin != std::string::npos;) {
      const std::string prefix = stem.substr(0, begin);
      const bool is_of_results = prefix.empty() || prefix.find("det_") != std::string::npos;
      if (is_of_results && known.contains(std::string_view(stem).substr(begin)))
        ++count[{entry.path().parent_path(), prefix}];
      const std::size_t mark = stem.find('_', begin);
      begin = mark == std::string::npos ? mark : mark + 1;
    }
  }
  std::vector<ResultFiles> found;
  for (const auto& [place, number] : count) {
    found.push_back({.directory = place.first, .prefix = place.second, .classes = number});
  }
  return found;
}

// The result to read: of those of the set, else of all, the one with files of the most classes.
ResultFiles ChosenResults(const fs::path& directory,
                          const std::string& set,
                          const std::vector<std::string>& names) {
  const ResultFiles expected{.directory = directory, .prefix = fmt::format("comp3_det_{}_", set)};
  if (!fs::is_directory(directory)) return expected;  // the first file's error names it
  std::vector<ResultFiles> found = FindResults(directory, names);
  const auto is_of_set = [&](const ResultFiles& files) {
    return files.prefix.ends_with(fmt::format("det_{}_", set));
  };
  if (std::ranges::any_of(found, is_of_set)) std::erase_if(found, std::not_fn(is_of_set));
  if (found.empty()) return expected;
  std::ranges::stable_sort(found, std::ranges::greater{}, &ResultFiles::classes);
  if (found.size() > 1 && found[0].classes == found[1].classes) {
    throw Error(
        fmt::format("{}: holds several results, such as {} and {}; name the directory of one",
                    directory.string(),
                    (found[0].directory / found[0].prefix).string() + "*.txt",
                    (found[1].directory / found[1].prefix).string() + "*.txt"));
  }
  return found[0];
}

Detection DetectionOf(const TextLine& line, std::size_t first, ClassId class_id) {
  return {.box = line.OneBasedBoxAt(first + 1), .class_id = class_id, .score = line.ScoreAt(first)};
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
                            const ClassTable& classes,
                            const Dataset* dataset) {
  std::unordered_set<std::string_view> known;
  if (dataset != nullptr) {
    for (const AnnotatedImage& image : dataset->images) known.insert(image.id);
  }
  std::map<std::string, std::vector<Detection>, std::less<>> detections_by_id;
  const std::vector<std::string> names = DistinctNames(classes);
  const ResultFiles files = ChosenResults(directory, set, names);
  for (std::size_t i = 0; i < classes.Size(); ++i) {
    const ClassId class_id = ClassAt(i);
    const fs::path path = files.directory / (files.prefix + names[i] + ".txt");
    if (fs::is_directory(directory) && !fs::exists(path)) {
      throw Error(
          fmt::format("{}: expected the results of class '{}', found no such file; one "
                      "without detections is empty",
                      path.string(),
                      names[i]));
    }
    ForEachLine(path, [&](const TextLine& line) {
      if (line.fields.size() < 6) line.Fail("'<id> <score> <xmin> <ymin> <xmax> <ymax>'");
      const std::size_t first = line.fields.size() - 5;
      const std::string_view last_word = line.fields[first - 1];
      const char* begin = line.fields[0].data();
      std::string id(begin, last_word.data() + last_word.size());
      if (first > 1 && !known.contains(id)) line.Fail("'<id> <score> <xmin> <ymin> <xmax> <ymax>'");
      const auto picture = detections_by_id.try_emplace(std::move(id)).first;
      picture->second.push_back(DetectionOf(line, first, class_id));
    });
  }
  DetectionSet read{.classes = classes, .images = {}};
  for (auto& [id, detections] : detections_by_id) {
    read.images.push_back({.id = id, .detections = std::move(detections)});
  }
  return read;
}

std::vector<fs::path> VocResultFiles(const fs::path& directory,
                                     const std::string& set,
                                     const ClassTable& classes) {
  std::vector<fs::path> files;
  for (const std::string& name : DistinctNames(classes)) {
    files.push_back(ResultsFile(directory, set, name));
  }
  return files;
}

void RequireVocResultsHold(const std::vector<std::string>& ids,
                           const ClassTable& classes,
                           const std::string& set) {
  for (const std::string& id : ids) RequireOneWord(id);
  VocResultFiles("", set, classes);
}

void WriteVocResults(const DetectionSet& detections,
                     const fs::path& directory,
                     const std::string& set) {
  // All of them before the first is written.
  const std::vector<fs::path> paths = VocResultFiles(directory, set, detections.classes);
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
