#pragma once

#include <cstddef>
#include <span>

#include "backbone/kernels/layout.h"
#include "backbone/tensor.h"

namespace deeper::kernels {

// A rectangle of a picture, in its pixels; x1 > x0 and y1 > y0. It may reach beyond the picture.
struct RegionWindow {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;
};

// Sides of what RegionPool samples and writes.
inline constexpr std::size_t kRegionSamples = 14;
inline constexpr std::size_t kRegionSide = 7;

// Writes the map that pool4 would make of a crop of this window, from the map of the whole picture:
// RoI pooling (Girshick 2015, section 2.1) with samples between the cells, as RoIAlign takes them
// (He et al. 2017, section 3).
//
// Cell i of the map is centred on pixel 16 i + 14, because of the windows and paddings below it. In
// the same way sample j of a window, of 14 a side, is centred on
//   x0 + (x1 - x0) (16 j + 14.5) / 224
// It is interpolated between the four cells around it; cells outside the map are 0. A max pool of
// 3x3 windows with stride 2, rounded up, is taken over the samples.
//   map:    (1, c, h, w), NHWC of `element`
//   region: 7 x 7 x c of the same
// A window of 0 to 224 gives the same as pool4 over the map's first 14 x 14 cells, exactly. Does
// not allocate. Safe from several threads.
void RegionPool(std::span<const std::byte> map,
                const Shape& map_shape,
                ElementType element,
                const RegionWindow& window,
                std::span<std::byte> region);

// Its gradient: adds to `diff_map` the derivatives with respect to the map. The first of a window's
// largest samples, row by row, gets its derivative.
//   diff_region: 7 x 7 x c, of `element`
//   diff_map:    h x w x c, f32
void RegionPoolBackward(std::span<const std::byte> map,
                        const Shape& map_shape,
                        ElementType element,
                        const RegionWindow& window,
                        std::span<const std::byte> diff_region,
                        std::span<float> diff_map);

// Both in plain loops over planes: their definition.
//   map:    (1, c, h, w)
//   region: (1, c, 7, 7)
void RegionPoolReference(TensorView map, const RegionWindow& window, MutableTensorView region);
void RegionPoolBackwardReference(TensorView map,
                                 const RegionWindow& window,
                                 TensorView diff_region,
                                 MutableTensorView diff_map);

}  // namespace deeper::kernels
