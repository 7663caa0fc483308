#include "detector/examples/ranker_examples.h"

#include <utility>

#include "core/error.h"
#include "detector/examples/draw_some.h"
#include "detector/regions/map_proposals.h"

namespace deeper {
namespace {

// The boxes of a list that show an object, and those that show none.
struct Labelled {
  std::vector<RankerExample> foreground;
  std::vector<Box> background;
};

// A box that overlaps an object by foreground_iou shows it, one that overlaps all by less than
// kBackgroundIou shows none. Of each object, the box that overlaps it most shows it if it does so
// by kLeastIou.
constexpr double kBackgroundIou = 0.4;
constexpr double kLeastIou = 0.25;
Labelled LabelsOf(const std::vector<Box>& boxes,
                  const std::vector<Box>& objects,
                  double foreground_iou) {
  Labelled labelled;
  std::vector<double> most(objects.size(), kLeastIou);
  std::vector<std::optional<Box>> nearest(objects.size());
  for (const Box& box : boxes) {
    double overlap = 0;
    std::size_t shown = 0;
    for (std::size_t k = 0; k < objects.size(); ++k) {
      const double iou = Iou(box, objects[k]);
      if (iou > overlap) {
        overlap = iou;
        shown = k;
      }
      if (iou > most[k]) {
        most[k] = iou;
        nearest[k] = box;
      }
    }
    if (overlap >= foreground_iou) {
      labelled.foreground.push_back({.box = box, .object = objects[shown]});
    } else if (overlap < kBackgroundIou) {
      labelled.background.push_back(box);
    }
  }
  for (std::size_t k = 0; k < objects.size(); ++k) {
    if (nearest[k] && most[k] < foreground_iou)
      labelled.foreground.push_back({.box = *nearest[k], .object = objects[k]});
  }
  return labelled;
}

// Of some boxes that are drawn, those with the highest scores, and some of the others.
std::vector<RankerExample> HardAndOther(std::vector<Box> boxes,
                                        std::size_t count,
                                        const MappedPicture& picture,
                                        const RankedMap& map,
                                        Random& random) {
  constexpr std::size_t kCompared = 3000;
  boxes = DrawSome(std::move(boxes), kCompared, random);
  std::vector<float> scores;
  for (const Box& box : boxes) scores.push_back(map.Score(WindowInFrame(box, picture.frame())));
  std::vector<RankerExample> examples;
  for (const std::size_t i : HighestOf(scores, count / 2)) examples.push_back({.box = boxes[i]});
  for (Box& box : DrawSome(std::move(boxes), count - examples.size(), random))
    examples.push_back({.box = box});
  return examples;
}

}  // namespace

std::vector<RankerExample> DrawRankerExamples(const MappedPicture& picture,
                                              const AnnotatedImage& image,
                                              const std::vector<Box>& proposals,
                                              const RankedMap& map,
                                              const RankerSamplingOptions& options,
                                              Random& random) {
  std::vector<Box> objects;
  for (const Annotation& annotation : image.annotations) {
    if (!annotation.box.IsEmpty()) objects.push_back(picture.InFrame(annotation.box));
  }
  std::vector<Box> proposed;
  for (const Box& box : proposals) proposed.push_back(picture.InFrame(box));
  std::vector<RankerExample> examples;
  for (const std::vector<Box>& boxes : {AnchorsOf(picture.frame()), proposed}) {
    Labelled labelled = LabelsOf(boxes, objects, options.foreground_iou);
    const std::size_t each = options.regions / 4;
    std::vector<RankerExample> shown = DrawSome(std::move(labelled.foreground), each, random);
    for (std::size_t i = 0; i < shown.size(); i += 2) {
      const Box moved = MovedOnMap(map, shown[i].box, picture.frame());
      if (!moved.IsEmpty() && Iou(moved, *shown[i].object) >= options.foreground_iou)
        examples.push_back({.box = moved, .object = shown[i].object});
    }
    examples.insert(examples.end(), shown.begin(), shown.end());
    for (RankerExample& other :
         HardAndOther(std::move(labelled.background), 2 * each, picture, map, random))
      examples.push_back(other);
  }
  return examples;
}

}  // namespace deeper
