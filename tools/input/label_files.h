#pragma once

#include <filesystem>
#include <string>

#include "core/detection.h"
#include "tools/input/data_source.h"

namespace deeper::tools {

// The detections at `path` in the format of this name ("" guesses it), for the data set. Detections
// of pictures that the data set left out as unreadable are left out too. Throws Error for what the
// readers refuse, and for any detection that they would leave out.
DetectionSet ReadDetections(const std::filesystem::path& path,
                            const std::string& format,
                            const LoadedData& truth,
                            const std::string& set);

}  // namespace deeper::tools
