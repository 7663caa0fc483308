#include "core/pictures/image_header.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/error.h"
#include "core/pictures/exif.h"
#include "core/pictures/heif.h"
#include "core/pictures/jpeg.h"
#include "core/pictures/picture_kinds.h"
#include "core/text/parse.h"

namespace deeper {
namespace {

struct PixelSize {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  int orientation = 1;
};

// The remainders of all bytes in CRC-32.
constexpr std::array<std::uint32_t, 256> CrcTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kCrcTable = CrcTable();

// The bytes of a file, read with a check of each offset.
class FileBytes {
 public:
  FileBytes(std::span<const std::uint8_t> bytes, const std::string& source, bool lenient)
      : bytes_(bytes), source_(source), lenient_(lenient) {}

  std::uint64_t size() const { return bytes_.size(); }
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  const std::string& source() const { return source_; }
  bool lenient() const { return lenient_; }

  std::span<const std::uint8_t> Part(std::uint64_t offset, std::uint64_t count) const {
    Require(offset, count);
    return bytes_.subspan(offset, count);
  }

  bool HasAt(std::uint64_t offset, std::string_view text) const {
    return offset <= size() && text.size() <= size() - offset && Text(offset, text.size()) == text;
  }

  // The whole number in `count` bytes at `offset`, with the least (Little) or greatest (Big) byte
  // first.
  std::uint64_t Little(std::uint64_t offset, std::uint64_t count) const {
    Require(offset, count);
    std::uint64_t value = 0;
    for (std::uint64_t i = count; i-- > 0;) value = (value << 8U) | bytes_[offset + i];
    return value;
  }
  std::uint64_t Big(std::uint64_t offset, std::uint64_t count) const {
    Require(offset, count);
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < count; ++i) value = (value << 8U) | bytes_[offset + i];
    return value;
  }

  // The blank-separated word at or after `offset`, which moves behind the word and one blank. "#"
  // begins a comment.
  std::string_view Word(std::uint64_t& offset) const {
    while (IsBlankAt(offset) || HasAt(offset, "#")) {
      if (HasAt(offset, "#")) {
        while (offset < size() && bytes_[offset] != '\n') ++offset;
      } else {
        ++offset;
      }
    }
    const std::uint64_t begin = offset;
    while (offset < size() && !IsBlankAt(offset)) ++offset;
    Require(offset, 1);
    return Text(begin, offset++ - begin);
  }

  // CRC-32 of ISO 3309, as PNG uses it.
  std::uint32_t Crc32(std::uint64_t offset, std::uint64_t count) const {
    Require(offset, count);
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::uint8_t byte : bytes_.subspan(offset, count)) {
      crc = kCrcTable[(crc ^ byte) & 0xFFU] ^ (crc >> 8U);
    }
    return ~crc;
  }

  // Throws Error unless the file has the pixels that it says, `count` bytes at `offset`.
  void RequirePixels(std::uint64_t offset, std::uint64_t count) const {
    if (!lenient_) Require(offset, count);
  }
  // Throws Error unless the file has `count` bytes at `offset`.
  void Require(std::uint64_t offset, std::uint64_t count) const {
    if (count <= size() && offset <= size() - count) return;
    throw Error(source_ + ": is truncated: ends after " + std::to_string(size()) +
                " bytes, expected " + std::to_string(count) + " more from byte " +
                std::to_string(offset));
  }
  [[noreturn]] void Fail(const std::string& what) const { throw Error(source_ + ": " + what); }

 private:
  bool IsBlankAt(std::uint64_t offset) const {
    return offset < size() && std::isspace(bytes_[offset]) != 0;
  }
  std::string_view Text(std::uint64_t offset, std::uint64_t count) const {
    return {reinterpret_cast<const char*>(bytes_.data()) + offset, count};
  }

  std::span<const std::uint8_t> bytes_;
  const std::string& source_;
  bool lenient_;
};

PixelSize JpegHeaderOf(const FileBytes& file) {
  const auto [width, height] = JpegSize(file.bytes(), file.source());
  return {.width = static_cast<std::uint64_t>(width),
          .height = static_cast<std::uint64_t>(height),
          .orientation = JpegOrientation(file.bytes())};
}

