#include "detector/multibox/multibox_views.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.h"

namespace deeper {
namespace {

// Chosen, like the parts, on pictures that were kept out of training. Of 220 objects in 88
// pictures, the 200 most confident boxes cover 161 with the whole picture alone, and 186 with the
// parts.
constexpr double kMargin = 0.02;  // of the part's side
constexpr double kMaxIou = 0.7;

// Squares of the unit square: `count` of this side along each axis, evenly spaced.
void AddGrid(double side, int count, std::vector<UnitBox>& parts) {
  const double step = (1 - side) / (count - 1);
  for (int y = 0; y < count; ++y) {
    for (int x = 0; x < count; ++x)
      parts.push_back({x * step, y * step, x * step + side, y * step + side});
  }
}

std::vector<UnitBox> UnitPartsOf(MultiBoxViews views) {
  std::vector<UnitBox> parts = {{0, 0, 1, 1}};
  if (views == MultiBoxViews::kWhole) return parts;
  AddGrid(0.6, 2, parts);
  parts.push_back({0.2, 0.2, 0.8, 0.8});
  AddGrid(0.4, 3, parts);
  return parts;
}

// In whole pixels, at least one.
Box PixelsOf(const UnitBox& part, int width_px, int height_px) {
  const auto begin = [](double unit, int size) {
    return static_cast<float>(std::min<double>(std::round(unit * size), size - 1));
  };
  const auto end = [](double unit, int size, float from) {
    return std::max(static_cast<float>(std::round(unit * size)), from + 1);
  };
  Box box = {.x0 = begin(part[0], width_px), .y0 = begin(part[1], height_px), .x1 = 0, .y1 = 0};
  box.x1 = end(part[2], width_px, box.x0);
  box.y1 = end(part[3], height_px, box.y0);
  return box;
}

bool IsCutOff(const UnitBox& box, const UnitBox& part) {
  return (part[0] > 0 && box[0] < kMargin) || (part[1] > 0 && box[1] < kMargin) ||
         (part[2] < 1 && box[2] > 1 - kMargin) || (part[3] < 1 && box[3] > 1 - kMargin);
}

// For Iou, which does not change when both axes are stretched.
Box InParts(const UnitBox& unit) {
  return {.x0 = static_cast<float>(unit[0]),
          .y0 = static_cast<float>(unit[1]),
          .x1 = static_cast<float>(unit[2]),
          .y1 = static_cast<float>(unit[3])};
}

}  // namespace

std::string NameOf(MultiBoxViews views) {
  return views == MultiBoxViews::kWhole ? "whole" : "parts";
}

MultiBoxViews MultiBoxViewsFromName(const std::string& name) {
  for (const MultiBoxViews views : {MultiBoxViews::kWhole, MultiBoxViews::kParts}) {
    if (NameOf(views) == name) return views;
  }
  throw Error("views '" + name + "': expected whole or parts");
}

std::vector<Box> PartsOf(MultiBoxViews views, int width_px, int height_px) {
  Expects(width_px > 0 && height_px > 0, "a picture with pixels");
  std::vector<Box> parts;
  for (const UnitBox& part : UnitPartsOf(views))
    parts.push_back(PixelsOf(part, width_px, height_px));
  return parts;
}

std::vector<ScoredUnitBox> BoxesOfPicture(const std::vector<ScoredUnitBox>& boxes_of_part,
                                          const Box& part,
                                          int width_px,
                                          int height_px) {
  Expects(!part.IsEmpty(), "a part that is not empty");
  const UnitBox frame = UnitBoxOf(part, width_px, height_px);
  const double width = frame[2] - frame[0];
  const double height = frame[3] - frame[1];
  std::vector<ScoredUnitBox> boxes;
  for (const ScoredUnitBox& found : boxes_of_part) {
    if (IsCutOff(found.box, frame)) continue;
    boxes.push_back({.box = {frame[0] + width * found.box[0],
                             frame[1] + height * found.box[1],
                             frame[0] + width * found.box[2],
                             frame[1] + height * found.box[3]},
                     .confidence = found.confidence});
  }
  return boxes;
}

std::vector<ScoredUnitBox> MostConfident(std::vector<ScoredUnitBox> boxes, std::size_t count) {
  std::ranges::stable_sort(boxes, std::greater<>(), &ScoredUnitBox::confidence);
  std::vector<ScoredUnitBox> best;
  std::vector<Box> taken;
  for (const ScoredUnitBox& candidate : boxes) {
    if (best.size() == count) break;
    const Box box = InParts(candidate.box);
    const auto repeats = [&](const Box& better) { return Iou(box, better) > kMaxIou; };
    if (box.IsEmpty() || std::ranges::any_of(taken, repeats)) continue;
    best.push_back(candidate);
    taken.push_back(box);
  }
  return best;
}

}  // namespace deeper
