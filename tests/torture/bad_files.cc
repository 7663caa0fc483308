#include "tests/torture/bad_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <stdexcept>
#include <string_view>

#include "core/files/file.h"
#include "core/random.h"

namespace deeper::test {
namespace {

namespace fs = std::filesystem;

using Bytes = std::vector<std::uint8_t>;

// A whole picture in this format, a different one for every `random`.
Bytes Encoded(const std::string& extension, Random& random) {
  cv::Mat pixels(32, 40, CV_8UC3);
  for (int y = 0; y < pixels.rows; ++y) {
    for (int x = 0; x < pixels.cols; ++x) {
      pixels.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(random.Below(256)),
                                    static_cast<std::uint8_t>(4 * x),
                                    static_cast<std::uint8_t>(6 * y)};
    }
  }
  Bytes file;
  if (!cv::imencode(extension, pixels, file))
    throw std::runtime_error("cannot encode " + extension);
  return file;
}

Bytes Text(std::string_view text) { return {text.begin(), text.end()}; }

// The first `tenths` of ten parts.
Bytes Cut(Bytes file, std::size_t tenths) {
  file.resize(file.size() * tenths / 10);
  return file;
}

Bytes Patched(Bytes file, std::size_t at, std::string_view bytes) {
  std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(at));
  return file;
}

std::size_t Find(const Bytes& file, std::string_view text) {
  const Bytes wanted = Text(text);
  const auto found = std::search(file.begin(), file.end(), wanted.begin(), wanted.end());
  if (found == file.end()) throw std::runtime_error("the encoder wrote no such bytes");
  return static_cast<std::size_t>(found - file.begin());
}

using namespace std::string_view_literals;

// Where a baseline JPEG has its height and width, two bytes each.
std::size_t JpegSizeAt(const Bytes& file) { return Find(file, "\xFF\xC0"sv) + 5; }

struct Kind {
  const char* name;
  const char* extension;
  const char* reason;
  std::function<Bytes(Random&)> make;
};

