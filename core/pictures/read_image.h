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
  // Accept a truncated or corrupt JPEG whose header is sound, as far as it can be decoded. The rest
  // is what libjpeg makes of it, mostly gray.
  bool lenient = false;
};

// Decodes a picture file to BGR: JPEG, PNG, BMP, WebP, TIFF, PNM, PAM or JPEG 2000. These are the
// formats whose header gives the size before memory is taken; the content decides which it is.
// Alpha is dropped, gray becomes BGR, 16 bits become 8, and of several pages the first is read.
// JPEG is decoded strictly by libjpeg-turbo: a truncated or corrupt file is an Error unless
// `lenient`.
//
// Throws Error naming the file and the reason when it is missing, not a regular file, of an unknown
// format, corrupt, or too large. Safe from several threads.
Image ReadImage(const std::filesystem::path& path, const ReadImageOptions& options = {});

// ReadImage, but a JPEG file is decoded at 1/2, 1/4 or 1/8 of its size, as long as its shorter side
// stays at least `min_side_px`, > 0. This is faster, takes less memory, and is smoother than
// leaving pixels out.
ScaledImage ReadScaledImage(const std::filesystem::path& path,
                            int min_side_px,
                            const ReadImageOptions& options = {});

}  // namespace deeper
