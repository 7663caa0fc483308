#include "tools/input/detected_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/error.h"
#include "core/pictures/read_image.h"
#include "core/text/quantities.h"

namespace deeper::tools {

namespace {

using ResultsById = std::unordered_map<std::string_view, const ImageDetections*>;

// The result whose id is the end of the picture's path, without ending or with it, and of several
// the longest; else that of the picture's own id; nullptr for none.
const ImageDetections* ResultOf(const Picture& picture, const ResultsById& results) {
  const std::string path = std::filesystem::absolute(picture.path).lexically_normal().string();
  const std::string stem = std::filesystem::path(path).replace_extension().string();
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    for (const std::string* name : {&stem, &path}) {
      if (slash + 1 > name->size()) continue;
      const auto found = results.find(std::string_view(*name).substr(slash + 1));
      if (found != results.end()) return found->second;
    }
  }
  const auto found = results.find(picture.id);
  return found == results.end() ? nullptr : found->second;
}

// Says why a picture is another than was detected in; "" where it is not, or cannot be read, which
// its drawing tells.
std::string SizeFault(const Picture& picture, const ImageDetections& found) {
  if (found.width == 0 || found.height == 0) return "";
  PictureSize size;
  try {
    size = ReadPictureSize(picture.path);
  } catch (const Error&) {
    return "";
  }
  if (size.width == found.width && size.height == found.height) return "";
  return fmt::format(
      "left out {}: it has {} x {} pixels, its detections {} x {}; is it the "
      "picture that was detected in?",
      picture.path.string(),
      size.width,
      size.height,
      found.width,
      found.height);
}

}  // namespace

DetectedPictures MatchPictures(const std::vector<Picture>& pictures,
                               const DetectionSet& detections) {
  ResultsById results;
  for (const ImageDetections& image : detections.images) results.emplace(image.id, &image);
  DetectedPictures matched;
  matched.dataset = {
      .name = "pictures", .classes = detections.classes, .images = {}, .blacklist = {}};
  matched.detections.classes = detections.classes;
  std::set<const ImageDetections*> used;
  std::string without_result;
  std::size_t others = 0;
  for (const Picture& picture : pictures) {
    const ImageDetections* found = ResultOf(picture, results);
    if (found == nullptr) {
      if (others++ == 0) without_result = picture.path.string();
      continue;
    }
    used.insert(found);
    if (const std::string fault = SizeFault(picture, *found); !fault.empty()) {
      fmt::print(stderr, "{}\n", fault);
      ++matched.failed;
      continue;
    }
    matched.dataset.images.push_back({.id = picture.id, .image_path = picture.path});
    matched.detections.images.push_back(*found);
    matched.detections.images.back().id = picture.id;
  }
  if (used.empty()) {
    throw Error(fmt::format(
        "none of {}, such as {}, has a result among the {} of the detections; are these the "
        "pictures that were detected in?",
        Counted(pictures.size(), "pictures"),
        without_result,
        detections.images.size()));
  }
  if (others > 0) {
    fmt::print(stderr,
               "left out {} without a result in the detections, such as {}\n",
               Counted(others, "pictures"),
               without_result);
  }
  if (const std::size_t unnamed = detections.images.size() - used.size(); unnamed > 0) {
    fmt::print(
        stderr, "left out {} of the detections, not named here\n", Counted(unnamed, "pictures"));
  }
  return matched;
}

float UsualLeastScore(const DetectionSet& detections) {
  const auto is_margin = [](const Detection& detection) {
    return detection.score < 0 || detection.score > 1;
  };
  const bool are_margins = std::ranges::any_of(detections.images, [&](const auto& image) {
    return std::ranges::any_of(image.detections, is_margin);
  });
  return are_margins ? 0.0F : 0.5F;
}

}  // namespace deeper::tools
