#include "detector/regions/map_proposals.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "detector/heads/heads.h"

namespace deeper {
namespace {

// Square roots of the anchors' areas, and heights over widths.
constexpr std::array<double, 8> kSizesPx = {40, 64, 100, 150, 220, 320, 450, 600};
constexpr std::array<double, 5> kShapes = {0.4, 0.65, 1, 1.5, 2.5};
constexpr double kCellPx = 16;
constexpr double kStepsPerSize = 6;
constexpr double kMostBeyond = 1.15;  // of the picture's side
constexpr double kLeastInside = 0.6;  // of the area

struct Size {
  double width = 0;
  double height = 0;
};

void AddAnchors(const Size& anchor,
                double step,
                const PictureFrame& frame,
                std::vector<Box>& anchors) {
  const Size picture = {.width = double(frame.width), .height = double(frame.height)};
  if (anchor.width > kMostBeyond * picture.width || anchor.height > kMostBeyond * picture.height)
    return;
  const auto span = [](double centre, double length, double limit) {
    return std::array<float, 2>{static_cast<float>(std::max(0.0, centre - length / 2)),
                                static_cast<float>(std::min(limit, centre + length / 2))};
  };
  for (double y = step / 2; y < picture.height; y += step) {
    for (double x = step / 2; x < picture.width; x += step) {
      const auto [x0, x1] = span(x, anchor.width, picture.width);
      const auto [y0, y1] = span(y, anchor.height, picture.height);
      const Box box = {.x0 = x0, .y0 = y0, .x1 = x1, .y1 = y1};
      if (Area(box) >= kLeastInside * anchor.width * anchor.height) anchors.push_back(box);
    }
  }
}

}  // namespace

std::vector<Box> AnchorsOf(const PictureFrame& frame) {
  std::vector<Box> anchors;
  for (const double size : kSizesPx) {
    for (const double shape : kShapes) {
      AddAnchors({.width = size / std::sqrt(shape), .height = size * std::sqrt(shape)},
                 std::max(kCellPx, size / kStepsPerSize),
                 frame,
                 anchors);
    }
  }
  return anchors;
}

kernels::RegionWindow WindowInFrame(const Box& box, const PictureFrame& frame) {
  return WindowOf(box, frame.width, frame.height, frame);
}

Box MovedOnMap(const RankedMap& map, const Box& box, const PictureFrame& frame) {
  return ClipToImage(
      MoveBox(box, map.Offsets(WindowInFrame(box, frame))), frame.width, frame.height);
}

ScoredBoxes ProposeOnMap(const RankedMap& map, const PictureFrame& frame, int width, int height) {
  const std::vector<Box> anchors = AnchorsOf(frame);
  std::vector<float> scores;
  scores.reserve(anchors.size());
  for (const Box& anchor : anchors) scores.push_back(map.Score(WindowInFrame(anchor, frame)));
  ScoredBoxes proposals;
  for (const std::size_t i : HighestOf(scores, kMostMapProposals)) {
    Box box = MovedOnMap(map, anchors[i], frame);
    if (!box.IsEmpty()) box = MovedOnMap(map, box, frame);
    if (box.IsEmpty()) continue;
    const Box in_picture = ClipToImage(FromFrame(box, width, height, frame), width, height);
    if (in_picture.IsEmpty()) continue;
    proposals.boxes.push_back(in_picture);
    proposals.scores.push_back(map.Score(WindowInFrame(box, frame)));
  }
  return proposals;
}

ScoredBoxes CandidatesOnMap(const RankedMap& map,
                            std::vector<Box> boxes,
                            bool proposes,
                            const PictureFrame& frame,
                            int width,
                            int height) {
  ScoredBoxes candidates = {.boxes = std::move(boxes), .scores = {}};
  for (const Box& box : candidates.boxes)
    candidates.scores.push_back(map.Score(WindowOf(box, width, height, frame)));
  if (!proposes) return candidates;
  const ScoredBoxes proposed = ProposeOnMap(map, frame, width, height);
  candidates.boxes.insert(candidates.boxes.end(), proposed.boxes.begin(), proposed.boxes.end());
  candidates.scores.insert(candidates.scores.end(), proposed.scores.begin(), proposed.scores.end());
  return candidates;
}

std::vector<Box> ChosenOf(const ScoredBoxes& candidates, std::size_t most) {
  std::vector<Box> chosen;
  for (const std::size_t i : HighestApart(candidates.scores, candidates.boxes, most, kChosenApart))
    chosen.push_back(candidates.boxes[i]);
  return chosen;
}

}  // namespace deeper
