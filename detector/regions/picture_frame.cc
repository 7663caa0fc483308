#include "detector/regions/picture_frame.h"

#include <algorithm>
#include <cmath>

#include "backbone/kernels/stored_value.h"
#include "core/error.h"

namespace deeper {
namespace {

std::size_t RoundedUp(int side) {
  const int steps = (side + kFrameStepPx - 1) / kFrameStepPx;
  return std::max(static_cast<std::size_t>(steps * kFrameStepPx), kSmallestTrunkSide);
}

int Scaled(int side, double factor) {
  return std::max(1, static_cast<int>(std::lround(side * factor)));
}

Box ScaledBox(const Box& box, float x, float y) {
  return {.x0 = box.x0 * x, .y0 = box.y0 * y, .x1 = box.x1 * x, .y1 = box.y1 * y};
}

void CheckFrame(const Image& image, const PictureFrame& frame) {
  Expects(!image.IsEmpty(), "a picture that is not empty");
  Expects(frame.width > 0 && static_cast<std::size_t>(frame.width) <= frame.size.width &&
              frame.height > 0 && static_cast<std::size_t>(frame.height) <= frame.size.height,
          "a picture inside the frame");
}

}  // namespace

void PictureScale::Validate() const {
  RequireInRange("short_side_px", short_side_px, kSmallestTrunkSide, 4096);
  RequireInRange("long_side_px", long_side_px, short_side_px, 8192);
}

PictureFrame FrameOf(int width, int height, const PictureScale& scale) {
  Expects(width > 0 && height > 0, "a picture that is not empty");
  const double factor = std::min(double(scale.short_side_px) / std::min(width, height),
                                 double(scale.long_side_px) / std::max(width, height));
  PictureFrame frame = {.width = Scaled(width, factor), .height = Scaled(height, factor)};
  frame.size = {.height = RoundedUp(frame.height), .width = RoundedUp(frame.width)};
  return frame;
}

MapSize FrameOfShape(int short_side_px, bool is_high) {
  Expects(short_side_px > 0 && short_side_px % kFrameStepPx == 0, "a multiple of the frames' step");
  const std::size_t shorter = RoundedUp(short_side_px);
  const std::size_t longer = RoundedUp(short_side_px * 4 / 3);
  return is_high ? MapSize{.height = longer, .width = shorter}
                 : MapSize{.height = shorter, .width = longer};
}

PictureFrame FitInto(const MapSize& size, int width, int height) {
  Expects(width > 0 && height > 0, "a picture that is not empty");
  const double factor =
      std::min(static_cast<double>(size.width) / width, static_cast<double>(size.height) / height);
  return {.size = size,
          .width = std::min(Scaled(width, factor), static_cast<int>(size.width)),
          .height = std::min(Scaled(height, factor), static_cast<int>(size.height))};
}

void PutIntoFrame(const Image& image,
                  const PictureFrame& frame,
                  const std::array<float, 3>& mean_bgr,
                  const CropRows& rows) {
  CheckFrame(image, frame);
  const Image scaled = ResizeImage(image, frame.width, frame.height);
  const bool subtracts = rows.element != kernels::ElementType::kU8;
  const std::size_t picture_values = kInputChannels * static_cast<std::size_t>(frame.width);
  const std::size_t frame_values = kInputChannels * frame.size.width;
  kernels::DispatchElement(rows.element, [&]<class Element>(Element) {
    std::array<float, kInputChannels> subtracted{};
    std::array<typename Element::Stored, kInputChannels> outside{};
    for (std::size_t c = 0; c < kInputChannels; ++c) {
      subtracted[c] = subtracts ? mean_bgr[c] : 0;
      outside[c] = Element::Store(subtracts ? 0 : std::round(mean_bgr[c]), 1);
    }
    for (std::size_t y = 0; y < frame.size.height; ++y) {
      auto* to = reinterpret_cast<typename Element::Stored*>(rows.first + y * rows.row_bytes);
      std::size_t i = 0;
      if (y < static_cast<std::size_t>(frame.height)) {
        const std::uint8_t* from = scaled.Row(static_cast<int>(y));
        for (; i < picture_values; i += kInputChannels) {
          for (std::size_t c = 0; c < kInputChannels; ++c)
            to[i + c] = Element::Store(static_cast<float>(from[i + c]) - subtracted[c], 1);
        }
      }
      for (; i < frame_values; ++i) to[i] = outside[i % kInputChannels];
    }
  });
}

void PutIntoFrame(const Image& image,
                  const PictureFrame& frame,
                  const std::array<float, 3>& mean_bgr,
                  Tensor& planes) {
  CheckFrame(image, frame);
  const Image scaled = ResizeImage(image, frame.width, frame.height);
  planes.shape = {1, kInputChannels, frame.size.height, frame.size.width};
  planes.data.assign(planes.shape.Count(), 0.0F);
  for (std::size_t c = 0; c < kInputChannels; ++c) {
    for (int y = 0; y < frame.height; ++y) {
      const std::uint8_t* from = scaled.Row(y) + c;
      float* to = planes.data.data() +
                  (c * frame.size.height + static_cast<std::size_t>(y)) * frame.size.width;
      for (std::size_t x = 0; x < static_cast<std::size_t>(frame.width); ++x)
        to[x] = static_cast<float>(from[kInputChannels * x]) - mean_bgr[c];
    }
  }
}

Box ToFrame(const Box& box_in_picture, int width, int height, const PictureFrame& frame) {
  return ScaledBox(box_in_picture,
                   static_cast<float>(frame.width) / static_cast<float>(width),
                   static_cast<float>(frame.height) / static_cast<float>(height));
}

Box FromFrame(const Box& box_in_frame, int width, int height, const PictureFrame& frame) {
  return ScaledBox(box_in_frame,
                   static_cast<float>(width) / static_cast<float>(frame.width),
                   static_cast<float>(height) / static_cast<float>(frame.height));
}

kernels::RegionWindow WindowOf(const Box& box, int width, int height, const PictureFrame& frame) {
  constexpr double kContext = 224.0 / 192.0;
  const double scale_x = static_cast<double>(frame.width) / width;
  const double scale_y = static_cast<double>(frame.height) / height;
  const double centre_x = (double{box.x0} + double{box.x1}) / 2 * scale_x;
  const double centre_y = (double{box.y0} + double{box.y1}) / 2 * scale_y;
  const double half_x = (double{box.x1} - double{box.x0}) / 2 * kContext * scale_x;
  const double half_y = (double{box.y1} - double{box.y0}) / 2 * kContext * scale_y;
  return {.x0 = centre_x - half_x,
          .y0 = centre_y - half_y,
          .x1 = centre_x + half_x,
          .y1 = centre_y + half_y};
}

}  // namespace deeper
