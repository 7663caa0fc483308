#include "eval/formats/yolo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/class_index.h"
#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/picture_kinds.h"
#include "core/pictures/read_image.h"
#include "core/remedy.h"
#include "core/text/float_text.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/text_line.h"
#include "eval/formats/reading/unknown_set.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr const char* kClassFile = "classes.txt";

// Text files beside label files that are none.
bool IsLabelFile(const fs::path& inner) {
  static const std::set<std::string> kOthers = {kClassFile,
                                                "predefined_classes.txt",
                                                "train.txt",
                                                "val.txt",
                                                "valid.txt",
                                                "test.txt",
                                                "README.txt",
                                                "README.dataset.txt",
                                                "README.roboflow.txt",
                                                "requirements.txt"};
  return inner.extension() == ".txt" && !IsOfAnotherProgram(inner) &&
         (inner.has_parent_path() || !kOthers.contains(inner.string()));
}

// The paths of label files below the directory without their ending, sorted.
std::vector<std::string> FindIds(const fs::path& directory) {
  std::vector<std::string> ids;
  for (fs::recursive_directory_iterator entry(directory);
       entry != fs::recursive_directory_iterator();
       ++entry) {
    if (entry->is_directory() && IsOfAnotherProgram(entry->path())) {
      entry.disable_recursion_pending();
      continue;
    }
    const fs::path inner = entry->path().lexically_relative(directory);
    if (!entry->is_regular_file() || !IsLabelFile(inner)) continue;
    ids.push_back((inner.parent_path() / inner.stem()).string());
  }
  std::ranges::sort(ids);
  return ids;
}

// Field `i`; NaN when it is no number, which LabelCollector refuses.
double NumberAt(const TextLine& line, std::size_t i) {
  return NumberOf(line.fields[i]).value_or(std::numeric_limits<double>::quiet_NaN());
}

struct Extent {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;
};

// Fields 1 .. 4 as centre and size.
Extent ExtentOfBox(const TextLine& line) {
  const double x = NumberAt(line, 1);
  const double y = NumberAt(line, 2);
  const double w = NumberAt(line, 3);
  const double h = NumberAt(line, 4);
  return {.x0 = x - w / 2, .y0 = y - h / 2, .x1 = x + w / 2, .y1 = y + h / 2};
}

// The corners in the fields from 1 to `end`. One that is no number makes the whole none.
Extent ExtentOfPolygon(const TextLine& line, std::size_t end) {
  Extent extent{.x0 = NumberAt(line, 1),
                .y0 = NumberAt(line, 2),
                .x1 = NumberAt(line, 1),
                .y1 = NumberAt(line, 2)};
  const auto take = [](double value, double& least, double& most) {
    if (std::isnan(value)) least = most = value;
    if (value < least) least = value;
    if (value > most) most = value;
  };
  for (std::size_t i = 3; i + 1 < end; i += 2) {
    take(NumberAt(line, i), extent.x0, extent.x1);
    take(NumberAt(line, i + 1), extent.y0, extent.y1);
  }
  return extent;
}

bool IsBox(const TextLine& line, bool has_keypoints) {
  const std::size_t count = line.fields.size();
  return count == 5 || count == 6 || (has_keypoints && count > 6);
}

// The object of a line; nothing where its number of fields fits none.
std::optional<Label> LabelOf(const TextLine& line, int width, int height, bool has_keypoints) {
  const std::size_t count = line.fields.size();
  const bool is_box = IsBox(line, has_keypoints);
  if (!is_box && count < 7) return std::nullopt;
  const bool has_score = is_box ? count == 6 : count % 2 == 0;
  const Extent extent =
      is_box ? ExtentOfBox(line) : ExtentOfPolygon(line, has_score ? count - 1 : count);
  Label label;
  label.box = {.x0 = static_cast<float>(extent.x0 * width),
               .y0 = static_cast<float>(extent.y0 * height),
               .x1 = static_cast<float>(extent.x1 * width),
               .y1 = static_cast<float>(extent.y1 * height)};
  if (has_score) label.score = static_cast<float>(NumberAt(line, count - 1));
  return label;
}

