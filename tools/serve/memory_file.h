#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace deeper::tools {

// Bytes as a file that lies in memory alone, for what reads files. Gone with this object.
class MemoryFile {
 public:
  // Throws Error where the system has no memory or descriptor for it.
  explicit MemoryFile(std::string_view content);
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();

  // To be opened by this process.
  std::filesystem::path path() const;
  // A message about the file with `name` in the place of its path.
  std::string Renamed(std::string message, const std::string& name) const;

 private:
  int fd_;
};

}  // namespace deeper::tools
