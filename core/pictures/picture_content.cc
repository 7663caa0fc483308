#include "core/pictures/picture_content.h"

#include <cstddef>

#include "core/error.h"
#include "core/files/sha256.h"

namespace deeper {

namespace {

constexpr std::size_t kDigits = 32;

}  // namespace

std::string ContentOfFile(const std::filesystem::path& path) {
  try {
    return DigestOfFile(path).substr(0, kDigits);
  } catch (const Error&) {
    return {};
  }
}

std::string ContentOf(const Image& image) {
  Sha256 hash;
  hash.Update(std::to_string(image.width) + " " + std::to_string(image.height) + "\n");
  hash.Update(image.bgr);
  return hash.HexDigest().substr(0, kDigits);
}

}  // namespace deeper
