#pragma once

#include <filesystem>
#include <string_view>

namespace deeper {

// Names of the files that WriteFileWhole writes before it renames them:
// ".deeper-<process>-<counter>.tmp".
inline constexpr std::string_view kTemporaryPrefix = ".deeper-";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

// Removes such files from this directory (not below it) where processes of this machine that were
// killed, or this one before an exec, left them. To be called when this process writes nothing
// there; not for a directory in which processes of other machines write, since theirs look dead
// from here. What cannot be examined or removed stays.
void RemoveAbandonedTemporaries(const std::filesystem::path& directory);

}  // namespace deeper
