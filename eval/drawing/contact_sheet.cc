#include "eval/drawing/contact_sheet.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "eval/drawing/draw_thumbnail.h"
#include "eval/drawing/text.h"

namespace deeper {
namespace {

constexpr int kGapPx = 12;
constexpr int kCaptionPx = 26;
const cv::Scalar kGround(32, 27, 22);
const cv::Scalar kText(235, 230, 225);

// A text in small letters. One wider than `width` gets smaller letters, then is cut.
void PutCaption(cv::Mat& canvas, std::string_view text, cv::Point at, int width) {
  constexpr double kLetterPx = 10;
  constexpr double kLeastLetterPx = 8;
  const std::string shown = CutToWidth(DrawableText(text), kLeastLetterPx, width);
  double letter_px = kLetterPx;
  while (TextWidth(shown, letter_px) > width && letter_px > kLeastLetterPx) letter_px -= 0.5;
  PutText(canvas, shown, at, letter_px, kText);
}

// Heights of the rows in pixels: each is that of its highest tile.
std::vector<int> RowHeights(const std::vector<Thumbnail>& tiles, int columns) {
  std::vector<int> heights;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (i % static_cast<std::size_t>(columns) == 0) heights.push_back(0);
    heights.back() = std::max(heights.back(), tiles[i].image.height);
  }
  return heights;
}

}  // namespace

Image MakeContactSheet(const std::vector<Image>& pictures,
                       const std::vector<std::string>& captions,
                       const SheetLayout& layout) {
  Expects(layout.columns > 0 && layout.tile_px > 0, "a contact sheet has columns and tiles");
  Expects(pictures.size() == captions.size(), "each picture has a caption");
  if (pictures.empty()) return {};
  const int columns = std::min(layout.columns, static_cast<int>(pictures.size()));
  std::vector<Thumbnail> tiles;
  tiles.reserve(pictures.size());
  for (const Image& picture : pictures) {
    tiles.push_back(MakeThumbnail(picture,
                                  {.x0 = 0,
                                   .y0 = 0,
                                   .x1 = static_cast<float>(picture.width),
                                   .y1 = static_cast<float>(picture.height)},
                                  layout.tile_px));
  }
  const std::vector<int> heights = RowHeights(tiles, columns);
  const int step_x = layout.tile_px + kGapPx;
  Image sheet = MakeImage(columns * step_x + kGapPx,
                          std::accumulate(heights.begin(), heights.end(), 0) +
                              static_cast<int>(heights.size()) * (kCaptionPx + kGapPx) + kGapPx,
                          static_cast<std::uint8_t>(kGround[0]),
                          static_cast<std::uint8_t>(kGround[1]),
                          static_cast<std::uint8_t>(kGround[2]));
  cv::Mat canvas(sheet.height, sheet.width, CV_8UC3, sheet.bgr.data());
  int x = kGapPx;
  int y = kGapPx;
  std::size_t row = 0;
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    Image& tile = tiles[i].image;
    if (!tile.IsEmpty()) {
      const int left = x + (layout.tile_px - tile.width) / 2;
      const int top = y + (heights[row] - tile.height) / 2;
      cv::Mat(tile.height, tile.width, CV_8UC3, tile.bgr.data())
          .copyTo(canvas(cv::Rect(left, top, tile.width, tile.height)));
    }
    PutCaption(canvas, captions[i], {x, y + heights[row] + kCaptionPx - 8}, layout.tile_px);
    x += step_x;
    if ((i + 1) % static_cast<std::size_t>(columns) == 0) {
      x = kGapPx;
      y += heights[row++] + kCaptionPx + kGapPx;
    }
  }
  return sheet;
}

}  // namespace deeper
