#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "core/detection.h"
#include "eval/formats/formats.h"
#include "tools/input/data_source.h"

namespace deeper::tools {

// The size of the picture <directory>/<id>.<suffix of a picture>, read by decoding it, upright by
// its EXIF orientation; nothing without a directory or such a picture. Throws Error for a picture
// that cannot be decoded.
std::optional<std::pair<int, int>> SizeOfPicture(
    const std::optional<std::filesystem::path>& directory, const std::string& id);

// The detections at `path` in the format of this name ("" guesses it), for the data set. Detections
// of pictures that the data set left out as unreadable are left out too. Throws Error for what the
// readers refuse, and for any detection that they would leave out.
DetectionSet ReadDetections(const std::filesystem::path& path,
                            const std::string& format,
                            const LoadedData& truth,
                            const std::string& set);

}  // namespace deeper::tools