std::size_t Tenths(Random& random) { return 5 + random.Below(4); }

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {"empty", ".jpg", "not a picture of a known format", [](Random&) { return Bytes(); }},
      {"zeros", ".png", "not a picture of a known format", [](Random&) { return Bytes(5000, 0); }},
      {"noise",
       ".jpg",
       "not a picture of a known format",
       [](Random& random) {
         Bytes file(3000, 7);
         for (std::size_t i = 1; i < file.size(); ++i)
           file[i] = static_cast<std::uint8_t>(random.Next());
         return file;
       }},
      {"text", ".jpg", "not a picture of a known format", [](Random&) { return Text("a note\n"); }},
      {"web page",
       ".jpg",
       "not a picture of a known format",
       [](Random&) { return Text("<!DOCTYPE html><title>404</title>"); }},
      {"drawing in SVG",
       ".png",
       "not a picture of a known format",
       [](Random&) { return Text("<svg xmlns='http://www.w3.org/2000/svg'/>"); }},
      {"archive",
       ".png",
       "not a picture of a known format",
       [](Random&) { return Text("PK\x03\x04 and so on"); }},
      {"GIF",
       ".gif",
       "not a picture of a known format",
       [](Random&) { return Text("GIF89a\x01\x00\x01\x00"sv); }},
      {"RIFF that is sound",
       ".webp",
       "not a picture of a known format",
       [](Random&) { return Text("RIFF\x10\x00\x00\x00WAVEfmt "sv); }},
      {"JPEG cut",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random& random) { return Cut(Encoded(".jpg", random), Tenths(random)); }},
      {"JPEG cut in its header",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random& random) { return Cut(Encoded(".jpg", random), 1); }},
      {"JPEG without its end",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random& random) {
         Bytes file = Encoded(".jpg", random);
         file.resize(file.size() - 20);
         return file;
       }},
      {"JPEG of a marker alone",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random&) { return Text("\xFF\xD8\xFF"); }},
      {"JPEG that ends early",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random& random) {
         Bytes file = Encoded(".jpg", random);
         return Patched(file, file.size() * Tenths(random) / 10, "\xFF\xD9\xFF\xD9");
       }},
      {"JPEG without pixels",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random& random) {
         const Bytes file = Encoded(".jpg", random);
         return Patched(file, JpegSizeAt(file), "\0\0\0\0"sv);
       }},
      {"JPEG that says it is huge",
       ".jpg",
       "at most 100000000 in all are accepted",
       [](Random& random) {
         const Bytes file = Encoded(".jpg", random);
         return Patched(file, JpegSizeAt(file), "\xFD\xE8\xFD\xE8");
       }},
      {"JPEG without quantization tables",
       ".jpg",
       "truncated or corrupt JPEG",
       [](Random& random) {
         const Bytes file = Encoded(".jpg", random);
         return Patched(file, Find(file, "\xFF\xDB"), "\xFF\xFE");
       }},
      {"PNG cut",
       ".png",
       "is truncated",
       [](Random& random) { return Cut(Encoded(".png", random), Tenths(random)); }},
      {"PNG with a wrong byte",
       ".png",
       "is a corrupt PNG: the checksum",
       [](Random& random) {
         Bytes file = Encoded(".png", random);
         const std::size_t at = Find(file, "IDAT") + 10 + random.Below(100);
         file[at] = static_cast<std::uint8_t>(file[at] ^ 0x10U);
         return file;
       }},
      {"PNG without a head",
       ".png",
       "first chunk is not IHDR",
       [](Random& random) {
         const Bytes file = Encoded(".png", random);
         return Patched(file, Find(file, "IHDR"), "JHDR");
       }},
      {"BMP cut",
       ".bmp",
       "is truncated",
       [](Random& random) { return Cut(Encoded(".bmp", random), Tenths(random)); }},
      {"BMP that says it is huge",
       ".bmp",
       "is truncated",
       [](Random& random) { return Patched(Encoded(".bmp", random), 18, "\0\0\1\0"sv); }},
      {"WebP cut",
       ".webp",
       "is truncated",
       [](Random& random) { return Cut(Encoded(".webp", random), Tenths(random)); }},
      {"WebP of an unknown kind",
       ".webp",
       "first chunk is unknown",
       [](Random& random) { return Patched(Encoded(".webp", random), 12, "VP9 "); }},
      {"TIFF whose directory is beyond its end",
       ".tiff",
       "is truncated",
       [](Random& random) { return Patched(Encoded(".tiff", random), 4, "\0\0\0\x7F"sv); }},
      {"TIFF without a size",
       ".tiff",
       "is a picture of 0 x 0 pixels",
       [](Random&) { return Text("II*\0\x08\0\0\0\0\0\0\0\0\0"sv); }},
      {"PPM cut",
       ".ppm",
       "is truncated",
       [](Random& random) { return Cut(Encoded(".ppm", random), Tenths(random)); }},
      {"PPM without a number",
       ".ppm",
       "expected a number of pixels",
       [](Random&) { return Text("P6\nwide 4\n255\nabc"); }},
      {"PPM of no width",
       ".ppm",
       "is a picture of 0 x 4 pixels",
       [](Random&) { return Text("P6\n0 4\n255\nabc"); }},
      {"PPM that says it is huge",
       ".ppm",
       "at most 100000000 in all are accepted",
       [](Random&) { return Text("P2\n90000 90000\n255\n1 2 3"); }},
      {"PAM without a depth",
       ".pgm",
       "PAM without a DEPTH",
       [](Random&) { return Text("P7\nWIDTH 2\nHEIGHT 2\nMAXVAL 255\nENDHDR\nabcd"); }},
      {"JPEG 2000 cut",
       ".jpg",
       "is truncated",
       [](Random& random) { return Cut(Encoded(".jp2", random), Tenths(random)); }},
  };
  return kinds;
}

}  // namespace

std::vector<BadFile> WriteBadFiles(const fs::path& directory, std::size_t each) {
  std::vector<BadFile> files;
  Random random(17);
  for (const Kind& kind : Kinds()) {
    for (std::size_t i = 0; i < each; ++i) {
      const std::string name = fmt::format("bad {} {}{}", kind.name, i, kind.extension);
      WriteFileWhole(directory / name, kind.make(random));
      files.push_back({.name = name, .kind = kind.name, .reason = kind.reason});
    }
  }
  return files;
}

}  // namespace deeper::test
