// Conversions of real boxes between all pairs of formats.

#include <filesystem>

#include "core/box.h"
#include "eval/formats/coco.h"
#include "eval/formats/voc.h"
#include "tests/eval/formats/format_abilities.h"
#include "tests/support/catch.h"
#include "tests/support/data.h"

using namespace deeper;

namespace {

constexpr std::size_t kPictures = 25;  // of each source: formats of a file a picture take long

// The first pictures with all their boxes, as far as they lie in the picture, which VOC's reader
// cuts them to. Ids alone: the pictures themselves are not looked for.
LabelledSet FirstOf(LabelledSet set) {
  set.images.resize(std::min(set.images.size(), kPictures));
  for (LabelledImage& image : set.images) {
    image.file_name.clear();
    image.path.clear();
    for (Label& label : image.labels) {
      label.box = ClipToImage(label.box, image.width, image.height);
    }
    std::erase_if(image.labels, [](const Label& label) { return label.box.IsEmpty(); });
  }
  return set;
}

// What both formats of a pair have a place for.
LabelledSet Within(LabelledSet set, const test::Abilities& both) {
  for (LabelledImage& image : set.images) {
    for (Label& label : image.labels) {
      if (!both.flags) label.difficult = label.truncated = false;
      if (!both.crowds) label.crowd = false;
    }
  }
  return set;
}

std::size_t Boxes(const LabelledSet& set) {
  std::size_t boxes = 0;
  for (const LabelledImage& image : set.images) boxes += image.labels.size();
  return boxes;
}

}  // namespace

TEST_CASE("real objects keep every box through all pairs of formats") {
  DEEPER_REQUIRE_DATA(data);
  for (const LabelledSet& set :
       {FirstOf(LabelsOf(ReadVocDataset(data / "bccd", "test").dataset)),
        FirstOf(LabelsOf(ReadVocDataset(data / "voc2007", "test").dataset)),
        FirstOf(ReadCocoLabels(data / "eval_cases/coco/ground_truth.json").labels)}) {
    REQUIRE(Boxes(set) > 50);
    test::CheckAllPairs(LabelKind::kObjects,
                        [&](const test::Abilities& both) { return Within(set, both); });
  }
}

TEST_CASE("real detections keep every box and score through all pairs of formats") {
  DEEPER_REQUIRE_DATA(data);
  const CocoDataset truth = ReadCocoDataset(data / "eval_cases/coco/ground_truth.json");
  const LabelledSet set = FirstOf(
      ReadCocoLabels(data / "eval_cases/coco/detections.json", &truth.read.dataset, &truth.ids)
          .labels);
  REQUIRE(Boxes(set) > 50);
  test::CheckAllPairs(LabelKind::kDetections, [&](const test::Abilities&) { return set; });
}
