#include "detector/examples/picture_store.h"

#include <utility>

namespace deeper {

PictureStore::PictureStore(const Dataset& dataset,
                           std::uint64_t max_bytes,
                           ReadImageOptions reading)
    : dataset_(&dataset),
      max_bytes_(max_bytes),
      reading_(std::move(reading)),
      pictures_(dataset.images.size()) {}

std::shared_ptr<const Image> PictureStore::Get(std::size_t i) const {
  {
    const std::lock_guard lock(mutex_);
    if (pictures_.at(i)) return pictures_[i];
  }
  auto picture = std::make_shared<const Image>(ReadImage(dataset_->images[i].image_path, reading_));
  const std::lock_guard lock(mutex_);
  if (!pictures_[i] && bytes_ + picture->bgr.size() <= max_bytes_) {
    bytes_ += picture->bgr.size();
    pictures_[i] = picture;
  }
  return picture;
}

}  // namespace deeper
