#include "detector/examples/data_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace deeper {
namespace {

// A data set whose pictures show the classes of these numbers.
Dataset DatasetOf(const std::vector<std::vector<int>>& pictures) {
  Dataset dataset{.name = "small",
                  .classes = ClassTableOf({"ant", "bee", "cat"}),
                  .images = {},
                  .blacklist = {}};
  for (const std::vector<int>& classes : pictures) {
    AnnotatedImage image{.id = fmt::format("{:03}", dataset.images.size()), .image_path = {}};
    for (const int c : classes)
      image.annotations.push_back({.box = {}, .class_id = ClassAt(static_cast<std::size_t>(c))});
    dataset.images.push_back(image);
  }
  return dataset;
}

// How many held-out pictures show each class.
std::vector<int> ShownIn(const Dataset& dataset, const Holdout& holdout) {
  std::vector<int> shown(dataset.classes.Size());
  for (const AnnotatedImage& image : dataset.images) {
    if (!holdout.Contains(image.id)) continue;
    for (const Annotation& annotation : image.annotations) ++shown[IndexOf(annotation.class_id)];
  }
  return shown;
}

TEST_CASE("of a dozen pictures each class with enough of them has one held out") {
  const Dataset dataset = DatasetOf({{0}, {0}, {0}, {0}, {0}, {0}, {0}, {1}, {1}, {1}, {2}, {2}});
  const Holdout holdout(dataset, 0.1);
  CHECK(ShownIn(dataset, holdout) == std::vector<int>{1, 1, 0});  // two cats are too few
  CHECK(HoldoutText(dataset, holdout) ==
        "2 of 12 pictures are held out, to judge by; none of them shows 'cat'");
}

TEST_CASE("a fraction asks for more, and every class keeps two pictures to train on") {
  const Dataset dataset = DatasetOf({{0}, {0}, {0}, {0}, {0, 1}, {1}, {1}, {1}, {2}, {2}});
  const SplitPositions half = SplitPositionsOf(dataset, 0.5);
  CHECK(half.held_out.size() >= 4);
  CHECK(half.held_out.size() <= 5);
  const SplitPositions most = SplitPositionsOf(dataset, 0.9);
  std::vector<int> left(3);
  for (const std::size_t i : most.training) {
    for (const Annotation& annotation : dataset.images[i].annotations)
      ++left[IndexOf(annotation.class_id)];
  }
  CHECK(*std::ranges::min_element(left) == 2);
}

TEST_CASE("a picture or two are all trained on, and so are all without a fraction") {
  for (const std::size_t count : {1U, 2U}) {
    const Dataset dataset = DatasetOf(std::vector<std::vector<int>>(count, {0}));
    CHECK(SplitPositionsOf(dataset, 0.5).held_out.empty());
    CHECK(HoldoutText(dataset, Holdout(dataset, 0.5)).ends_with("nothing is measured"));
  }
  const Dataset dataset = DatasetOf(std::vector<std::vector<int>>(12, {0}));
  CHECK(SplitPositionsOf(dataset, 0).held_out.empty());
  CHECK(SplitPositionsOf(dataset, 0.01).held_out.size() == 1);
}

TEST_CASE("the order of the pictures does not decide which are held out") {
  Dataset dataset = DatasetOf({{0}, {1}, {0}, {1}, {2}, {0}, {2}, {1}, {2}});
  const Holdout holdout(dataset, 0.4);
  std::ranges::reverse(dataset.images);
  const Holdout again(dataset, 0.4);
  for (const AnnotatedImage& image : dataset.images)
    CHECK(holdout.Contains(image.id) == again.Contains(image.id));
}

TEST_CASE("of many pictures each one's name alone decides, as it always did") {
  Dataset dataset = DatasetOf(std::vector<std::vector<int>>(kSmallDataset, {0}));
  const Holdout holdout(dataset, 0.1);
  const SplitPositions split = SplitPositionsOf(dataset, 0.1);
  // Names that were held out before data sets had a size, and names that were not.
  CHECK(holdout.Contains("not in the data set") ==
        Holdout(DatasetOf(std::vector<std::vector<int>>(2 * kSmallDataset, {1})), 0.1)
            .Contains("not in the data set"));
  CHECK(split.held_out.size() > 10);
  CHECK(split.held_out.size() < 30);
  dataset.images.pop_back();
  dataset.images.push_back({.id = "another", .image_path = {}});
  const Holdout changed(dataset, 0.1);
  for (std::size_t i = 0; i + 1 < dataset.images.size(); ++i)
    CHECK(changed.Contains(dataset.images[i].id) == holdout.Contains(dataset.images[i].id));
}

}  // namespace
}  // namespace deeper
