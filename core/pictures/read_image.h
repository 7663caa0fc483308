#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/image.h"

namespace deeper {

struct ReadImageOptions {
  // Pictures with more pixels than this are refused by their header, before memory is taken.
  std::int64_t max_pixels = 100'000'000;
  // Accept a truncated or corrupt JPEG or PNG whose header is sound, as far as it can be decoded.
  // The rest is what the decoder makes of it, mostly gray.
  bool lenient = false;
  // Told, from the thread that reads, what the decoder warns of although the picture is taken:
  // "<file>: ...". Nothing is told without it.
  std::function<void(const std::string&)> warn = {};
};

// Decodes a picture file to BGR, upright by the orientation that its container has: JPEG, PNG, BMP,
// WebP, TIFF, GIF, PNM, PAM, JPEG 2000, HEIC or AVIF. These are the formats whose header gives the
// size before memory is taken; the content decides which it is. Alpha is dropped, gray becomes BGR,
// 16 bits become 8, and of several pages or frames the first is read. JPEG and PNG are decoded
// strictly: a truncated or corrupt file is an Error unless `lenient`. What costs no pixel, as a
// broken comment, is a warning.
//
// Throws Error naming the file and the reason when it is missing, not a regular file, of an unknown
// format, corrupt, or too large; of a known kind that is no picture, it says which. Safe from
// several threads.
Image ReadImage(const std::filesystem::path& path, const ReadImageOptions& options = {});

// ReadImage, but a JPEG file is decoded at 1/2, 1/4 or 1/8 of its size, as long as its shorter side
// stays at least `min_side_px`, > 0. This is faster, takes less memory, and is smoother than
// leaving pixels out.
ScaledImage ReadScaledImage(const std::filesystem::path& path,
                            int min_side_px,
                            const ReadImageOptions& options = {});

// A picture's size as its header says.
struct PictureSize {
  int width = 0;  // upright, as ReadImage gives it
  int height = 0;
  int stored_width = 0;  // before it is turned
  int stored_height = 0;
  int orientation = 1;  // as EXIF counts them, 1 to 8; 1 is upright

  bool operator==(const PictureSize&) const = default;
};

// Reads the header alone. Throws Error as ReadImage does for all that can be told without decoding;
// so also for a JPEG that has no end.
PictureSize ReadPictureSize(const std::filesystem::path& path,
                            const ReadImageOptions& options = {});

}  // namespace deeper
