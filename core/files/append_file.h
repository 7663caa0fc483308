#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace deeper {

// A file that grows by appended lines and belongs to one process at a time: it is locked while the
// object lives. Append may be called from several threads, the rest from one.
class AppendFile {
 public:
  // Opens the file or makes it, with its directories. Throws Error when another process has it
  // open, or when it is not a regular file; WriteError when it cannot be opened for writing. On a
  // file system without locks it is opened all the same.
  explicit AppendFile(std::filesystem::path path);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  const std::filesystem::path& path() const { return path_; }

  // All that the file holds now.
  std::string Content() const;
  // Cuts the file off behind its first `bytes` bytes. Throws WriteError.
  void Truncate(std::uintmax_t bytes);
  // Appends the text and waits until it is on the disk. Throws WriteError when it is not; a part of
  // it may then be there.
  void Append(std::string_view text);
  // The same for a signal handler: one system call, nothing waited for, false when it failed.
  bool AppendFromSignalHandler(std::string_view text) const noexcept;
  // Removes the file's name; the lock stays until the object goes.
  void Remove();

 private:
  std::filesystem::path path_;
  int fd_;
};

}  // namespace deeper
