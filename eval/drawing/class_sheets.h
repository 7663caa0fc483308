#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "eval/drawing/contact_sheet.h"

namespace deeper {

struct ClassSheetOptions {
  SheetLayout layout = {.columns = 6, .tile_px = 150};
  std::size_t most_tiles = 24;  // on a sheet; at least 1
  ReadImageOptions reading = {};
  int workers = 1;  // threads, at least 1
};

// For each of these classes, named as NamesForPeople (core/class_index.h) has it, a contact sheet
// as JPEG: its objects in the data sets, cut out with what is around them and their box drawn,
// evenly drawn from all. The caption is the picture's id. Empty for a class without an object in a
// picture that can be read. Pictures that cannot be read are passed over in silence.
std::vector<std::vector<std::uint8_t>> DrawClassSheets(std::span<const Dataset* const> datasets,
                                                       const std::vector<std::string>& classes,
                                                       const ClassSheetOptions& options = {},
                                                       const Monitor& monitor = {});

}  // namespace deeper
