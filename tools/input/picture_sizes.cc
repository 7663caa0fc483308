#include "tools/input/picture_sizes.h"

#include <array>

#include "core/pictures/read_image.h"

namespace deeper::tools {

namespace fs = std::filesystem;

std::optional<std::pair<int, int>> SizeOfPicture(const std::optional<fs::path>& directory,
                                                 const std::string& id) {
  constexpr std::array<const char*, 8> kSuffixes = {
      ".jpg", ".jpeg", ".png", ".JPEG", ".JPG", ".PNG", ".bmp", ".webp"};
  if (!directory) return std::nullopt;
  for (const char* suffix : kSuffixes) {
    const fs::path path = *directory / (id + suffix);
    if (!fs::exists(path)) continue;
    const Image image = ReadImage(path);
    return std::pair(image.width, image.height);
  }
  return std::nullopt;
}

}  // namespace deeper::tools
