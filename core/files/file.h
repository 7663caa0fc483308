#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deeper {

// A regular file, open for reading; what it holds stays the same file's even when its name is given
// to another. Safe to read from several threads.
class InputFile {
 public:
  // Throws Error when `path` is missing, cannot be opened, or is not a regular file (a FIFO would
  // hang).
  explicit InputFile(std::filesystem::path path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  // Bytes, as they were when the file was opened.
  std::uintmax_t size() const { return size_; }
  // Fills `bytes` from the given place. Expects offset + bytes.size() <= size(). Throws Error when
  // the disk fails or the file became shorter.
  void ReadAt(std::uintmax_t offset, std::span<std::uint8_t> bytes) const;

 private:
  std::filesystem::path path_;
  int fd_;
  std::uintmax_t size_;
};

// The whole content of a regular file. Throws Error when it is missing, not a regular file (a FIFO
// would hang), larger than max_bytes, or cannot be read.
std::vector<std::uint8_t> ReadFile(const std::filesystem::path& path,
                                   std::uintmax_t max_bytes = std::uintmax_t{4} << 30U);

// The same as text.
std::string ReadTextFile(const std::filesystem::path& path,
                         std::uintmax_t max_bytes = std::uintmax_t{1} << 30U);

// Lines of a text, without their "\n" or "\r\n"; a missing end of the last line is fine. The views
// point into `text`.
std::vector<std::string_view> SplitLines(std::string_view text);

// Fields of a line between runs of spaces and tabs. The views point into `line`.
std::vector<std::string_view> SplitFields(std::string_view line);

// Writes `content` to `path` whole or not at all: to a temporary file beside it, fsync, rename.
// Makes missing parent directories. Throws WriteError naming the file when any step fails; the
// temporary file is then gone and what stood under `path` is untouched. Safe from several threads
// on several paths.
void WriteFileWhole(const std::filesystem::path& path, std::span<const std::uint8_t> content);
void WriteFileWhole(const std::filesystem::path& path, std::string_view content);

// Throws WriteError where WriteFileWhole would before the first byte: to be asked before long work
// whose result goes to `path`. Makes missing parent directories, and leaves nothing else behind.
void RequireWritable(const std::filesystem::path& path);

}  // namespace deeper
