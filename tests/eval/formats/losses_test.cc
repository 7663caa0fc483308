#include "eval/formats/losses.h"

#include <algorithm>
#include <map>

#include "core/files/file.h"
#include "eval/formats/coco.h"
#include "eval/formats/yolo.h"
#include "tests/eval/formats/format_abilities.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace deeper;

namespace {

// Two pictures, the second empty, and a class without boxes; of each mark another number.
LabelledSet Marked(LabelKind kind) {
  LabelledSet set{.classes = ClassTableOf({"bat", "cat"}), .images = {}};
  LabelledImage full{
      .id = "full", .file_name = "full.png", .width = 100, .height = 80, .labels = {}};
  for (int i = 0; i < 4; ++i) {
    Label label{.box = {.x0 = 1, .y0 = 2, .x1 = 11, .y1 = 22}, .class_id = ClassAt(1)};
    if (kind == LabelKind::kDetections) label.score = 0.5F;
    label.difficult = i < 1;
    label.truncated = i < 2;
    label.crowd = i < 3;
    label.area_px = 7;
    full.labels.push_back(label);
  }
  set.images.push_back(full);
  set.images.push_back(
      {.id = "empty", .file_name = "empty.png", .width = 100, .height = 80, .labels = {}});
  return set;
}

const std::map<std::string, std::size_t> kCounts = {{"difficult", 1},
                                                    {"truncated", 2},
                                                    {"crowd", 3},
                                                    {"area", 4},
                                                    {"file_names", 2},
                                                    {"sizes", 2},
                                                    {"empty_pictures", 1},
                                                    {"empty_classes", 1}};

// How many of the thing are in a file of the format that is written and read again. File names are
// looked for in its text, since readers may find them out.
std::size_t HeldIn(LabelFormat format, LabelKind kind, const HeldThing& thing) {
  const LabelledSet set = Marked(kind);
  const Dataset dataset = test::EmptyTruth(set);
  FormatContext context = test::ContextFor(set, kind, dataset);
  const test::TemporaryDirectory directory;
  const std::filesystem::path path = directory / NameOf(format);
  WriteLabelsAs(format, set, path, context);
  if (thing.name == std::string("file_names")) {
    std::string text;
    const auto add = [&](const std::filesystem::path& file) { text += ReadTextFile(file); };
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) add(entry.path());
      }
    } else {
      add(path);
    }
    return (text.find("full.png") != std::string::npos ? 1U : 0U) +
           (text.find("empty.png") != std::string::npos ? 1U : 0U);
  }
  if (thing.name == std::string("sizes")) {
    if (format == LabelFormat::kYolo) return 0;  // they come from elsewhere
    context.size_of = [](const std::string&) { return std::optional<std::pair<int, int>>(); };
  }
  const LabelledSet read = ReadLabelsAs(format, path, context).labels;
  return thing.count(read);
}

}  // namespace

TEST_CASE("the table of what formats hold is what their writers and readers do") {
  for (const LabelKind kind : {LabelKind::kObjects, LabelKind::kDetections}) {
    for (const std::string& name : LabelFormatNames()) {
      const LabelFormat format = LabelFormatFromName(name);
      if (format == LabelFormat::kIlsvrc && kind == LabelKind::kObjects) continue;
      for (const HeldThing& thing : HeldThings()) {
        const std::vector<Loss> losses = LossesOf(format, kind, Marked(kind));
        const auto loss = std::ranges::find(losses, thing.name, &Loss::name);
        const bool is_lost = loss != losses.end() && loss->holds == Holds::kNo;
        CAPTURE(name, thing.name, kind == LabelKind::kObjects);
        if (loss != losses.end()) CHECK(loss->count == kCounts.at(thing.name));
        // A submission counts by its data set, of which a reader has the rest.
        if (format == LabelFormat::kIlsvrc && thing.name != std::string("difficult")) continue;
        CHECK((HeldIn(format, kind, thing) == 0) == is_lost);
      }
    }
  }
}

TEST_CASE("losses are told to people, with what they do to an evaluation") {
  const std::vector<Loss> in_yolo =
      LossesOf(LabelFormat::kYolo, LabelKind::kObjects, Marked(LabelKind::kObjects), 5);
  const std::string text = LossText(LabelFormat::kYolo, in_yolo);
  CHECK(text.find("lost, as yolo has no place for them: 1 objects marked difficult") == 0);
  CHECK(text.find("5 outlines of objects") != std::string::npos);
  CHECK(text.find("an evaluation against") != std::string::npos);
  const std::string coco =
      LossText(LabelFormat::kCoco,
               LossesOf(LabelFormat::kCoco, LabelKind::kObjects, Marked(LabelKind::kObjects)));
  CHECK(coco.find("other programs pass over") != std::string::npos);
  CHECK(coco.find("lost") == std::string::npos);
  CHECK(LossText(LabelFormat::kJsonLines, {}).empty());
}

TEST_CASE("outlines of objects are counted, empty ones are none") {
  const test::TemporaryDirectory directory;
  WriteFileWhole(directory / "a.json",
                 R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 9, "height": 9}],
          "categories": [{"id": 1, "name": "cat"}],
          "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "segmentation": [[0, 0, 4, 0, 4, 4]]},
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "segmentation" : {"counts": "a", "size": [9, 9]}},
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "segmentation": [ ]},
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4], "segmentation": null},
            {"image_id": 1, "category_id": 1, "bbox": [0, 0, 4, 4]}]})");
  CHECK(ReadCocoDataset(directory / "a.json").read.outlines == 2);
  WriteFileWhole(directory / "yolo/classes.txt", "cat\n");
  WriteFileWhole(directory / "yolo/a.txt",
                 "0 0.5 0.5 0.2 0.2\n0 0.1 0.1 0.9 0.1 0.9 0.9\n0 0.1 0.1 0.9 0.1 0.5 0.9\n");
  FormatContext context;
  context.kind = LabelKind::kObjects;
  context.size_of = [](const std::string&) { return std::optional(std::pair(10, 10)); };
  CHECK(ReadLabelsAs(LabelFormat::kYolo, directory / "yolo", context).outlines == 2);
}
