#pragma once

#include <string>
#include <vector>

#include "core/image.h"

namespace deeper {

// Pictures side by side, each scaled into a square of tile_px with its caption below, on dark
// ground. Row by row, each as high as its highest picture; empty for no pictures. Expects positive
// sizes and as many captions as pictures.
struct SheetLayout {
  int columns = 4;
  int tile_px = 320;
};
Image MakeContactSheet(const std::vector<Image>& pictures,
                       const std::vector<std::string>& captions,
                       const SheetLayout& layout = {});

}  // namespace deeper
