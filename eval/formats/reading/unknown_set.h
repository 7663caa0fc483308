#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace deeper {

// Throws Error that names the sets that are there and the nearest one.
[[noreturn]] void ThrowUnknownSet(const std::filesystem::path& data,
                                  const std::string& set,
                                  const std::vector<std::string>& known);

}  // namespace deeper
