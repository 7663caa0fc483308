#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "core/image.h"

namespace deeper {

// HEIC and AVIF: the primary picture of the file's bytes, upright as the file itself says. Throw
// Error, beginning with `source`, for a file that is cut, corrupt or coded in a way that libheif
// was not built for.
std::pair<int, int> HeifSize(std::span<const std::uint8_t> file, const std::string& source);
// Alpha is dropped, 10 and 12 bits become 8. Expects a size that CheckPixels has accepted.
Image DecodeHeif(std::span<const std::uint8_t> file, const std::string& source);

}  // namespace deeper
