#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/image.h"

namespace deeper {

// How a picture is varied while a classifier is trained on it (Szegedy et al. 2014, section 6).
struct AugmentOptions {
  int size_px = 224;            // side of the crop
  double min_area = 0.08;       // share of the picture that a crop covers, 0 < min_area <= max_area
  double max_area = 1;          // <= 1
  double min_aspect = 3.0 / 4;  // width / height, 0 < min_aspect <= max_aspect
  double max_aspect = 4.0 / 3;
  // Contrast, brightness and saturation are scaled, in random order, by factors from 1 - distortion
  // to 1 + distortion. Howard 2013, section 2.2, has 0.5; the paper does not say how much. 0: none.
  double distortion = 0.4;
  bool mirror = true;
  std::array<float, 3> mean_bgr = {104, 117, 123};  // subtracted

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const AugmentOptions&) const = default;
};

// Writes a random crop of `image` to `crop_chw`:
//   3 x size x size, f32, BGR planes, mean subtracted.
// The crop has random area and aspect and lies at a random place. It is resized by nearest
// neighbour, bilinear, bicubic or area averaging, each equally often; it is mirrored or not, and
// its colours are distorted. It depends only on the picture, the options and the seed.
//
// Expects a picture that is not empty and a crop of the size. Safe from several threads.
void AugmentedCrop(const Image& image,
                   const AugmentOptions& options,
                   std::uint64_t seed,
                   std::span<float> crop_chw);

}  // namespace deeper
