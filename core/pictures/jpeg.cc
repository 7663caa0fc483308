#include "core/pictures/jpeg.h"

#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>  // before jpeglib.h, which needs it
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/pictures/exif.h"
#include "core/pictures/image_header.h"

namespace deeper {
namespace {

using Bytes = std::span<const std::uint8_t>;

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

// A progressive JPEG of more scans is refused: each costs a pass over all pixels.
constexpr int kMostScans = 500;

// One decompression. libjpeg calls back into it.
class Decompressor {
 public:
  Decompressor(Bytes file, const std::string& source) : source_(source) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = [](j_common_ptr info) { Of(info).Exit(info); };
    errors_.base.emit_message = [](j_common_ptr info, int level) {
      if (level < 0) Of(info).Warn(info);
    };
    errors_.base.output_message = [](j_common_ptr) {};
    errors_.self = this;
    progress_.progress_monitor = [](j_common_ptr info) {
      if (info->is_decompressor == 0) return;
      if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > kMostScans) {
        Of(info).Exit("it has more than 500 scans");
      }
    };
    Run([&] {
      jpeg_create_decompress(&info_);
      info_.progress = &progress_;
      jpeg_mem_src(&info_, file.data(), file.size());
    });
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&info_); }

  // To be called first. Throws Error for a header that is cut or corrupt.
  void ReadHeader() {
    Run([&] { jpeg_read_header(&info_, TRUE); });
    RequireNoFault(false);
  }

  int width() const { return static_cast<int>(info_.image_width); }
  int height() const { return static_cast<int>(info_.image_height); }
  bool IsCmyk() const {
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
  }

  // Fills `pixels`, rows of width / denominator pixels in BGR, or CMYK where IsCmyk().
  void Decompress(unsigned int denominator, std::span<std::uint8_t> pixels, bool lenient) {
    const std::size_t channels = IsCmyk() ? 4 : 3;
    Run([&] {
      info_.out_color_space = IsCmyk() ? JCS_CMYK : JCS_EXT_BGR;
      info_.dct_method = JDCT_ISLOW;
      info_.scale_num = 1;
      info_.scale_denom = denominator;
      jpeg_start_decompress(&info_);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels.data() + channels * info_.output_width * info_.output_scanline;
        jpeg_read_scanlines(&info_, &row, 1);
      }
      jpeg_finish_decompress(&info_);
    });
    RequireNoFault(lenient);
  }

  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Errors {
    jpeg_error_mgr base;  // the first member: libjpeg knows this part
    Decompressor* self = nullptr;
    std::jmp_buf jump;
  };

  static Decompressor& Of(j_common_ptr info) { return *reinterpret_cast<Errors*>(info->err)->self; }

  // Runs a step of libjpeg, which jumps out of it on an error; so it has nothing to destroy.
  template <typename Step>
  void Run(const Step& step) {
    // NOLINTNEXTLINE(cert-err52-cpp): the library's way to report an error
    if (setjmp(errors_.jump) == 0) step();
  }

  static std::string Message(j_common_ptr info) {
    std::array<char, JMSG_LENGTH_MAX> text{};
    info->err->format_message(info, text.data());
    return text.data();
  }

  void Exit(j_common_ptr info) {
    if (!is_fatal_) fault_ = Message(info);
    is_fatal_ = true;
    std::longjmp(errors_.jump, 1);
  }
  void Exit(const char* fault) {
    fault_ = fault;
    is_fatal_ = true;
    std::longjmp(errors_.jump, 1);
  }

  void Warn(j_common_ptr info) {
    const int code = info->err->msg_code;
    const bool is_before_scans = info_.input_scan_number == 0;
    const bool costs_nothing = code == JWRN_NOT_SEQUENTIAL || code == JWRN_ADOBE_XFORM ||
                               code == JWRN_JFIF_MAJOR ||
                               (code == JWRN_EXTRANEOUS_DATA && is_before_scans);
    if (costs_nothing) {
      constexpr std::size_t kMost = 10;
      if (warnings_.size() < kMost) warnings_.push_back(Message(info));
    } else if (fault_.empty()) {
      fault_ = Message(info);
    }
  }

  void RequireNoFault(bool lenient) {
    if (fault_.empty() || (lenient && !is_fatal_)) return;
    throw Error(source_ + ": is a truncated or corrupt JPEG: " + fault_);
  }

  const std::string& source_;
  jpeg_decompress_struct info_{};
  Errors errors_{};
  jpeg_progress_mgr progress_{};
  std::string fault_;  // the first that costs pixels
  bool is_fatal_ = false;
  std::vector<std::string> warnings_;
};

// The smallest of 1, 1/2, 1/4 and 1/8 that leaves the shorter side at least min_side_px, as its
// denominator.
int DenominatorFor(int width, int height, int min_side_px) {
  int denominator = 1;
  if (min_side_px == 0) return denominator;
  const int side = std::min(width, height);
  while (denominator < 8 && side / (2 * denominator) >= min_side_px) denominator *= 2;
  return denominator;
}

}  // namespace

ScaledImage DecodeJpeg(Bytes file,
                       const DecodeJpegOptions& options,
                       std::vector<std::string>& warnings,
                       const std::string& source) {
  Decompressor decoder(file, source);
  decoder.ReadHeader();
  const int width = decoder.width();
  const int height = decoder.height();
  CheckPixels(static_cast<std::uint64_t>(width),
              static_cast<std::uint64_t>(height),
              options.max_pixels,
              source);
  const int denominator = DenominatorFor(width, height, options.min_side_px);
  const auto scaled_side = [&](int side) { return (side + denominator - 1) / denominator; };
  ScaledImage scaled = {.image = MakeImage(scaled_side(width), scaled_side(height), 0, 0, 0),
                        .full_width = width,
                        .full_height = height};
  Image& image = scaled.image;
  std::vector<std::uint8_t> cmyk(decoder.IsCmyk() ? image.bgr.size() / 3 * 4 : 0);
  const std::span<std::uint8_t> pixels = decoder.IsCmyk() ? std::span(cmyk) : std::span(image.bgr);
  decoder.Decompress(static_cast<unsigned int>(denominator), pixels, options.lenient);
  if (decoder.IsCmyk()) ConvertCmyk(cmyk, FindSegment(file, kApp14, "Adobe").has_value(), image);
  warnings.insert(warnings.end(), decoder.warnings().begin(), decoder.warnings().end());
  return scaled;
}

std::pair<int, int> JpegSize(Bytes file, const std::string& source) {
  Decompressor decoder(file, source);
  decoder.ReadHeader();
  return {decoder.width(), decoder.height()};
}

int JpegOrientation(Bytes file) {
  const auto segment = FindSegment(file, kApp1, "Exif");
  return segment ? ExifOrientation(*segment) : 1;
}

}  // namespace deeper
