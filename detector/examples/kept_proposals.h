#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "core/image.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "proposals/selective_search.h"

namespace deeper {

struct KeptBoxesOptions {
  std::filesystem::path cache = {};  // the directory in which they are kept
  ReadImageOptions reading = {};     // of pictures
  int workers = 1;                   // threads
};

// The boxes that `propose`, called from several threads, finds in each picture of a data set.
// recipe: lines (core/other_recipe.h); equal ones propose equal boxes. A picture that cannot be
// read has none and is reported. They are kept in the cache, from which a stopped run continues,
// each as long as its picture's file has the same content. When asked to stop, the result is
// incomplete.
std::vector<std::vector<Box>> KeptBoxes(
    const Dataset& dataset,
    const std::string& recipe,
    const std::function<std::vector<Box>(const Image&)>& propose,
    const KeptBoxesOptions& options,
    const Monitor& monitor);

// Those that Selective Search proposes.
std::vector<std::vector<Box>> KeptProposals(const Dataset& dataset,
                                            const SelectiveSearchOptions& search,
                                            const KeptBoxesOptions& options,
                                            const Monitor& monitor);

}  // namespace deeper
