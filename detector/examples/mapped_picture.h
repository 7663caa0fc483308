#pragma once

#include <array>

#include "backbone/kernels/region_pool.h"
#include "backbone/picture_network.h"
#include "core/box.h"
#include "core/image.h"
#include "detector/regions/picture_frame.h"

namespace deeper {

// A picture's map, in a workspace of its own, and where the picture's boxes lie on it. Safe to read
// from several threads.
class MappedPicture {
 public:
  // Runs the trunk. `network` must outlive this. mean_bgr: subtracted from the picture.
  MappedPicture(const PictureNetwork& network,
                const PictureScale& scale,
                const std::array<float, 3>& mean_bgr,
                const Image& image);

  int width() const { return width_; }  // of the picture
  int height() const { return height_; }
  const PictureFrame& frame() const { return frame_; }
  PictureMap Map() const { return network_->MapIn(workspace_); }
  // The window that shows a box of the picture.
  kernels::RegionWindow Window(const Box& box) const {
    return WindowOf(box, width_, height_, frame_);
  }
  // A box of the picture in the frame's pixels.
  Box InFrame(const Box& box) const { return ToFrame(box, width_, height_, frame_); }

 private:
  const PictureNetwork* network_;
  PictureNetwork::PictureWorkspace workspace_;
  int width_;
  int height_;
  PictureFrame frame_;
};

}  // namespace deeper
