#include "tools/serve/annotation_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/files/temporary_files.h"
#include "core/pictures/picture_finder.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/json_check.h"
#include "core/text/json_line.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/labels.h"
#include "eval/formats/voc.h"
#include "eval/formats/voc_annotations.h"

namespace deeper::tools {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr const char* kAnnotations = "Annotations";
constexpr const char* kPictures = "JPEGImages";
constexpr std::size_t kDeepest = 8;
constexpr std::size_t kMostObjects = 10'000;
constexpr std::size_t kLongestName = 200;  // bytes of a class's, or of a part of an id

bool IsText(const std::string& text) {
  return IsUtf8(text) &&
         std::ranges::none_of(text, [](unsigned char c) { return c < 32 || c == 127; });
}

// Throws Error unless files of this id can lie below the directory, and readers would find them.
void RequireId(const std::string& id) {
  RequireInnerPath(id);
  for (const fs::path& part : fs::path(id)) {
    if (part.string().size() <= kLongestName && IsText(part.string()) && !IsOfAnotherProgram(part))
      continue;
    throw Error(fmt::format(
        "picture '{}': its name cannot be that of an annotation: expected at most {} bytes of "
        "UTF-8 that do not begin with a dot; rename it",
        WithoutInvalidUtf8(id),
        kLongestName));
  }
}

float NumberOf(const Json& value) {
  const auto number = value.get<float>();
  if (!std::isfinite(number)) throw Error("expected finite numbers");
  return number;
}

bool FlagOf(const Json& object, const char* name) {
  return object.contains(name) && object.at(name).get<bool>();
}

// The class of this name; added where it is new.
ClassId ClassOf(LabelledSet& set, const std::string& name) {
  auto& classes = set.classes.classes;
  const auto at = std::ranges::find(classes, name, &ClassInfo::name);
  const auto place = static_cast<std::size_t>(at - classes.begin());
  if (at == classes.end()) classes.push_back({.name = name, .wordnet_id = ""});
  return ClassAt(place);
}

Label LabelOf(LabelledSet& set, const Json& object, int width, int height) {
  const auto name = object.at("class").get<std::string>();
  const bool has_blank_end =
      !name.empty() && (std::isspace(static_cast<unsigned char>(name.front())) != 0 ||
                        std::isspace(static_cast<unsigned char>(name.back())) != 0);
  if (name.empty() || name.size() > kLongestName || !IsText(name) || has_blank_end) {
    throw Error(
        fmt::format("class '{}': expected a name of at most {} bytes without blanks at "
                    "its ends",
                    WithoutInvalidUtf8(name),
                    kLongestName));
  }
  const Json& numbers = object.at("box");
  if (numbers.size() != 4) throw Error("expected a box of four numbers");
  const Box box{.x0 = NumberOf(numbers.at(0)),
                .y0 = NumberOf(numbers.at(1)),
                .x1 = NumberOf(numbers.at(2)),
                .y1 = NumberOf(numbers.at(3))};
  if (box.x0 < 0 || box.y0 < 0 || box.x1 > static_cast<float>(width) ||
      box.y1 > static_cast<float>(height) || box.IsEmpty()) {
    throw Error(
        fmt::format("box {}, {}, {}, {}: expected one that is not empty, in the picture's "
                    "{} x {} pixels",
                    box.x0,
                    box.y0,
                    box.x1,
                    box.y1,
                    width,
                    height));
  }
  return {.box = box,
          .class_id = ClassOf(set, name),
          .difficult = FlagOf(object, "difficult"),
          .truncated = FlagOf(object, "truncated")};
}

// What the picture's file is called behind its id.
std::string EndingOf(std::string_view picture, const std::string& file_name) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(picture.data());
  const ContentKind* kind =
      KindOfContent(std::span(bytes, std::min(picture.size(), kContentBytes)));
  if (kind == nullptr || kind->role != ContentRole::kPicture) {
    throw Error("the picture of the annotations is of no known kind, expected " +
                ReadablePictures());
  }
  if (HasPictureEnding(file_name)) return fs::path(file_name).extension().string();
  return ".jpg";  // the content decides what a file is
}

// A message without the directory that requests are not told of.
std::string Without(std::string message, const fs::path& directory) {
  const std::string own = directory.string() + "/";
  for (std::size_t at = 0; (at = message.find(own, at)) != std::string::npos;) {
    message.erase(at, own.size());
  }
  return message;
}

}  // namespace

