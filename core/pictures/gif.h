#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/image.h"

namespace deeper {

// The first frame of a GIF file's bytes, on its canvas. What is transparent has its palette's
// colour, and where the frame does not reach it is the background's. Throws Error, beginning with
// `source`, when the frame is cut or corrupt. Expects a canvas that CheckPixels has accepted.
Image DecodeGif(std::span<const std::uint8_t> file, const std::string& source);

}  // namespace deeper
