#include "tools/data_source.h"

#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "eval/ilsvrc.h"
#include "eval/voc.h"
#include "tools/command_line.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

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

ReadDataset ReadIlsvrc(const DataSource& source, const std::string& directory) {
  if (source.image_list.empty() || source.class_list.empty()) {
    throw UsageError("--data ilsvrc:DIR needs --image-list and --class-list");
  }
  IlsvrcFiles files{.image_list = source.image_list,
                    .annotations = directory,
                    .class_list = source.class_list,
                    .blacklist = {}};
  if (!source.blacklist.empty()) files.blacklist = source.blacklist;
  return ReadIlsvrcDataset(files);
}

}  // namespace

void DataSource::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("data", po::value(&data)->value_name("KIND:DIR"), "voc:DIR, a directory in VOC layout, or ilsvrc:DIR, the annotations of ILSVRC DET")
      ("set", po::value(&set)->value_name("NAME"), "voc: list in ImageSets/Main; several joined with '+'")
      ("classes", po::value(&classes)->value_name("A,B,..."), "voc: classes to keep, in this order; without it all that are annotated")
      ("image-list", po::value(&image_list)->value_name("FILE"), "ilsvrc: lines '<image> <index>'")
      ("class-list", po::value(&class_list)->value_name("FILE"), "ilsvrc: lines '<WordNet id> <number> <name>'")
      ("blacklist", po::value(&blacklist)->value_name("FILE"), "ilsvrc: lines '<index> <WordNet id>' that count neither way");
  // clang-format on
}

Dataset ReadDataSource(const DataSource& source) {
  const std::size_t colon = source.data.find(':');
  const std::string kind = source.data.substr(0, colon);
  if (colon == std::string::npos || colon + 1 == source.data.size()) {
    throw UsageError(fmt::format("--data is '{}', expected KIND:DIR such as voc:VOCdevkit/VOC2007",
                                 source.data));
  }
  const std::string directory = source.data.substr(colon + 1);
  ReadDataset read;
  if (kind == "voc") {
    read = ReadVoc(source, directory);
  } else if (kind == "ilsvrc") {
    read = ReadIlsvrc(source, directory);
  } else {
    throw UsageError(
        fmt::format("--data has the unknown kind '{}', expected 'voc' or 'ilsvrc'", kind));
  }
  SayWarnings(read.warnings);
  return std::move(read.dataset);
}

}  // namespace deeper::tools
