#include "eval/formats/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/pictures/picture_finder.h"
#include "core/pictures/picture_kinds.h"
#include "eval/formats/voc.h"
#include "eval/formats/yolo.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

// The first bytes of a file as text, without a mark or blanks before it.
std::string BeginningOf(const fs::path& path) {
  constexpr std::uintmax_t kExamined = std::uintmax_t{64} << 10U;
  const InputFile file(path);
  std::string text(static_cast<std::size_t>(std::min(file.size(), kExamined)), '\0');
  file.ReadAt(0, std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  std::erase(text, '\0');  // of UTF-16, whose letters are what counts here
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n\xEF\xBB\xBF\xFF\xFE"), text.size()));
  return text;
}

bool Holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// "coco", "labelstudio", "jsonl" or "" by how a JSON text begins.
std::string KindOfJson(std::string_view text) {
  const bool is_list = text.starts_with('[');
  if (!is_list && !text.starts_with('{')) return "";
  if (is_list) {
    const bool is_tasks = Holds(text, "\"data\"") ||
                          (Holds(text, "\"image\"") && Holds(text, "\"annotator\"")) ||
                          Holds(text, "rectanglelabels");
    return is_tasks ? "labelstudio" : "";
  }
  const std::string_view line = text.substr(0, text.find('\n'));
  if (Holds(line, "\"image\"") && Holds(line, "\"annotations\"") && !Holds(line, "\"images\"")) {
    return "jsonl";
  }
  const bool is_coco =
      Holds(text, "\"images\"") || Holds(text, "\"categories\"") || Holds(text, "\"annotations\"");
  return is_coco ? "coco" : "";
}

// The kind of one file; "" for none of the known.
std::string KindOfDataFile(const fs::path& path) {
  const std::string ending = path.extension().string();
  if (ending == ".json" || ending == ".jsonl") {
    const std::string kind = KindOfJson(BeginningOf(path));
    return kind.empty() && ending == ".jsonl" ? "jsonl" : kind;
  }
  if (ending == ".csv" || ending == ".tsv") return "csv";
  if (ending == ".yaml" || ending == ".yml") {
    return Holds(BeginningOf(path), "names:") ? "yolo" : "";
  }
  if (ending == ".xml") return Holds(BeginningOf(path), "<annotations") ? "cvat" : "";
  return "";
}

std::string NameForPeople(const std::string& kind) {
  static const std::map<std::string, std::string> kNames = {{"coco", "COCO"},
                                                            {"labelstudio", "Label Studio"},
                                                            {"jsonl", "JSON lines"},
                                                            {"csv", "CSV"},
                                                            {"cvat", "CVAT"},
                                                            {"yolo", "YOLO"}};
  return kNames.at(kind);
}

std::vector<fs::path> FilesIn(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    if (IsFile(entry->path()) && !IsOfAnotherProgram(entry->path())) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

// How well a file's path below the directory fits the set: 0 best.
std::size_t RankFor(const fs::path& inner, const std::string& set) {
  static const std::vector<std::string> kUsual = {"train", "val", "valid", "test"};
  const std::string name = inner.string();
  if (!set.empty()) return Holds(name, set) ? 0 : 1;
  for (std::size_t i = 0; i < kUsual.size(); ++i) {
    if (Holds(name, kUsual[i])) return i;
  }
  return kUsual.size();
}

// The files of the directory, or else of folders in it, that are data sets of `kind`.
std::vector<fs::path> DataFilesIn(const fs::path& directory, const std::string& kind) {
  std::vector<fs::path> files;
  std::vector<fs::path> places = {directory};
  for (const char* name : {"annotations", "train", "val", "valid", "test"}) {
    if (IsDirectory(directory / name)) places.push_back(directory / name);
  }
  for (const fs::path& place : places) {
    for (const fs::path& file : FilesIn(place)) {
      if (KindOfDataFile(file) == kind) files.push_back(file);
    }
    if (place == directory && !files.empty()) break;
  }
  return files;
}

// The file of the directory, or of a folder in it, that is a data set of `kind`. Nothing for none.
// Throws Error for several that fit the set alike.
std::optional<fs::path> DataFileIn(const fs::path& directory,
                                   const std::string& kind,
                                   const std::string& set) {
  std::vector<fs::path> files = DataFilesIn(directory, kind);
  if (files.empty()) return std::nullopt;
  const auto rank = [&](const fs::path& file) {
    return RankFor(file.lexically_relative(directory), set);
  };
  std::ranges::stable_sort(files, {}, rank);
  if (!set.empty() && rank(files[0]) != 0) {
    std::vector<std::string> names;
    for (const fs::path& file : files) names.push_back(file.lexically_relative(directory).string());
    throw Error(fmt::format("{}: holds no {} file of set '{}', found {}",
                            directory.string(),
                            NameForPeople(kind),
                            set,
                            fmt::join(names, ", ")));
  }
  if (files.size() > 1 && rank(files[0]) == rank(files[1])) {
    throw Error(fmt::format("{}: holds several {} files, such as {} and {}; name one",
                            directory.string(),
                            NameForPeople(kind),
                            files[0].filename().string(),
                            files[1].filename().string()));
  }
  return files[0];
}

struct Counts {
  std::size_t pictures = 0;
  std::size_t annotations = 0;  // .xml
  std::size_t texts = 0;        // .txt
};

Counts CountFiles(const fs::path& directory) {
  Counts counts;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(
           directory, fs::directory_options::skip_permission_denied, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (IsOfAnotherProgram(entry->path())) {
      std::error_code ignored;
      if (entry->is_directory(ignored)) entry.disable_recursion_pending();
      continue;
    }
    const fs::path ending = entry->path().extension();
    if (HasPictureEnding(entry->path())) ++counts.pictures;
    if (ending == ".xml" || ending == ".XML") ++counts.annotations;
    if (ending == ".txt") ++counts.texts;
  }
  return counts;
}

DataLayout VocLayoutOf(const fs::path& directory, const std::string& set) {
  const VocFolders folders = FindVocFolders(directory, set);
  const std::string what =
      folders.lists ? fmt::format("VOC with the lists {}", fmt::join(folders.sets, ", "))
      : folders.images == folders.annotations ? std::string("VOC annotations beside their pictures")
                                              : std::string("VOC without lists");
  return {.kind = "voc", .path = directory, .images = std::nullopt, .what = what};
}

std::vector<std::string> SetsOfYolo(const YoloLayout& layout) {
  std::vector<std::string> sets;
  for (const YoloFolder& folder : layout.folders) {
    if (!folder.set.empty() && std::ranges::count(sets, folder.set) == 0) {
      sets.push_back(folder.set);
    }
  }
  return sets;
}

DataLayout YoloLayoutOf(const fs::path& path) {
  const YoloLayout layout = FindYoloLayout(path);
  std::string what = layout.class_file.empty()
                         ? "YOLO without names of classes"
                         : "YOLO with " + layout.class_file.filename().string();
  const std::vector<std::string> sets = SetsOfYolo(layout);
  if (!sets.empty()) what += fmt::format(" and the sets {}", fmt::join(sets, ", "));
  return {.kind = "yolo", .path = path, .images = std::nullopt, .what = what};
}

bool LooksLikeYolo(const fs::path& directory) {
  for (const char* folder :
       {"labels", "train/labels", "val/labels", "valid/labels", "test/labels"}) {
    if (IsDirectory(directory / folder)) return true;
  }
  for (const fs::path& file : FilesIn(directory)) {
    if (file.filename() == "classes.txt" || file.extension() == ".names") return true;
    if (KindOfDataFile(file) == "yolo") return true;
  }
  return false;
}

}  // namespace

DataLayout GuessDataLayout(const fs::path& path, const std::string& set) {
  if (!IsDirectory(path)) {
    if (!fs::exists(path)) {
      throw Error(path.string() + ": no such file or directory; name a data set");
    }
    const std::string kind = KindOfDataFile(path);
    if (kind == "yolo") return YoloLayoutOf(path);
    if (!kind.empty()) {
      return {.kind = kind, .path = path, .images = std::nullopt, .what = NameForPeople(kind)};
    }
    const ContentKind* content = KindOfFile(path);
    throw Error(fmt::format(
        "{}: is not a data set of a known kind{}; expected a directory, or a file of COCO, CVAT, "
        "Label Studio, CSV, JSON lines or YOLO (data.yaml)",
        path.string(),
        content == nullptr ? "" : ": it is " + std::string(content->name)));
  }
  if (IsDirectory(path / "Annotations")) return VocLayoutOf(path, set);
  if (LooksLikeYolo(path)) return YoloLayoutOf(path);
  for (const char* kind : {"coco", "labelstudio", "cvat", "jsonl", "csv"}) {
    if (const auto file = DataFileIn(path, kind, set)) {
      return {.kind = kind,
              .path = *file,
              .images = std::nullopt,
              .what = fmt::format(
                  "{}, {}", NameForPeople(kind), file->lexically_relative(path).string())};
    }
  }
  const Counts counts = CountFiles(path);
  if (counts.annotations > 0) return VocLayoutOf(path, set);
  if (counts.texts > 0 && counts.pictures > 0) return YoloLayoutOf(path);
  throw Error(fmt::format(
      "{}: is not a data set of a known kind: found {} pictures and no annotations of VOC (.xml), "
      "YOLO (.txt, data.yaml), COCO or Label Studio (.json), CVAT (.xml), CSV or JSON lines",
      path.string(),
      counts.pictures));
}

std::vector<std::string> SetsOf(const std::string& kind, const fs::path& path) {
  std::vector<std::string> sets;
  if (kind == "voc") {
    sets = FindVocFolders(path, "").sets;
  } else if (kind == "yolo") {
    sets = SetsOfYolo(FindYoloLayout(path));
  } else if (IsDirectory(path)) {
    const std::vector<fs::path> files = DataFilesIn(path, kind);
    for (const char* set : {"train", "val", "test"}) {
      if (std::ranges::any_of(files, [&](const fs::path& file) {
            return RankFor(file.lexically_relative(path), set) == 0;
          })) {
        sets.emplace_back(set);
      }
    }
  }
  if (sets.size() < 2) sets.clear();
  return sets;
}

std::optional<fs::path> GuessImageDirectory(const fs::path& file, const LabelledSet& labels) {
  constexpr std::size_t kTried = 20;
  const fs::path home = file.has_parent_path() ? file.parent_path() : fs::path(".");
  const fs::path above = home / "..";
  std::string set = file.stem().string();  // "instances_val2017" is of the pictures in "val2017"
  set.erase(0, set.rfind('_') + 1);
  for (std::size_t i = 0; i < std::min(labels.images.size(), kTried); ++i) {
    const LabelledImage& image = labels.images[i];
    if (!image.path.empty()) return std::nullopt;
    const fs::path name = image.file_name.empty() ? image.id : image.file_name;
    for (const fs::path& tried : {home,
                                  home / "images",
                                  home / set,
                                  above / "images",
                                  above / set,
                                  above / "images" / set,
                                  above / "JPEGImages",
                                  above}) {
      if (!IsDirectory(tried)) continue;
      for (const fs::path& file_name : {name, name.filename()}) {
        if (!file_name.empty() && IsFile(tried / file_name)) return tried;
      }
    }
  }
  return std::nullopt;
}

}  // namespace deeper
