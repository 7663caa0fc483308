#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/yolo.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// The names that folders of sets have, and the set each means.
constexpr std::array<std::pair<const char*, const char*>, 6> kSetFolders = {{{"train", "train"},
                                                                             {"training", "train"},
                                                                             {"val", "val"},
                                                                             {"valid", "val"},
                                                                             {"validation", "val"},
                                                                             {"test", "test"}}};

// Deeper YAML than any list of names is refused before it is parsed: yaml-cpp recurses.
constexpr std::size_t kMostYamlBytes = std::size_t{4} << 20U;
constexpr std::ptrdiff_t kMostBrackets = 10'000;

std::vector<fs::path> FilesIn(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && !IsOfAnotherProgram(entry->path())) {
      files.push_back(entry->path());
    }
  }
  std::ranges::sort(files);
  return files;
}

bool HasFilesEnding(const fs::path& directory, bool (*fits)(const fs::path&)) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (IsOfAnotherProgram(entry->path())) {
      std::error_code ignored;
      if (entry->is_directory(ignored)) entry.disable_recursion_pending();
    } else if (fits(entry->path())) {
      return true;
    }
  }
  return false;
}

// "classes: expected ..." with the file before it.
[[noreturn]] void FailIn(const fs::path& file, const std::string& what) {
  throw Error(fmt::format("{}: {}", file.string(), what));
}

ClassTable TableOf(const std::vector<std::string>& names, const fs::path& file) {
  try {
    return ClassTableOf(names);
  } catch (const Error& error) {
    FailIn(file, error.what());
  }
}

ClassTable ReadNameLines(const fs::path& path) {
  const std::string content = ReadPlainText(path);
  std::vector<std::string> names;
  for (const std::string_view line : SplitLines(content)) {
    const std::string_view name = Trimmed(line);
    if (!name.empty()) names.emplace_back(name);
  }
  return TableOf(names, path);
}

// What data.yaml says.
struct DataYaml {
  std::optional<ClassTable> classes;
  bool has_keypoints = false;
  fs::path root;                                        // as "path" says; "" for nothing
  std::map<std::string, std::vector<fs::path>> places;  // of sets, as written
};

ClassTable NamesOf(const YAML::Node& names, const fs::path& path) {
  std::vector<std::string> list;
  const auto add = [&](const YAML::Node& node) {
    list.emplace_back(node.IsScalar() ? Trimmed(node.Scalar()) : std::string_view());
  };
  if (names.IsSequence()) {
    for (const YAML::Node& name : names) add(name);
    return TableOf(list, path);
  }
  if (!names.IsMap()) FailIn(path, "expected 'names' to be a list or map of class names");
  std::map<std::int64_t, YAML::Node> by_number;
  for (const auto& entry : names) {
    const auto number = entry.first.IsScalar() ? WholeNumberOf(entry.first.Scalar()) : std::nullopt;
    if (!number) FailIn(path, "expected class numbers as the keys of 'names'");
    by_number.emplace(*number, entry.second);
  }
  for (const auto& [number, name] : by_number) {
    if (number != static_cast<std::int64_t>(list.size())) {
      FailIn(path,
             fmt::format("expected the classes of 'names' numbered from 0 without a gap, found no "
                         "{}",
                         list.size()));
    }
    add(name);
  }
  return TableOf(list, path);
}

// Nothing for YAML without "names".
std::optional<DataYaml> ReadDataYaml(const fs::path& path) {
  const std::string text = ReadPlainText(path, kMostYamlBytes);
  const std::ptrdiff_t brackets =
      std::ranges::count(text, '[') + std::ranges::count(text, '{') + std::ranges::count(text, '&');
  if (brackets > kMostBrackets) FailIn(path, "nests deeper than a list of class names");
  try {
    const YAML::Node yaml = YAML::Load(text);
    if (!yaml.IsMap() || !yaml["names"]) return std::nullopt;
    DataYaml data;
    data.classes = NamesOf(yaml["names"], path);
    data.has_keypoints = static_cast<bool>(yaml["kpt_shape"]);
    if (yaml["path"] && yaml["path"].IsScalar()) data.root = FileNameOf(yaml["path"].Scalar());
    for (const auto& [folder, set] : kSetFolders) {
      const YAML::Node place = yaml[folder];
      if (!place) continue;
      std::vector<fs::path>& places = data.places[set];
      if (place.IsScalar()) places.emplace_back(FileNameOf(place.Scalar()));
      if (!place.IsSequence()) continue;
      for (const YAML::Node& one : place) {
        if (one.IsScalar()) places.emplace_back(FileNameOf(one.Scalar()));
      }
    }
    return data;
  } catch (const YAML::Exception& error) {
    FailIn(path, fmt::format("expected YAML with 'names', found: {}", error.what()));
  }
}

