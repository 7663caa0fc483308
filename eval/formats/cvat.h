#pragma once

#include <filesystem>

#include "eval/formats/reading/labels.h"

namespace deeper {

// CVAT's XML of images ("CVAT for images 1.1"): <annotations> with an <image name width height> for
// each picture, in it <box label xtl ytl xbr ybr>, in pixels from 0, half-open.
//
// Rotated boxes and other shapes are left out with a warning, and so is what is no good box. Tracks
// of videos are refused. Throws Error when the file is missing, not well-formed or of another kind.
ReadLabels ReadCvat(const std::filesystem::path& path);

}  // namespace deeper
