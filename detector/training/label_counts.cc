#include "detector/training/label_counts.h"

#include <algorithm>

#include "core/box.h"

namespace deeper {

namespace {
constexpr float kTinySide = 8;  // pixels
constexpr double kSameIou = 0.9;
}  // namespace

std::vector<LabelCounts> CountLabels(const Dataset& dataset) {
  std::vector<LabelCounts> counts(dataset.classes.Size());
  for (std::size_t j = 0; j < counts.size(); ++j) counts[j].name = dataset.classes.classes[j].name;
  for (const AnnotatedImage& image : dataset.images) {
    std::vector<bool> shown(counts.size(), false);
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      const Annotation& annotation = image.annotations[i];
      const std::size_t j = IndexOf(annotation.class_id);
      const Box& box = annotation.box;
      if (!annotation.difficult) ++counts[j].objects;
      shown[j] = true;
      if (std::min(box.x1 - box.x0, box.y1 - box.y0) < kTinySide) ++counts[j].tiny;
      const auto earlier = image.annotations.begin() + static_cast<std::ptrdiff_t>(i);
      const bool is_twice =
          std::any_of(image.annotations.begin(), earlier, [&](const Annotation& other) {
            return other.class_id == annotation.class_id && Iou(other.box, box) > kSameIou;
          });
      if (is_twice) ++counts[j].twice;
    }
    for (std::size_t j = 0; j < counts.size(); ++j) {
      if (shown[j]) ++counts[j].pictures;
    }
  }
  return counts;
}

std::size_t CountObjects(const std::vector<LabelCounts>& labels) {
  std::size_t objects = 0;
  for (const LabelCounts& counts : labels) objects += counts.objects;
  return objects;
}

}  // namespace deeper
