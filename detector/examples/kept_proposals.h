#pragma once

#include <filesystem>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"
#include "proposals/selective_search.h"

namespace deeper {

struct KeptProposalsOptions {
  SelectiveSearchOptions search = {};
  std::filesystem::path cache = {};  // the directory in which they are kept
  ReadImageOptions reading = {};     // of pictures
  int workers = 1;                   // threads
};

// The boxes that Selective Search proposes for each picture of a data set. A picture that cannot be
// read has none and is reported. They are kept in the cache, from which a stopped run continues,
// each as long as its picture's file has the same content. When asked to stop, the result is
// incomplete.
std::vector<std::vector<Box>> KeptProposals(const Dataset& dataset,
                                            const KeptProposalsOptions& options,
                                            const Monitor& monitor);

}  // namespace deeper
