#include "detector/examples/data_content.h"

#include <fmt/format.h>

#include <cstddef>

#include "core/files/sha256.h"
#include "core/pictures/picture_content.h"
#include "core/work/parallel.h"
#include "detector/recipe.h"

namespace deeper {

std::string ContentText(const Dataset& dataset,
                        const ReadImageOptions& reading,
                        int workers,
                        const Monitor& monitor) {
  Stage stage(monitor, "taking digests", "pictures", dataset.images.size());
  Sha256 hash;
  ForEachInOrder<std::string>(
      dataset.images.size(),
      workers,
      monitor.stop_asked,
      [&](std::size_t i) { return ContentOfFile(dataset.images[i].image_path); },
      [&](std::size_t, const std::string& content) {
        hash.Update(content + "\n");
        stage.Advance();
      });
  return fmt::format("pictures_content {}\n{}", hash.HexDigest(), ReadingRecipe(reading));
}

}  // namespace deeper
