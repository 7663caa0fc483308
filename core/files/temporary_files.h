#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace deeper {

// The name of a file that WriteFileWhole writes before it renames it:
//   ".deeper-<machine>-<process>-<counter>.tmp".
// The machine is eight digits of a digest of its name, its id and the process's PID namespace:
// within these a process's number means one process. Other machines that share a disk, and other
// containers, have other digits.
std::string TemporaryName(std::uint64_t counter);

// Whether a file has such a name.
bool IsTemporary(const std::filesystem::path& path);

// Removes such files from this directory (not below it) if they were left by a process of this
// machine and namespace that was killed, or by this process before an exec. Those of others stay:
// whether their processes live cannot be told from here. So do files that cannot be examined or
// removed. Call it when this process writes nothing there.
void RemoveAbandonedTemporaries(const std::filesystem::path& directory);
// The same in this directory and in those below it.
void RemoveAbandonedTemporariesBelow(const std::filesystem::path& directory);

}  // namespace deeper
