#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace deeper::tools {

// Width and height, in pixels, of the picture <directory>/<id>.<suffix of a picture>, upright by
// its EXIF orientation. Decodes it. Nothing without a directory or such a picture. Throws Error for
// a picture that cannot be decoded.
std::optional<std::pair<int, int>> SizeOfPicture(
    const std::optional<std::filesystem::path>& directory, const std::string& id);

}  // namespace deeper::tools
