#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image.h"

namespace deeper {

// What a picture looks like, small enough to be kept of every picture of a data set: by it copies
// are found that were encoded anew or scaled.
struct PicturePrint {
  static constexpr int kSide = 16;

  // Width over height.
  double shape = 1;
  // The picture in kSide x kSide gray means of equal parts, row by row.
  std::array<std::uint8_t, std::size_t{kSide} * kSide> gray{};

  bool operator==(const PicturePrint&) const = default;
};

// full_width and full_height: of the picture, of which `image` may be a smaller version, best of
// kPrintSidePx or more. Expects a picture that is not empty.
inline constexpr int kPrintSidePx = 64;
PicturePrint PrintOf(const Image& image, int full_width, int full_height);

// Whether the two are of one picture: of the same shape to within 3%, and everywhere of nearly the
// same gray. Encoding anew and scaling change it less; another photograph of the same scene
// differs more.
bool AreOfOnePicture(const PicturePrint& a, const PicturePrint& b);

// Puts each print into the group of the first print before it that it is of one picture with.
// Prints that only others between them join stay apart, so that the pictures of a slow sequence are
// no chain. Returns for each print the position of the first of its group, which is its own where
// it is alone.
std::vector<std::size_t> GroupSamePrints(const std::vector<PicturePrint>& prints);

}  // namespace deeper