bool IsYamlName(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

struct Names {
  ClassTable classes;
  fs::path file;
  bool has_keypoints = false;
};

// The names of classes that a file of the directory lists.
std::optional<Names> NamesIn(const fs::path& directory) {
  for (const char* name :
       {"classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt"}) {
    if (Exists(directory / name)) {
      return Names{.classes = ReadNameLines(directory / name), .file = directory / name};
    }
  }
  const std::vector<fs::path> files = FilesIn(directory);
  for (const fs::path& file : files) {
    if (file.extension() == ".names") return Names{.classes = ReadNameLines(file), .file = file};
  }
  for (const fs::path& file : files) {
    if (!IsYamlName(file)) continue;
    if (const auto data = ReadDataYaml(file)) {
      return Names{.classes = *data->classes, .file = file, .has_keypoints = data->has_keypoints};
    }
  }
  return std::nullopt;
}

bool IsLabelName(const fs::path& path) { return path.extension() == ".txt"; }

// "…/images/…" as "…/labels/…": the last such part counts. Nothing without one.
std::optional<fs::path> Replaced(const fs::path& path, const char* from, const char* to) {
  std::vector<fs::path> parts(path.begin(), path.end());
  const auto last = std::find(parts.rbegin(), parts.rend(), fs::path(from));
  if (last == parts.rend()) return std::nullopt;
  *last = to;
  fs::path replaced;
  for (const fs::path& part : parts) replaced /= part;
  return replaced;
}

// The pictures that belong to a directory of labels.
std::optional<fs::path> ImagesFor(const fs::path& labels) {
  const auto beside = Replaced(labels, "labels", "images");
  if (beside && IsDirectory(*beside)) return beside;
  return HasFilesEnding(labels, HasPictureEnding) ? std::optional(labels) : std::nullopt;
}

fs::path WithoutTrailingSlash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

// The directory of pictures that data.yaml means by `place`: below "path", below its own directory,
// or, since Roboflow writes one "../" too many, below that without "..".
std::optional<fs::path> PlaceOf(const fs::path& place, const DataYaml& data, const fs::path& yaml) {
  fs::path inner;
  for (const fs::path& part : place) {
    if (part != ".." && part != ".") inner /= part;
  }
  const fs::path home = yaml.parent_path();
  for (const fs::path& tried : {home / data.root / place,
                                data.root / place,
                                home / place,
                                home / inner.relative_path(),
                                home / data.root / inner.relative_path()}) {
    if (IsDirectory(tried)) return WithoutTrailingSlash(tried);
  }
  return std::nullopt;
}

void AddFoldersOfYaml(const DataYaml& data, const fs::path& yaml, YoloLayout& layout) {
  for (const auto& [folder, set] : kSetFolders) {
    const auto places = data.places.find(set);
    const bool is_there = std::ranges::count(layout.folders, set, &YoloFolder::set) > 0;
    if (places == data.places.end() || is_there) continue;
    for (const fs::path& place : places->second) {
      std::optional<fs::path> images = PlaceOf(place, data, yaml);
      if (!images) continue;
      // Some name the folder above both.
      if (IsDirectory(*images / "images") && IsDirectory(*images / "labels")) *images /= "images";
      const auto labels = Replaced(*images, "images", "labels");
      layout.folders.push_back({.set = set,
                                .labels = labels && IsDirectory(*labels) ? *labels : *images,
                                .images = *images});
    }
  }
}

// Folders of sets: root/train/labels, root/labels/train, or root/train with all in it.
void AddFoldersOfSets(const fs::path& root, YoloLayout& layout) {
  for (const auto& [folder, set] : kSetFolders) {
    const bool is_there = std::ranges::count(layout.folders, set, &YoloFolder::set) > 0;
    if (is_there) continue;
    if (IsDirectory(root / folder / "labels")) {
      layout.folders.push_back({.set = set,
                                .labels = root / folder / "labels",
                                .images = ImagesFor(root / folder / "labels")});
    } else if (IsDirectory(root / "labels" / folder)) {
      layout.folders.push_back({.set = set,
                                .labels = root / "labels" / folder,
                                .images = ImagesFor(root / "labels" / folder)});
    } else if (HasFilesEnding(root / folder, IsLabelName) &&
               HasFilesEnding(root / folder, HasPictureEnding)) {
      layout.folders.push_back(
          {.set = set, .labels = root / folder, .images = ImagesFor(root / folder)});
    }
  }
}

}  // namespace

YoloLayout FindYoloLayout(const fs::path& path, const std::optional<fs::path>& images) {
  YoloLayout layout;
  const bool is_yaml = !IsDirectory(path) && IsYamlName(path);
  if (!is_yaml && !IsDirectory(path)) {
    FailIn(path, "expected a directory of YOLO files or a data.yaml, found none");
  }
  const fs::path directory =
      is_yaml ? (path.has_parent_path() ? path.parent_path() : fs::path(".")) : path;
  std::optional<fs::path> yaml;
  if (is_yaml) yaml = path;
  if (!yaml) {
    for (const fs::path& file : FilesIn(directory)) {
      if (IsYamlName(file) && ReadDataYaml(file)) yaml = file;
      if (yaml) break;
    }
  }
  if (yaml) {
    const std::optional<DataYaml> data = ReadDataYaml(*yaml);
    if (!data) FailIn(*yaml, "expected YAML with the names of classes as 'names', found none");
    AddFoldersOfYaml(*data, *yaml, layout);
    layout.classes = data->classes;
    layout.class_file = *yaml;
    layout.has_keypoints = data->has_keypoints;
  }
  AddFoldersOfSets(directory, layout);
  if (layout.folders.empty() && IsDirectory(directory / "labels")) {
    layout.folders.push_back({.set = "",
                              .labels = directory / "labels",
                              .images = images ? images : ImagesFor(directory / "labels")});
  }
  if (layout.folders.empty()) {
    layout.folders.push_back(
        {.set = "", .labels = directory, .images = images ? images : ImagesFor(directory)});
  }
  if (layout.classes) return layout;
  // Links are left as they are: the directory that was named is meant, not where it leads.
  fs::path place = fs::absolute(layout.folders.front().labels).lexically_normal();
  for (int steps = 0; steps < 4; ++steps) {
    if (const std::optional<Names> names = NamesIn(place)) {
      layout.classes = names->classes;
      layout.class_file = names->file;
      layout.has_keypoints = names->has_keypoints;
      return layout;
    }
    if (!place.has_parent_path() || place == place.parent_path()) break;
    place = WithoutTrailingSlash(place).parent_path();
  }
  return layout;
}

}  // namespace deeper
