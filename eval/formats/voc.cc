#include "eval/formats/voc.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <pugixml.hpp>
#include <set>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/path_kind.h"
#include "core/pictures/annotated_pictures.h"
#include "core/pictures/picture_files.h"
#include "core/pictures/picture_finder.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"
#include "eval/formats/reading/one_based.h"
#include "eval/formats/reading/text_line.h"
#include "eval/formats/reading/unknown_set.h"

namespace deeper {
namespace {

namespace fs = std::filesystem;

std::string_view TextOf(const pugi::xml_node& parent, const char* child) {
  return Trimmed(parent.child_value(child));
}

std::optional<Box> BoxOf(const pugi::xml_node& bndbox) {
  const std::optional<double> xmin = NumberOf(TextOf(bndbox, "xmin"));
  const std::optional<double> ymin = NumberOf(TextOf(bndbox, "ymin"));
  const std::optional<double> xmax = NumberOf(TextOf(bndbox, "xmax"));
  const std::optional<double> ymax = NumberOf(TextOf(bndbox, "ymax"));
  if (!xmin || !ymin || !xmax || !ymax) return std::nullopt;
  return BoxOfOneBased(*xmin, *ymin, *xmax, *ymax);
}

// Adds the object to `file`, or a warning that says why not.
void ReadObject(const pugi::xml_node& node,
                const fs::path& path,
                Clipping clipping,
                VocFile& file) {
  const std::string name(TextOf(node, "name"));
  const auto leave_out = [&](std::string_view reason, WarningKind kind = WarningKind::kOther) {
    file.warnings.push_back({.where = path.string(),
                             .reason = fmt::format("object '{}' left out: {}", name, reason),
                             .kind = kind});
  };
  if (name.empty()) return leave_out("it has no name");
  if (!IsUtf8(name)) {
    file.warnings.push_back(
        {.where = path.string(), .reason = "object left out: its name is not UTF-8"});
    return;
  }
  std::optional<Box> box = BoxOf(node.child("bndbox"));
  if (!box) return leave_out("its bndbox lacks a number for xmin, ymin, xmax or ymax");
  if (box->IsEmpty()) return leave_out("its box is inverted or empty", WarningKind::kEmptyBox);
  if (clipping == Clipping::kToImage && file.width > 0 && file.height > 0) {
    const bool reaches_beyond = ReachesBeyond(*box, file.width, file.height);
    box = ClipToImage(*box, file.width, file.height);
    if (box->IsEmpty()) {
      return leave_out("its box lies outside the picture", WarningKind::kBoxOutside);
    }
    if (reaches_beyond) {
      file.warnings.push_back(
          {.where = path.string(),
           .reason =
               fmt::format("the box of '{}' reaches beyond the picture: cut at its edge", name),
           .loses = false,
           .kind = WarningKind::kBoxBeyond});
    }
  }
  const auto flag = [&](const char* child) {
    return FlagOf(TextOf(node, child), child, path.string(), file.warnings);
  };
  const bool difficult = flag("difficult");
  const bool truncated = flag("truncated");
  file.objects.push_back(
      {.name = name, .box = *box, .difficult = difficult, .truncated = truncated});
}

bool IsXmlName(const fs::path& path) {
  return path.extension() == ".xml" || path.extension() == ".XML";
}

// The annotation of picture `id`, by either ending; where there is none, where it would be.
fs::path AnnotationOf(const VocFolders& layout, const std::string& id) {
  fs::path path = layout.annotations / (id + ".xml");
  fs::path capital = layout.annotations / (id + ".XML");
  return !IsFile(path) && IsFile(capital) ? capital : path;
}

// The paths of the annotations below the directory, without ending, sorted.
std::vector<std::string> AnnotationsBelow(const fs::path& directory) {
  std::vector<std::string> ids;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (IsOfAnotherProgram(entry->path())) {
      std::error_code ignored;
      if (entry->is_directory(ignored)) entry.disable_recursion_pending();
    } else if (IsXmlName(entry->path()) && IsFile(entry->path())) {
      ids.push_back(entry->path().lexically_relative(directory).replace_extension().string());
    }
  }
  std::ranges::sort(ids);
  return ids;
}

std::optional<fs::path> FirstDirectory(const fs::path& root,
                                       std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (IsDirectory(root / name)) return root / name;
  }
  return std::nullopt;
}

