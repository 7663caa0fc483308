#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/text/json_line.h"
#include "core/text/quantities.h"
#include "eval/formats/formats.h"
#include "eval/formats/losses.h"
#include "eval/formats/voc_results.h"
#include "tools/input/data_source.h"
#include "tools/input/label_files.h"
#include "tools/input/picture_sizes.h"
#include "tools/options/command_line.h"
#include "tools/options/exit_status.h"
#include "tools/options/option_errors.h"
#include "tools/run/written_files.h"
#include "tools/verbs/verbs.h"

namespace deeper::tools {

namespace fs = std::filesystem;
namespace po = boost::program_options;

namespace {

struct ConvertArguments {
  DataSource data;
  std::string detections;
  std::string from;
  std::string to;
  std::string output;
  std::string output_set = "test";
  std::string images;
  bool json = false;
};

bool ParseConvert(const Arguments& words, ConvertArguments& arguments) {
  CommandLine line(
      "convert",
      "Writes true objects or detections in another format. docs/formats.md states "
      "each format's box convention.",
      {"deeper convert --data voc:VOC2007 --set test --to coco --output test.json",
       "deeper convert --data coco:instances.json --to voc --output my-voc",
       "deeper convert --detections found/detections.jsonl --to csv --output found.csv",
       "deeper convert --data coco:instances.json --detections results.json --to "
       "jsonl --output found.jsonl"});
  // clang-format off
  arguments.data.AddOptions(line.Group("From a data set: its true objects, or what --detections counts by"));
  line.Group("From detections").add_options()
      ("detections", po::value(&arguments.detections)->value_name("PATH"), "detections to convert")
      ("from", po::value(&arguments.from)->value_name("jsonl|coco|voc|ilsvrc|yolo|csv|labelstudio"), "their format, where the name does not tell")
      ("images", po::value(&arguments.images)->value_name("DIR"), "the pictures, for the sizes that a file does not state");
  line.Group("To").add_options()
      ("to", po::value(&arguments.to)->required()->value_name("jsonl|coco|voc|ilsvrc|yolo|csv|labelstudio"), "the format to write")
      ("output", po::value(&arguments.output)->required()->value_name("PATH"), "file, or for voc and yolo directory")
      ("output-set", po::value(&arguments.output_set)->default_value(arguments.output_set)->value_name("NAME"), "voc: name of the list written")
      ("json", po::bool_switch(&arguments.json), "what was written, as a JSON object on stdout");
  // clang-format on
  line.Restrict({DataSource::WithData(),
                 {.options = "set", .with = "data"},
                 {.options = "from", .with = "detections"},
                 {.options = "output-set", .with = "to=voc"}});
  if (!line.Parse(words)) return false;
  if (!arguments.data.Given() && arguments.detections.empty()) {
    throw UsageError("expected --data, --detections or both");
  }
  return true;
}

struct ConvertInput {
  LabelledSet labels;
  std::size_t outlines = 0;  // as in ReadDataset
};

// Detections with or without a data set that they count by.
ConvertInput ReadInput(const ConvertArguments& arguments, const std::optional<LoadedData>& data) {
  if (arguments.detections.empty()) {
    return {.labels = LabelsOf(data->dataset), .outlines = data->outlines};
  }
  if (data) {
    return {.labels = LabelsOf(
                ReadDetections(arguments.detections, arguments.from, *data, arguments.data.set))};
  }
  std::optional<fs::path> images;
  if (!arguments.images.empty()) images = arguments.images;
  return {.labels = ReadDetectionsAlone(arguments.detections, arguments.from, images)};
}

void FillInSizes(const fs::path& images, LabelledSet& labels) {
  PictureSizes sizes(images);
  for (LabelledImage& image : labels.images) {
    if (image.width > 0 && image.height > 0) continue;
    if (const auto size = sizes.Of(image.id)) {
      image.width = size->first;
      image.height = size->second;
    }
  }
}

// Leaves out pictures without a size where the format divides by it and others have one: they
// cannot be read. Returns how many, and says which.
std::size_t LeaveOutUnsized(LabelFormat format, LabelledSet& labels) {
  if (format != LabelFormat::kYolo && format != LabelFormat::kLabelStudio) return 0;
  const auto is_unsized = [](const LabelledImage& image) {
    return image.width <= 0 || image.height <= 0;
  };
  if (std::ranges::all_of(labels.images, is_unsized)) return 0;  // the writer says what to do
  return std::erase_if(labels.images, [&](const LabelledImage& image) {
    if (is_unsized(image)) {
      fmt::print(stderr,
                 "left out {}: its size, by which {} divides, is not known\n",
                 image.path.empty() ? image.id : image.path.string(),
                 NameOf(format));
    }
    return is_unsized(image);
  });
}

// Of a directory in which every file of labels counts: removes those that an earlier conversion
// left besides. Of true objects in VOC's format the list of the set says which count.
void KeepOnlyThese(LabelFormat format,
                   const LabelledSet& labels,
                   const ConvertArguments& arguments,
                   LabelKind kind) {
  FileNames files;
  std::string verb = "convert to " + NameOf(format);
  if (format == LabelFormat::kYolo) {
    for (const LabelledImage& image : labels.images) files.insert(image.id + ".txt");
  } else if (format == LabelFormat::kVoc && kind == LabelKind::kDetections) {
    verb += " " + arguments.output_set;
    for (const fs::path& path : VocResultFiles("", arguments.output_set, labels.classes))
      files.insert(path.string());
  } else {
    return;
  }
  KeepOnly(arguments.output, verb, files);
}

// {"difficult": 3, ...} of those that are held so.
nlohmann::ordered_json CountsOf(const std::vector<Loss>& losses, Holds holds) {
  nlohmann::ordered_json counts = nlohmann::ordered_json::object();
  for (const Loss& loss : losses) {
    if (loss.holds == holds) counts[loss.name] = loss.count;
  }
  return counts;
}

}  // namespace

int RunConvert(const Arguments& words) {
  ConvertArguments arguments;
  if (!ParseConvert(words, arguments)) return kDone;
  const LabelFormat format = LabelFormatFromName(arguments.to);
  std::optional<LoadedData> data;
  if (arguments.data.Given()) {
    arguments.data.set_names_results =
        !arguments.detections.empty() && AreVocResults(arguments.detections, arguments.from);
    data = LoadData(arguments.data);
  }
  ConvertInput input = ReadInput(arguments, data);
  LabelledSet& labels = input.labels;
  if (!arguments.images.empty()) FillInSizes(arguments.images, labels);
  const std::size_t left_out = LeaveOutUnsized(format, labels);
  FormatContext context;
  context.kind = arguments.detections.empty() ? LabelKind::kObjects : LabelKind::kDetections;
  context.set = arguments.output_set;
  context.dataset = data ? &data->dataset : nullptr;
  WriteLabelsAs(format, labels, arguments.output, context);
  KeepOnlyThese(format, labels, arguments, context.kind);
  const std::vector<Loss> losses = LossesOf(format, context.kind, labels, input.outlines);
  fmt::print(stderr, "{}", LossText(format, losses));
  std::size_t boxes = 0;
  for (const LabelledImage& image : labels.images) boxes += image.labels.size();
  if (arguments.json) {
    const nlohmann::ordered_json json = {
        {"format", NameOf(format)},
        {"output", arguments.output},
        {"images", labels.images.size()},
        {arguments.detections.empty() ? "objects" : "detections", boxes},
        {"lost", CountsOf(losses, Holds::kNo)},
        {"own_fields", CountsOf(losses, Holds::kOwnField)}};
    fmt::print("{}\n", LineOf(json));
  }
  fmt::print(stderr,
             "{} in {} -> {}\n",
             Counted(boxes, arguments.detections.empty() ? "objects" : "detections"),
             Counted(labels.images.size(), "pictures"),
             arguments.output);
  if (left_out > 0) return kSomeInputsFailed;
  return data ? data->Status() : kDone;
}

}  // namespace deeper::tools
