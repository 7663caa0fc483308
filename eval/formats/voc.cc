#include "eval/formats/voc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/parse.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/one_based.h"
#include "eval/formats/reading/text_line.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

std::string_view TextOf(const pugi::xml_node& parent, const char* child) {
  const std::string_view text = parent.child_value(child);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

int PixelsOf(const pugi::xml_node& size, const char* child) {
  constexpr double kMost = 1e9;
  const std::optional<double> pixels = ParseDouble(TextOf(size, child));
  return pixels && *pixels > 0 && *pixels < kMost ? static_cast<int>(*pixels) : 0;
}

bool FlagOf(const pugi::xml_node& object, const char* child) {
  const std::string_view text = TextOf(object, child);
  return !text.empty() && text != "0";
}

std::optional<Box> BoxOf(const pugi::xml_node& bndbox) {
  const std::optional<double> xmin = ParseDouble(TextOf(bndbox, "xmin"));
  const std::optional<double> ymin = ParseDouble(TextOf(bndbox, "ymin"));
  const std::optional<double> xmax = ParseDouble(TextOf(bndbox, "xmax"));
  const std::optional<double> ymax = ParseDouble(TextOf(bndbox, "ymax"));
  if (!xmin || !ymin || !xmax || !ymax) return std::nullopt;
  return BoxOfOneBased(*xmin, *ymin, *xmax, *ymax);
}

// Adds the object to `file`, or a warning that says why not.
void ReadObject(const pugi::xml_node& node,
                const fs::path& path,
                Clipping clipping,
                VocFile& file) {
  const std::string name(TextOf(node, "name"));
  const auto leave_out = [&](std::string_view reason) {
    file.warnings.push_back(
        {.where = path.string(), .reason = fmt::format("object '{}' left out: {}", name, reason)});
  };
  if (name.empty()) return leave_out("it has no name");
  if (!IsUtf8(name)) {
    file.warnings.push_back(
        {.where = path.string(), .reason = "object left out: its name is not UTF-8"});
    return;
  }
  std::optional<Box> box = BoxOf(node.child("bndbox"));
  if (!box) return leave_out("its bndbox lacks a number for xmin, ymin, xmax or ymax");
  if (box->IsEmpty()) return leave_out("its box is inverted or empty");
  if (clipping == Clipping::kToImage && file.width > 0 && file.height > 0) {
    box = ClipToImage(*box, file.width, file.height);
    if (box->IsEmpty()) return leave_out("its box lies outside the picture");
  }
  file.objects.push_back({.name = name,
                          .box = *box,
                          .difficult = FlagOf(node, "difficult"),
                          .truncated = FlagOf(node, "truncated")});
}

// The ids of the lists of `set`, in order.
std::vector<std::string> ReadImageIds(const fs::path& root, const std::string& set) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> seen;
  for (std::size_t begin = 0; begin <= set.size();) {
    const std::size_t end = std::min(set.find('+', begin), set.size());
    const fs::path list = root / "ImageSets" / "Main" / (set.substr(begin, end - begin) + ".txt");
    ForEachLine(list, [&](const TextLine& line) {
      std::string id(line.fields[0]);
      if (!seen.insert(id).second) line.Fail("each picture once in the lists of '" + set + "'");
      ids.push_back(std::move(id));
    });
    begin = end + 1;
  }
  return ids;
}

// The picture's file; an empty path when there is none.
fs::path FindImage(const fs::path& directory, const std::string& id) {
  constexpr std::array<const char*, 8> kSuffixes = {
      ".jpg", ".jpeg", ".png", ".bmp", ".JPG", ".JPEG", ".PNG", ".BMP"};
  for (const char* suffix : kSuffixes) {
    fs::path candidate = directory / (id + suffix);
    if (fs::exists(candidate)) return candidate;
  }
  return {};
}

ClassTable ClassesIn(const std::vector<std::pair<std::string, VocFile>>& files) {
  std::set<std::string> names;
  for (const auto& [id, file] : files) {
    for (const VocObject& object : file.objects) names.insert(object.name);
  }
  return ClassTableOf({names.begin(), names.end()});
}

void RequireDirectory(const fs::path& directory) {
  if (fs::is_directory(directory)) return;
  throw Error(
      fmt::format("{}: expected a directory in VOC layout (ImageSets/Main, Annotations, "
                  "JPEGImages), found none; check the path",
                  directory.string()));
}

