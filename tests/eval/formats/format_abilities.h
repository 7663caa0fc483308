#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "eval/align.h"
#include "eval/formats/formats.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper::test {

// The parts of a set that a format can hold.
struct Abilities {
  bool exact_boxes = true;  // else to 1e-4 pixels
  bool strange_names = true;
  bool flags = true;        // difficult, truncated
  bool crowds = true;       // crowd, area
  bool sizes = true;        // of pictures
  bool all_classes = true;  // also those without a box
};

inline const std::map<LabelFormat, Abilities> kObjectFormats = {
    {LabelFormat::kJsonLines, {.all_classes = false}},
    {LabelFormat::kCoco, {}},
    {LabelFormat::kVoc, {.strange_names = false, .crowds = false, .all_classes = false}},
    {LabelFormat::kYolo,
     {.exact_boxes = false, .strange_names = false, .flags = false, .crowds = false}},
    {LabelFormat::kCsv, {.all_classes = false}},
    {LabelFormat::kLabelStudio, {.exact_boxes = false, .all_classes = false}},
};
inline const std::map<LabelFormat, Abilities> kDetectionFormats = {
    {LabelFormat::kJsonLines, {.all_classes = false}},
    {LabelFormat::kCoco, {}},
    {LabelFormat::kVoc, {.strange_names = false, .sizes = false}},
    {LabelFormat::kIlsvrc, {}},
    {LabelFormat::kYolo, {.exact_boxes = false, .strange_names = false}},
    {LabelFormat::kCsv, {.all_classes = false}},
    {LabelFormat::kLabelStudio, {.exact_boxes = false, .all_classes = false}},
};

// Expects what was written back, as far as the format holds it.
inline void CheckSame(const LabelledSet& read,
                      const LabelledSet& written,
                      const Abilities& abilities) {
  if (abilities.all_classes) CHECK(read.classes == written.classes);
  std::map<std::string, const LabelledImage*> by_id;
  for (const LabelledImage& image : read.images) by_id[image.id] = &image;
  for (const LabelledImage& image : written.images) {
    CAPTURE(image.id);
    if (!by_id.contains(image.id)) {
      CHECK(image.labels.empty());
      continue;
    }
    const LabelledImage& got = *by_id[image.id];
    if (abilities.sizes && !image.labels.empty()) {
      CHECK(got.width == image.width);
      CHECK(got.height == image.height);
    }
    // VOC's results are ordered by class.
    std::vector<Label> expected = image.labels;
    if (!abilities.sizes) std::ranges::stable_sort(expected, {}, &Label::class_id);
    REQUIRE(got.labels.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      Label label = got.labels[i];
      CHECK(read.classes.Name(label.class_id) == written.classes.Name(expected[i].class_id));
      label.class_id = expected[i].class_id;
      if (!label.area_px || !expected[i].area_px) label.area_px = expected[i].area_px;
      if (!abilities.exact_boxes) {
        for (float Box::*side : {&Box::x0, &Box::y0, &Box::x1, &Box::y1}) {
          CHECK(std::abs(label.box.*side - expected[i].box.*side) < 1e-3F);
        }
        label.box = expected[i].box;
      }
      CHECK(label == expected[i]);
    }
  }
}

// `labels` and `dataset` must outlive it.
inline FormatContext ContextFor(const LabelledSet& labels, LabelKind kind, const Dataset& dataset) {
  FormatContext context;
  context.kind = kind;
  context.dataset = &dataset;
  context.size_of = [&labels](const std::string& id) -> std::optional<std::pair<int, int>> {
    for (const LabelledImage& image : labels.images) {
      if (image.id == id) return std::pair(image.width, image.height);
    }
    return std::nullopt;
  };
  return context;
}

// The pictures and classes alone.
inline Dataset EmptyTruth(const LabelledSet& labels) {
  LabelledSet empty = labels;
  for (LabelledImage& image : empty.images) image.labels.clear();
  return DatasetOf(empty, "d");
}

// Writes labels in each format, reads them, writes what was read in each format and reads it again:
// the last are those that were given. make: gives labels that both formats of a pair can hold.
template <typename Make>
void CheckAllPairs(LabelKind kind, const Make& make) {
  const auto& formats = kind == LabelKind::kDetections ? kDetectionFormats : kObjectFormats;
  for (const auto& [first, first_abilities] : formats) {
    for (const auto& [second, second_abilities] : formats) {
      CAPTURE(NameOf(first), NameOf(second));
      Abilities both;
      both.exact_boxes = first_abilities.exact_boxes && second_abilities.exact_boxes;
      both.strange_names = first_abilities.strange_names && second_abilities.strange_names;
      both.flags = first_abilities.flags && second_abilities.flags;
      both.crowds = first_abilities.crowds && second_abilities.crowds;
      both.sizes = first_abilities.sizes && second_abilities.sizes;
      both.all_classes = first_abilities.all_classes && second_abilities.all_classes;
      LabelledSet written = make(both);
      for (LabelledImage& image : written.images) {
        for (Label& label : image.labels) label.area_px.reset();  // which some have no place for
      }
      const Dataset dataset = EmptyTruth(written);
      const FormatContext context = ContextFor(written, kind, dataset);
      const TemporaryDirectory directory;
      WriteLabelsAs(first, written, directory / "first", context);
      LabelledSet between = ReadLabelsAs(first, directory / "first", context).labels;
      // Results of VOC have no sizes, JSON lines no classes without a box; the data set has.
      if (kind == LabelKind::kDetections) {
        between = LabelsOf(AlignDetections(dataset, DetectionsOf(between)).detections);
      }
      for (LabelledImage& image : between.images) {
        std::tie(image.width, image.height) = context.size_of(image.id).value();
      }
      WriteLabelsAs(second, between, directory / "second", context);
      CheckSame(ReadLabelsAs(second, directory / "second", context).labels, written, both);
    }
  }
}

}  // namespace deeper::test
