#include "core/pictures/annotated_pictures.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/pictures/read_image.h"

namespace deeper {
namespace {

std::optional<PictureSize> SizeOf(const AnnotatedImage& image) {
  if (image.image_path.empty()) return std::nullopt;
  try {
    return ReadPictureSize(image.image_path, {.lenient = true});
  } catch (const Error&) {
    return std::nullopt;
  }
}

void Scale(AnnotatedImage& image, const PictureSize& size) {
  const double across = double(size.width) / image.width;
  const double down = double(size.height) / image.height;
  for (Annotation& annotation : image.annotations) {
    annotation.box = ScaledBox(annotation.box, across, down);
    if (annotation.area_px) *annotation.area_px *= across * down;
  }
  image.width = size.width;
  image.height = size.height;
}

void Turn(AnnotatedImage& image, const PictureSize& size) {
  for (Annotation& annotation : image.annotations) {
    annotation.box =
        TurnedBox(annotation.box, size.orientation, size.stored_width, size.stored_height);
  }
  image.width = size.width;
  image.height = size.height;
}

}  // namespace

Box TurnedBox(const Box& box, int orientation, int stored_width, int stored_height) {
  Box turned = box;
  auto width = static_cast<float>(stored_width);
  auto height = static_cast<float>(stored_height);
  if (orientation >= 5) {  // mirrored at the main diagonal, as ReadImage does
    turned = {.x0 = box.y0, .y0 = box.x0, .x1 = box.y1, .y1 = box.x1};
    std::swap(width, height);
  }
  const bool left_right =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  const bool up_down = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  if (left_right) {
    turned = {.x0 = width - turned.x1, .y0 = turned.y0, .x1 = width - turned.x0, .y1 = turned.y1};
  }
  if (up_down) {
    turned = {.x0 = turned.x0, .y0 = height - turned.y1, .x1 = turned.x1, .y1 = height - turned.y0};
  }
  return turned;
}

bool HaveOneShape(int width, int height, int other_width, int other_height) {
  constexpr double kTolerance = 0.02;
  const double shape = double(width) / height;
  const double other = double(other_width) / other_height;
  return std::abs(shape - other) <= kTolerance * other;
}

Box ScaledBox(const Box& box, double across, double down) {
  return {.x0 = static_cast<float>(double{box.x0} * across),
          .y0 = static_cast<float>(double{box.y0} * down),
          .x1 = static_cast<float>(double{box.x1} * across),
          .y1 = static_cast<float>(double{box.y1} * down)};
}

bool ReachesBeyond(const Box& box, int width, int height) {
  constexpr float kAllowedPx = 1;
  return box.x0 < -kAllowedPx || box.y0 < -kAllowedPx ||
         box.x1 > static_cast<float>(width) + kAllowedPx ||
         box.y1 > static_cast<float>(height) + kAllowedPx;
}

MetPictures MeetPictures(Dataset& dataset, const MeetOptions& options) {
  MetPictures met;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    AnnotatedImage& image = dataset.images[i];
    const std::optional<PictureSize> size = SizeOf(image);
    if (!size) continue;
    const auto is_annotated = [&](int width, int height) {
      return image.width == width && image.height == height;
    };
    if (image.width <= 0 || image.height <= 0) {
      image.width = size->width;
      image.height = size->height;
    } else if (is_annotated(size->width, size->height)) {
      continue;
    } else if (is_annotated(size->stored_width, size->stored_height)) {
      Turn(image, *size);
      met.turned.push_back({.id = image.id,
                            .orientation = size->orientation,
                            .stored_width = size->stored_width,
                            .stored_height = size->stored_height});
    } else if (options.rescales &&
               HaveOneShape(image.width, image.height, size->width, size->height)) {
      Scale(image, *size);
      ++met.rescaled;
    } else {
      met.mismatched.push_back({.id = image.id,
                                .path = image.image_path,
                                .place = i,
                                .annotated_width = image.width,
                                .annotated_height = image.height,
                                .width = size->width,
                                .height = size->height});
    }
  }
  if (!options.keeps_all && !met.mismatched.empty()) {
    std::vector<std::size_t> places;
    for (const SizeMismatch& mismatch : met.mismatched) places.push_back(mismatch.place);
    DropImages(dataset, places);
  }
  return met;
}

void DropImages(Dataset& dataset, const std::vector<std::size_t>& places) {
  std::vector<AnnotatedImage> kept;
  std::vector<std::optional<std::size_t>> new_places;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const bool stays = !std::ranges::binary_search(places, i);
    new_places.push_back(stays ? std::optional(kept.size()) : std::nullopt);
    if (stays) kept.push_back(std::move(dataset.images[i]));
  }
  dataset.images = std::move(kept);
  std::set<std::pair<std::size_t, ClassId>> blacklist;
  for (const auto& [place, class_id] : dataset.blacklist) {
    if (new_places.at(place)) blacklist.emplace(*new_places[place], class_id);
  }
  dataset.blacklist = std::move(blacklist);
}

std::string MismatchText(const SizeMismatch& mismatch) {
  return mismatch.path.string() + ": expected a picture of the annotated " +
         std::to_string(mismatch.annotated_width) + " x " +
         std::to_string(mismatch.annotated_height) + " pixels, found " +
         std::to_string(mismatch.width) + " x " + std::to_string(mismatch.height) +
         "; its boxes are of another picture, or of another size of it";
}

}  // namespace deeper
