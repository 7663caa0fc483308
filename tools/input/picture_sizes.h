#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "core/pictures/picture_finder.h"

namespace deeper::tools {

// Sizes of the pictures below a directory, upright by their orientation, by their headers.
class PictureSizes {
 public:
  explicit PictureSizes(const std::optional<std::filesystem::path>& directory);

  // Width and height in pixels of the picture of this id or file name. Nothing without a directory
  // or such a picture, and for one that cannot be read.
  std::optional<std::pair<int, int>> Of(const std::string& name);

 private:
  std::optional<PictureFinder> finder_;
};

}  // namespace deeper::tools