void ReadFileOf(LabelledImage& image,
                const fs::path& path,
                const ClassTable& classes,
                bool has_keypoints,
                LabelCollector& collector) {
  const int width = image.width;
  const int height = image.height;
  const std::string id = image.id;
  ForEachLine(path, [&](const TextLine& line) {
    std::string where = fmt::format("{}:{}", path.string(), line.number);
    const std::optional<Label> label = LabelOf(line, width, height, has_keypoints);
    if (!label) {
      return collector.Warn(std::move(where),
                            "a line that is not '<class> <x> <y> <width> <height> [<score>]'");
    }
    const std::optional<std::int64_t> number = WholeNumberOf(line.fields[0]);
    if (!number || *number < 0 || static_cast<std::uint64_t>(*number) >= classes.Size()) {
      return collector.Warn(std::move(where), "a class number that is not in classes.txt");
    }
    if (!IsBox(line, has_keypoints)) ++collector.outlines();
    collector.Add(
        id, classes.Name(ClassAt(static_cast<std::size_t>(*number))), *label, std::move(where));
  });
}

// The folders of `set`, joined with '+'; "" is the first folder's.
std::vector<YoloFolder> FoldersOf(const YoloLayout& layout,
                                  const fs::path& path,
                                  const std::string& set) {
  const auto normal = [](const std::string& name) {
    return name == "valid" || name == "validation" ? std::string("val") : name;
  };
  std::vector<YoloFolder> folders;
  const bool has_sets = !layout.folders.front().set.empty();
  if (!has_sets) return layout.folders;
  const std::string wanted = set.empty() ? layout.folders.front().set : set;
  for (std::size_t begin = 0; begin <= wanted.size();) {
    const std::size_t end = std::min(wanted.find('+', begin), wanted.size());
    const std::string name = normal(wanted.substr(begin, end - begin));
    const std::size_t before = folders.size();
    std::set<std::string> known;
    for (const YoloFolder& folder : layout.folders) {
      known.insert(folder.set);
      if (folder.set == name) folders.push_back(folder);
    }
    if (folders.size() == before) ThrowUnknownSet(path, name, {known.begin(), known.end()});
    begin = end + 1;
  }
  return folders;
}

// Reads one folder after the other.
class FolderReader {
 public:
  FolderReader(const YoloLayout& layout, const ClassTable& classes, const YoloOptions& options)
      : layout_(layout), classes_(classes), options_(options), collector_(classes) {}

  // A word where one of several sets was taken without being named.
  void SayWhichSet(const fs::path& path, const std::vector<YoloFolder>& taken) {
    std::set<std::string> sets;
    for (const YoloFolder& folder : layout_.folders) sets.insert(folder.set);
    if (!options_.set.empty() || sets.size() < 2) return;
    collector_.warnings().push_back(
        {.where = path.string(),
         .reason = fmt::format("several sets are there ({}): '{}' is taken; --set chooses",
                               fmt::join(sets, ", "),
                               taken.front().set),
         .loses = false});
  }

  // prefix: before each id, to tell sets apart.
  void Read(const YoloFolder& folder, const std::string& prefix) {
    const std::vector<std::string> labelled = FindIds(folder.labels);
    std::map<std::string, Picture> unlabelled;  // pictures by their path without ending
    if (folder.images) {
      for (Picture& picture : FindPicturesBelow(*folder.images).pictures) {
        unlabelled.emplace(
            WithoutPictureEnding(picture.path.lexically_relative(*folder.images).string()),
            std::move(picture));
      }
    }
    for (const std::string& id : labelled) {
      const fs::path label_file = folder.labels / (id + ".txt");
      const auto picture = unlabelled.find(id);
      LabelledImage image;
      image.id = prefix + id;
      if (picture != unlabelled.end()) image.path = picture->second.path;
      if (picture != unlabelled.end()) unlabelled.erase(picture);
      if (!Measure(image, label_file)) continue;
      LabelledImage& made = Taken(std::move(image), folder);
      ReadFileOf(made, label_file, classes_, layout_.has_keypoints, collector_);
    }
    for (auto& [id, picture] : unlabelled) {
      LabelledImage image;
      image.id = prefix + id;
      image.path = picture.path;
      if (Measure(image, picture.path)) Taken(std::move(image), folder);
    }
  }

