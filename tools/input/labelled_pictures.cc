#include "tools/input/labelled_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_finder.h"
#include "core/text/nearest_name.h"
#include "eval/formats/class_folders.h"
#include "eval/formats/reading/fields.h"
#include "tools/options/find_model.h"

namespace deeper::tools {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kWordNetIdLength = 9;  // "n01440764"

bool BeginsWithWordNetId(std::string_view text) {
  return text.size() >= kWordNetIdLength && text.front() == 'n' &&
         std::ranges::all_of(text.substr(1, kWordNetIdLength - 1),
                             [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Lower case, "_" as " ".
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    plain += c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

std::vector<std::string> SynonymsOf(const std::string& label) {
  std::vector<std::string> synonyms;
  const std::string plain = Plain(label);
  std::string_view rest = plain;
  while (true) {
    const std::size_t end = std::min(rest.find(", "), rest.size());
    synonyms.emplace_back(rest.substr(0, end));
    if (end == rest.size()) return synonyms;
    rest.remove_prefix(end + 2);
  }
}

[[noreturn]] void ThrowUnknown(const ClassTable& network, const std::string& name) {
  std::vector<std::string> known;
  for (const ClassInfo& info : network.classes) {
    for (std::string& synonym : SynonymsOf(info.name)) known.push_back(std::move(synonym));
  }
  const auto near = NearestName(Plain(name), known);
  throw Error(
      fmt::format("--data: the network has no class '{}'{}; --allow-unknown-classes leaves out its "
                  "pictures",
                  name,
                  near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

LabelledPictures ReadList(const std::string& place, const ClassTable& network) {
  const auto [list, pictures_in] = SplitPlace(place);
  const fs::path directory = pictures_in.value_or(list.parent_path());
  const std::string text = ReadPlainText(list);
  LabelledPictures read;
  PictureFinder finder(directory);
  std::size_t number = 0;
  for (std::string_view line : SplitLines(text)) {
    ++number;
    line = Trimmed(line);
    const std::size_t blank = line.find_last_of(" \t");
    if (line.empty()) continue;
    const auto label =
        blank == std::string_view::npos ? std::nullopt : WholeNumberOf(line.substr(blank + 1));
    if (!label || *label < 0 || static_cast<std::size_t>(*label) >= network.Size()) {
      throw Error(fmt::format("{}:{}: expected '<picture file> <class from 0 to {}>', found '{}'",
                              list.string(),
                              number,
                              network.Size() - 1,
                              line));
    }
    const fs::path file(FileNameOf(line.substr(0, blank)));
    const fs::path path = finder.Find(line.substr(0, blank)).value_or(directory / file);
    read.pictures.push_back({.picture = {.path = path, .id = file.string()},
                             .labels = {static_cast<std::size_t>(*label)},
                             .boxes = {}});
  }
  return read;
}

}  // namespace

ClassTable NetworkClasses(const std::string& labels, const fs::path& backbone, std::size_t count) {
  ClassTable classes;
  for (std::string& name : ReadLabels(labels, backbone, count)) {
    classes.classes.push_back({.name = std::move(name), .wordnet_id = ""});
  }
  const fs::path path =
      labels.empty() ? backbone.parent_path() / "synset_words.txt" : fs::path(labels);
  const std::string text = ReadPlainText(path);
  std::size_t i = 0;
  for (const std::string_view line : SplitLines(text)) {
    if (BeginsWithWordNetId(line)) {
      classes.classes[i].wordnet_id = line.substr(0, kWordNetIdLength);
    }
    ++i;
  }
  return classes;
}

std::optional<ClassId> NetworkClassOf(const ClassTable& network, const ClassInfo& name) {
  for (const std::string& text : {name.wordnet_id, name.name}) {
    if (!BeginsWithWordNetId(text)) continue;
    if (const auto id = network.Find(text.substr(0, kWordNetIdLength))) return id;
  }
  if (const auto id = network.Find(name.name)) return id;
  const std::string wanted = Plain(name.name);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < network.Size(); ++i) {
    if (Plain(network.classes[i].name) == wanted) return ClassAt(i);
    const std::vector<std::string> synonyms = SynonymsOf(network.classes[i].name);
    if (std::ranges::find(synonyms, wanted) != synonyms.end()) found.push_back(i);
  }
  if (found.size() > 1) {
    throw Error(fmt::format("--data: class '{}' is both '{}' and '{}'; name it by its WordNet id",
                            name.name,
                            network.classes[found[0]].name,
                            network.classes[found[1]].name));
  }
  return found.empty() ? std::nullopt : std::optional(ClassAt(found[0]));
}

LabelledPictures ReadLabelledPictures(const DataSource& source,
                                      const ClassTable& network,
                                      bool allow_unknown_classes) {
  constexpr std::string_view kList = "list:";
  const bool folders = fs::is_directory(source.data);
  const bool is_list = !folders && source.data.starts_with(kList);
  if (folders || is_list) source.RefuseUnreadOf(folders ? "folders of pictures" : "a list");
  LabelledPictures read;
  if (is_list) {
    read = ReadList(source.data.substr(kList.size()), network);
  } else {
    const Dataset dataset = folders ? ReadClassFolders(source.data) : LoadData(source).dataset;
    std::vector<std::optional<std::size_t>> outputs;
    for (const ClassInfo& info : dataset.classes.classes) {
      const std::optional<ClassId> id = NetworkClassOf(network, info);
      if (!id && !allow_unknown_classes) ThrowUnknown(network, info.name);
      outputs.push_back(id ? std::optional(IndexOf(*id)) : std::nullopt);
    }
    const std::vector<Picture> pictures = PicturesOf(dataset);
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      LabelledPicture picture{.picture = pictures[i], .labels = {}, .boxes = {}};
      for (const Annotation& annotation : dataset.images[i].annotations) {
        const auto& output = outputs[IndexOf(annotation.class_id)];
        if (!output) continue;
        picture.labels.push_back(*output);
        if (!folders) picture.boxes.push_back(annotation.box);
      }
      if (picture.labels.empty()) {
        ++read.left_out;
      } else {
        read.pictures.push_back(std::move(picture));
      }
    }
  }
  if (read.pictures.empty()) {
    throw Error(
        fmt::format("--data: {} has no picture of a class that the network has", source.data));
  }
  return read;
}

}  // namespace deeper::tools
