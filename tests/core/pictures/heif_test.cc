#include "core/pictures/heif.h"

#include <libheif/heif.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/read_image.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace deeper {
namespace {

using Bytes = std::vector<std::uint8_t>;

// A picture of 64 x 32 pixels, left red and right blue, coded by libheif's encoder; nothing where
// this libheif has none.
Bytes Encode(heif_compression_format format) {
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  Bytes file;
  if (heif_context_get_encoder_for_format(context, format, &encoder).code == heif_error_Ok) {
    heif_image* image = nullptr;
    heif_image_create(64, 32, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &image);
    heif_image_add_plane(image, heif_channel_interleaved, 64, 32, 8);
    int stride = 0;
    std::uint8_t* rows = heif_image_get_plane(image, heif_channel_interleaved, &stride);
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 64; ++x) {
        std::uint8_t* pixel = rows + y * stride + 3 * x;
        pixel[0] = x < 32 ? 250 : 5;
        pixel[1] = 5;
        pixel[2] = x < 32 ? 5 : 250;
      }
    }
    heif_encoder_set_lossy_quality(encoder, 95);
    if (heif_context_encode_image(context, image, encoder, nullptr, nullptr).code ==
        heif_error_Ok) {
      heif_writer writer{
          .writer_api_version = 1,
          .write = [](heif_context*, const void* data, size_t size, void* user) -> heif_error {
            const auto* bytes = static_cast<const std::uint8_t*>(data);
            static_cast<Bytes*>(user)->assign(bytes, bytes + size);
            return {heif_error_Ok, heif_suberror_Unspecified, "ok"};
          }};
      heif_context_write(context, &writer, &file);
    }
    heif_image_release(image);
    heif_encoder_release(encoder);
  }
  heif_context_free(context);
  return file;
}

TEST_CASE("HEIC and AVIF are read as what they were written from") {
  const test::TemporaryDirectory directory;
  for (const heif_compression_format format : {heif_compression_HEVC, heif_compression_AV1}) {
    const Bytes file = Encode(format);
    if (file.empty()) {
      WARN("skipped: needs an encoder of libheif for HEIC or AVIF");
      continue;
    }
    WriteFileWhole(directory / "picture", file);
    CHECK(ReadPictureSize(directory / "picture").width == 64);
    const Image image = ReadImage(directory / "picture");
    REQUIRE(image.width == 64);
    REQUIRE(image.height == 32);
    // What a lossy code in 4:2:0 leaves of flat colours.
    CHECK(std::abs(image.Row(16)[3 * 8 + 2] - 250) <= 12);
    CHECK(std::abs(image.Row(16)[3 * 8] - 5) <= 12);
    CHECK(std::abs(image.Row(16)[3 * 56] - 250) <= 12);
    CHECK_THROWS_WITH(ReadImage(directory / "picture", {.max_pixels = 2047}),
                      Catch::Contains("64 x 32 pixels, at most 2047"));
    WriteFileWhole(directory / "cut", std::span(file).first(file.size() / 2));
    CHECK_THROWS_AS(ReadImage(directory / "cut"), Error);
  }
}

}  // namespace
}  // namespace deeper
