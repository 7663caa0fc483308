#pragma once

#include <filesystem>
#include <string>

#include "core/image.h"

namespace deeper {

// The identity of a picture by what is in it, whatever its name and times: 32 hexadecimal digits of
// a SHA-256.

// By the bytes of its file; "" for a file that cannot be read.
std::string ContentOfFile(const std::filesystem::path& path);
// By its size and pixels.
std::string ContentOf(const Image& image);

}  // namespace deeper
