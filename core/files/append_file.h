#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace deeper {

// A file that grows by appended lines and belongs to one process at a time: it is locked while the
// object lives. Append may be called from several threads, the rest from one.
class AppendFile {
 public:
  // Opens the file, or makes it together with its directories. On a file system without locks the
  // file is opened without one. Throws Error when another process has it open, or when it is not a
  // regular file. Throws WriteError when it cannot be opened for writing.
  explicit AppendFile(std::filesystem::path path);
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  const std::filesystem::path& path() const { return path_; }

  // All that the file holds now.
  std::string Content() const;
  // Cuts the file to its first `bytes` bytes. Throws WriteError.
  void Truncate(std::uintmax_t bytes);
  // Appends the text and waits until it is on the disk. Throws WriteError on failure; part of the
  // text may then be in the file.
  void Append(std::string_view text);
  // Append for a signal handler: one system call, without waiting for the disk. Returns false on
  // failure.
  bool AppendFromSignalHandler(std::string_view text) const noexcept;
  // Removes the file's name. The lock stays until the object is destroyed.
  void Remove();

 private:
  std::filesystem::path path_;
  int fd_;
};

}  // namespace deeper
