#include "eval/formats/ilsvrc.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/one_based.h"
#include "eval/formats/reading/text_line.h"
#include "eval/formats/voc.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// The text after the second field, without the spaces around it.
std::string RestAfterSecondField(const TextLine& line) {
  if (line.fields.size() < 3) line.Fail("'<WordNet id> <number> <name>'");
  const char* begin = line.fields[2].data();
  return {begin, line.fields.back().data() + line.fields.back().size()};
}

std::vector<std::string> ReadImageNames(const fs::path& path) {
  std::vector<std::string> names;
  std::unordered_set<std::string> seen;
  ForEachLine(path, [&](const TextLine& line) {
    const std::string expected = fmt::format("'<image name> {}'", names.size() + 1);
    if (line.fields.size() != 2) line.Fail(expected);
    if (line.IntAt(1, expected) != static_cast<std::int64_t>(names.size()) + 1) line.Fail(expected);
    std::string name(line.fields[0]);
    if (!seen.insert(name).second) line.Fail("each picture once");
    names.push_back(std::move(name));
  });
  return names;
}

// Field `i`, an index from 1 into `count` things, as an index from 0.
std::size_t IndexAt(const TextLine& line,
                    std::size_t i,
                    std::size_t count,
                    std::string_view thing) {
  const std::optional<std::int64_t> number = WholeNumberOf(line.fields[i]);
  if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > count) {
    line.Fail(fmt::format("the number of a {} from 1 to {}", thing, count));
  }
  return static_cast<std::size_t>(*number - 1);
}

void ReadBlacklist(const fs::path& path, Dataset& dataset) {
  const ClassIndex classes(dataset.classes);
  ForEachLine(path, [&](const TextLine& line) {
    if (line.fields.size() != 2) line.Fail("'<image index> <WordNet id>'");
    const std::size_t image = IndexAt(line, 0, dataset.images.size(), "picture");
    const std::optional<ClassId> id = classes.Find(line.fields[1]);
    if (!id) line.Fail("the WordNet id of a class in the class list");
    dataset.blacklist.emplace(image, *id);
  });
}

}  // namespace

ClassTable ReadIlsvrcClasses(const fs::path& path) {
  ClassTable table;
  std::unordered_set<std::string> seen;
  ForEachLine(path, [&](const TextLine& line) {
    ClassInfo info{.name = RestAfterSecondField(line), .wordnet_id = std::string(line.fields[0])};
    const std::string expected = fmt::format("number {}", table.Size() + 1);
    if (line.IntAt(1, expected) != static_cast<std::int64_t>(table.Size()) + 1) line.Fail(expected);
    if (!seen.insert(info.wordnet_id).second) line.Fail("each WordNet id once");
    table.classes.push_back(std::move(info));
  });
  return table;
}

ReadDataset ReadIlsvrcDataset(const IlsvrcFiles& files) {
  ReadDataset read;
  Dataset& dataset = read.dataset;
  dataset.name = "ilsvrc " + files.image_list.stem().string();
  dataset.classes = ReadIlsvrcClasses(files.class_list);
  const ClassIndex classes(dataset.classes);
  for (std::string& name : ReadImageNames(files.image_list)) {
    const fs::path path = files.annotations / (name + ".xml");
    VocFile file = ReadVocAnnotation(path, Clipping::kNone);
    for (Warning& warning : file.warnings) read.warnings.push_back(std::move(warning));
    std::vector<Annotation> annotations = AnnotationsOf(file, path, classes, true, read.warnings);
    fs::path image_path = files.images ? *files.images / (name + ".JPEG") : fs::path();
    dataset.images.push_back({.id = std::move(name),
                              .image_path = std::move(image_path),
                              .width = file.width,
                              .height = file.height,
                              .annotations = std::move(annotations)});
  }
  if (files.blacklist) ReadBlacklist(*files.blacklist, dataset);
  return read;
}

void RequireIlsvrcListHolds(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (!id.empty() && id.find_first_of(" \t\r\n") == std::string::npos) continue;
    throw Error(
        fmt::format("picture '{}': ILSVRC's image lists separate fields by spaces, so an id is one "
                    "word; use another format or rename the picture",
                    id));
  }
}

DetectionSet ReadIlsvrcSubmission(const fs::path& path, const Dataset& dataset) {
  DetectionSet read{.classes = dataset.classes, .images = {}};
  for (const AnnotatedImage& image : dataset.images) {
    read.images.push_back(
        {.id = image.id, .width = image.width, .height = image.height, .detections = {}});
  }
  ForEachLine(path, [&](const TextLine& line) {
    if (line.fields.size() != 7) {
      line.Fail("'<image index> <class> <score> <xmin> <ymin> <xmax> <ymax>'");
    }
    const std::size_t image = IndexAt(line, 0, read.images.size(), "picture");
    const std::size_t class_index = IndexAt(line, 1, read.classes.Size(), "class");
    read.images[image].detections.push_back(
        {.box = line.OneBasedBoxAt(3), .class_id = ClassAt(class_index), .score = line.ScoreAt(2)});
  });
  return read;
}

void WriteIlsvrcSubmission(const DetectionSet& detections,
                           const std::vector<std::string>& image_ids,
                           const fs::path& path) {
  std::unordered_map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < image_ids.size(); ++i) position.emplace(image_ids[i], i);
  std::vector<std::string> texts(image_ids.size());
  for (const ImageDetections& image : detections.images) {
    const auto found = position.find(image.id);
    if (found == position.end()) {
      throw Error(
          fmt::format("picture '{}': expected one of the {} of the image list, which gives it its "
                      "number in a submission",
                      image.id,
                      image_ids.size()));
    }
    for (const Detection& detection : image.detections) {
      texts[found->second] += fmt::format("{} {} {} {}\n",
                                          found->second + 1,
                                          IndexOf(detection.class_id) + 1,
                                          FloatText(detection.score),
                                          OneBasedText(detection.box));
    }
  }
  std::string content;
  for (const std::string& text : texts) content += text;
  WriteFileWhole(path, content);
}

}  // namespace deeper
