#pragma once

#include <filesystem>
#include <string>

namespace deeper {

// The size and the time of the last change of the file at the path, links followed, as text: other
// content gives another text, unless the time was set back. "" where there is none to be examined.
std::string StampOf(const std::filesystem::path& path);

// DigestOfFile, which is computed again where the stamp differs from the last time. "" where the
// file cannot be read. Safe from several threads.
std::string DigestByStamp(const std::filesystem::path& path);

}  // namespace deeper
