#include "eval/inspection/label_counts.h"

#include <algorithm>
#include <limits>

#include "core/box.h"
#include "core/error.h"

namespace deeper {

void SuspicionOptions::Validate() const {
  RequireInRange("tiny_px", tiny_px, 0, std::numeric_limits<float>::max());
  RequireInRange("same_iou", same_iou, 0, 1);
}

std::vector<SuspiciousBox> FindSuspiciousBoxes(const Dataset& dataset,
                                               const SuspicionOptions& options) {
  std::vector<SuspiciousBox> found;
  for (std::size_t j = 0; j < dataset.images.size(); ++j) {
    const std::vector<Annotation>& annotations = dataset.images[j].annotations;
    for (std::size_t i = 0; i < annotations.size(); ++i) {
      const Annotation& annotation = annotations[i];
      const Box& box = annotation.box;
      SuspiciousBox suspicious{.image = j, .annotation = i};
      suspicious.tiny = double{std::min(box.Width(), box.Height())} < options.tiny_px;
      const auto earlier = annotations.begin() + static_cast<std::ptrdiff_t>(i);
      suspicious.twice = std::any_of(annotations.begin(), earlier, [&](const Annotation& other) {
        return other.class_id == annotation.class_id && Iou(other.box, box) > options.same_iou;
      });
      if (suspicious.tiny || suspicious.twice) found.push_back(suspicious);
    }
  }
  return found;
}

std::vector<LabelCounts> CountLabels(const Dataset& dataset, const SuspicionOptions& options) {
  std::vector<LabelCounts> counts(dataset.classes.Size());
  for (std::size_t j = 0; j < counts.size(); ++j) counts[j].name = dataset.classes.classes[j].name;
  for (const AnnotatedImage& image : dataset.images) {
    std::vector<bool> shown(counts.size(), false);
    for (const Annotation& annotation : image.annotations) {
      const std::size_t j = IndexOf(annotation.class_id);
      if (!annotation.difficult) ++counts[j].objects;
      shown[j] = true;
    }
    for (std::size_t j = 0; j < counts.size(); ++j) {
      if (shown[j]) ++counts[j].pictures;
    }
  }
  for (const SuspiciousBox& box : FindSuspiciousBoxes(dataset, options)) {
    const Annotation& annotation = dataset.images[box.image].annotations[box.annotation];
    LabelCounts& of_class = counts[IndexOf(annotation.class_id)];
    if (box.tiny) ++of_class.tiny;
    if (box.twice) ++of_class.twice;
  }
  return counts;
}

std::size_t CountObjects(const std::vector<LabelCounts>& labels) {
  std::size_t objects = 0;
  for (const LabelCounts& counts : labels) objects += counts.objects;
  return objects;
}

}  // namespace deeper