  ReadLabels Finish() && {
    ReadLabels read = std::move(collector_).Finish();
    std::ranges::sort(read.labels.images, {}, &LabelledImage::id);
    return read;
  }

 private:
  // Fills in the size. A warning at `where` and false when it cannot be known.
  bool Measure(LabelledImage& image, const fs::path& where) {
    std::optional<std::pair<int, int>> size;
    try {
      if (!image.path.empty()) {
        const PictureSize found = ReadPictureSize(image.path);
        size = {found.width, found.height};
      } else if (options_.size_of) {
        size = options_.size_of(image.id);
      }
    } catch (const Error& error) {
      collector_.Warn(where.string(),
                      fmt::format("a picture that cannot be read: {}", error.what()),
                      WarningKind::kUnreadablePicture);
      return false;
    }
    if (!size || size->first <= 0 || size->second <= 0) {
      collector_.Warn(where.string(),
                      "a picture whose size is not known",
                      image.path.empty() ? WarningKind::kMissingPicture : WarningKind::kOther);
      return false;
    }
    std::tie(image.width, image.height) = *size;
    return true;
  }

  LabelledImage& Taken(LabelledImage image, const YoloFolder& folder) {
    LabelledImage& made = collector_.ImageOf(image.id);
    if (!image.path.empty()) {
      image.file_name = image.path.lexically_relative(*folder.images).string();
    }
    made = std::move(image);
    return made;
  }

  const YoloLayout& layout_;
  const ClassTable& classes_;
  const YoloOptions& options_;
  LabelCollector collector_;
};

std::string LineOf(const Label& label, int width, int height) {
  const Box& box = label.box;
  return fmt::format("{} {} {} {} {}{}\n",
                     IndexOf(label.class_id),
                     (double{box.x0} + double{box.x1}) / 2 / width,
                     (double{box.y0} + double{box.y1}) / 2 / height,
                     (double{box.x1} - double{box.x0}) / width,
                     (double{box.y1} - double{box.y0}) / height,
                     label.score ? fmt::format(" {}", FloatText(*label.score)) : "");
}

}  // namespace

ReadLabels ReadYolo(const fs::path& path, const YoloOptions& options) {
  const YoloLayout layout = FindYoloLayout(path, options.images);
  if (!layout.classes && options.known_classes == nullptr) {
    throw Error(fmt::format(
        "{}: expected the names of the classes beside the label files, found none; write them one "
        "a line into classes.txt (or obj.names, or 'names' of data.yaml) there",
        layout.folders.front().labels.string()));
  }
  const ClassTable classes = layout.classes ? *layout.classes : *options.known_classes;
  const std::vector<YoloFolder> folders = FoldersOf(layout, path, options.set);
  FolderReader reader(layout, classes, options);
  reader.SayWhichSet(path, folders);
  for (const YoloFolder& folder : folders) {
    const bool is_one = std::ranges::all_of(
        folders, [&](const YoloFolder& other) { return other.set == folder.set; });
    reader.Read(folder, is_one ? "" : folder.set + "/");
  }
  return std::move(reader).Finish();
}

void WriteYolo(const LabelledSet& labels, const fs::path& directory) {
  std::string names;
  for (const std::string& name : DistinctNames(labels.classes)) {
    if (name.find_first_of("\r\n") != std::string::npos || Trimmed(name) != name) {
      throw Error(
          fmt::format("class '{}': YOLO's classes.txt has a name a line, so a name has no "
                      "line break and no blanks around it; rename the class",
                      name));
    }
    names += name + "\n";
  }
  for (const LabelledImage& image : labels.images) {
    RequireInnerPath(image.id);
    if (image.width > 0 && image.height > 0) continue;
    throw ErrorWithRemedy(
        fmt::format("picture '{}': expected its width and height, by which YOLO divides, found "
                    "none; take them from the picture",
                    image.id),
        Remedy::kNamePictures);
  }
  WriteFileWhole(directory / kClassFile, names);
  for (const LabelledImage& image : labels.images) {
    std::string text;
    for (const Label& label : image.labels) text += LineOf(label, image.width, image.height);
    WriteFileWhole(directory / (image.id + ".txt"), text);
  }
}

}  // namespace deeper
