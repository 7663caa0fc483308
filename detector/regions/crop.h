#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "backbone/execution/crop_rows.h"
#include "core/box.h"
#include "core/image.h"
#include "proposals/selective_search.h"

namespace deeper {

enum class CropMode {
  kWarp,    // the box stretched to a square, aspect ignored
  kSquare,  // the tightest square around the box first, aspect kept
};

// The box that covers the whole picture.
Box WholeImageBox(const Image& image);

std::string NameOf(CropMode mode);                   // "warp", "square"
CropMode CropModeFromName(const std::string& name);  // throws Error listing them otherwise

// Girshick et al. 2014, appendix A, and rcnn_im_crop.m.
struct CropOptions {
  CropMode mode = CropMode::kWarp;
  int size_px = 224;    // side of the crop
  int padding_px = 16;  // context around the box, in crop pixels; R-CNN's best by 3-5 mAP
  std::array<float, 3> mean_bgr = {
      104, 117, 123};  // subtracted; fills what lies outside the picture (0 after)

  void Validate() const;
  bool operator==(const CropOptions&) const = default;
};

// Writes the crop of `box` to `rows`: size x size pixels, BGR, mean subtracted, or whole pixel
// values if `rows` hold u8. Training and detection use this one crop.
//
// The box, or in square mode the tightest square around it, is dilated about its centre by
//   size / (size - 2 padding)
// and rounded to whole pixels. The part of it inside the picture is cut out and stretched to its
// share of the crop: bilinear without antialiasing, pixel centres at + 1/2 and clamped to the part.
// At least one pixel of the crop shows the part, however small its share. A box wholly outside
// gives the mean colour. Half-open boxes make the dilated box one pixel shorter than in
// rcnn_im_crop.m: a box of the crop's size without padding is copied exactly.
//
// Expects a non-empty image, a finite non-empty box, and memory for `size` rows. Safe from several
// threads.
void Crop(const Image& image, const Box& box, const CropOptions& options, const CropRows& rows);

// Crop, written as planes: 3 x size x size, f32. Expects crop_chw.size() == 3 * size * size.
void Crop(const Image& image,
          const Box& box,
          const CropOptions& options,
          std::span<float> crop_chw);

// The shorter side of a picture, in pixels, from which on every proposal fills its part of the crop
// with pixels of its own. More pixels would be left out of the crop. Nothing for proposals of any
// size.
std::optional<int> SideThatCropsNeed(const CropOptions& crop,
                                     const SelectiveSearchOptions& proposals);

// The crop as a value: boxes with equal keys have equal crops of the same picture, because boxes
// are rounded to whole pixels.
using CropKey = std::array<int, 8>;
CropKey KeyOfCrop(const Image& image, const Box& box, const CropOptions& options);

}  // namespace deeper
