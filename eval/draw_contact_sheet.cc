#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "core/error.h"
#include "eval/draw_thumbnail.h"
#include "eval/show.h"

namespace deeper {
namespace {

constexpr int kGapPx = 12;
constexpr int kCaptionPx = 26;
const cv::Scalar kGround(32, 27, 22);
const cv::Scalar kText(235, 230, 225);

// ASCII in small letters, cut where it is wider than `width`.
void PutText(cv::Mat& canvas, std::string_view text, cv::Point at, int width) {
  constexpr double kScale = 0.45;
  std::string shown;
  for (const char c : text) shown += c >= 0x20 && c < 0x7F ? c : '?';
  int below = 0;
  while (!shown.empty() &&
         cv::getTextSize(shown, cv::FONT_HERSHEY_SIMPLEX, kScale, 1, &below).width > width) {
    shown.pop_back();
  }
  cv::putText(canvas, shown, at, cv::FONT_HERSHEY_SIMPLEX, kScale, kText, 1, cv::LINE_AA);
}

}  // namespace

Image MakeContactSheet(const std::vector<Image>& pictures,
                       const std::vector<std::string>& captions,
                       const SheetLayout& layout) {
  Expects(layout.columns > 0 && layout.tile_px > 0, "a contact sheet has columns and tiles");
  Expects(pictures.size() == captions.size(), "each picture has a caption");
  if (pictures.empty()) return {};
  const int count = static_cast<int>(pictures.size());
  const int columns = std::min(layout.columns, count);
  const int rows = (count + columns - 1) / columns;
  const int step_x = layout.tile_px + kGapPx;
  const int step_y = layout.tile_px + kCaptionPx + kGapPx;
  Image sheet = MakeImage(columns * step_x + kGapPx,
                          rows * step_y + kGapPx,
                          static_cast<std::uint8_t>(kGround[0]),
                          static_cast<std::uint8_t>(kGround[1]),
                          static_cast<std::uint8_t>(kGround[2]));
  cv::Mat canvas(sheet.height, sheet.width, CV_8UC3, sheet.bgr.data());
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Image& picture = pictures[at];
    const int x = kGapPx + (i % columns) * step_x;
    const int y = kGapPx + (i / columns) * step_y;
    const Box whole{.x0 = 0,
                    .y0 = 0,
                    .x1 = static_cast<float>(picture.width),
                    .y1 = static_cast<float>(picture.height)};
    Thumbnail tile = MakeThumbnail(picture, whole, layout.tile_px);
    if (!tile.image.IsEmpty()) {
      const int left = x + (layout.tile_px - tile.image.width) / 2;
      const int top = y + (layout.tile_px - tile.image.height) / 2;
      cv::Mat(tile.image.height, tile.image.width, CV_8UC3, tile.image.bgr.data())
          .copyTo(canvas(cv::Rect(left, top, tile.image.width, tile.image.height)));
    }
    PutText(canvas, captions[at], {x, y + layout.tile_px + kCaptionPx - 8}, layout.tile_px);
  }
  return sheet;
}

}  // namespace deeper
