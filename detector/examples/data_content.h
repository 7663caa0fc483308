#pragma once

#include <string>

#include "core/dataset.h"
#include "core/pictures/read_image.h"
#include "core/work/monitor.h"

namespace deeper {

// Lines for the recipe of a training that identify what is in the files of all pictures of the data
// set, in their order, and how these are read. It reads them on `workers` threads, as a stage of
// `monitor`. When asked to stop, the result is incomplete.
std::string ContentText(const Dataset& dataset,
                        const ReadImageOptions& reading,
                        int workers,
                        const Monitor& monitor);

}  // namespace deeper
