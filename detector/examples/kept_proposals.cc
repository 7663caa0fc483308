#include "detector/examples/kept_proposals.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/pictures/picture_content.h"
#include "core/pictures/read_image.h"
#include "core/proposal.h"
#include "core/text/quantities.h"
#include "detector/heads/region_features.h"
#include "detector/recipe.h"
#include "detector/regions/feature_cache.h"
#include "proposals/search_recipe.h"

namespace deeper {

std::vector<std::vector<Box>> KeptBoxes(
    const Dataset& dataset,
    const std::string& recipe,
    const std::function<std::vector<Box>(const Image&)>& propose,
    const KeptBoxesOptions& options,
    const Monitor& monitor) {
  // Regions without features: a cache of boxes.
  const FeatureCache cache(options.cache, recipe + ReadingRecipe(options.reading));
  std::vector<std::vector<Box>> boxes(dataset.images.size());
  std::vector<std::size_t> missing;
  std::vector<FeatureEntry> entries;  // parallel to `missing`
  std::size_t changed = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const AnnotatedImage& annotated = dataset.images[i];
    FeatureEntry entry = {.image_id = annotated.id, .content = ContentOfFile(annotated.image_path)};
    std::optional<RegionFeatures> regions = cache.Load(entry);
    if (regions) {
      boxes[i] = std::move(regions->boxes);
    } else {
      if (cache.ContainsOther(entry)) ++changed;
      missing.push_back(i);
      entries.push_back(std::move(entry));
    }
  }
  if (missing.empty()) return boxes;
  if (changed > 0) {
    monitor.say(fmt::format("{}: {} changed since proposals were kept, which are made anew",
                            options.cache.string(),
                            Counted(changed, "pictures")));
  }
  ForEachOrSkip(monitor,
                "proposing",
                "pictures",
                missing.size(),
                dataset.images.size(),
                options.workers,
                [&](std::size_t i) {
                  const Image image =
                      ReadImage(dataset.images[missing[i]].image_path, options.reading);
                  RegionFeatures regions = {.image_width = image.width,
                                            .image_height = image.height,
                                            .feature_dim = 0,
                                            .boxes = propose(image),
                                            .features = {}};
                  cache.Store(entries[i], regions);
                  boxes[missing[i]] = std::move(regions.boxes);
                });
  return boxes;
}

std::vector<std::vector<Box>> KeptProposals(const Dataset& dataset,
                                            const SelectiveSearchOptions& search,
                                            const KeptBoxesOptions& options,
                                            const Monitor& monitor) {
  return KeptBoxes(
      dataset,
      SearchRecipe(search),
      [&](const Image& image) { return BoxesOf(SelectiveSearch(image, search)); },
      options,
      monitor);
}

}  // namespace deeper
