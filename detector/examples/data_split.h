#pragma once

#include <string_view>

#include "core/random.h"

namespace deeper {

// Whether a picture is kept out of training for validation, where a fraction of them is; by its
// name, so that it stays when pictures come and go, and is the same for all that is trained.
inline bool IsHeldOut(std::string_view image_id, double fraction) {
  return Random(Fnv1a(image_id)).Uniform() < fraction;
}

}  // namespace deeper
