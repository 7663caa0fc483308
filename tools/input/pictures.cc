#include "tools/input/pictures.h"

#include <filesystem>

#include "core/files/sha256.h"

namespace deeper::tools {

std::string InputsText(const std::vector<Picture>& pictures) {
  Sha256 hash;
  for (const Picture& picture : pictures) {
    hash.Update(picture.id + "\n" + std::filesystem::weakly_canonical(picture.path).string() +
                "\n");
  }
  return hash.HexDigest();
}

std::string IdsText(const std::vector<Picture>& pictures) {
  Sha256 hash;
  for (const Picture& picture : pictures) hash.Update(picture.id + "\n");
  return hash.HexDigest();
}

}  // namespace deeper::tools
