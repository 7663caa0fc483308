#pragma once

#include <filesystem>

namespace deeper {

// A file of this process that is no result yet: another name takes it over, or it is removed. From
// Make to the end of this object RemoveUnfinishedFilesAndExit knows it. Not for several threads;
// two of them in two threads are fine.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(std::filesystem::path path);
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  // Removes the file if it was made and not renamed.
  ~UnfinishedFile();

  const std::filesystem::path& path() const { return path_; }
  // Makes the file, open for writing. Returns its descriptor, which the caller closes; -1 with
  // errno where it cannot be made, or is there already.
  int Make();
  // Renames the file; a file that is there already is replaced. Returns false with errno where that
  // fails. Expects that the file was made.
  bool RenameTo(const std::filesystem::path& target);

 private:
  std::filesystem::path path_;
  bool is_there_ = false;
};

// Ends the process as _exit does, while other threads are at work: none of such files is left, and
// none is made or renamed any more. Where the disk does not answer for a second, they stay.
[[noreturn]] void RemoveUnfinishedFilesAndExit(int status);

}  // namespace deeper
