#include "eval/drawing/annotated_image.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/pictures/read_image.h"

namespace deeper {

Image ReadAnnotatedImage(const AnnotatedImage& annotated) {
  const auto fits = [&](const Image& image) {
    return image.width == annotated.width && image.height == annotated.height;
  };
  Image upright = ReadImage(annotated.image_path);
  if (annotated.width <= 0 || annotated.height <= 0 || fits(upright)) return upright;
  Image stored = ReadImage(annotated.image_path, {.apply_exif_orientation = false});
  if (fits(stored)) return stored;
  throw Error(
      fmt::format("{}: expected a picture of the annotated {} x {} pixels, found {} x {}; "
                  "its boxes are of another picture, or of another size of it",
                  annotated.image_path.string(),
                  annotated.width,
                  annotated.height,
                  upright.width,
                  upright.height));
}

}  // namespace deeper
