#include "detector/heads/training_boxes.h"

#include <algorithm>
#include <cstddef>

#include "core/random.h"
#include "detector/heads/nearest_object.h"

namespace deeper {
namespace {

// A proposal that overlaps an object by this much is near it.
constexpr double kNearIou = 0.3;

bool IsNearAnObject(const Box& box, const std::vector<Annotation>& annotations) {
  return std::any_of(annotations.begin(), annotations.end(), [&](const Annotation& annotation) {
    return Iou(box, annotation.box) >= kNearIou;
  });
}

// Returns `count` of the positions, one at random from each of `count` equally long stretches of
// the list, so that the sample is even over the ranks. All when there are no more than that.
std::vector<std::size_t> EvenSample(const std::vector<std::size_t>& positions,
                                    std::size_t count,
                                    Random& random) {
  if (positions.size() <= count) return positions;
  std::vector<std::size_t> sample;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * positions.size() / count;
    const std::size_t end = (i + 1) * positions.size() / count;
    sample.push_back(positions[begin + random.Below(end - begin)]);
  }
  return sample;
}

}  // namespace

std::vector<Box> SampleTrainingBoxes(const AnnotatedImage& image,
                                     const std::vector<Box>& proposals,
                                     std::size_t max_proposals,
                                     std::uint64_t seed) {
  std::vector<std::size_t> near;
  std::vector<std::size_t> far;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    (IsNearAnObject(proposals[i], image.annotations) ? near : far).push_back(i);
  }
  const std::size_t left_by_far = max_proposals - std::min(max_proposals, far.size());
  const std::size_t near_count = std::min(near.size(), std::max(max_proposals / 2, left_by_far));

  Random random(seed ^ Fnv1a(image.id));
  std::vector<std::size_t> chosen = EvenSample(near, near_count, random);
  const std::vector<std::size_t> chosen_far = EvenSample(far, max_proposals - near_count, random);
  chosen.insert(chosen.end(), chosen_far.begin(), chosen_far.end());
  std::sort(chosen.begin(), chosen.end());

  std::vector<Box> boxes;
  boxes.reserve(image.annotations.size() + chosen.size());
  for (const Annotation& annotation : image.annotations) boxes.push_back(annotation.box);
  for (const std::size_t i : chosen) boxes.push_back(proposals[i]);
  return boxes;
}

std::vector<Box> SampleBoxesToMove(const AnnotatedImage& image,
                                   const std::vector<Box>& proposals,
                                   double min_iou,
                                   std::size_t count) {
  std::vector<Box> near;
  for (const Box& proposal : proposals) {
    if (FindObjectToMoveTo(proposal, image.annotations, min_iou) != nullptr)
      near.push_back(proposal);
  }
  if (near.size() <= count) return near;
  std::vector<Box> sample;
  for (std::size_t i = 0; i < count; ++i) sample.push_back(near[i * near.size() / count]);
  return sample;
}

}  // namespace deeper
