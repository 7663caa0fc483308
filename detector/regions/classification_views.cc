#include "detector/regions/classification_views.h"

#include <algorithm>

#include "core/error.h"

namespace deeper {
namespace {

constexpr double kInput = 224;   // pixels of the network's input
constexpr double kSquash = 256;  // pixels, of both sides or of the shorter one
constexpr double kScales[] = {256, 288, 320, 352};

Box BoxAt(double x, double y, double width, double height) {
  return {.x0 = static_cast<float>(x),
          .y0 = static_cast<float>(y),
          .x1 = static_cast<float>(x + width),
          .y1 = static_cast<float>(y + height)};
}

struct Square {
  double x = 0;
  double y = 0;
  double side = 0;
};

void AddBoth(const Box& box, std::vector<ClassificationView>& views) {
  views.push_back({.box = box, .mirrored = false});
  views.push_back({.box = box, .mirrored = true});
}

// The corners and the centre of the square whose side is `side_px` long when 224 of them are seen.
void AddCornersAndCentre(const Square& square,
                         double side_px,
                         std::vector<ClassificationView>& views) {
  const double seen = square.side * kInput / side_px;
  const double rest = square.side - seen;
  for (const auto& [right, down] :
       {std::pair(0.0, 0.0), {1.0, 0.0}, {0.0, 1.0}, {1.0, 1.0}, {0.5, 0.5}}) {
    AddBoth(BoxAt(square.x + right * rest, square.y + down * rest, seen, seen), views);
  }
}

// The largest square at the beginning (0), the middle (.5) or the end (1) of the longer side.
Square SquareAt(double place, double width, double height) {
  const double side = std::min(width, height);
  return {.x = place * (width - side), .y = place * (height - side), .side = side};
}

}  // namespace

std::vector<ClassificationView> ClassificationViews(int width_px, int height_px, int count) {
  Expects(width_px > 0 && height_px > 0, "a picture to look at has pixels");
  Expects(count == 1 || count == 10 || count == 144, "1, 10 or 144 views");
  const double width = width_px;
  const double height = height_px;
  std::vector<ClassificationView> views;
  if (count == 1) {
    const double seen = kInput / kSquash;
    const double margin = (1 - seen) / 2;
    return {{.box = BoxAt(margin * width, margin * height, seen * width, seen * height)}};
  }
  if (count == 10) {
    AddCornersAndCentre(SquareAt(0.5, width, height), kSquash, views);
    return views;
  }
  for (const double scale : kScales) {
    for (const double place : {0.0, 0.5, 1.0}) {
      const Square square = SquareAt(place, width, height);
      AddCornersAndCentre(square, scale, views);
      AddBoth(BoxAt(square.x, square.y, square.side, square.side), views);
    }
  }
  return views;
}

}  // namespace deeper