// Signature, then chunks of length, type, data and checksum; IHDR is the first and IEND the last.
// Chunks whose type begins with a small letter can be done without.
PixelSize PngSize(const FileBytes& file) {
  if (!file.HasAt(12, "IHDR")) file.Fail("is a PNG whose first chunk is not IHDR");
  PixelSize size{.width = file.Big(16, 4), .height = file.Big(20, 4)};
  for (std::uint64_t chunk = 8;;) {
    if (file.lenient() && chunk + 12 > file.size()) break;
    const std::uint64_t length = file.Big(chunk, 4);
    const std::uint64_t checksum_at = chunk + 8 + length;
    if (file.lenient() && checksum_at + 4 > file.size()) break;
    const bool is_sound = file.Big(checksum_at, 4) == file.Crc32(chunk + 4, 4 + length);
    const bool is_needed = (file.Big(chunk + 4, 1) & 0x20U) == 0;
    if (!is_sound && is_needed && !file.lenient()) {
      file.Fail("is a corrupt PNG: the checksum of its chunk at byte " + std::to_string(chunk) +
                " is wrong");
    }
    if (file.HasAt(chunk + 4, "IEND")) break;
    if (file.HasAt(chunk + 4, "eXIf") && is_sound) {
      size.orientation = ExifOrientation(file.Part(chunk + 8, length));
    }
    chunk = checksum_at + 4;
  }
  return size;
}

// A file header of 14 bytes, then an information header that begins with its own size; 12 is
// OS/2's.
PixelSize BmpSize(const FileBytes& file) {
  const std::uint64_t pixels_begin = file.Little(10, 4);
  if (file.Little(14, 4) == 12) {
    return {.width = file.Little(18, 2), .height = file.Little(20, 2)};
  }
  const std::uint64_t width = file.Little(18, 4);
  const std::uint64_t signed_height = file.Little(22, 4);
  const bool rows_from_top = signed_height >= 0x80000000U;  // a negative number
  const std::uint64_t height = rows_from_top ? 0x100000000U - signed_height : signed_height;
  const std::uint64_t bits = file.Little(28, 2);
  const bool is_run_length = file.Little(30, 4) == 1 || file.Little(30, 4) == 2;
  if (!is_run_length && width < 0x80000000U) {
    const std::uint64_t row_bytes = (width * bits + 31) / 32 * 4;
    // Sizes beyond reason are left to the limit on pixels, before they overflow here.
    if (row_bytes < 0x80000000U) file.RequirePixels(pixels_begin, row_bytes * height);
  }
  return {.width = width, .height = height};
}

// The orientation in a WebP's chunk "EXIF". A chunk is its name, its length and its content, padded
// to an even length.
int WebpOrientation(const FileBytes& file) {
  for (std::uint64_t chunk = 12; chunk + 8 <= file.size();) {
    const std::uint64_t length = file.Little(chunk + 4, 4);
    if (length > file.size() - chunk - 8) break;
    if (file.HasAt(chunk, "EXIF")) return ExifOrientation(file.Part(chunk + 8, length));
    chunk += 8 + length + length % 2;
  }
  return 1;
}

// A RIFF container whose first chunk is a lossy frame, a lossless one, or an extended header.
PixelSize WebpSize(const FileBytes& file) {
  file.RequirePixels(8, file.Little(4, 4));
  if (file.HasAt(12, "VP8 ")) {
    return {.width = file.Little(26, 2) & 0x3FFFU, .height = file.Little(28, 2) & 0x3FFFU};
  }
  if (file.HasAt(12, "VP8L")) {
    const std::uint64_t bits = file.Little(21, 4);
    return {.width = (bits & 0x3FFFU) + 1, .height = ((bits >> 14U) & 0x3FFFU) + 1};
  }
  if (file.HasAt(12, "VP8X")) {
    return {.width = file.Little(24, 3) + 1,
            .height = file.Little(27, 3) + 1,
            .orientation = WebpOrientation(file)};
  }
  file.Fail("is a WebP whose first chunk is unknown");
}

// The canvas of a GIF.
PixelSize GifSize(const FileBytes& file) {
  return {.width = file.Little(6, 2), .height = file.Little(8, 2)};
}

