#include "core/pictures/heif.h"

#include <libheif/heif.h>

#include <memory>

#include "core/error.h"

namespace deeper {
namespace {

using Context =
    std::unique_ptr<heif_context,
                    decltype([](heif_context* context) { heif_context_free(context); })>;
using Handle =
    std::unique_ptr<heif_image_handle,
                    decltype([](heif_image_handle* handle) { heif_image_handle_release(handle); })>;
using Pixels =
    std::unique_ptr<heif_image, decltype([](heif_image* image) { heif_image_release(image); })>;

void Require(const heif_error& error, const std::string& source) {
  if (error.code == heif_error_Ok) return;
  throw Error(source + ": is a truncated or corrupt HEIC or AVIF, or of a kind that libheif does " +
              "not read: " + (error.message != nullptr ? error.message : "unknown"));
}

// The context, which owns what the handle points to, and the handle.
struct Primary {
  Context context;
  Handle handle;
};

Primary PrimaryOf(std::span<const std::uint8_t> file, const std::string& source) {
  Primary primary{.context = Context(heif_context_alloc()), .handle = nullptr};
  Expects(primary.context != nullptr, "libheif starts");
  heif_context* context = primary.context.get();
  Require(heif_context_read_from_memory_without_copy(context, file.data(), file.size(), nullptr),
          source);
  heif_image_handle* handle = nullptr;
  Require(heif_context_get_primary_image_handle(context, &handle), source);
  primary.handle.reset(handle);
  return primary;
}

}  // namespace

std::pair<int, int> HeifSize(std::span<const std::uint8_t> file, const std::string& source) {
  const Primary primary = PrimaryOf(file, source);
  return {heif_image_handle_get_width(primary.handle.get()),
          heif_image_handle_get_height(primary.handle.get())};
}

Image DecodeHeif(std::span<const std::uint8_t> file, const std::string& source) {
  const Primary primary = PrimaryOf(file, source);
  heif_image* decoded = nullptr;
  Require(heif_decode_image(primary.handle.get(),
                            &decoded,
                            heif_colorspace_RGB,
                            heif_chroma_interleaved_RGB,
                            nullptr),
          source);
  const Pixels pixels(decoded);
  int stride = 0;
  const std::uint8_t* rows =
      heif_image_get_plane_readonly(decoded, heif_channel_interleaved, &stride);
  const int width = heif_image_get_width(decoded, heif_channel_interleaved);
  const int height = heif_image_get_height(decoded, heif_channel_interleaved);
  if (rows == nullptr || width <= 0 || height <= 0) {
    throw Error(source + ": is a HEIC or AVIF without pixels");
  }
  Image image = MakeImage(width, height, 0, 0, 0);
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = rows + static_cast<std::ptrdiff_t>(y) * stride;
    for (int x = 0; x < width; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        image.Row(y)[3 * x + channel] = row[3 * x + 2 - channel];
      }
    }
  }
  return image;
}

}  // namespace deeper
