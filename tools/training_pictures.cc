#include "tools/training_pictures.h"

#include <optional>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/pictures/read_image.h"
#include "detector/regions/features.h"
#include "tools/extraction.h"
#include "tools/options/network_options.h"
#include "tools/parallel.h"
#include "tools/run/progress.h"
#include "tools/run/stop_signal.h"

namespace deeper::tools {

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

std::vector<std::vector<Box>> ProposalsOf(const Dataset& dataset,
                                          const SelectiveSearchOptions& options,
                                          const std::filesystem::path& cache_directory,
                                          int workers) {
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
  ProgressLine progress(
      "proposing", "pictures", dataset.images.size(), dataset.images.size() - missing.size());
  ForEachInOrder<std::string>(
      missing.size(),
      workers,
      [&](std::size_t i) -> std::string {
        const AnnotatedImage& annotated = dataset.images[missing[i]];
        try {
          const Image image = ReadImage(annotated.image_path);
          RegionFeatures regions = {.image_width = image.width,
                                    .image_height = image.height,
                                    .feature_dim = 0,
                                    .boxes = BoxesOf(SelectiveSearch(image, options)),
                                    .features = {}};
          cache.Store(annotated.id, regions);
          boxes[missing[i]] = std::move(regions.boxes);
          return {};
        } catch (const WriteError&) {
          throw;
        } catch (const Error& error) {
          return error.what();
        }
      },
      [&](std::size_t, const std::string& error) {
        if (!error.empty()) progress.Say("skipped: " + error);
        progress.Advance();
      });
  return boxes;
}

}  // namespace deeper::tools
