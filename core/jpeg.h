#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/image.h"

namespace deeper {

// Decodes a JPEG file's bytes to BGR as libjpeg-turbo does by default (accurate DCT, smooth
// upsampling); gray and CMYK become BGR. Not turned by its EXIF orientation. Throws Error,
// beginning with `source`, when it has more than max_pixels, or when the decoder so much as warns:
// a truncated or corrupt file is no picture.
Image DecodeJpeg(std::span<const std::uint8_t> file,
                 std::int64_t max_pixels,
                 const std::string& source);

// The EXIF orientation of a JPEG file's bytes, 1 to 8; 1, upright, when it has none or one out of
// range.
int JpegOrientation(std::span<const std::uint8_t> file);

}  // namespace deeper