LabelledSet ParseAnnotations(const std::string& id, const std::string& text) {
  const std::string where = "annotations of '" + id + "'";
  LabelledSet set;
  try {
    CheckJson(text, kDeepest, where);
    const Json json = JsonOf(text);
    LabelledImage image{.id = id,
                        .file_name = "",
                        .width = json.at("width").get<int>(),
                        .height = json.at("height").get<int>(),
                        .labels = {}};
    constexpr int kLongestSide = 1'000'000;
    if (image.width < 1 || image.height < 1 || image.width > kLongestSide ||
        image.height > kLongestSide) {
      throw Error("expected the picture's width and height in pixels");
    }
    const Json& objects = json.at("objects");
    if (!objects.is_array() || objects.size() > kMostObjects) {
      throw Error(fmt::format("expected a list of at most {} objects", kMostObjects));
    }
    for (const Json& object : objects) {
      image.labels.push_back(LabelOf(set, object, image.width, image.height));
    }
    set.images.push_back(std::move(image));
  } catch (const Error& error) {
    throw Error(where + ": " + error.what());
  } catch (const Json::exception& error) {
    throw Error(where + ": " + error.what());
  }
  return set;
}

AnnotationStore::AnnotationStore(fs::path directory) : directory_(std::move(directory)) {
  for (const char* part : {kAnnotations, kPictures}) {
    RemoveAbandonedTemporariesBelow(directory_ / part);
  }
}

std::optional<fs::path> AnnotationStore::PictureOf(const std::string& id) const {
  const fs::path pictures = directory_ / kPictures;
  if (!IsDirectory(pictures)) return std::nullopt;
  const std::optional<fs::path> found = PictureFinder(pictures).Find(id);
  // Not one of the same name in another folder.
  if (!found || WithoutPictureEnding(found->string()) != (pictures / id).string()) {
    return std::nullopt;
  }
  return found;
}

std::optional<std::string> AnnotationStore::Load(const std::string& id) const {
  RequireId(id);
  const fs::path path = directory_ / kAnnotations / (id + ".xml");
  if (!IsFile(path)) return std::nullopt;
  VocFile file;
  try {
    file = ReadVocAnnotation(path, Clipping::kNone);
  } catch (const Error& error) {
    throw Error(Without(error.what(), directory_));
  }
  Json objects = Json::array();
  for (const VocObject& object : file.objects) {
    Json json = {{"class", object.name},
                 {"box", {object.box.x0, object.box.y0, object.box.x1, object.box.y1}}};
    if (object.difficult) json["difficult"] = true;
    if (object.truncated) json["truncated"] = true;
    objects.push_back(std::move(json));
  }
  const std::optional<fs::path> picture = PictureOf(id);
  return LineOf({{"width", file.width},
                 {"height", file.height},
                 {"objects", objects},
                 {"picture_bytes", picture ? InputFile(*picture).size() : 0}});
}

LabelledSet AnnotationStore::All() const {
  if (!IsDirectory(directory_ / kAnnotations)) return {};
  try {
    return LabelsOf(ReadVocDataset(directory_, "").dataset);
  } catch (const Error& error) {
    throw Error(Without(error.what(), directory_));
  }
}

void AnnotationStore::Save(const std::string& id,
                           const std::string& json,
                           std::string_view picture,
                           const std::string& file_name) const {
  RequireId(id);
  LabelledSet labels = ParseAnnotations(id, json);
  try {
    Write(id, labels, picture, file_name);
  } catch (const WriteError& error) {
    throw WriteError(Without(error.what(), directory_));
  }
}

void AnnotationStore::Write(const std::string& id,
                            LabelledSet& labels,
                            std::string_view picture,
                            const std::string& file_name) const {
  std::optional<fs::path> kept = PictureOf(id);
  if (!picture.empty()) {
    if (!kept) {
      kept = directory_ / kPictures / (id + EndingOf(picture, file_name));
      WriteFileWhole(*kept, picture);
    } else if (ReadTextFile(*kept) != picture) {
      throw Error(fmt::format(
          "another picture called '{}' is annotated there already; rename one of them", id));
    }
  }
  if (!kept) throw Error(fmt::format("annotations of '{}': expected its picture with them", id));
  labels.images.front().file_name = kept->filename().string();
  WriteFileWhole(directory_ / kAnnotations / (id + ".xml"),
                 VocAnnotationText(labels.images.front(), labels.classes));
}

}  // namespace deeper::tools