PixelSize HeifHeaderOf(const FileBytes& file) {
  const auto [width, height] = HeifSize(file.bytes(), file.source());
  return {.width = static_cast<std::uint64_t>(std::max(0, width)),
          .height = static_cast<std::uint64_t>(std::max(0, height))};
}

// The first directory of a TIFF: a count, then that many entries of tag, type, number of values and
// value.
PixelSize TiffSize(const FileBytes& file) {
  const bool is_big_endian = file.HasAt(0, "MM");
  const auto number = [&](std::uint64_t offset, std::uint64_t count) {
    return is_big_endian ? file.Big(offset, count) : file.Little(offset, count);
  };
  constexpr std::uint64_t kImageWidth = 256;
  constexpr std::uint64_t kImageLength = 257;
  constexpr std::uint64_t kOrientation = 274;
  const bool is_big_tiff = number(2, 2) == 43;
  const std::uint64_t directory = is_big_tiff ? number(8, 8) : number(4, 4);
  const std::uint64_t count_bytes = is_big_tiff ? 8 : 2;
  const std::uint64_t entry_bytes = is_big_tiff ? 20 : 12;
  const std::uint64_t value_at = is_big_tiff ? 12 : 8;
  const std::uint64_t count = number(directory, count_bytes);
  PixelSize size;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t entry = directory + count_bytes + i * entry_bytes;
    const std::uint64_t tag = number(entry, 2);
    const std::uint64_t type = number(entry + 2, 2);
    if (tag != kImageWidth && tag != kImageLength && tag != kOrientation) continue;
    const std::uint64_t value_bytes = type == 3 ? 2 : type == 16 ? 8 : 4;  // SHORT, LONG8, LONG
    const std::uint64_t value = number(entry + value_at, value_bytes);
    if (tag == kOrientation) {
      if (value >= 1 && value <= 8) size.orientation = static_cast<int>(value);
      continue;
    }
    std::uint64_t& side = tag == kImageWidth ? size.width : size.height;
    side = std::max(side, value);  // readers differ on which of two equal entries counts
  }
  return size;
}

std::uint64_t NumberFrom(const FileBytes& file, std::string_view word) {
  const auto value = ParseInt(word);
  if (!value || *value < 0 || *value > 0xFFFFFFFFLL) {
    file.Fail("has '" + std::string(word.substr(0, 20)) +
              "' in its header, expected a number of pixels");
  }
  return static_cast<std::uint64_t>(*value);
}

// "P1" to "P6", then as words the width, the height and, except in bitmaps, the largest value.
PixelSize PnmSize(const FileBytes& file) {
  std::uint64_t offset = 1;
  const char kind = file.Word(offset).front();
  PixelSize size;
  size.width = NumberFrom(file, file.Word(offset));
  size.height = NumberFrom(file, file.Word(offset));
  const bool is_binary = kind >= '4';
  const bool is_bitmap = kind == '1' || kind == '4';
  const std::uint64_t largest = is_bitmap ? 1 : NumberFrom(file, file.Word(offset));
  if (!is_binary) return size;
  const std::uint64_t channels = kind == '6' ? 3 : 1;
  const std::uint64_t row_bytes =
      is_bitmap ? (size.width + 7) / 8 : size.width * channels * (largest > 255 ? 2 : 1);
  // Sizes beyond reason are left to the limit on pixels, before they overflow here.
  if (row_bytes < 0x80000000U) file.RequirePixels(offset, row_bytes * size.height);
  return size;
}

// Lines of a name and a value, up to ENDHDR.
PixelSize PamSize(const FileBytes& file) {
  std::uint64_t offset = 3;
  PixelSize size;
  std::uint64_t channels = 0;
  std::uint64_t largest = 0;
  for (std::string_view word; word != "ENDHDR";) {
    word = file.Word(offset);
    if (word == "WIDTH") size.width = NumberFrom(file, file.Word(offset));
    if (word == "HEIGHT") size.height = NumberFrom(file, file.Word(offset));
    if (word == "DEPTH") channels = NumberFrom(file, file.Word(offset));
    if (word == "MAXVAL") largest = NumberFrom(file, file.Word(offset));
  }
  if (channels < 1 || channels > 4) file.Fail("is a PAM without a DEPTH of 1 to 4");
  const std::uint64_t row_bytes = size.width * channels * (largest > 255 ? 2 : 1);
  if (row_bytes < 0x80000000U) file.RequirePixels(offset, row_bytes * size.height);
  return size;
}

