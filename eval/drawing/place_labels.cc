#include "eval/drawing/place_labels.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>

namespace deeper {
namespace {

class LabelPlacer {
 public:
  LabelPlacer(const cv::Size& label,
              const cv::Rect& box,
              const cv::Size& picture,
              const std::vector<cv::Rect>& taken)
      : label_(label), box_(box), picture_(picture), taken_(taken) {}

  cv::Rect Place() {
    TryEnds();
    if (least_covered_ != 0) TryEdges();
    if (least_covered_ != 0) {
      if (const std::optional<cv::Rect> near = NearestFree()) return *near;
    }
    return best_.value_or(cv::Rect({InsideX(box_.x), InsideY(box_.y)}, label_));
  }

 private:
  int InsideX(int x) const { return std::clamp(x, 0, picture_.width - label_.width); }
  int InsideY(int y) const { return std::clamp(y, 0, picture_.height - label_.height); }
  int Right() const { return box_.x + box_.width; }
  int Bottom() const { return box_.y + box_.height; }

  std::int64_t Covered(const cv::Rect& place) const {
    return std::accumulate(
        taken_.begin(), taken_.end(), std::int64_t{0}, [&](std::int64_t area, const auto& other) {
          return area + (place & other).area();
        });
  }

  // Takes a place that is free, or covers less than the best before. Not one outside the picture.
  void Try(int x, int y) {
    if (least_covered_ == 0 || y < 0 || y + label_.height > picture_.height) return;
    if (x < 0 || x + label_.width > picture_.width) return;
    const cv::Rect place({x, y}, label_);
    const std::int64_t covered = Covered(place);
    if (least_covered_ && covered >= *least_covered_) return;
    best_ = place;
    least_covered_ = covered;
  }

  void TryEnds() {
    for (const int x : {InsideX(box_.x), InsideX(Right() - label_.width)}) {
      for (const int y : {box_.y - label_.height, box_.y, Bottom(), Bottom() - label_.height}) {
        Try(x, y);
      }
    }
  }

  void TryEdges() {
    const int step = std::max(1, label_.height / 2);
    for (const int y : {box_.y - label_.height, box_.y, Bottom(), Bottom() - label_.height}) {
      for (int x = InsideX(box_.x); x + label_.width <= Right(); x += step) Try(x, y);
    }
    for (const int x :
         {InsideX(box_.x), InsideX(Right() - label_.width), box_.x - label_.width, Right()}) {
      for (int y = InsideY(box_.y); y + label_.height <= Bottom(); y += step) Try(x, y);
    }
  }

  // Pixels between a place and the box, in both directions together.
  int Distance(const cv::Rect& place) const {
    const int across = std::max({0, box_.x - (place.x + place.width), place.x - Right()});
    const int down = std::max({0, box_.y - (place.y + place.height), place.y - Bottom()});
    return across + down;
  }

  std::optional<cv::Rect> NearestFree() const {
    constexpr int kHeights = 10;
    const int reach = kHeights * label_.height;
    const int step = std::max(1, label_.height / 2);
    std::optional<cv::Rect> nearest;
    const int last_y = std::min(Bottom() + reach, picture_.height - label_.height);
    const int last_x = std::min(Right() + reach, picture_.width - label_.width);
    for (int y = std::max(0, box_.y - label_.height - reach); y <= last_y; y += step) {
      for (int x = std::max(0, box_.x - label_.width - reach); x <= last_x; x += step) {
        const cv::Rect place({x, y}, label_);
        if (nearest && Distance(place) >= Distance(*nearest)) continue;
        if (Covered(place) == 0) nearest = place;
      }
    }
    return nearest;
  }

  cv::Size label_;
  cv::Rect box_;
  cv::Size picture_;
  const std::vector<cv::Rect>& taken_;
  std::optional<cv::Rect> best_;
  std::optional<std::int64_t> least_covered_;
};

}  // namespace

cv::Rect PlaceLabel(const cv::Size& label,
                    const cv::Rect& box,
                    const cv::Size& picture,
                    const std::vector<cv::Rect>& taken) {
  return LabelPlacer(label, box, picture, taken).Place();
}

}  // namespace deeper
