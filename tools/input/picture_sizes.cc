#include "tools/input/picture_sizes.h"

#include "core/error.h"
#include "core/pictures/read_image.h"

namespace deeper::tools {

namespace fs = std::filesystem;

PictureSizes::PictureSizes(const std::optional<fs::path>& directory) {
  if (directory) finder_.emplace(*directory);
}

std::optional<std::pair<int, int>> PictureSizes::Of(const std::string& name) {
  if (!finder_) return std::nullopt;
  const std::optional<fs::path> path = finder_->Find(name);
  if (!path) return std::nullopt;
  try {
    const PictureSize size = ReadPictureSize(*path, {.lenient = true});
    return std::pair(size.width, size.height);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace deeper::tools
