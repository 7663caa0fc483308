#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/image.h"

namespace deeper {

struct DecodeJpegOptions {
  std::int64_t max_pixels = 0;
  // Decode at 1/2, 1/4 or 1/8 of the picture's size, as long as the shorter side stays at least
  // this. 0: always at full size.
  int min_side_px = 0;
  bool lenient = false;  // accept what the decoder warns about
};

// Decodes a JPEG file's bytes to BGR as libjpeg-turbo does by default (accurate DCT, smooth
// upsampling). Gray and CMYK become BGR. The picture is not turned by its EXIF orientation. Throws
// Error, beginning with `source`, when it has more than max_pixels. Unless lenient, also throws
// when the decoder warns of anything: a truncated or corrupt file is no picture.
ScaledImage DecodeJpeg(std::span<const std::uint8_t> file,
                       const DecodeJpegOptions& options,
                       const std::string& source);

// The number of pixels that the header of a JPEG file's bytes states. Throws as DecodeJpeg does.
std::int64_t JpegPixels(std::span<const std::uint8_t> file, const std::string& source);

// The EXIF orientation of a JPEG file's bytes, 1 to 8. 1, upright, when it has none or one out of
// range.
int JpegOrientation(std::span<const std::uint8_t> file);

}  // namespace deeper
