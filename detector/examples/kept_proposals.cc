#include "detector/examples/kept_proposals.h"

#include <optional>
#include <utility>

#include "core/pictures/read_image.h"
#include "core/proposal.h"
#include "detector/heads/region_features.h"
#include "detector/regions/feature_cache.h"

namespace deeper {

std::vector<std::vector<Box>> KeptProposals(const Dataset& dataset,
                                            const SelectiveSearchOptions& options,
                                            const std::filesystem::path& cache_directory,
                                            int workers,
                                            const Monitor& monitor) {
  // Regions without features: a cache of boxes.
  const FeatureCache cache(cache_directory, "proposals " + SearchText(options) + "\n");
  std::vector<std::vector<Box>> boxes(dataset.images.size());
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    std::optional<RegionFeatures> regions = cache.Load(dataset.images[i].id);
    if (regions) {
      boxes[i] = std::move(regions->boxes);
    } else {
      missing.push_back(i);
    }
  }
  if (missing.empty()) return boxes;
  ForEachOrSkip(monitor,
                "proposing",
                "pictures",
                missing.size(),
                dataset.images.size(),
                workers,
                [&](std::size_t i) {
                  const AnnotatedImage& annotated = dataset.images[missing[i]];
                  const Image image = ReadImage(annotated.image_path);
                  RegionFeatures regions = {.image_width = image.width,
                                            .image_height = image.height,
                                            .feature_dim = 0,
                                            .boxes = BoxesOf(SelectiveSearch(image, options)),
                                            .features = {}};
                  cache.Store(annotated.id, regions);
                  boxes[missing[i]] = std::move(regions.boxes);
                });
  return boxes;
}

}  // namespace deeper
