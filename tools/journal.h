#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "core/detection.h"

namespace deeper::tools {

// What a run of `deeper detect` has done so far: a first line that names the configuration, then
// one line a picture, appended and flushed when it is done. A run that stops at any moment goes on
// from it. Not for several threads.
class Journal {
 public:
  // Opens the journal of an earlier run or begins one. A torn last line is cut off. Throws Error
  // when the earlier run had another configuration, or the file cannot be read or written.
  Journal(std::filesystem::path path, const std::string& configuration, const ClassTable& classes);

  // The pictures done by earlier runs, in the order of the journal.
  const std::vector<ImageDetections>& Done() const { return done_; }

  // Throws Error when the line does not reach the file.
  void Append(const ImageDetections& image);

  // Removes the file: the final results are in place.
  void Remove();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  ClassTable classes_;
  std::vector<ImageDetections> done_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace deeper::tools
