#include "detector/detect.h"

#include <cmath>
#include <cstddef>

#include "core/error.h"

namespace deeper {
namespace {

// Detections of the margins (regions x classes) that reach min_score, each box moved by its class's
// regressor if there is one, and clipped to the picture.
std::vector<Detection> DetectionsOf(const RegionFeatures& regions,
                                    const std::vector<float>& margins,
                                    const BoxRegression* regression_per_class,
                                    float min_score) {
  std::vector<Detection> detections;
  const std::size_t class_count = regions.boxes.empty() ? 0 : margins.size() / regions.boxes.size();
  for (std::size_t i = 0; i < regions.boxes.size(); ++i) {
    for (std::size_t j = 0; j < class_count; ++j) {
      const float margin = margins[i * class_count + j];
      if (!(margin >= min_score)) continue;
      Box box = regions.boxes[i];
      if (regression_per_class != nullptr) {
        box = MoveBox(*regression_per_class, j, regions.Row(i), box);
      }
      box = ClipToImage(box, regions.image_width, regions.image_height);
      if (box.IsEmpty()) continue;
      detections.push_back({.box = box, .class_id = ClassAt(j), .score = margin});
    }
  }
  return detections;
}

}  // namespace

void DetectOptions::Validate() const {
  if (std::isnan(min_score)) throw Error("min_score = nan: expected a number");
  nms.Validate();
}

std::vector<Detection> DetectFromFeatures(const Model& model,
                                          RegionFeatures regions,
                                          const DetectOptions& options) {
  const std::size_t class_count = model.classifiers.ClassCount();
  Expects(class_count == model.classes.Size(), "one classifier a class");
  Expects(regions.feature_dim == model.classifiers.feature_dim,
          "features that the classifiers read");
  Expects(regions.features.size() == regions.boxes.size() * regions.feature_dim,
          "one row of features a box");
  ScaleFeatures(regions.features, regions.feature_dim, model.scaling);
  const std::vector<float> margins = Score(model.classifiers, regions.features);

  const BoxRegression* regression_per_class = nullptr;
  if (options.box_regression && model.box_regression) {
    const BoxRegression& regression = *model.box_regression;
    Expects(regression.RegressorCount() == 1 || regression.RegressorCount() == class_count,
            "one box regressor for all classes, or one a class");
    if (regression.RegressorCount() > 1) {
      regression_per_class = &regression;
    } else {
      for (std::size_t i = 0; i < regions.boxes.size(); ++i) {
        regions.boxes[i] = MoveBox(regression, 0, regions.Row(i), regions.boxes[i]);
      }
    }
  }
  return SuppressNonMaxima(DetectionsOf(regions, margins, regression_per_class, options.min_score),
                           options.nms);
}

}  // namespace deeper
