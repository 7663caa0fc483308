#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/image.h"

namespace deeper {

struct DecodeJpegOptions {
  std::int64_t max_pixels = 0;
  // Decode at 1/2, 1/4 or 1/8 of its size as long as the shorter side stays at least this; 0:
  // always at its own.
  int min_side_px = 0;
  bool lenient = false;  // what the decoder warns of is taken as it comes
};

// Decodes a JPEG file's bytes to BGR as libjpeg-turbo does by default (accurate DCT, smooth
// upsampling); gray and CMYK become BGR. Not turned by its EXIF orientation. Throws
// Error, beginning with `source`, when it has more than max_pixels, or, unless lenient, when the
// decoder so much as warns: a truncated or corrupt file is no picture.
ScaledImage DecodeJpeg(std::span<const std::uint8_t> file,
                       const DecodeJpegOptions& options,
                       const std::string& source);

// Pixels of a JPEG file's bytes by its header; throws as DecodeJpeg does.
std::int64_t JpegPixels(std::span<const std::uint8_t> file, const std::string& source);

// The EXIF orientation of a JPEG file's bytes, 1 to 8; 1, upright, when it has none or one out of
// range.
int JpegOrientation(std::span<const std::uint8_t> file);

}  // namespace deeper
