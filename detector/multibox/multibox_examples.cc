#include "detector/multibox/multibox_examples.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"
#include "core/out_of_range.h"
#include "core/random.h"

namespace deeper {
namespace {

void CheckPart(const char* field, double value, bool zero_is_fine) {
  if (value <= 1 && (value > 0 || (zero_is_fine && value == 0))) return;
  throw OutOfRange(field, value, zero_is_fine ? "a number from 0 to 1" : "above 0, at most 1");
}

// A random stretch of a side, in whole pixels: at least min_part of the side, anywhere on it.
struct Stretch {
  float first = 0;
  float last = 0;
};
Stretch DrawStretch(int side_px, double min_part, Random& random) {
  const double part = min_part + (1 - min_part) * random.Uniform();
  const double length = std::max(1.0, std::round(part * side_px));
  const double first = std::floor((side_px - length + 1) * random.Uniform());
  return {.first = static_cast<float>(first), .last = static_cast<float>(first + length)};
}

// The part of an object that lies in the part, in the part's own pixels.
Box InPart(const Box& object, const Box& part) {
  return {.x0 = std::max(object.x0, part.x0) - part.x0,
          .y0 = std::max(object.y0, part.y0) - part.y0,
          .x1 = std::min(object.x1, part.x1) - part.x0,
          .y1 = std::min(object.y1, part.y1) - part.y0};
}

MultiBoxExample ExampleOf(const Box& part,
                          bool mirrored,
                          double min_visible,
                          std::span<const Box> objects,
                          std::size_t most) {
  const int width = static_cast<int>(part.Width());
  const int height = static_cast<int>(part.Height());
  std::vector<Box> visible;
  for (const Box& object : objects) {
    const Box box = InPart(object, part);
    if (box.IsEmpty() || Area(box) < min_visible * Area(object)) continue;
    visible.push_back(mirrored ? MirrorBox(box, width) : box);
  }
  std::stable_sort(
      visible.begin(), visible.end(), [](const Box& a, const Box& b) { return Area(a) > Area(b); });
  if (visible.size() > most) visible.resize(most);
  MultiBoxExample example = {.part = part, .mirrored = mirrored, .truth = {}};
  for (const Box& box : visible) example.truth.push_back(UnitBoxOf(box, width, height));
  return example;
}

Box WholeBox(int width_px, int height_px) {
  return {
      .x0 = 0, .y0 = 0, .x1 = static_cast<float>(width_px), .y1 = static_cast<float>(height_px)};
}

}  // namespace

void MultiBoxAugmentOptions::Validate() const {
  CheckPart("whole", whole, true);
  CheckPart("min_side", min_side, false);
  CheckPart("min_visible", min_visible, true);
}

MultiBoxExample WholePicture(int width_px,
                             int height_px,
                             std::span<const Box> objects,
                             std::size_t most) {
  Expects(width_px > 0 && height_px > 0, "a picture with pixels");
  return ExampleOf(WholeBox(width_px, height_px), /*mirrored=*/false, 0, objects, most);
}

MultiBoxExample DrawMultiBoxExample(int width_px,
                                    int height_px,
                                    std::span<const Box> objects,
                                    std::size_t most,
                                    const MultiBoxAugmentOptions& options,
                                    std::uint64_t seed) {
  Expects(width_px > 0 && height_px > 0, "a picture with pixels");
  Random random(seed);
  const bool mirrored = random.Uniform() < 0.5 && options.mirror;
  Box part = WholeBox(width_px, height_px);
  if (random.Uniform() >= options.whole) {
    const Stretch columns = DrawStretch(width_px, options.min_side, random);
    const Stretch rows = DrawStretch(height_px, options.min_side, random);
    part = {.x0 = columns.first, .y0 = rows.first, .x1 = columns.last, .y1 = rows.last};
  }
  return ExampleOf(part, mirrored, options.min_visible, objects, most);
}

}  // namespace deeper
