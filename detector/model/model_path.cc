#include "detector/model/model_path.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace deeper {

std::vector<std::filesystem::path> ModelPath() {
  const char* named =
      std::getenv("DEEPER_MODELS");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  std::string_view rest = named != nullptr ? named : "";
  std::vector<std::filesystem::path> directories;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::filesystem::path directory = rest.substr(0, end);
    const bool is_known = std::ranges::find(directories, directory) != directories.end();
    if (!directory.empty() && !is_known) directories.push_back(directory);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return directories;
}

}  // namespace deeper
