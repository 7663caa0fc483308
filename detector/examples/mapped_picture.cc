#include "detector/examples/mapped_picture.h"

namespace deeper {

MappedPicture::MappedPicture(const PictureNetwork& network,
                             const PictureScale& scale,
                             const std::array<float, 3>& mean_bgr,
                             const Image& image)
    : network_(&network),
      workspace_(network.MakePictureWorkspace()),
      width_(image.width),
      height_(image.height),
      frame_(FrameOf(image.width, image.height, scale)) {
  PutIntoFrame(image, frame_, mean_bgr, network.Input(frame_.size, workspace_));
  network.RunTrunk(workspace_);
}

}  // namespace deeper
