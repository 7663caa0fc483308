#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/image.h"

namespace deeper {

// Decodes a JPEG file's bytes to BGR as libjpeg-turbo does by default (accurate DCT, smooth
// upsampling); gray and CMYK become BGR. Not turned by its EXIF orientation. At 1/2, 1/4 or 1/8 of
// its size as long as the shorter side stays at least `min_side_px`; 0: always at its own. Throws
// Error, beginning with `source`, when it has more than max_pixels, or when the decoder so much as
// warns: a truncated or corrupt file is no picture.
ScaledImage DecodeJpeg(std::span<const std::uint8_t> file,
                       std::int64_t max_pixels,
                       int min_side_px,
                       const std::string& source);

// Pixels of a JPEG file's bytes by its header; throws as DecodeJpeg does.
std::int64_t JpegPixels(std::span<const std::uint8_t> file, const std::string& source);

// The EXIF orientation of a JPEG file's bytes, 1 to 8; 1, upright, when it has none or one out of
// range.
int JpegOrientation(std::span<const std::uint8_t> file);

}  // namespace deeper
