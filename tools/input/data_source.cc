#include "tools/input/data_source.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "core/text/nearest_name.h"
#include "eval/formats/formats.h"
#include "eval/formats/ilsvrc.h"
#include "eval/formats/voc.h"
#include "tools/input/picture_sizes.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

ReadDataset ReadVoc(const DataSource& source, const std::string& directory) {
  if (source.set.empty())
    throw UsageError(
        "--data voc:DIR needs --set, a list in ImageSets/Main such as 'train' or 'test'");
  VocOptions options;
  if (!source.classes.empty()) {
    options.classes = ClassTableOf(SplitAtCommas("classes", source.classes));
    options.allow_unknown_classes = true;
  }
  return ReadVocDataset(directory, source.set, options);
}

// "annotations[,directory of pictures]"
ReadDataset ReadIlsvrc(const DataSource& source, const std::string& place) {
  if (source.image_list.empty() || source.class_list.empty()) {
    throw UsageError("--data ilsvrc:DIR needs --image-list and --class-list");
  }
  const std::size_t comma = place.find(',');
  IlsvrcFiles files{.image_list = source.image_list,
                    .annotations = place.substr(0, comma),
                    .class_list = source.class_list,
                    .blacklist = {}};
  if (comma != std::string::npos) files.images = place.substr(comma + 1);
  if (!source.blacklist.empty()) files.blacklist = source.blacklist;
  return ReadIlsvrcDataset(files);
}

// "annotations.json[,directory of pictures]"
LoadedData ReadCoco(const std::string& place) {
  const std::size_t comma = place.find(',');
  std::optional<fs::path> images;
  if (comma != std::string::npos) images = place.substr(comma + 1);
  CocoDataset coco = ReadCocoDataset(place.substr(0, comma), images);
  SayWarnings(coco.read.warnings);
  return {.dataset = std::move(coco.read.dataset),
          .coco_ids = std::move(coco.ids),
          .unreadable_images = {}};
}

LoadedData ReadLabelFile(LabelFormat format, const std::string& place) {
  const std::size_t comma = place.find(',');
  const fs::path path = place.substr(0, comma);
  std::optional<fs::path> images;
  if (comma != std::string::npos) images = place.substr(comma + 1);
  FormatContext context;
  context.kind = LabelKind::kObjects;
  context.size_of = [&](const std::string& id) { return SizeOfPicture(images, id); };
  const ReadLabels read = ReadLabelsAs(format, path, context);
  SayWarnings(read.warnings);
  return {.dataset = DatasetOf(read.labels, path.stem().string(), images),
          .coco_ids = std::nullopt,
          .unreadable_images = {}};
}

}  // namespace

void DataSource::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("data", po::value(&data)->value_name("KIND:PATH"), "voc:DIR, a directory in VOC layout; ilsvrc:DIR, the annotations of ILSVRC[,DIR of pictures]; coco:FILE.json[,DIR of pictures]; yolo:, csv:, jsonl: or labelstudio:PATH[,DIR of pictures]")
      ("set", po::value(&set)->value_name("NAME"), "voc: list in ImageSets/Main; several joined with '+'")
      ("classes", po::value(&classes)->value_name("A,B,..."), "voc: classes to keep, in this order; without it all that are annotated")
      ("image-list", po::value(&image_list)->value_name("FILE"), "ilsvrc: lines '<image> <index>'")
      ("class-list", po::value(&class_list)->value_name("FILE"), "ilsvrc: lines '<WordNet id> <number> <name>'")
      ("blacklist", po::value(&blacklist)->value_name("FILE"), "ilsvrc: lines '<index> <WordNet id>' that count neither way");
  // clang-format on
}

LoadedData LoadData(const DataSource& source) {
  const std::size_t colon = source.data.find(':');
  const std::string kind = source.data.substr(0, colon);
  if (colon == std::string::npos || colon + 1 == source.data.size()) {
    throw UsageError(fmt::format("--data is '{}', expected KIND:PATH such as voc:VOCdevkit/VOC2007",
                                 source.data));
  }
  const std::string place = source.data.substr(colon + 1);
  if (kind == "voc" || kind == "ilsvrc") {
    ReadDataset read = kind == "voc" ? ReadVoc(source, place) : ReadIlsvrc(source, place);
    SayWarnings(read.warnings);
    return {.dataset = std::move(read.dataset),
            .coco_ids = std::nullopt,
            .unreadable_images = std::move(read.unreadable_images)};
  }
  if (kind == "coco") return ReadCoco(place);
  for (const LabelFormat format : {LabelFormat::kYolo,
                                   LabelFormat::kCsv,
                                   LabelFormat::kJsonLines,
                                   LabelFormat::kLabelStudio}) {
    if (kind == NameOf(format)) return ReadLabelFile(format, place);
  }
  std::vector<std::string> kinds = LabelFormatNames();
  const std::optional<std::string> near = NearestName(kind, kinds);
  throw UsageError(fmt::format("--data has the unknown kind '{}', expected one of {}{}",
                               kind,
                               fmt::join(kinds, ", "),
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

Dataset ReadDataSource(const DataSource& source) { return LoadData(source).dataset; }

// Says on stderr how many objects or files were left out for each reason, with the first place of
// each.
void SayWarnings(const std::vector<Warning>& warnings) {
  std::map<std::string, std::pair<std::size_t, std::string>> reasons;
  for (const Warning& warning : warnings) {
    auto& [count, first_place] = reasons[warning.reason];
    if (count++ == 0) first_place = warning.where;
  }
  for (const auto& [reason, place] : reasons) {
    fmt::print(
        stderr, "warning: left out {}: {} (first in {})\n", place.first, reason, place.second);
  }
}

}  // namespace deeper::tools
