#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/box.h"
#include "detector/multibox/multibox.h"

namespace deeper {

// How pictures are varied while a MultiBox is trained on them: crops and mirror images.
struct MultiBoxAugmentOptions {
  double whole = 0.3;        // share of examples that show the whole picture, 0 to 1
  double min_side = 0.5;     // of a crop, as part of that of the picture; 0 < min_side <= 1
  double min_visible = 0.5;  // part of an object that a crop must show, else it is dropped; 0 to 1
  bool mirror = true;        // half of the examples

  // Throws Error naming the field, its value and its bound.
  void Validate() const;
  bool operator==(const MultiBoxAugmentOptions&) const = default;
};

// A part of a picture, and what the network is to find in it.
struct MultiBoxExample {
  Box part;                    // of the picture, in whole pixels
  bool mirrored = false;       // left and right are exchanged after cutting out
  std::vector<UnitBox> truth;  // in parts of `part`, as mirrored; objects clipped to it

  bool operator==(const MultiBoxExample&) const = default;
};

// The whole picture as it is. Objects that are empty in it are left out. Of the others, the `most`
// largest by area stay.
MultiBoxExample WholePicture(int width_px,
                             int height_px,
                             std::span<const Box> objects,
                             std::size_t most);

// A random part. A function of its arguments. Expects valid options and a picture with pixels.
MultiBoxExample DrawMultiBoxExample(int width_px,
                                    int height_px,
                                    std::span<const Box> objects,
                                    std::size_t most,
                                    const MultiBoxAugmentOptions& options,
                                    std::uint64_t seed);

}  // namespace deeper
