#include "core/pictures/animated_webp.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "core/error.h"

namespace deeper {
namespace {

using AnimDecoder =
    std::unique_ptr<WebPAnimDecoder,
                    decltype([](WebPAnimDecoder* decoder) { WebPAnimDecoderDelete(decoder); })>;

}  // namespace

bool IsAnimatedWebp(std::span<const std::uint8_t> file) {
  WebPBitstreamFeatures features;
  return WebPGetFeatures(file.data(), file.size(), &features) == VP8_STATUS_OK &&
         features.has_animation != 0;
}

Image DecodeAnimatedWebp(std::span<const std::uint8_t> file, const std::string& source) {
  WebPAnimDecoderOptions options;
  WebPAnimInfo info;
  std::uint8_t* frame = nullptr;
  int time_ms = 0;
  const WebPData data{.bytes = file.data(), .size = file.size()};
  const bool starts = WebPAnimDecoderOptionsInit(&options) != 0;
  options.color_mode = MODE_BGRA;
  options.use_threads = 0;
  const AnimDecoder decoder(starts ? WebPAnimDecoderNew(&data, &options) : nullptr);
  if (decoder == nullptr || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0 ||
      WebPAnimDecoderGetNext(decoder.get(), &frame, &time_ms) == 0) {
    throw Error(source + ": is a truncated or corrupt animated WebP");
  }
  Image image =
      MakeImage(static_cast<int>(info.canvas_width), static_cast<int>(info.canvas_height), 0, 0, 0);
  for (std::size_t i = 0; i < image.bgr.size() / 3; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      image.bgr[3 * i + channel] = frame[4 * i + channel];
    }
  }
  return image;
}

}  // namespace deeper
