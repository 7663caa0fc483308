#pragma once

#include <filesystem>

namespace deeper {

// Makes the renames in the directory survive a power cut, where the file system can do that. Where
// it cannot, or the directory may not be read, they are done all the same. Throws WriteError naming
// `target` when the disk fails.
void SyncDirectory(const std::filesystem::path& directory, const std::filesystem::path& target);

// Whether fsync of a directory failed with this errno because the file system does not know it
// (FUSE, SMB and their like), and not because the disk failed.
bool SaysThatItCannotSync(int code);

}  // namespace deeper
