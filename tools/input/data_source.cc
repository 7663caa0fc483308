#include "tools/input/data_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "core/files/path_kind.h"
#include "core/text/lower.h"
#include "core/text/nearest_name.h"
#include "core/text/quantities.h"
#include "eval/formats/cvat.h"
#include "eval/formats/formats.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/layout.h"
#include "eval/formats/voc.h"
#include "tools/input/picture_sizes.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

// A source with what its path was found to be.
struct Place {
  std::string kind;
  fs::path path;
  std::optional<fs::path> images;
  bool set_chose = false;  // which of several sets in a directory it is
};

std::vector<std::string> KnownKinds() {
  std::vector<std::string> kinds = LabelFormatNames();
  kinds.emplace_back("cvat");
  return kinds;
}

// The kind that the text before the first colon names; nothing for none.
std::optional<std::string> NamedKind(const std::string& data) {
  const std::size_t colon = data.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string kind = Lower(data.substr(0, colon));
  const std::vector<std::string> kinds = KnownKinds();
  return std::ranges::count(kinds, kind) > 0 ? std::optional(kind) : std::nullopt;
}

[[noreturn]] void FailOnData(const std::string& data) {
  const std::size_t colon = data.find(':');
  if (colon == std::string::npos || colon + 1 == data.size()) {
    throw UsageError(
        fmt::format("--data is '{}', expected a data set's file or directory, or KIND:PATH such as "
                    "voc:VOCdevkit/VOC2007; no such path is there",
                    data));
  }
  const std::string kind = data.substr(0, colon);
  const std::vector<std::string> kinds = KnownKinds();
  const std::optional<std::string> near = NearestName(kind, kinds);
  throw UsageError(fmt::format("--data has the unknown kind '{}', expected one of {}{}",
                               kind,
                               fmt::join(kinds, ", "),
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

// What is meant; where it is guessed, that is said on stderr.
Place PlaceOf(const DataSource& source, bool says) {
  if (const auto kind = NamedKind(source.data)) {
    const std::string place = source.data.substr(kind->size() + 1);
    if (place.empty()) FailOnData(source.data);
    auto [path, images] = SplitPlace(place);
    return {.kind = *kind, .path = std::move(path), .images = std::move(images)};
  }
  auto [path, images] = SplitPlace(source.data);
  if (!Exists(path)) FailOnData(source.data);
  DataLayout layout = GuessDataLayout(path, source.set);
  if (says) {
    fmt::print(stderr,
               "{}: taken for {} (--data {}:{})\n",
               path.string(),
               layout.what,
               layout.kind,
               layout.path.string());
  }
  return {.kind = std::move(layout.kind),
          .path = std::move(layout.path),
          .images = images ? std::move(images) : std::move(layout.images),
          .set_chose = fs::is_directory(path)};
}

// What the files of any kind hold.
struct ReadFiles {
  ReadDataset read;
  std::optional<CocoIds> coco_ids = std::nullopt;
};

ReadFiles ReadVoc(const DataSource& source, const Place& place) {
  VocOptions options;
  if (!source.classes.empty()) {
    options.classes = ClassTableOf(SplitAtCommas("classes", source.classes));
    options.allow_unknown_classes = true;
  }
  options.images = place.images;
  return {.read = ReadVocDataset(place.path, source.set, options)};
}

// "annotations[,directory of pictures]"
ReadFiles ReadIlsvrc(const DataSource& source, const Place& place) {
  if (source.image_list.empty() || source.class_list.empty()) {
    throw UsageError("--data ilsvrc:DIR needs --image-list and --class-list");
  }
  IlsvrcFiles files{.image_list = source.image_list,
                    .annotations = place.path,
                    .class_list = source.class_list,
                    .blacklist = {},
                    .images = place.images};
  if (!source.blacklist.empty()) files.blacklist = source.blacklist;
  return {.read = ReadIlsvrcDataset(files)};
}

// "annotations.json[,directory of pictures]"
ReadFiles ReadCoco(const Place& place) {
  CocoDataset coco = ReadCocoDataset(place.path, place.images);
  return {.read = std::move(coco.read), .coco_ids = std::move(coco.ids)};
}

ReadFiles ReadLabelFile(const DataSource& source, const Place& place) {
  ReadLabels read;
  if (place.kind == "cvat") {
    read = ReadCvat(place.path);
  } else {
    FormatContext context;
    context.kind = LabelKind::kObjects;
    context.set = source.set;
    context.images = place.images;
    if (!source.classes.empty()) {
      context.classes = ClassTableOf(SplitAtCommas("classes", source.classes));
    }
    PictureSizes sizes(place.images);
    context.size_of = [&](const std::string& id) { return sizes.Of(id); };
    read = ReadLabelsAs(LabelFormatFromName(place.kind), place.path, context);
  }
  const auto images = place.images ? place.images : GuessImageDirectory(place.path, read.labels);
  return {.read = {.dataset = DatasetOf(read.labels, place.path.stem().string(), images),
                   .warnings = std::move(read.warnings),
                   .unreadable_images = {},
                   .outlines = read.outlines}};
}

ReadFiles ReadAt(const DataSource& source, const Place& place) {
  source.RefuseUnreadOf(place.kind, place.set_chose);
  return place.kind == "voc"      ? ReadVoc(source, place)
         : place.kind == "ilsvrc" ? ReadIlsvrc(source, place)
         : place.kind == "coco"   ? ReadCoco(place)
                                  : ReadLabelFile(source, place);
}

// The pictures meet their annotations. Says what had to be done.
void Meet(const DataSource& source, const std::string& kind, LoadedData& loaded) {
  const std::size_t before = loaded.dataset.images.size();
  MetPictures met = MeetPictures(loaded.dataset,
                                 {.rescales = source.rescale_boxes, .keeps_all = kind == "ilsvrc"});
  if (!met.turned.empty()) {
    fmt::print(stderr,
               "annotated as stored, though the EXIF orientation turns them: {} (first {}); the "
               "boxes are turned too\n",
               Counted(met.turned.size(), "pictures"),
               met.turned.front().id);
  }
  if (met.rescaled > 0) {
    fmt::print(stderr,
               "of another size than annotated: {}; the boxes are scaled\n",
               Counted(met.rescaled, "pictures"));
  }
  loaded.turned = std::move(met.turned);
  for (const SizeMismatch& mismatch : met.mismatched) {
    fmt::print(
        stderr, "{}: {}\n", kind == "ilsvrc" ? "warning" : "left out", MismatchText(mismatch));
  }
  if (kind == "ilsvrc") return;
  for (const SizeMismatch& mismatch : met.mismatched) {
    loaded.unreadable_images.push_back(mismatch.id);
  }
  loaded.mismatched = met.mismatched.size();
  if (loaded.mismatched == 0) return;
  fmt::print(stderr,
             "left out: {} of {}, for the reasons above; --rescale-boxes scales the boxes of those "
             "that keep their shape\n",
             loaded.mismatched,
             Counted(before, "pictures"));
  if (!loaded.coco_ids) return;
  std::vector<std::string> ids;
  std::size_t next = 0;
  for (std::size_t i = 0; i < loaded.coco_ids->images.size(); ++i) {
    if (next < met.mismatched.size() && met.mismatched[next].place == i) {
      ++next;
    } else {
      ids.push_back(std::move(loaded.coco_ids->images[i]));
    }
  }
  loaded.coco_ids->images = std::move(ids);
}

}  // namespace

std::pair<fs::path, std::optional<fs::path>> SplitPlace(const std::string& place) {
  if (Exists(place)) return {place, std::nullopt};
  std::optional<std::size_t> best;
  int best_worth = -1;
  for (std::size_t comma = place.find(','); comma != std::string::npos;
       comma = place.find(',', comma + 1)) {
    // The more of the two is there, the better; of equals the first.
    const int worth =
        (Exists(place.substr(0, comma)) ? 2 : 0) + (IsDirectory(place.substr(comma + 1)) ? 1 : 0);
    if (worth <= best_worth) continue;
    best = comma;
    best_worth = worth;
  }
  if (!best) return {place, std::nullopt};
  return {place.substr(0, *best), fs::path(place.substr(*best + 1))};
}

std::string DataSource::Kind() const { return PlaceOf(*this, false).kind; }

void DataSource::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("data", po::value(&data)->value_name("PATH"), "a data set: its directory or file; what it is, is found out and said. KIND:PATH says it: voc:DIR, yolo:DIR or coco:, csv:, jsonl:, labelstudio:, cvat:FILE, each [,DIR of pictures]; ilsvrc:, the annotations of ILSVRC[,DIR of pictures]")
      ("set", po::value(&set)->value_name("NAME"), "voc: list in ImageSets/Main; others: which of several sets; several joined with '+'")
      ("classes", po::value(&classes)->value_name("A,B,..."), "voc: classes to keep, in this order; without it all that are annotated; yolo: the names of class numbers where no file has them; a name with a comma in double quotes")
      ("rescale-boxes", po::bool_switch(&rescale_boxes), "of a picture that was annotated at another size scale the boxes, where its shape is the same, instead of leaving it out")
      ("image-list", po::value(&image_list)->value_name("LIST"), "ilsvrc: lines '<image> <index>'")
      ("class-list", po::value(&class_list)->value_name("LIST"), "ilsvrc: lines '<WordNet id> <number> <name>'")
      ("blacklist", po::value(&blacklist)->value_name("LIST"), "ilsvrc: lines '<index> <WordNet id>' that count neither way");
  // clang-format on
}

std::string DataSource::MatchingMetric() const {
  const std::string kind = Given() ? Kind() : "";
  return kind == "ilsvrc" || kind == "coco" ? kind : "voc12";
}

Restriction DataSource::WithData() {
  return {.options = "classes rescale-boxes image-list class-list blacklist", .with = "data"};
}

void DataSource::RefuseUnreadOf(const std::string& kind, bool set_chose) const {
  struct Read {
    const char* option;
    bool is_given;
    std::vector<std::string> kinds;  // of which it is read
  };
  const Read options[] = {
      {"set", !set.empty() && !set_names_results && !set_chose, {"voc", "yolo"}},
      {"classes", !classes.empty(), {"voc", "yolo"}},
      {"image-list", !image_list.empty(), {"ilsvrc"}},
      {"class-list", !class_list.empty(), {"ilsvrc"}},
      {"blacklist", !blacklist.empty(), {"ilsvrc"}}};
  for (const Read& option : options) {
    if (!option.is_given || std::ranges::count(option.kinds, kind) > 0) continue;
    throw UsageError(fmt::format("--{} is read of {} alone, and the data set is {}; leave it out",
                                 option.option,
                                 fmt::join(option.kinds, " and "),
                                 kind));
  }
}

LoadedData LoadData(const DataSource& source) {
  const Place place = PlaceOf(source, true);
  ReadFiles files = ReadAt(source, place);
  SayWarnings(files.read.warnings);
  LoadedData loaded = {.dataset = std::move(files.read.dataset),
                       .coco_ids = std::move(files.coco_ids),
                       .unreadable_images = std::move(files.read.unreadable_images),
                       .outlines = files.read.outlines};
  Meet(source, place.kind, loaded);
  return loaded;
}

ReadDataset ReadData(const DataSource& source) {
  return ReadAt(source, PlaceOf(source, false)).read;
}

void SayLayout(const DataSource& source) { PlaceOf(source, true); }

std::vector<std::string> SetsOf(const DataSource& source) {
  if (const auto kind = NamedKind(source.data)) {
    return deeper::SetsOf(*kind, SplitPlace(source.data.substr(kind->size() + 1)).first);
  }
  const fs::path path = SplitPlace(source.data).first;
  return deeper::SetsOf(PlaceOf(source, false).kind, path);
}

void SayWarnings(const std::vector<Warning>& warnings) {
  struct Said {
    std::size_t count = 0;
    std::string first_place;
    bool loses = true;
  };
  std::map<std::string, Said> reasons;
  for (const Warning& warning : warnings) {
    Said& said = reasons[warning.reason];
    if (said.count++ == 0)
      said = {.count = 1, .first_place = warning.where, .loses = warning.loses};
  }
  for (const auto& [reason, said] : reasons) {
    fmt::print(stderr,
               "warning: {}{} ({}first in {})\n",
               said.loses ? fmt::format("left out {}: ", said.count) : "",
               reason,
               said.loses || said.count == 1 ? "" : fmt::format("{} times, ", said.count),
               said.first_place);
  }
}

}  // namespace deeper::tools
