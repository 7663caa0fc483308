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
  std::uint64_t width = 0;  // pixels, as stored
  std::uint64_t height = 0;
  // As EXIF counts them, 1 to 8, of whichever container has one; 1 is upright. HEIC and AVIF are
  // upright: their size is that after they are turned.
  int orientation = 1;

  bool operator==(const ImageHeader&) const = default;
};

// Returns the header of a picture file's bytes; nothing for what is no picture that is read
// (core/pictures/picture_kinds.h). The first bytes decide the format, never a name. Of a JPEG, all
// before its first scan is enough.
//
// Throws Error, beginning with `source`, when the header is cut or broken; unless lenient, also
// when a PNG, BMP, WebP, JPEG 2000 or binary PNM has fewer bytes than it says, and when the
// checksum of a PNG's chunk that its pixels need is wrong. Decoders may return part of a picture
// for such files.
std::optional<ImageHeader> ReadImageHeader(std::span<const std::uint8_t> file,
                                           const std::string& source,
                                           bool lenient = false);

// Throws Error, beginning with `source`, unless width x height is at least one pixel and at most
// max_pixels.
void CheckPixels(std::uint64_t width,
                 std::uint64_t height,
                 std::int64_t max_pixels,
                 const std::string& source);

}  // namespace deeper
