#include "core/pictures/png.h"

#include <png.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace deeper {
namespace {

// What libpng's callbacks see.
struct Reading {
  std::span<const std::uint8_t> file;
  bool lenient = false;
  std::size_t at = 0;
  std::vector<std::string>* warnings = nullptr;
  std::string fault;
};

void Read(png_structp png, png_bytep bytes, std::size_t count) {
  auto& reading = *static_cast<Reading*>(png_get_io_ptr(png));
  const std::size_t there = std::min(count, reading.file.size() - reading.at);
  // A lenient reader gets the last bytes too, which libpng asks for together with those that lack.
  if (there < count && (!reading.lenient || there == 0)) png_error(png, "it ends early");
  std::memcpy(bytes, reading.file.data() + reading.at, there);
  std::memset(bytes + there, 0, count - there);
  reading.at += there;
}

[[noreturn]] void Fail(png_structp png, png_const_charp message) {
  static_cast<Reading*>(png_get_error_ptr(png))->fault = message;
  png_longjmp(png, 1);
}

void Warn(png_structp png, png_const_charp message) {
  static_cast<Reading*>(png_get_error_ptr(png))->warnings->emplace_back(message);
}

// libpng's two structures.
class Decoder {
 public:
  explicit Decoder(Reading& reading)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, Fail, Warn)),
        info(png != nullptr ? png_create_info_struct(png) : nullptr) {
    Expects(info != nullptr, "libpng starts");
    png_set_read_fn(png, &reading, Read);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }

  png_structp png;
  png_infop info;
};

// A step of the decoder. Whether it went well; libpng jumps out of it otherwise, so it has nothing
// to destroy.
template <typename Step>
bool Run(png_structp png, const Step& step) {
  // NOLINTNEXTLINE(cert-err52-cpp): the library's way to report an error
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  step();
  return true;
}

}  // namespace

Image DecodePng(std::span<const std::uint8_t> file,
                bool lenient,
                std::vector<std::string>& warnings,
                const std::string& source) {
  Reading reading{.file = file, .lenient = lenient, .at = 0, .warnings = &warnings, .fault = {}};
  const Decoder decoder(reading);
  png_structp png = decoder.png;
  png_infop info = decoder.info;
  int passes = 1;
  const bool began = Run(png, [&] {
    if (lenient) png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
    // Profiles and comments, which no pixel needs, are not even looked at.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // CheckPixels has the limit
    png_read_info(png, info);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    const int colour = png_get_color_type(png, info);
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if ((colour & PNG_COLOR_MASK_COLOR) == 0) {
      if (png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
      png_set_gray_to_rgb(png);
    }
    png_set_bgr(png);
    passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
  });
  const auto fail = [&] {
    throw Error(source + ": is a truncated or corrupt PNG: " + reading.fault);
  };
  if (!began) fail();
  const auto width = static_cast<int>(png_get_image_width(png, info));
  const auto height = static_cast<int>(png_get_image_height(png, info));
  Expects(png_get_rowbytes(png, info) == std::size_t{3} * static_cast<std::size_t>(width),
          "libpng gives the 8-bit colours that it was asked for");
  constexpr std::uint8_t kMissing = 128;
  Image image = MakeImage(width, height, kMissing, kMissing, kMissing);
  int done = 0;  // rows of the last pass
  const bool is_whole = Run(png, [&] {
    for (int pass = 0; pass < passes; ++pass) {
      done = 0;
      for (int y = 0; y < height; ++y, ++done) png_read_row(png, image.Row(y), nullptr);
    }
  });
  if (!is_whole) {
    if (!lenient || done == 0) fail();
    warnings.push_back(reading.fault);
    return image;
  }
  if (!Run(png, [&] { png_read_end(png, nullptr); })) {
    if (!lenient) fail();
    warnings.push_back(reading.fault);
  }
  return image;
}

}  // namespace deeper
