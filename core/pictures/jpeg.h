#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/image.h"

namespace deeper {

struct DecodeJpegOptions {
  std::int64_t max_pixels = 0;
  // Decode at 1/2, 1/4 or 1/8 of the picture's size, as long as the shorter side stays at least
  // this. 0: always at full size.
  int min_side_px = 0;
  bool lenient = false;  // accept what the decoder warns about, also where it costs pixels
};

// Decodes a JPEG file's bytes to BGR as libjpeg-turbo does by default (accurate DCT, smooth
// upsampling). Gray and CMYK become BGR. The picture is not turned by its EXIF orientation.
//
// Appends to `warnings` what the decoder warns of without a pixel being lost: parameters of a scan
// that have no meaning, unknown revisions, stray bytes between segments. Throws Error, beginning
// with `source`, when the picture has more than max_pixels. Unless lenient, also throws when the
// decoder warns of anything else: a truncated or corrupt file is no picture.
ScaledImage DecodeJpeg(std::span<const std::uint8_t> file,
                       const DecodeJpegOptions& options,
                       std::vector<std::string>& warnings,
                       const std::string& source);

// Width and height that the header of a JPEG file's bytes states; all before the first scan must be
// there. Throws as DecodeJpeg does.
std::pair<int, int> JpegSize(std::span<const std::uint8_t> file, const std::string& source);

// The EXIF orientation of a JPEG file's bytes, 1 to 8. 1, upright, when it has none or one out of
// range.
int JpegOrientation(std::span<const std::uint8_t> file);

}  // namespace deeper