// The lists of a directory without those of a single class, "cat_train.txt" beside "train.txt".
std::vector<std::string> SetsIn(const fs::path& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".txt" && !IsOfAnotherProgram(entry.path())) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(names);
  std::vector<std::string> sets;
  for (const std::string& name : names) {
    const std::size_t line = name.rfind('_');
    const bool is_of_class =
        line != std::string::npos && std::ranges::count(names, name.substr(line + 1)) > 0;
    if (!is_of_class) sets.push_back(name);
  }
  return sets;
}

// What a line of a list names, by what is there.
class ListedPictures {
 public:
  explicit ListedPictures(const VocFolders& layout) : layout_(layout) {
    if (layout.images) finder_.emplace(*layout.images);
  }

  // The picture's id. One that is not there has the name that the line most likely means.
  std::string IdOf(const TextLine& line) {
    const std::string whole = FileNameOf(Unquoted(line.text));
    std::vector<std::string> names = {whole};
    const std::string_view last = line.fields.back();
    const bool has_flag = line.fields.size() > 1 && (last == "-1" || last == "0" || last == "1");
    if (has_flag) {
      const auto length = static_cast<std::size_t>(last.data() - line.text.data());
      names.push_back(FileNameOf(Unquoted(line.text.substr(0, length))));
    }
    if (line.fields.size() > 1) names.push_back(FileNameOf(Unquoted(line.fields[0])));
    for (const std::string& name : names) {
      if (const auto id = IdThere(name)) return *id;
    }
    return has_flag || line.fields.size() == 1 ? WithoutEnding(names.at(has_flag ? 1 : 0))
                                               : WithoutEnding(names.back());
  }

  // The picture's file, by its id or by what its annotation says; empty when there is none.
  fs::path ImageOf(const std::string& id, const std::string& file_name) {
    if (!finder_) return {};
    for (const std::string& name : {id, file_name}) {
      if (name.empty()) continue;
      if (const auto found = finder_->Find(name)) return *found;
    }
    return {};
  }

 private:
  static std::string WithoutEnding(const std::string& name) {
    return IsXmlName(name) ? fs::path(name).replace_extension().string()
                           : WithoutPictureEnding(name);
  }

  // Names as they are before names cut short, and whole paths before their last parts.
  std::optional<std::string> IdThere(const std::string& name) {
    if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
    const std::string cut = WithoutEnding(name);
    const std::string last(LastPart(cut));
    for (const std::string& id : {name, cut, last}) {
      if (!id.empty() && IsFile(AnnotationOf(layout_, id))) return id;
    }
    const fs::path image = ImageOf(name, "");
    if (image.empty()) return std::nullopt;
    return WithoutPictureEnding(image.lexically_relative(*layout_.images).string());
  }

  const VocFolders& layout_;
  std::optional<PictureFinder> finder_;
};

// The ids of the lists of `set`, in order.
std::vector<std::string> ReadImageIds(const VocFolders& layout,
                                      const fs::path& root,
                                      const std::string& set,
                                      ListedPictures& pictures) {
  std::vector<std::string> ids;
  std::unordered_set<std::string> seen;
  for (std::size_t begin = 0; begin <= set.size();) {
    const std::size_t end = std::min(set.find('+', begin), set.size());
    const std::string name = set.substr(begin, end - begin);
    const fs::path list = *layout.lists / (name + ".txt");
    if (!Exists(list)) ThrowUnknownSet(root, name, layout.sets);
    ForEachLine(list, [&](const TextLine& line) {
      std::string id = pictures.IdOf(line);
      if (!seen.insert(id).second) line.Fail("each picture once in the lists of '" + set + "'");
      ids.push_back(std::move(id));
    });
    begin = end + 1;
  }
  return ids;
}

