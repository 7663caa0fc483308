#pragma once

#include <filesystem>

namespace deeper {

// What is at a path, links followed. False too where that cannot be told: of a name that is too
// long, or below a directory that may not be entered.
bool Exists(const std::filesystem::path& path);
bool IsFile(const std::filesystem::path& path);
bool IsDirectory(const std::filesystem::path& path);

}  // namespace deeper
