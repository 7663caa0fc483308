#pragma once

#include <array>

#include "backbone/execution/crop_rows.h"
#include "backbone/googlenet.h"
#include "backbone/kernels/region_pool.h"
#include "backbone/tensor.h"
#include "core/box.h"
#include "core/image.h"

namespace deeper {

// A whole picture as the trunk reads it: scaled, at the upper left of a frame whose rest has the
// mean colour (Girshick 2015, section 5.2).
struct PictureFrame {
  MapSize size{};  // of the frame, in pixels
  int width = 0;   // of the scaled picture
  int height = 0;

  bool operator==(const PictureFrame&) const = default;
};

// How large pictures are scaled.
struct PictureScale {
  int short_side_px = 576;
  int long_side_px = 960;  // at most; then the short side is less

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const PictureScale&) const = default;
};

// Sides of frames are whole multiples of so many pixels, so that different pictures have few sizes.
inline constexpr int kFrameStepPx = 32;

// The frame of a picture of this size: as large as `scale` says, its sides rounded up. Expects a
// picture that is not empty.
PictureFrame FrameOf(int width, int height, const PictureScale& scale);

// A frame of 4:3, or of 3:4 for pictures that are higher than wide, with this shorter side. Expects
// a multiple of kFrameStepPx.
MapSize FrameOfShape(int short_side_px, bool is_high);

// The frame of this size that a picture of this size fits into.
PictureFrame FitInto(const MapSize& size, int width, int height);

// Writes the frame, mean subtracted, or whole pixel values where `rows` hold u8. `rows` has the
// frame's size.
void PutIntoFrame(const Image& image,
                  const PictureFrame& frame,
                  const std::array<float, 3>& mean_bgr,
                  const CropRows& rows);

// The same as planes: (1, 3, height, width).
void PutIntoFrame(const Image& image,
                  const PictureFrame& frame,
                  const std::array<float, 3>& mean_bgr,
                  Tensor& planes);

// A box of a picture of this size in the frame's pixels, and one of the frame in the picture's.
Box ToFrame(const Box& box_in_picture, int width, int height, const PictureFrame& frame);
Box FromFrame(const Box& box_in_frame, int width, int height, const PictureFrame& frame);

// Where a box of the picture lies in the frame, with the context that a crop of it has: dilated
// about its centre by 224/192. The whole of the picture's width, `width` px, is the scaled
// picture's.
kernels::RegionWindow WindowOf(const Box& box, int width, int height, const PictureFrame& frame);

}  // namespace deeper
