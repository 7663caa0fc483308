#include "tools/input/pictures.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <utility>

#include "core/files/sha256.h"

namespace deeper::tools {

std::vector<Picture> FindNamedPictures(const std::vector<std::string>& words,
                                       const LookOptions& options) {
  FoundPictures found = LookForPictures(words, options);
  const PassedOver& passed = found.passed_over;
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(passed.other_files, "whose name is no picture's");
  add(passed.other_programs, "hidden or of other programs");
  add(passed.unreadable,
      "that may not be read or are links to nothing or to directories, which are taken where they "
      "are named");
  add(passed.left_out, "that are output of this program");
  if (!parts.empty()) {
    fmt::print(stderr,
               "passed over files and directories: {} (such as {})\n",
               fmt::join(parts, ", "),
               passed.example);
  }
  return std::move(found.pictures);
}

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
