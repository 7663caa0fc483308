#pragma once

#include <cstddef>

#include "backbone/kernels/layout.h"

namespace deeper {

// Where the network's next crop is written: rows of 224 pixels of 3 interleaved values (blue,
// green, red). Each row begins `row_bytes` behind the one above.
//   f32, bf16: the mean is subtracted
//   u8:        it is not, so a value is a pixel's; outside a picture it is the rounded mean
struct CropRows {
  std::byte* first = nullptr;
  std::size_t row_bytes = 0;
  kernels::ElementType element = kernels::ElementType::kF32;
};

}  // namespace deeper
