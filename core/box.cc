#include "core/box.h"

#include <algorithm>

namespace deeper {

double Area(const Box& box) {
  if (box.IsEmpty()) return 0;
  return (double{box.x1} - double{box.x0}) * (double{box.y1} - double{box.y0});
}

double IntersectionArea(const Box& a, const Box& b) {
  return Area({.x0 = std::max(a.x0, b.x0),
               .y0 = std::max(a.y0, b.y0),
               .x1 = std::min(a.x1, b.x1),
               .y1 = std::min(a.y1, b.y1)});
}

double Iou(const Box& a, const Box& b) {
  const double intersection = IntersectionArea(a, b);
  if (intersection <= 0) return 0;
  return intersection / (Area(a) + Area(b) - intersection);
}

Box ClipToImage(const Box& box, int width_px, int height_px) {
  const auto width = static_cast<float>(width_px);
  const auto height = static_cast<float>(height_px);
  return {.x0 = std::clamp(box.x0, 0.0F, width),
          .y0 = std::clamp(box.y0, 0.0F, height),
          .x1 = std::clamp(box.x1, 0.0F, width),
          .y1 = std::clamp(box.y1, 0.0F, height)};
}

Box MirrorBox(const Box& box, int width_px) {
  const auto width = static_cast<float>(width_px);
  return {.x0 = width - box.x1, .y0 = box.y0, .x1 = width - box.x0, .y1 = box.y1};
}

}  // namespace deeper
