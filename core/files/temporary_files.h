#pragma once

#include <filesystem>
#include <string_view>

namespace deeper {

// Names of the files that WriteFileWhole writes before it renames them:
// ".deeper-<process>-<counter>.tmp".
inline constexpr std::string_view kTemporaryPrefix = ".deeper-";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

// Removes such files from this directory (not below it) if they were left by a process of this
// machine that was killed, or by this process before an exec. Files that cannot be examined or
// removed stay. Call it when this process writes nothing there. Not for a directory in which
// processes of other machines write, since those look dead from here.
void RemoveAbandonedTemporaries(const std::filesystem::path& directory);

}  // namespace deeper
