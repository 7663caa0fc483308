#include "eval/inspection/label_counts.h"

#include "tests/support/catch.h"

namespace deeper {
namespace {

TEST_CASE("labels are counted by class, with those that look like mistakes") {
  const Box large = {.x0 = 0, .y0 = 0, .x1 = 100, .y1 = 100};
  Box nearly_same = large;
  nearly_same.x1 = 97;
  const Box tiny = {.x0 = 10, .y0 = 10, .x1 = 17, .y1 = 40};
  Dataset dataset;
  dataset.classes = ClassTableOf({"cat", "dog", "cow"});
  dataset.images.push_back({.id = "a",
                            .image_path = {},
                            .annotations = {{.box = large, .class_id = ClassAt(0)},
                                            {.box = nearly_same, .class_id = ClassAt(0)},
                                            {.box = nearly_same, .class_id = ClassAt(1)}}});
  dataset.images.push_back(
      {.id = "b",
       .image_path = {},
       .annotations = {{.box = tiny, .class_id = ClassAt(0)},
                       {.box = large, .class_id = ClassAt(1), .difficult = true}}});
  CHECK(CountLabels(dataset) ==
        std::vector<LabelCounts>{
            {.name = "cat", .objects = 3, .pictures = 2, .tiny = 1, .twice = 1},
            {.name = "dog", .objects = 1, .pictures = 2, .tiny = 0, .twice = 0},
            {.name = "cow", .objects = 0, .pictures = 0, .tiny = 0, .twice = 0}});
}

}  // namespace
}  // namespace deeper
