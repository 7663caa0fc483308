#include "proposals/proposal_ranking.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <tuple>

#include "core/error.h"

namespace deeper {
namespace {

// Smallest and largest pixel edge of the picture that `edge` of the frame can stand for.
int MapDown(int edge, int frame_side, int picture_side) {
  return static_cast<int>(std::int64_t{edge} * picture_side / frame_side);
}
int MapUp(int edge, int frame_side, int picture_side) {
  return static_cast<int>((std::int64_t{edge} * picture_side + frame_side - 1) / frame_side);
}

PixelBox MapOutward(const PixelBox& box, FrameSize frame, FrameSize picture) {
  return {.x0 = MapDown(box.x0, frame.width, picture.width),
          .y0 = MapDown(box.y0, frame.height, picture.height),
          .x1 = MapUp(box.x1, frame.width, picture.width),
          .y1 = MapUp(box.y1, frame.height, picture.height)};
}

Box ToBox(const PixelBox& box) {
  return {.x0 = static_cast<float>(box.x0),
          .y0 = static_cast<float>(box.y0),
          .x1 = static_cast<float>(box.x1),
          .y1 = static_cast<float>(box.y1)};
}

void AppendAtPosition(const PixelBox& box,
                      std::size_t position,
                      Random& random,
                      std::vector<KeyedBox>& boxes) {
  boxes.push_back({.box = box, .key = static_cast<double>(position) * random.Uniform()});
}

}  // namespace

FrameSize ResizedFrame(FrameSize picture, int width_px, int max_area_px) {
  Expects(picture.width > 0 && picture.height > 0, "a picture with pixels");
  double width = picture.width;
  double height = picture.height;
  if (width_px > 0) {
    height = std::max(1.0, std::round(height * width_px / width));
    width = width_px;
  }
  if (width * height > max_area_px) {
    const double shrink = std::sqrt(max_area_px / (width * height));
    const double wanted_height = height * shrink;
    width = std::max(1.0, std::floor(width * shrink));
    height = std::max(1.0, std::min(std::floor(wanted_height), std::floor(max_area_px / width)));
    width = std::min(width, std::floor(max_area_px / height));
  }
  return {.width = static_cast<int>(width), .height = static_cast<int>(height)};
}

Random RandomOfPicture(const Image& image, std::uint64_t seed) {
  const std::string_view bytes(reinterpret_cast<const char*>(image.bgr.data()), image.bgr.size());
  std::uint64_t state = seed;
  for (const std::uint64_t part : {Fnv1a(bytes),
                                   static_cast<std::uint64_t>(image.width),
                                   static_cast<std::uint64_t>(image.height)}) {
    state = Random(state ^ part).Next();
  }
  return Random(state);
}

void AppendKeyed(const std::vector<PixelBox>& merged,
                 Random& random,
                 std::vector<KeyedBox>& boxes) {
  for (std::size_t i = 0; i < merged.size(); ++i) {
    AppendAtPosition(merged[i], merged.size() - i, random, boxes);
  }
}

void AppendKeyedInitial(const std::vector<PixelBox>& initial,
                        Random& random,
                        std::vector<KeyedBox>& boxes) {
  for (const PixelBox& box : initial) AppendAtPosition(box, initial.size(), random, boxes);
}

std::vector<Proposal> RankBoxes(std::vector<KeyedBox> boxes,
                                FrameSize frame,
                                FrameSize picture,
                                int min_side_px) {
  std::erase_if(boxes, [min_side_px](const KeyedBox& keyed) {
    return keyed.box.Width() < min_side_px || keyed.box.Height() < min_side_px;
  });
  std::sort(boxes.begin(), boxes.end(), [](const KeyedBox& a, const KeyedBox& b) {
    return std::tie(a.key, a.box) < std::tie(b.key, b.box);
  });
  std::vector<Proposal> proposals;
  std::set<PixelBox> seen;
  for (const KeyedBox& keyed : boxes) {
    const PixelBox mapped = MapOutward(keyed.box, frame, picture);
    if (!seen.insert(mapped).second) continue;
    proposals.push_back({.box = ToBox(mapped), .rank = static_cast<int>(proposals.size())});
  }
  return proposals;
}

}  // namespace deeper
