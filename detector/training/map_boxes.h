#pragma once

#include <cstddef>
#include <vector>

#include "core/box.h"
#include "core/dataset.h"
#include "core/work/monitor.h"
#include "detector/examples/kept_proposals.h"
#include "detector/model/model.h"

namespace deeper {

// The best boxes that a detector's map proposes in each picture of a data set, near-duplicates
// last, `most` at most, kept as KeptBoxes keeps them. Expects a model that reads whole pictures,
// with its network and a ranker that proposes.
std::vector<std::vector<Box>> MapBoxes(const Dataset& dataset,
                                       const Model& model,
                                       std::size_t most,
                                       const KeptBoxesOptions& options,
                                       const Monitor& monitor);

}  // namespace deeper
