#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace deeper::test {

// A file that is no whole picture, and what the program must say about it.
struct BadFile {
  std::string name;
  std::string kind;
  std::string reason;  // a part of the message
};

// Writes bad files of some 30 kinds into the directory, `each` of a kind, and says what they are.
std::vector<BadFile> WriteBadFiles(const std::filesystem::path& directory, std::size_t each);

}  // namespace deeper::test
