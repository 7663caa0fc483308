#include "eval/formats/yolo.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/remedy.h"
#include "core/text/float_text.h"
#include "core/text/parse.h"
#include "eval/formats/reading/text_line.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

constexpr const char* kClassFile = "classes.txt";

ClassTable ReadClassNames(const fs::path& path) {
  const std::string content = ReadTextFile(path);
  std::vector<std::string> names;
  for (const std::string_view line : SplitLines(content)) {
    if (!line.empty()) names.emplace_back(line);
  }
  return ClassTableOf(names);
}

std::vector<std::string> FindIds(const fs::path& directory) {
  std::vector<std::string> ids;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    const fs::path inner = entry.path().lexically_relative(directory);
    if (!entry.is_regular_file() || inner.extension() != ".txt" || inner == kClassFile) continue;
    ids.push_back((inner.parent_path() / inner.stem()).string());
  }
  std::ranges::sort(ids);
  return ids;
}

// Field `i`; NaN when it is no number, which LabelCollector refuses.
double NumberOf(const TextLine& line, std::size_t i) {
  return ParseDouble(line.fields[i]).value_or(std::numeric_limits<double>::quiet_NaN());
}

Label LabelOf(const TextLine& line, int width, int height) {
  const double x = NumberOf(line, 1);
  const double y = NumberOf(line, 2);
  const double w = NumberOf(line, 3);
  const double h = NumberOf(line, 4);
  Label label;
  label.box = {.x0 = static_cast<float>((x - w / 2) * width),
               .y0 = static_cast<float>((y - h / 2) * height),
               .x1 = static_cast<float>((x + w / 2) * width),
               .y1 = static_cast<float>((y + h / 2) * height)};
  if (line.fields.size() == 6) label.score = static_cast<float>(NumberOf(line, 5));
  return label;
}

void ReadFileOf(const std::string& id,
                const fs::path& path,
                std::pair<int, int> size,
                const ClassTable& classes,
                LabelCollector& collector) {
  LabelledImage& image = collector.ImageOf(id);
  std::tie(image.width, image.height) = size;
  ForEachLine(path, [&](const TextLine& line) {
    std::string where = fmt::format("{}:{}", path.string(), line.number);
    if (line.fields.size() != 5 && line.fields.size() != 6) {
      return collector.Warn(std::move(where),
                            "a line that is not '<class> <x> <y> <width> <height> [<score>]'");
    }
    const std::optional<std::int64_t> number = ParseInt(line.fields[0]);
    if (!number || *number < 0 || static_cast<std::uint64_t>(*number) >= classes.Size()) {
      return collector.Warn(std::move(where), "a class number that is not in classes.txt");
    }
    collector.Add(id,
                  classes.Name(ClassAt(static_cast<std::size_t>(*number))),
                  LabelOf(line, size.first, size.second),
                  std::move(where));
  });
}

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

ReadLabels ReadYolo(const fs::path& directory, const SizeOfImage& size_of) {
  if (!fs::is_directory(directory)) {
    throw Error(
        fmt::format("{}: expected a directory of YOLO files, found none", directory.string()));
  }
  const ClassTable classes = ReadClassNames(directory / kClassFile);
  LabelCollector collector(classes);
  for (const std::string& id : FindIds(directory)) {
    const fs::path path = directory / (id + ".txt");
    const auto size = size_of(id);
    if (size && size->first > 0 && size->second > 0) {
      ReadFileOf(id, path, *size, classes, collector);
    } else {
      collector.Warn(path.string(), "a picture whose size is not known");
    }
  }
  return std::move(collector).Finish();
}

void WriteYolo(const LabelledSet& labels, const fs::path& directory) {
  std::string names;
  for (const ClassInfo& info : labels.classes.classes) {
    if (info.name.find_first_of("\r\n") != std::string::npos) {
      throw Error(
          fmt::format("class '{}': YOLO's classes.txt has a name a line, so a name has no "
                      "line break; rename the class",
                      info.name));
    }
    names += info.name + "\n";
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
