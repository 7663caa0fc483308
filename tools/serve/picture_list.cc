#include "tools/serve/picture_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <unordered_map>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/picture_finder.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/json_line.h"
#include "core/text/lower.h"
#include "eval/drawing/colours.h"
#include "eval/formats/lines/detection_lines.h"
#include "tools/input/pictures.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

constexpr const char* kResults = "detections.jsonl";
constexpr const char* kDrawings = "drawings";

std::string TypeOf(const std::string& content) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(content.data());
  const ContentKind* kind =
      KindOfContent(std::span(bytes, std::min(content.size(), kContentBytes)));
  if (kind == nullptr || kind->role != ContentRole::kPicture) return "application/octet-stream";
  return "image/" + Lower(kind->name);
}

}  // namespace

std::vector<std::string> ColourTexts(std::size_t classes) {
  std::vector<std::string> texts;
  for (const auto& [blue, green, red] : DistinctColours(classes)) {
    texts.push_back(fmt::format("#{:02x}{:02x}{:02x}", red, green, blue));
  }
  return texts;
}

PictureList::PictureList(const std::vector<std::string>& words,
                         const std::string& images,
                         const Dataset* dataset) {
  std::vector<std::string> others;
  for (const std::string& word : words) {
    if (IsFile(fs::path(word) / kResults)) {
      AddResults(word, images);
    } else {
      others.push_back(word);
    }
  }
  if (!others.empty()) {
    for (const Picture& picture : FindNamedPictures(others)) {
      entries_.push_back(
          {.id = picture.id, .file_name = picture.file_name, .path = picture.path, .record = ""});
    }
  }
  if (dataset == nullptr) return;
  if (words.empty()) {
    for (const AnnotatedImage& image : dataset->images) {
      entries_.push_back({.id = image.id,
                          .file_name = image.image_path.filename().string(),
                          .path = image.image_path,
                          .record = ""});
    }
  }
  FindIn(*dataset);
}

void PictureList::FindIn(const Dataset& dataset) {
  for (const ClassInfo& info : dataset.classes.classes) {
    if (std::ranges::find(classes_, info.name) == classes_.end()) classes_.push_back(info.name);
  }
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) places.emplace(dataset.images[i].id, i);
  for (Entry& entry : entries_) {
    const auto place = places.find(entry.id);
    if (place == places.end()) continue;
    entry.place_in_dataset = place->second;
    const fs::path& picture = dataset.images[place->second].image_path;
    if ((entry.path.empty() || entry.is_drawing) && !picture.empty()) entry.path = picture;
  }
}

void PictureList::AddResults(const fs::path& directory, const std::string& images) {
  const DetectionSet found = ReadJsonLines(directory / kResults);
  for (const ClassInfo& info : found.classes.classes) classes_.push_back(info.name);
  std::optional<PictureFinder> finder;
  if (!images.empty()) finder.emplace(images);
  for (const ImageDetections& image : found.images) {
    Entry entry{.id = image.id,
                .file_name = image.file_name,
                .path = {},
                .record = JsonLineOf(image, found.classes)};
    if (finder) {
      const std::string& name = image.file_name.empty() ? image.id : image.file_name;
      entry.path = finder->Find(name).value_or(fs::path());
    }
    const fs::path drawing = directory / kDrawings / DrawingFile(image.id);
    if (entry.path.empty() && IsFile(drawing)) {
      entry.path = drawing;
      entry.is_drawing = true;
    }
    entries_.push_back(std::move(entry));
  }
}

std::string PictureList::Json() const {
  nlohmann::ordered_json pictures = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    pictures.push_back({{"number", i},
                        {"id", entries_[i].id},
                        {"file", entries_[i].file_name},
                        {"has_record", !entries_[i].record.empty()},
                        {"has_truth", entries_[i].place_in_dataset.has_value()}});
  }
  nlohmann::ordered_json colours = nlohmann::ordered_json::object();
  const std::vector<std::string> texts = ColourTexts(classes_.size());
  for (std::size_t i = 0; i < classes_.size(); ++i) colours[classes_[i]] = texts[i];
  return LineOf({{"pictures", pictures}, {"colours", colours}});
}

std::optional<std::size_t> PictureList::PlaceInDataset(std::size_t number) const {
  return number < entries_.size() ? entries_[number].place_in_dataset : std::nullopt;
}

std::optional<std::string> PictureList::Record(std::size_t number) const {
  if (number >= entries_.size() || entries_[number].record.empty()) return std::nullopt;
  return entries_[number].record;
}

std::optional<PictureBytes> PictureList::Bytes(std::size_t number) const {
  if (number >= entries_.size() || entries_[number].path.empty()) return std::nullopt;
  const Entry& entry = entries_[number];
  try {
    PictureBytes bytes{.content = ReadTextFile(entry.path), .type = ""};
    bytes.type = TypeOf(bytes.content);
    return bytes;
  } catch (const Error&) {
    throw Error(entry.id + ": its file cannot be read");
  }
}

}  // namespace deeper::tools
