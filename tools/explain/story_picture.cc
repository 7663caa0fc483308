#include "tools/explain/story_picture.h"

#include <algorithm>
#include <functional>

namespace deeper::tools {

namespace {

constexpr std::size_t kBestClasses = 5;

}  // namespace

Box BoxInFile(const StoryPicture& picture, const Box& box) {
  return {.x0 = static_cast<float>(double{box.x0} * picture.file_from_image_x),
          .y0 = static_cast<float>(double{box.y0} * picture.file_from_image_y),
          .x1 = static_cast<float>(double{box.x1} * picture.file_from_image_x),
          .y1 = static_cast<float>(double{box.y1} * picture.file_from_image_y)};
}

const Candidate& CandidateAt(const StoryPicture& picture, const CandidatePlace& place) {
  return picture.candidates.at(place.list).at(place.position);
}

const std::string& ClassOf(const StoryPicture& picture, const Detection& detection) {
  return picture.classes.Name(detection.class_id);
}

const std::string& ClassOf(const StoryPicture& picture, std::size_t object) {
  return picture.object_classes.Name(picture.objects[object].class_id);
}

std::optional<std::size_t> NumberOf(const StoryPicture& picture, const CandidatePlace& place) {
  for (std::size_t i = 0; i < picture.detections.size(); ++i) {
    const auto& made_of = picture.detections[i].made_of;
    if (std::ranges::find(made_of, place) != made_of.end()) return i + 1;
  }
  return std::nullopt;
}

std::optional<std::size_t> FinderOf(const StoryPicture& picture, std::size_t object) {
  for (std::size_t i = 0; i < picture.judgements.size(); ++i) {
    const auto& judged = picture.judgements[i];
    if (judged && judged->verdict == Verdict::kTruePositive && judged->object == object) {
      return i + 1;
    }
  }
  return std::nullopt;
}

std::optional<std::pair<std::size_t, double>> NearestObject(const StoryPicture& picture,
                                                            const Box& box) {
  std::optional<std::pair<std::size_t, double>> best;
  for (std::size_t o = 0; o < picture.objects.size(); ++o) {
    const double iou = Iou(box, picture.objects[o].box);
    if (iou > 0 && (!best || iou > best->second)) best = {o, iou};
  }
  return best;
}

std::vector<const Candidate*> BestClasses(const StoryPicture& picture,
                                          const CandidatePlace& place) {
  const Candidate& asked = CandidateAt(picture, place);
  std::vector<const Candidate*> best;
  for (const Candidate& candidate : picture.candidates[place.list]) {
    if (candidate.region == asked.region) best.push_back(&candidate);
  }
  std::ranges::stable_sort(best, std::ranges::greater{}, [](const Candidate* candidate) {
    return candidate->detection.score;
  });
  const auto own = std::ranges::find(best, &asked);
  if (own - best.begin() >= static_cast<std::ptrdiff_t>(kBestClasses)) {
    best[kBestClasses - 1] = &asked;
  }
  best.resize(std::min(best.size(), kBestClasses));
  return best;
}

}  // namespace deeper::tools
