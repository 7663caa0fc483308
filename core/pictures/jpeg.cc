#include "core/pictures/jpeg.h"

#include <libexif/exif-data.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/pictures/image_header.h"

namespace deeper {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Decoder = std::unique_ptr<void, decltype([](void* handle) { tjDestroy(handle); })>;
using ExifHandle =
    std::unique_ptr<ExifData, decltype([](ExifData* data) { exif_data_unref(data); })>;

constexpr std::uint8_t kStartOfScan = 0xDA;
constexpr std::uint8_t kApp1 = 0xE1;
constexpr std::uint8_t kApp14 = 0xEE;

// The content of the first segment with this marker that begins with `start`, before the picture's
// data; nothing when there is none. A segment is 0xFF, the marker, two bytes of length, and the
// content.
std::optional<Bytes> FindSegment(Bytes file, std::uint8_t marker, std::string_view start) {
  for (std::size_t at = 2; at + 4 <= file.size() && file[at] == 0xFF;) {
    if (file[at + 1] == 0xFF) {  // padding
      ++at;
      continue;
    }
    if (file[at + 1] == kStartOfScan) return std::nullopt;
    const std::size_t length = std::size_t{file[at + 2]} << 8U | file[at + 3];
    if (length < 2 || at + 2 + length > file.size()) return std::nullopt;
    const Bytes content = file.subspan(at + 4, length - 2);
    const std::string_view text(reinterpret_cast<const char*>(content.data()), content.size());
    if (file[at + 1] == marker && text.starts_with(start)) return content;
    at += 2 + length;
  }
  return std::nullopt;
}

// Blue, green and red of four-channel pixels: light = paper reflectance of the ink times that of
// black. Adobe's files, which have an APP14 segment, store 255 for no ink; others store 0.
void ConvertCmyk(std::span<const std::uint8_t> cmyk, bool is_inverted, Image& image) {
  const auto light = [is_inverted](std::uint8_t ink) {
    return is_inverted ? int{ink} : 255 - int{ink};
  };
  for (std::size_t i = 0; i < cmyk.size() / 4; ++i) {
    const int black = light(cmyk[4 * i + 3]);
    for (std::size_t channel = 0; channel < 3;
         ++channel) {  // cyan takes red, magenta green, yellow blue
      const int value = light(cmyk[4 * i + channel]) * black;
      image.bgr[3 * i + 2 - channel] = static_cast<std::uint8_t>((value + 127) / 255);
    }
  }
}

struct JpegHeader {
  int width = 0;
  int height = 0;
  bool is_cmyk = false;
};

// The smallest of 1, 1/2, 1/4 and 1/8 that leaves the shorter side at least min_side_px.
tjscalingfactor ScaleFor(const JpegHeader& header, int min_side_px) {
  tjscalingfactor scale = {1, 1};
  if (min_side_px == 0) return scale;
  const int side = std::min(header.width, header.height);
  while (scale.denom < 8 && side / (2 * scale.denom) >= min_side_px) scale.denom *= 2;
  return scale;
}

JpegHeader ReadHeader(tjhandle decoder, Bytes file, const std::string& source) {
  int width = 0;
  int height = 0;
  int subsampling = -1;
  int colour_space = -1;
  const int status = tjDecompressHeader3(
      decoder, file.data(), file.size(), &width, &height, &subsampling, &colour_space);
  // Odd chroma subsampling is no error: turbojpeg has no name for it, but decodes it.
  const bool is_unnamed_subsampling = subsampling < 0 && colour_space >= 0;
  if ((status != 0 && !is_unnamed_subsampling) || width < 1 || height < 1) {
    throw Error(source + ": is a truncated or corrupt JPEG: " + tjGetErrorStr2(decoder));
  }
  return {.width = width,
          .height = height,
          .is_cmyk = colour_space == TJCS_CMYK || colour_space == TJCS_YCCK};
}

// Fills `pixels`, rows of `image`'s width in this format. Returns what was wrong; "" for nothing.
std::string Decompress(tjhandle decoder,
                       Bytes file,
                       const Image& image,
                       TJPF format,
                       std::span<std::uint8_t> pixels,
                       bool lenient) {
  const int status = tjDecompress2(decoder,
                                   file.data(),
                                   file.size(),
                                   pixels.data(),
                                   image.width,
                                   0,
                                   image.height,
                                   format,
                                   TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS);
  // When lenient, a warning is accepted: libjpeg fills what is missing with gray.
  const bool is_taken = status == 0 || (lenient && tjGetErrorCode(decoder) == TJERR_WARNING);
  return is_taken ? "" : tjGetErrorStr2(decoder);
}

}  // namespace

ScaledImage DecodeJpeg(Bytes file, const DecodeJpegOptions& options, const std::string& source) {
  const Decoder decoder(tjInitDecompress());
  Expects(decoder != nullptr, "libjpeg-turbo starts");
  const JpegHeader header = ReadHeader(decoder.get(), file, source);
  CheckPixels(static_cast<std::uint64_t>(header.width),
              static_cast<std::uint64_t>(header.height),
              options.max_pixels,
              source);
  const tjscalingfactor scale = ScaleFor(header, options.min_side_px);
  ScaledImage scaled = {
      .image = MakeImage(TJSCALED(header.width, scale), TJSCALED(header.height, scale), 0, 0, 0),
      .full_width = header.width,
      .full_height = header.height};
  Image& image = scaled.image;
  const auto decompress = [&](TJPF format, std::span<std::uint8_t> pixels) {
    const std::string fault =
        Decompress(decoder.get(), file, image, format, pixels, options.lenient);
    if (!fault.empty()) throw Error(source + ": is a truncated or corrupt JPEG: " + fault);
  };
  if (!header.is_cmyk) {
    decompress(TJPF_BGR, image.bgr);
    return scaled;
  }
  std::vector<std::uint8_t> cmyk(image.bgr.size() / 3 * 4);
  decompress(TJPF_CMYK, cmyk);
  ConvertCmyk(cmyk, FindSegment(file, kApp14, "Adobe").has_value(), image);
  return scaled;
}

std::int64_t JpegPixels(Bytes file, const std::string& source) {
  const Decoder decoder(tjInitDecompress());
  Expects(decoder != nullptr, "libjpeg-turbo starts");
  const JpegHeader header = ReadHeader(decoder.get(), file, source);
  return std::int64_t{header.width} * header.height;
}

int JpegOrientation(Bytes file) {
  constexpr int kUpright = 1;
  const auto segment = FindSegment(file, kApp1, "Exif");
  if (!segment) return kUpright;
  const ExifHandle exif(
      exif_data_new_from_data(segment->data(), static_cast<unsigned int>(segment->size())));
  if (exif == nullptr) return kUpright;
  const ExifEntry* entry = exif_content_get_entry(exif->ifd[EXIF_IFD_0], EXIF_TAG_ORIENTATION);
  if (entry == nullptr || entry->format != EXIF_FORMAT_SHORT || entry->size < 2) return kUpright;
  const int orientation = exif_get_short(entry->data, exif_data_get_byte_order(exif.get()));
  return orientation >= 1 && orientation <= 8 ? orientation : kUpright;
}

}  // namespace deeper