// All pictures that have an annotation or lie where annotated ones lie.
std::vector<std::string> AllIds(const VocFolders& layout) {
  std::vector<std::string> ids = AnnotationsBelow(layout.annotations);
  std::unordered_set<std::string> annotated(ids.begin(), ids.end());
  if (layout.images) {
    for (const Picture& picture : FindPicturesBelow(*layout.images).pictures) {
      std::string id =
          WithoutPictureEnding(picture.path.lexically_relative(*layout.images).string());
      if (annotated.insert(id).second) ids.push_back(std::move(id));
    }
  }
  std::ranges::sort(ids);
  return ids;
}

// The set to read: the named one, else the only one.
std::string ChosenSet(const VocFolders& layout, const fs::path& root, const std::string& set) {
  if (!set.empty() || !layout.lists) return set;
  if (layout.sets.size() == 1) return layout.sets.front();
  throw Error(fmt::format("{}: has several lists of pictures, expected --set with one of {}",
                          root.string(),
                          fmt::join(layout.sets, ", ")));
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

// Whether the annotations are those of the set's own folder, as Roboflow writes them.
bool IsFolderOfSet(const VocFolders& layout, const fs::path& root, const std::string& set) {
  const fs::path& annotations = layout.annotations;
  return std::ranges::any_of(std::array{root / set, root / (set == "val" ? "valid" : set)},
                             [&](const fs::path& folder) {
                               return annotations == folder || annotations.parent_path() == folder;
                             });
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
  VocFile file{.width = PixelsOf(TextOf(annotation.child("size"), "width")),
               .height = PixelsOf(TextOf(annotation.child("size"), "height")),
               .file_name = FileNameOf(annotation.child_value("filename")),
               .objects = {},
               .warnings = {}};
  for (const pugi::xml_node& object : annotation.children("object")) {
    ReadObject(object, path, clipping, file);
  }
  return file;
}

std::vector<Annotation> AnnotationsOf(const VocFile& file,
                                      const fs::path& path,
                                      const ClassIndex& classes,
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
      const std::optional<std::string> near = classes.Nearest(object.name);
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

VocFolders FindVocFolders(const fs::path& root, const std::string& set) {
  VocFolders layout;
  if (IsDirectory(root / "Annotations")) {
    layout.annotations = root / "Annotations";
    layout.images = FirstDirectory(root, {"JPEGImages", "images", "Images", "PNGImages"});
    layout.lists = FirstDirectory(root, {"ImageSets/Main", "ImageSets"});
    if (layout.lists) layout.sets = SetsIn(*layout.lists);
    if (layout.sets.empty()) layout.lists = std::nullopt;
    return layout;
  }
  std::vector<fs::path> places = {root};
  const auto is_of_set = [&](const char* name) {
    return IsDirectory(root / name) && !AnnotationsBelow(root / name).empty();
  };
  const std::vector<std::string> all = AnnotationsBelow(root);
  const bool has_own = std::ranges::any_of(
      all, [](const std::string& id) { return id.find('/') == std::string::npos; });
  if (set.empty() && !has_own) {
    for (const char* name : {"train", "val", "valid", "test"}) {
      if (is_of_set(name)) layout.sets.emplace_back(name);
    }
    if (!layout.sets.empty()) places = {root / layout.sets.front()};
  }
  if (!set.empty() && set.find('+') == std::string::npos) {
    places.insert(places.begin(), root / set);
    if (set == "val") places.insert(places.begin() + 1, root / "valid");
  }
  for (const fs::path& place : places) {
    if (!IsDirectory(place) || AnnotationsBelow(place).empty()) continue;
    const auto own = FirstDirectory(place, {"annotations", "xmls", "labels", "xml"});
    layout.annotations = own && !AnnotationsBelow(*own).empty() ? *own : place;
    layout.images = place;
    if (own && *own == layout.annotations) {
      if (const auto images = FirstDirectory(place, {"images", "Images", "JPEGImages"})) {
        layout.images = images;
      }
    }
    return layout;
  }
  throw Error(fmt::format(
      "{}: expected a directory in VOC layout (ImageSets/Main, Annotations, "
      "JPEGImages, or pictures with .xml files beside them), found none; check the path",
      root.string()));
}

ReadDataset ReadVocDataset(const fs::path& root,
                           const std::string& wanted_set,
                           const VocOptions& options) {
  VocFolders layout = FindVocFolders(root, wanted_set);
  if (options.images) layout.images = options.images;
  const std::string set = ChosenSet(layout, root, wanted_set);
  ListedPictures pictures(layout);
  const std::vector<std::string> ids =
      layout.lists ? ReadImageIds(layout, root, set, pictures) : AllIds(layout);

  ReadDataset read;
  if (!layout.lists && layout.sets.size() > 1) {
    read.warnings.push_back({.where = root.string(),
                             .reason = fmt::format("several sets are there ({}): '{}' is taken; "
                                                   "--set chooses",
                                                   fmt::join(layout.sets, ", "),
                                                   layout.sets.front()),
                             .loses = false});
  }
  if (!layout.lists && !set.empty() && !IsFolderOfSet(layout, root, set)) {
    read.warnings.push_back(
        {.where = root.string(),
         .reason = fmt::format("has no list of set '{}': all pictures are taken", set),
         .loses = false});
  }
  struct ReadFile {
    std::string id;
    fs::path path;
    fs::path image_path;
    VocFile file;
  };
  std::vector<ReadFile> files;
  files.reserve(ids.size());
  std::size_t annotated = 0;
  std::string first_missing;
  for (const std::string& id : ids) {
    const fs::path path = AnnotationOf(layout, id);
    if (IsFile(path)) {
      ++annotated;
      if (auto file = ReadIfWellFormed(path, id, read)) {
        fs::path image = pictures.ImageOf(id, file->file_name);
        files.push_back(
            {.id = id, .path = path, .image_path = std::move(image), .file = std::move(*file)});
      }
      continue;
    }
    if (first_missing.empty()) first_missing = path.string();
    if (fs::path image = pictures.ImageOf(id, ""); !image.empty()) {
      files.push_back({.id = id, .path = path, .image_path = std::move(image), .file = {}});
      read.warnings.push_back({.where = path.string(),
                               .reason = "no annotation file: taken as a picture without objects",
                               .loses = false,
                               .kind = WarningKind::kMissingAnnotation});
    } else {
      read.warnings.push_back(
          {.where = path.string(),
           .reason = "a picture of the list that has neither a file nor an annotation",
           .kind = WarningKind::kMissingPicture});
      read.unreadable_images.push_back(id);
    }
  }
  if (annotated == 0 && !ids.empty()) {
    throw Error(fmt::format(
        "{}: no such file, and no other of the {} pictures has an annotation; names in lists are "
        "those of the files without their ending",
        first_missing,
        ids.size()));
  }
  read.dataset.name =
      fs::weakly_canonical(root).filename().string() + (set.empty() ? "" : " ") + set;
  std::set<std::string> names;
  bool has_pictures = false;
  for (const ReadFile& one : files) {
    for (const VocObject& object : one.file.objects) names.insert(object.name);
    has_pictures = has_pictures || !one.image_path.empty();
  }
  read.dataset.classes =
      options.classes ? *options.classes : ClassTableOf({names.begin(), names.end()});
  const ClassIndex classes(read.dataset.classes);
  const bool expects_pictures =
      has_pictures || (layout.images && *layout.images != layout.annotations);
  for (ReadFile& one : files) {
    std::ranges::move(one.file.warnings, std::back_inserter(read.warnings));
    AnnotatedImage image{.id = one.id,
                         .image_path = one.image_path,
                         .width = one.file.width,
                         .height = one.file.height,
                         .annotations = {}};
    if (expects_pictures && image.image_path.empty()) {
      read.warnings.push_back(
          {.where = one.path.string(),
           .reason = "its picture is not in " + layout.images->filename().string(),
           .loses = false,
           .kind = WarningKind::kMissingPicture});
    }
    image.annotations =
        AnnotationsOf(one.file, one.path, classes, options.allow_unknown_classes, read.warnings);
    read.dataset.images.push_back(std::move(image));
  }
  return read;
}

}  // namespace deeper
