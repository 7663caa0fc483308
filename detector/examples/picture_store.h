#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/dataset.h"
#include "core/image.h"
#include "core/pictures/read_image.h"

namespace deeper {

// Decoded pictures of a data set, kept in memory as far as they fit, so that crops can be drawn
// from them in any order. Safe from several threads.
class PictureStore {
 public:
  // max_bytes: for decoded pictures; those beyond it are decoded each time. `dataset` must outlive
  // this.
  PictureStore(const Dataset& dataset, std::uint64_t max_bytes, ReadImageOptions reading);

  // Throws Error when the picture cannot be read.
  std::shared_ptr<const Image> Get(std::size_t i) const;

 private:
  const Dataset* dataset_;
  std::uint64_t max_bytes_;
  ReadImageOptions reading_;
  mutable std::mutex mutex_;
  mutable std::uint64_t bytes_ = 0;
  mutable std::vector<std::shared_ptr<const Image>> pictures_;
};

}  // namespace deeper
