#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace deeper {

// What a picture file says about itself before it is decoded.
struct ImageHeader {
  std::string_view format;  // "PNG"
  std::uint64_t width = 0;  // pixels
  std::uint64_t height = 0;

  bool operator==(const ImageHeader&) const = default;
};

// The header of a picture file's bytes; the format is known by its first bytes, never by a name.
// Knows JPEG (without its size, which its decoder tells), PNG, BMP, WebP, TIFF, PNM and PAM, and
// JPEG 2000. Nothing for other files. Throws Error, beginning with `source`, when the header is cut
// or broken, when a PNG, BMP, WebP, JPEG 2000 or binary PNM has fewer bytes than it says, and when
// a PNG's checksum is wrong: decoders may give part of a picture then.
std::optional<ImageHeader> ReadImageHeader(std::span<const std::uint8_t> file,
                                           const std::string& source);

// Throws Error, beginning with `source`, unless width x height is at least one pixel and at most
// max_pixels.
void CheckPixels(std::uint64_t width,
                 std::uint64_t height,
                 std::int64_t max_pixels,
                 const std::string& source);

}  // namespace deeper
