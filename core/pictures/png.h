#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/image.h"

namespace deeper {

// Decodes a PNG file's bytes to BGR: alpha is dropped, gray and palettes become colours, of 16 bits
// the upper 8 are kept. Of an animation it is the default picture. The picture is not turned.
//
// Appends to `warnings` what libpng warns of, which costs no pixel: broken comments, profiles and
// the like. Throws Error, beginning with `source`, for a file that is corrupt or cut. When lenient,
// a checksum that is wrong and the end that is missing are warnings, and so is what ends early: the
// rows from there on are gray. Expects a size that CheckPixels has accepted.
Image DecodePng(std::span<const std::uint8_t> file,
                bool lenient,
                std::vector<std::string>& warnings,
                const std::string& source);

}  // namespace deeper
