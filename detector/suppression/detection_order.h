#pragma once

#include <tuple>

#include "core/detection.h"

namespace deeper {

// Whether `a` comes before `b`: by descending score, ties by class, then by box.
inline bool IsBetter(const Detection& a, const Detection& b) {
  const auto key = [](const Detection& d) {
    return std::tuple(-d.score, d.class_id, d.box.x0, d.box.y0, d.box.x1, d.box.y1);
  };
  return key(a) < key(b);
}

}  // namespace deeper
