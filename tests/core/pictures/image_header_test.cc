#include "core/pictures/image_header.h"

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper {
namespace {

using Catch::Contains;
using namespace std::string_view_literals;

std::optional<ImageHeader> HeaderOf(std::string_view file) {
  const std::vector<std::uint8_t> bytes(file.begin(), file.end());
  return ReadImageHeader(bytes, "file");
}

TEST_CASE("a TIFF's size is found in either byte order, in numbers of 2 and 4 bytes") {
  // Version 42, the directory at 8, two entries: width 300 as SHORT, length 70,000 as LONG.
  const auto little =
      "II*\0\x08\0\0\0\x02\0"
      "\x00\x01\x03\0\x01\0\0\0\x2C\x01\0\0"
      "\x01\x01\x04\0\x01\0\0\0\x70\x11\x01\0"sv;
  const auto big =
      "MM\0*\0\0\0\x08\0\x02"
      "\x01\x00\0\x03\0\0\0\x01\x01\x2C\0\0"
      "\x01\x01\0\x04\0\0\0\x01\0\x01\x11\x70"sv;
  const ImageHeader expected{.format = "TIFF", .width = 300, .height = 70'000};
  REQUIRE(HeaderOf(little) == expected);
  REQUIRE(HeaderOf(big) == expected);
}

TEST_CASE("a BigTIFF's size is found, in numbers of 8 bytes too") {
  const auto file =
      "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
      "\x00\x01\x10\0\x01\0\0\0\0\0\0\0\x2C\x01\0\0\0\0\0\0"
      "\x01\x01\x03\0\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0"sv;
  REQUIRE(HeaderOf(file) == ImageHeader{.format = "TIFF", .width = 300, .height = 7});
}

TEST_CASE("of two widths in a TIFF the larger counts") {
  const auto file =
      "II*\0\x08\0\0\0\x03\0"
      "\x00\x01\x03\0\x01\0\0\0\x2C\x01\0\0"
      "\x00\x01\x03\0\x01\0\0\0\x02\0\0\0"
      "\x01\x01\x03\0\x01\0\0\0\x05\0\0\0"sv;
  REQUIRE(HeaderOf(file) == ImageHeader{.format = "TIFF", .width = 300, .height = 5});
}

TEST_CASE("a TIFF whose directory is cut or far away is refused") {
  REQUIRE_THROWS_WITH(HeaderOf("II*\0\x08\0\0\0\x02\0\x00\x01"sv), Contains("file: is truncated"));
  REQUIRE_THROWS_AS(HeaderOf("II*\0\xFF\xFF\xFF\xFF"sv), Error);
  REQUIRE_THROWS_AS(HeaderOf("II+\0\x08\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"sv), Error);
}

TEST_CASE("a PNM's words may stand on lines with comments between them") {
  REQUIRE(HeaderOf("P5 # a comment\n# 9 9\n 2\n3 255\nabcdef") ==
          ImageHeader{.format = "PNM", .width = 2, .height = 3});
  REQUIRE(HeaderOf("P4\n9 2\nabcd") == ImageHeader{.format = "PNM", .width = 9, .height = 2});
  REQUIRE_THROWS_WITH(HeaderOf("P4\n9 2\nabc"), Contains("is truncated"));
  REQUIRE_THROWS_WITH(HeaderOf("P6 2x 3 255\n"), Contains("'2x' in its header"));
  REQUIRE_THROWS_WITH(HeaderOf("P6 99999999999 3 255\n"), Contains("'99999999999' in its header"));
}

TEST_CASE("a PAM's size is found, and its bytes are counted with its channels") {
  const std::string head =
      "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
  REQUIRE(HeaderOf(head + "12345678") == ImageHeader{.format = "PAM", .width = 2, .height = 1});
  REQUIRE_THROWS_WITH(HeaderOf(head + "1234567"), Contains("is truncated"));
  REQUIRE_THROWS_WITH(HeaderOf("P7\nWIDTH 2\nHEIGHT 1\n"), Contains("is truncated"));
}

// A BMP header with 24 bits per pixel and this height, and `row_count` rows of one pixel.
std::string Bmp(std::int32_t height, std::size_t row_count) {
  std::string file(54, '\0');
  const auto put = [&file](std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<char>(value >> (8 * i));
  };
  file[0] = 'B';
  file[1] = 'M';
  put(10, 54);
  put(14, 40);
  put(18, 1);
  put(22, static_cast<std::uint32_t>(height));
  put(26, 1U | 24U << 16U);
  return file + std::string(4 * row_count, 'x');
}

TEST_CASE("a BMP with a negative height has its rows from the top, and as many of them") {
  const ImageHeader expected{.format = "BMP", .width = 1, .height = 3};
  REQUIRE(HeaderOf(Bmp(3, 3)) == expected);
  REQUIRE(HeaderOf(Bmp(-3, 3)) == expected);
  REQUIRE_THROWS_WITH(HeaderOf(Bmp(-3, 2)), Contains("is truncated"));
}

TEST_CASE("files of other kinds have no header") {
  for (const std::string_view file :
       {""sv, "P"sv, "P9 1 1"sv, "%PDF-1.4"sv, "RIFF\x04\0\0\0WAVE"sv, "hello"sv}) {
    REQUIRE(HeaderOf(file) == std::nullopt);
  }
}

TEST_CASE("the limit on pixels is exact and does not overflow") {
  REQUIRE_NOTHROW(CheckPixels(100, 10, 1000, "file"));
  REQUIRE_THROWS_WITH(CheckPixels(77, 13, 1000, "file"),
                      Contains("file: is a picture of 77 x 13 pixels, at most 1000"));
  REQUIRE_THROWS_AS(CheckPixels(0, 5, 1000, "file"), Error);
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
  REQUIRE_THROWS_AS(CheckPixels(kHuge, kHuge, kNoLimit, "file"), Error);
  REQUIRE_THROWS_AS(CheckPixels(std::uint64_t{1} << 32U, std::uint64_t{1} << 32U, kNoLimit, "file"),
                    Error);
  REQUIRE_THROWS_AS(CheckPixels(1, 1, -1, "file"), Error);
}

}  // namespace
}  // namespace deeper
