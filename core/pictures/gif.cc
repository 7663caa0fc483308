#include "core/pictures/gif.h"

#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "core/error.h"

namespace deeper {
namespace {

struct Input {
  std::span<const std::uint8_t> file;
  std::size_t at = 0;
};

int Read(GifFileType* gif, GifByteType* bytes, int count) {
  auto& input = *static_cast<Input*>(gif->UserData);
  const std::size_t taken =
      std::min(static_cast<std::size_t>(std::max(count, 0)), input.file.size() - input.at);
  std::memcpy(bytes, input.file.data() + input.at, taken);
  input.at += taken;
  return static_cast<int>(taken);
}

using Gif =
    std::unique_ptr<GifFileType, decltype([](GifFileType* gif) { DGifCloseFile(gif, nullptr); })>;

// Where the rows of an interlaced frame begin, and how far apart they are.
struct Pass {
  int from, step;
};
constexpr Pass kInterlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
constexpr Pass kPlain[] = {{0, 1}};

// Moves to the first frame.
void FindFrame(GifFileType* gif, const std::string& source) {
  for (;;) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    bool is_good = DGifGetRecordType(gif, &record) == GIF_OK && record != TERMINATE_RECORD_TYPE;
    if (is_good && record == IMAGE_DESC_RECORD_TYPE && DGifGetImageDesc(gif) == GIF_OK) return;
    is_good = is_good && record == EXTENSION_RECORD_TYPE;
    GifByteType* block = nullptr;
    int code = 0;
    if (is_good) is_good = DGifGetExtension(gif, &code, &block) == GIF_OK;
    while (is_good && block != nullptr) is_good = DGifGetExtensionNext(gif, &block) == GIF_OK;
    if (!is_good) throw Error(source + ": is a truncated or corrupt GIF, or one without a picture");
  }
}

}  // namespace

Image DecodeGif(std::span<const std::uint8_t> file, const std::string& source) {
  Input input{.file = file};
  int code = 0;
  const Gif gif(DGifOpen(&input, Read, &code));
  const auto fail = [&](const char* what) {
    throw Error(source + ": is a truncated or corrupt GIF: " + (what != nullptr ? what : "broken"));
  };
  if (gif == nullptr) fail(GifErrorString(code));
  FindFrame(gif.get(), source);
  const GifImageDesc& frame = gif->Image;
  const ColorMapObject* map = frame.ColorMap != nullptr ? frame.ColorMap : gif->SColorMap;
  if (map == nullptr) fail("it has no palette");
  const auto put = [&](int index, std::uint8_t* bgr) {
    const GifColorType colour = index < map->ColorCount ? map->Colors[index] : GifColorType{};
    bgr[0] = colour.Blue;
    bgr[1] = colour.Green;
    bgr[2] = colour.Red;
  };
  std::uint8_t ground[3] = {};
  put(gif->SBackGroundColor, ground);
  Image image = MakeImage(gif->SWidth, gif->SHeight, ground[0], ground[1], ground[2]);
  std::vector<GifPixelType> row(static_cast<std::size_t>(std::max(frame.Width, 1)));
  const std::span<const Pass> passes =
      frame.Interlace ? std::span<const Pass>(kInterlaced) : std::span<const Pass>(kPlain);
  for (const Pass& pass : passes) {
    for (int y = pass.from; y < frame.Height; y += pass.step) {
      if (DGifGetLine(gif.get(), row.data(), frame.Width) != GIF_OK)
        fail(GifErrorString(gif->Error));
      const int row_in_image = frame.Top + y;
      if (row_in_image < 0 || row_in_image >= image.height) continue;
      for (int x = 0; x < frame.Width && frame.Left + x < image.width; ++x) {
        if (frame.Left + x >= 0) {
          put(row[static_cast<std::size_t>(x)], image.Row(row_in_image) + 3 * (frame.Left + x));
        }
      }
    }
  }
  return image;
}

}  // namespace deeper