constexpr std::string_view kCodestreamStart = "\xFF\x4F\xFF\x51";
constexpr std::string_view kCodestreamEnd = "\xFF\xD9";

// The SIZ segment of a JPEG 2000 codestream: the size is the reference grid minus the offset.
// Without the end marker the file is cut.
PixelSize CodestreamSize(const FileBytes& file, std::uint64_t begin, std::uint64_t end) {
  if (!file.HasAt(begin, kCodestreamStart) || !file.HasAt(end - 2, kCodestreamEnd)) {
    file.Fail(
        "is a JPEG 2000 without beginning or end of its codestream; it is truncated or corrupt");
  }
  const std::uint64_t x1 = file.Big(begin + 8, 4);
  const std::uint64_t y1 = file.Big(begin + 12, 4);
  const std::uint64_t x0 = file.Big(begin + 16, 4);
  const std::uint64_t y0 = file.Big(begin + 20, 4);
  if (x1 < x0 || y1 < y0) file.Fail("is a JPEG 2000 of negative size");
  return {.width = x1 - x0, .height = y1 - y0};
}

// A codestream alone, or boxes of length, type and content; the codestream is the content of
// "jp2c". Length 1 means that a length of 8 bytes follows the type, and 0 means the rest of the
// file.
PixelSize Jpeg2000Size(const FileBytes& file) {
  if (file.HasAt(0, kCodestreamStart)) return CodestreamSize(file, 0, file.size());
  for (std::uint64_t box = 0;;) {
    const std::uint64_t short_length = file.Big(box, 4);
    const std::uint64_t head = short_length == 1 ? 16 : 8;
    std::uint64_t length = short_length == 1 ? file.Big(box + 8, 8) : short_length;
    if (short_length == 0) length = file.size() - box;
    if (length < head) file.Fail("is a JPEG 2000 whose boxes are broken");
    file.Require(box, length);
    if (file.HasAt(box + 4, "jp2c")) return CodestreamSize(file, box + head, box + length);
    box += length;
  }
}

struct Format {
  std::string_view name;  // as in core/pictures/picture_kinds.h
  PixelSize (*size)(const FileBytes& file);
};

constexpr std::array kFormats = {
    Format{"JPEG", JpegHeaderOf},
    Format{"PNG", PngSize},
    Format{"BMP", BmpSize},
    Format{"WebP", WebpSize},
    Format{"TIFF", TiffSize},
    Format{"GIF", GifSize},
    Format{"PNM", PnmSize},
    Format{"PAM", PamSize},
    Format{"JPEG 2000", Jpeg2000Size},
    Format{"AVIF", HeifHeaderOf},
    Format{"HEIC", HeifHeaderOf},
};

}  // namespace

std::optional<ImageHeader> ReadImageHeader(std::span<const std::uint8_t> file,
                                           const std::string& source,
                                           bool lenient) {
  const ContentKind* kind = KindOfContent(file.first(std::min(file.size(), kContentBytes)));
  if (kind == nullptr || kind->role != ContentRole::kPicture) return std::nullopt;
  const auto* format = std::ranges::find(kFormats, kind->name, &Format::name);
  Expects(format != kFormats.end(), "every kind of picture has a header that is read");
  const PixelSize size = format->size(FileBytes(file, source, lenient));
  return ImageHeader{.format = kind->name,
                     .width = size.width,
                     .height = size.height,
                     .orientation = size.orientation};
}

void CheckPixels(std::uint64_t width,
                 std::uint64_t height,
                 std::int64_t max_pixels,
                 const std::string& source) {
  const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
  if (width == 0 || height == 0) throw Error(source + ": is a picture of " + size);
  constexpr std::uint64_t kMaxSide = 0x7FFFFFFF;
  const auto limit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, max_pixels));
  if (width > kMaxSide || height > kMaxSide || width * height > limit) {
    throw Error(source + ": is a picture of " + size + ", at most " + std::to_string(limit) +
                " in all are accepted; make it smaller or raise the limit");
  }
}

}  // namespace deeper
