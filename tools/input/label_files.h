#pragma once

#include <filesystem>
#include <string>

#include "core/detection.h"
#include "tools/input/data_source.h"

namespace deeper::tools {

// Reads the detections at `path` for the data set. format: its name; "" guesses it. Leaves out the
// detections of pictures that the data set left out as unreadable. Throws Error for what the
// readers refuse, and for any detection that they would leave out.
DetectionSet ReadDetections(const std::filesystem::path& path,
                            const std::string& format,
                            const LoadedData& truth,
                            const std::string& set);

}  // namespace deeper::tools
