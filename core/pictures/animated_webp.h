#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/image.h"

namespace deeper {

// Whether a WebP file's bytes are an animation.
bool IsAnimatedWebp(std::span<const std::uint8_t> file);

// The first frame of an animated WebP file's bytes, on its canvas; alpha is dropped. Throws Error,
// beginning with `source`, when it is cut or corrupt. Expects a canvas that CheckPixels has
// accepted.
Image DecodeAnimatedWebp(std::span<const std::uint8_t> file, const std::string& source);

}  // namespace deeper
