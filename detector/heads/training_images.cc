#include "detector/heads/training_images.h"

#include "core/error.h"

namespace deeper {

void JoinContext(RegionFeatures& regions) {
  if (regions.context.empty()) return;
  std::vector<float> joined;
  joined.reserve(regions.features.size() + regions.boxes.size() * regions.context.size());
  for (std::size_t i = 0; i < regions.boxes.size(); ++i) {
    const std::span<const float> row = regions.Row(i);
    joined.insert(joined.end(), row.begin(), row.end());
    joined.insert(joined.end(), regions.context.begin(), regions.context.end());
  }
  regions.features = std::move(joined);
  regions.feature_dim += regions.context.size();
  regions.context.clear();
}

void ExpectTrainable(const std::vector<TrainingImage>& images, std::size_t class_count) {
  const std::size_t dim = images[0].regions.feature_dim;
  for (const TrainingImage& image : images) {
    Expects(image.regions.feature_dim == dim, "features of one length");
    Expects(image.regions.features.size() == image.regions.boxes.size() * dim,
            "one row of features a box");
    Expects(image.truth.size() <= image.regions.boxes.size(), "the annotations' boxes first");
    for (const Annotation& annotation : image.truth) {
      Expects(IndexOf(annotation.class_id) < class_count, "annotations of known classes");
    }
  }
}

}  // namespace deeper
