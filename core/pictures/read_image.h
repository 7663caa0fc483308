#pragma once

#include <cstdint>
#include <filesystem>

#include "core/image.h"

namespace deeper {

struct ReadImageOptions {
  // Pictures with more pixels than this are refused by their header, before memory is taken.
  std::int64_t max_pixels = 100'000'000;
  // Turn the picture as its EXIF orientation says. VOC and ILSVRC annotations are made on upright
  // files.
  bool apply_exif_orientation = true;
  // Of a truncated or corrupt JPEG whose header is sound, take what can be decoded; the rest is
  // what libjpeg makes of it, mostly gray.
  bool lenient = false;
};

// Decodes a picture file to BGR: JPEG, PNG, BMP, WebP, TIFF, PNM, PAM or JPEG 2000, decided
// by its content; those formats that say their size before they take memory. Alpha is dropped, gray
// is spread, 16 bits become 8, of several pages the first is read. JPEG is decoded strictly by
// libjpeg-turbo: a truncated or corrupt file is an Error, not a grey area, unless `lenient`. Throws
// Error naming the file and the reason when it is missing, not a regular file, of an unknown
// format, corrupt, or too large. Safe from several threads.
Image ReadImage(const std::filesystem::path& path, const ReadImageOptions& options = {});

// The same, but a JPEG file is decoded at 1/2, 1/4 or 1/8 of its size, as long as its shorter side
// stays at least `min_side_px`, > 0: faster, in less memory, and smoother than leaving pixels out.
ScaledImage ReadScaledImage(const std::filesystem::path& path,
                            int min_side_px,
                            const ReadImageOptions& options = {});

}  // namespace deeper
