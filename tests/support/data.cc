#include "tests/support/data.h"

#include <cstdlib>

namespace deeper::test {

std::optional<std::filesystem::path> DataDirectory() {
  const char* named = std::getenv("DEEPER_DATA");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  const std::filesystem::path directory =
      named != nullptr ? std::filesystem::path(named)
                       : std::filesystem::path(DEEPER_SOURCE_DIR) / ".." / "shared" / "data";
  if (!std::filesystem::is_directory(directory / "weights")) return std::nullopt;
  return std::filesystem::canonical(directory);
}

}  // namespace deeper::test
