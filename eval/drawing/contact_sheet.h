#pragma once

#include <string>
#include <vector>

#include "core/image.h"

namespace deeper {

// Pictures side by side on dark ground, each scaled into a square of tile_px with its caption
// below. They are placed row by row, and each row is as high as its highest picture. Empty for no
// pictures. Expects positive sizes and as many captions as pictures.
struct SheetLayout {
  int columns = 4;
  int tile_px = 320;
};
Image MakeContactSheet(const std::vector<Image>& pictures,
                       const std::vector<std::string>& captions,
                       const SheetLayout& layout = {});

}  // namespace deeper
