#include "detector/examples/picture_store.h"

#include "core/pictures/read_image.h"

namespace deeper {

PictureStore::PictureStore(const Dataset& dataset, std::uint64_t max_bytes)
    : dataset_(&dataset), max_bytes_(max_bytes), pictures_(dataset.images.size()) {}

std::shared_ptr<const Image> PictureStore::Get(std::size_t i) const {
  {
    const std::lock_guard lock(mutex_);
    if (pictures_.at(i)) return pictures_[i];
  }
  auto picture = std::make_shared<const Image>(ReadImage(dataset_->images[i].image_path));
  const std::lock_guard lock(mutex_);
  if (!pictures_[i] && bytes_ + picture->bgr.size() <= max_bytes_) {
    bytes_ += picture->bgr.size();
    pictures_[i] = picture;
  }
  return picture;
}

}  // namespace deeper