// The annotation of picture `id`. Nothing when it is malformed; the picture and a warning are then
// noted in `read`.
std::optional<VocFile> ReadIfWellFormed(const fs::path& path,
                                        const std::string& id,
                                        ReadDataset& read) {
  try {
    return ReadVocAnnotation(path);
  } catch (const MalformedAnnotation&) {
    read.warnings.push_back(
        {.where = path.string(), .reason = "its picture left out: no well-formed annotation"});
    read.unreadable_images.push_back(id);
    return std::nullopt;
  }
}

}  // namespace

const ClassTable& VocClasses() {
  static const ClassTable classes = ClassTableOf(
      {"aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",      "car",
       "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",    "motorbike",
       "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"});
  return classes;
}

VocFile ReadVocAnnotation(const fs::path& path, Clipping clipping) {
  const std::vector<std::uint8_t> bytes = ReadFile(path);
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
  if (!parsed) {
    throw MalformedAnnotation(fmt::format("{}: expected well-formed XML, found at byte {}: {}",
                                          path.string(),
                                          parsed.offset,
                                          parsed.description()));
  }
  const pugi::xml_node annotation = document.child("annotation");
  if (!annotation) {
    throw MalformedAnnotation(
        fmt::format("{}: expected a VOC annotation with <annotation> at the top, found <{}>",
                    path.string(),
                    document.first_child().name()));
  }
  VocFile file{.width = PixelsOf(annotation.child("size"), "width"),
               .height = PixelsOf(annotation.child("size"), "height"),
               .objects = {},
               .warnings = {}};
  for (const pugi::xml_node& object : annotation.children("object")) {
    ReadObject(object, path, clipping, file);
  }
  return file;
}

std::vector<Annotation> AnnotationsOf(const VocFile& file,
                                      const fs::path& path,
                                      const ClassTable& classes,
                                      bool allow_unknown_classes,
                                      std::vector<Warning>& warnings) {
  std::vector<Annotation> annotations;
  for (const VocObject& object : file.objects) {
    const std::optional<ClassId> id = classes.Find(object.name);
    if (id) {
      annotations.push_back({.box = object.box,
                             .class_id = *id,
                             .difficult = object.difficult,
                             .truncated = object.truncated});
      continue;
    }
    if (!allow_unknown_classes) {
      const std::optional<std::string> near = NearestClassName(classes, object.name);
      throw Error(fmt::format("{}: expected one of {} classes, found '{}'{}",
                              path.string(),
                              classes.Size(),
                              object.name,
                              near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
    warnings.push_back(
        {.where = path.string(),
         .reason = fmt::format("object '{}' left out: not among the classes", object.name)});
  }
  return annotations;
}

ReadDataset ReadVocDataset(const fs::path& root,
                           const std::string& set,
                           const VocOptions& options) {
  RequireDirectory(root);
  RequireDirectory(root / "Annotations");
  const std::vector<std::string> ids = ReadImageIds(root, set);
  const bool has_pictures = fs::is_directory(root / "JPEGImages");

  ReadDataset read;
  std::vector<std::pair<std::string, VocFile>> files;  // by id
  files.reserve(ids.size());
  for (const std::string& id : ids) {
    if (auto file = ReadIfWellFormed(root / "Annotations" / (id + ".xml"), id, read)) {
      files.emplace_back(id, std::move(*file));
    }
  }
  read.dataset.name = fs::weakly_canonical(root).filename().string() + " " + set;
  read.dataset.classes = options.classes ? *options.classes : ClassesIn(files);
  for (auto& [id, file] : files) {
    const fs::path path = root / "Annotations" / (id + ".xml");
    std::ranges::move(file.warnings, std::back_inserter(read.warnings));
    AnnotatedImage image{.id = id,
                         .image_path = has_pictures ? FindImage(root / "JPEGImages", id) : "",
                         .width = file.width,
                         .height = file.height,
                         .annotations = {}};
    if (has_pictures && image.image_path.empty()) {
      read.warnings.push_back(
          {.where = path.string(), .reason = "its picture is not in JPEGImages"});
    }
    image.annotations = AnnotationsOf(
        file, path, read.dataset.classes, options.allow_unknown_classes, read.warnings);
    read.dataset.images.push_back(std::move(image));
  }
  return read;
}

}  // namespace deeper
