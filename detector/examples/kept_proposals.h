#pragma once

#include <filesystem>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "core/work/monitor.h"
#include "proposals/selective_search.h"

namespace deeper {

// The boxes that Selective Search proposes for each picture of a data set. A picture that cannot be
// read has none and is reported. They are kept in the directory `cache`, from which a stopped run
// continues. When asked to stop, the result is incomplete.
std::vector<std::vector<Box>> KeptProposals(const Dataset& dataset,
                                            const SelectiveSearchOptions& options,
                                            const std::filesystem::path& cache,
                                            int workers,
                                            const Monitor& monitor);

}  // namespace deeper
