#pragma once

#include <cstdint>
#include <span>

namespace deeper {

// The orientation in EXIF data, 1 to 8, whatever container it lies in: a TIFF structure, with
// "Exif\0\0" before it or without. 1, upright, when it has none or one out of range.
int ExifOrientation(std::span<const std::uint8_t> exif);

}  // namespace deeper
