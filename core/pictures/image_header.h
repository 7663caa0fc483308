#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace deeper {

// What the header of a picture file says, before the picture is decoded.
struct ImageHeader {
  std::string_view format;  // "PNG"
  std::uint64_t width = 0;  // pixels
  std::uint64_t height = 0;

  bool operator==(const ImageHeader&) const = default;
};

// Returns the header of a picture file's bytes; nothing for an unknown format. The first bytes
// decide the format, never a name. Known are JPEG (without its size, which its decoder tells), PNG,
// BMP, WebP, TIFF, PNM and PAM, and JPEG 2000.
//
// Throws Error, beginning with `source`, when the header is cut or broken, when a PNG, BMP, WebP,
// JPEG 2000 or binary PNM has fewer bytes than it says, and when a PNG's checksum is wrong.
// Decoders may return part of a picture for such files.
std::optional<ImageHeader> ReadImageHeader(std::span<const std::uint8_t> file,
                                           const std::string& source);

// Throws Error, beginning with `source`, unless width x height is at least one pixel and at most
// max_pixels.
void CheckPixels(std::uint64_t width,
                 std::uint64_t height,
                 std::int64_t max_pixels,
                 const std::string& source);

}  // namespace deeper
